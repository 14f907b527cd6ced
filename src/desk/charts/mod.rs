//! Charts.
//!
//! - [`mod@list`]: those that the keys open; [`mod@show`]: one of them, and the history of an entry; [`mod@admit`]: opening a new one;
//!   [`mod@namesakes`]: who may have one already; [`mod@attending`]: who decides for it.

pub mod admit;
pub mod attending;
pub mod list;
pub mod namesakes;
pub mod show;

pub use admit::{Brought, admit, encode, open_chart};
pub use attending::attend;
pub use list::list;
pub(in crate::desk) use list::{line, name};
pub use namesakes::namesakes;
pub use show::{AsJson, entry, history, no_json, show, show_chart};
