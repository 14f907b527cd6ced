//! The way in: files, the resources in them, and who they speak of.

pub(super) mod field_path;
mod files;
mod item;
mod known;
mod limits;
mod position;
pub(super) mod raw;
mod reader;
mod reference;
mod resolver;
mod scan;
mod scoped;
pub(super) mod skipped;
mod system;
mod value;
mod walk;

pub use files::{Files, SourceFile};
pub use item::{Issuer, Item, Mapped, Standing};
pub(super) use known::{ELSEWHERE, Facts, Lookup};
pub use limits::Limits;
pub use position::Position;
pub use reader::{Found, Reader};
pub use reference::Reference;
pub use resolver::{Resolution, Resolver};
pub use skipped::{PlanError, SkipReason, Skipped};
pub use system::{BadSystem, System, UNNAMED};
