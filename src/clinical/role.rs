//! What somebody is in the hospital. Certificates carry it; the table of rights in the vault hangs on it.

use super::vocabulary::vocabulary;

vocabulary! {
    /// A person's role. It decides which sections they may read and which acts are theirs.
    pub enum Role {
        /// Reads and writes charts, prescribes, shares.
        Doctor = 1 "doctor",
        /// Writes vitals and notes, administers medicines.
        Nurse = 2 "nurse",
        /// Verifies and dispenses prescriptions, keeps stock.
        Pharmacist = 3 "pharmacist",
        /// Reads their own chart, decides who else may.
        Patient = 4 "patient",
        /// Admits patients and books appointments.
        Registrar = 5 "registrar",
        /// Keeps users, units and jobs; opens no chart.
        Admin = 6 "admin",
        /// Reads who did what; opens no clinical section.
        Auditor = 7 "auditor",
    }
}
