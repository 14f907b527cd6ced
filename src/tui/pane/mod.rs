//! The panes, one a file, and who has which.

mod admin;
mod admin_jobs;
mod admin_lists;
mod chart;
mod chart_summary;
mod happened;
mod home;
mod inbox;
mod login;
mod notices;
pub(super) mod pages;
mod pharmacy;
mod prescriptions;
mod prescriptions_view;
mod records;
pub(super) mod resource;
mod search;

pub use admin::Admin;
pub use home::Home;
pub use inbox::Inbox;
pub use login::Login;
pub use pharmacy::Pharmacy;
pub use prescriptions::Prescriptions;
pub use records::Records;
pub use search::Search;

use super::action::{Action, Context};
use super::backend::Reply;
use super::canvas::Canvas;
use super::field::Field;
use super::shell::Shell;
use crate::clinical::Role;
use crate::desk::view::Stamp;

/// A pane's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pane {
    /// What waits.
    Home,
    /// Charts.
    Records,
    /// Prescriptions.
    Prescriptions,
    /// A pharmacy's shelf.
    Pharmacy,
    /// Search.
    Search,
    /// Requests, decisions, notices.
    Inbox,
    /// Users, units, ledger, jobs.
    Admin,
}

impl Pane {
    /// The panes that a role has, in their order. Hiding a pane is courtesy; the key and the permit are the control.
    pub fn of(role: Role) -> &'static [Pane] {
        use Pane::{Admin, Home, Inbox, Pharmacy, Prescriptions, Records, Search};
        match role {
            Role::Doctor => &[Home, Records, Prescriptions, Search, Inbox],
            Role::Nurse => &[Home, Records, Search, Inbox],
            Role::Pharmacist => &[Home, Prescriptions, Pharmacy, Search, Inbox],
            Role::Registrar => &[Home, Records, Search, Inbox],
            Role::Patient => &[Home, Records, Prescriptions, Search, Inbox],
            Role::Admin | Role::Auditor => &[Home, Admin, Inbox],
        }
    }

    /// Its name in the header.
    pub fn title(self) -> &'static str {
        match self {
            Pane::Home => "Home",
            Pane::Records => "Records",
            Pane::Prescriptions => "Prescriptions",
            Pane::Pharmacy => "Pharmacy",
            Pane::Search => "Search",
            Pane::Inbox => "Inbox",
            Pane::Admin => "Admin",
        }
    }
}

/// What every pane does.
pub trait Room {
    /// Asks for what it shows. Called when it comes to the front and when it is to be read again.
    fn enter(&mut self, shell: &mut Shell);

    /// Where keys count in it now, the nearest first; [`Context::Anywhere`] is added by the application.
    fn contexts(&self, shell: &Shell) -> Vec<Context>;

    /// The field that takes what is typed, if one does.
    fn field(&mut self) -> Option<&mut Field> {
        None
    }

    /// Whether a field takes what is typed.
    fn typing(&self) -> bool {
        false
    }

    /// Follows a change of its field.
    fn typed(&mut self, _shell: &mut Shell) {}

    /// Takes an action that counts in it.
    fn act(&mut self, action: Action, shell: &mut Shell);

    /// Takes an answer. Those of other panes pass by.
    fn loaded(&mut self, reply: &Reply, shell: &mut Shell);

    /// When it wants [`Room::tick`], if at all.
    fn due(&self) -> Option<Stamp> {
        None
    }

    /// The time for which it asked has come.
    fn tick(&mut self, _shell: &mut Shell) {}

    /// Something was done: what it shows may be old.
    fn changed(&mut self, shell: &mut Shell) {
        self.enter(shell);
    }

    /// Draws it.
    fn render(&self, shell: &Shell, canvas: &mut Canvas<'_>);

    /// The keys that the footer shows, the most useful first.
    fn keys(&self, shell: &Shell) -> Vec<Action>;
}

/// A list beside a detail: the width of the list where both fit, or nothing where they take turns.
fn split(width: u16, narrowest: u16) -> Option<u16> {
    match width {
        0..70 => None,
        70..120 => Some(narrowest),
        _ => Some((width * 2 / 5).clamp(narrowest, 64)),
    }
}
