//! Who may open what: certificates, units, slots, sessions, permits.
