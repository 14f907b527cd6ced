//! Who may open what: certificates, units, slots, sessions, permits.
//!
//! - [`directory`] and [`judge`]: who is who, from clear entries alone; [`walk`]: reading the ledger up to its head.
//! - [`host`]: the state outside the vault; [`init`]: a new vault; [`open`]: from file to session by passphrase.
//! - [`attempt`]: how failed logins are counted, and lock; [`turn`]: how many are heard at once.
//! - [`identity`], [`people`], [`account`], [`code`], [`units`]: accounts and keys; [`care`]: charts, grants, renewal;
//!   [`standing`]: units that look after every chart.
//! - [`shares`]: what custodians keep of a secret that was split.
//! - [`session`], [`ring`], [`reader`], [`together`], [`writer`]: an unlocked session and what it can do, in bulk on all cores;
//!   [`permit`]: leave to do it.
//! - [`sweep`], [`slot_check`], [`opener`]: what the verification job judges by.
//! - [`record`]: what the program itself puts on record; [`clock`]: the host's clock.

pub mod account;
pub mod attempt;
pub mod care;
pub mod clock;
pub mod code;
pub mod directory;
pub mod error;
pub mod host;
pub mod identity;
mod in_order;
pub mod init;
pub mod judge;
pub mod open;
pub mod opener;
pub mod people;
pub mod permit;
pub mod reader;
pub mod record;
pub mod ring;
pub mod session;
pub mod shares;
pub mod slot_check;
pub mod standing;
pub mod sweep;
pub mod together;
pub mod turn;
pub mod units;
pub mod walk;
pub mod writer;

pub use care::{NewChart, NewGrant};
pub use directory::Directory;
pub use error::VaultError;
pub use host::Host;
pub use open::Vault;
pub use permit::{Act, Authority, Permit};
pub use reader::{Opened, Reader};
pub use session::Session;
pub use together::Gathered;
pub use writer::{Draft, Stored, Writer};
