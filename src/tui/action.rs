//! What can be done with a key: one table, from which everything else is made.
//!
//! The footer, the `?` help, the `:` palette, `assets/keymap.toml` and the README's table of keys all read
//! [`TABLE`], so they cannot disagree. An action that the role at the terminal may not do is shown nowhere;
//! that is courtesy, the control is the key and the permit.

use std::fmt;
use std::str::FromStr;

use crate::clinical::Role;

/// Where a key means something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Context {
    /// Everywhere but while typing.
    Anywhere,
    /// In every list and scrolled text.
    List,
    /// The list of charts.
    Charts,
    /// An open chart.
    Chart,
    /// A doctor's or patient's prescriptions.
    Orders,
    /// A pharmacy's queue.
    Queue,
    /// A pharmacy's shelf.
    Shelf,
    /// Search.
    Search,
    /// Search, also while its query line is being typed into.
    Query,
    /// The inbox.
    Inbox,
    /// Users, units, ledger, jobs.
    Admin,
    /// Something to read.
    Page,
    /// The login, also while a field of it is being typed into.
    Login,
    /// While a field takes what is typed.
    Typing,
    /// A popup that asks yes or no.
    Confirm,
}

/// What may have to be allowed before an action is offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Nothing.
    Nothing,
    /// A session, of whatever role.
    Session,
    /// Writing clinical entries.
    Write,
    /// Writing vital signs; a patient reports their own.
    Measure,
    /// Amending entries: one's own kinds, and who the patient is.
    Amend,
    /// Deciding who may read a chart.
    Decide,
    /// Ending access to a chart: who decides, and who broke a glass.
    End,
    /// Closing a break-glass.
    Review,
    /// Backing up.
    BackUp,
    /// Admitting patients.
    Admit,
    /// Naming attending doctors.
    Attend,
    /// Prescribing.
    Prescribe,
    /// Dispensing.
    Dispense,
    /// Asking for access.
    Ask,
    /// Passing on what one holds.
    Share,
    /// Breaking the glass.
    BreakGlass,
    /// Keeping users and units.
    Manage,
    /// Starting jobs.
    Run,
    /// Leaving the program; a kiosk does not.
    Leave,
}

impl Need {
    /// Whether somebody of this role is offered what needs this. `None` is nobody logged in.
    pub fn met(self, role: Option<Role>, kiosk: bool) -> bool {
        use Role::{Admin, Auditor, Doctor, Nurse, Patient, Pharmacist, Registrar};
        match self {
            Need::Nothing => true,
            Need::Leave => !kiosk,
            Need::Session => role.is_some(),
            Need::Write => matches!(role, Some(Doctor | Nurse)),
            Need::Measure => matches!(role, Some(Doctor | Nurse | Patient)),
            Need::Amend => matches!(role, Some(Doctor | Nurse | Patient | Registrar)),
            Need::BackUp => role == Some(Admin),
            Need::Review => matches!(role, Some(Doctor | Auditor)),
            Need::End => matches!(role, Some(Doctor | Nurse | Patient)),
            Need::Decide => matches!(role, Some(Doctor | Patient)),
            Need::Admit => role == Some(Registrar),
            Need::Attend => matches!(role, Some(Doctor | Registrar)),
            Need::Prescribe => role == Some(Doctor),
            Need::Dispense => role == Some(Pharmacist),
            Need::Share => role == Some(Doctor),
            Need::Ask => matches!(role, Some(Doctor | Nurse)),
            Need::BreakGlass => matches!(role, Some(Doctor | Nurse)),
            Need::Manage => role == Some(Admin),
            Need::Run => matches!(role, Some(Admin | Auditor)),
        }
    }
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// The action.
    pub action: Action,
    /// Its name in the keymap file and the palette.
    pub name: &'static str,
    /// One line that says what it does.
    pub description: &'static str,
    /// One or two words for the footer; empty where the footer never shows it.
    pub short: &'static str,
    /// The keys that it has unless a keymap file says otherwise.
    pub keys: &'static [&'static str],
    /// Where they count.
    pub context: Context,
    /// What must be allowed.
    pub need: Need,
}

macro_rules! actions {
    ($( $action:ident $name:literal $description:literal $short:literal [$($key:literal),*] $context:ident $need:ident; )+) => {
        /// Something that a key does.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Action { $( #[doc = $description] $action, )+ }

        /// Every action, in the order in which help lists them.
        pub const TABLE: &[Row] = &[ $( Row {
            action: Action::$action, name: $name, description: $description, short: $short,
            keys: &[$($key),*], context: Context::$context, need: Need::$need,
        }, )+ ];
    };
}

actions! {
    Help "help" "Show the keys that count here" "help" ["?", "f1"] Anywhere Nothing;
    Palette "palette" "Do anything by its name" "all" [":"] Anywhere Leave;
    Pane1 "pane_1" "Go to the first pane" "" ["1"] Anywhere Session;
    Pane2 "pane_2" "Go to the second pane" "" ["2"] Anywhere Session;
    Pane3 "pane_3" "Go to the third pane" "" ["3"] Anywhere Session;
    Pane4 "pane_4" "Go to the fourth pane" "" ["4"] Anywhere Session;
    Pane5 "pane_5" "Go to the fifth pane" "" ["5"] Anywhere Session;
    Pane6 "pane_6" "Go to the sixth pane" "" ["6"] Anywhere Session;
    Refresh "refresh" "Read again what is shown" "read again" ["ctrl+r", "f5"] Anywhere Session;
    Drafts "drafts" "What you began and did not sign" "unfinished" ["g d"] Anywhere Session;
    Lock "lock" "Lock and drop everything decrypted" "lock" ["ctrl+l"] Anywhere Session;
    Quit "quit" "Lock and leave" "leave" ["q", "ctrl+c"] Anywhere Leave;

    Down "down" "Next row" "" ["j", "down"] List Nothing;
    Up "up" "Row before" "" ["k", "up"] List Nothing;
    PageDown "page_down" "A page further" "" ["pagedown", "ctrl+f"] List Nothing;
    PageUp "page_up" "A page back" "" ["pageup", "ctrl+b"] List Nothing;
    Top "top" "First row" "" ["g g", "home"] List Nothing;
    Bottom "bottom" "Last row" "" ["G", "end"] List Nothing;
    Open "open" "Open what is selected" "open" ["enter"] List Nothing;
    Back "back" "Close, go back" "" ["esc", "backspace"] List Nothing;

    Filter "filter" "Narrow the list by typing" "filter" ["/"] Charts Session;
    Admit "admit" "Admit a new patient" "admit" ["n"] Charts Admit;
    NameAttending "name_attending" "Name the attending doctor of the chart" "attending" ["d"] Charts Attend;
    RequestAccess "request_access" "Ask for access to a chart by its number" "ask access" ["r"] Charts Ask;
    BreakGlass "break_glass" "Open a chart in an emergency, on record" "break glass" ["B"] Charts BreakGlass;

    NextTab "next_tab" "Next tab of the chart" "next tab" ["right", "l", "tab"] Chart Session;
    PreviousTab "previous_tab" "Tab before" "" ["left", "backtab"] Chart Session;
    Write "write" "Write a note, problem or allergy" "write" ["w"] Chart Write;
    Vitals "vitals" "Write vital signs" "vitals" ["v"] Chart Measure;
    Prescribe "prescribe" "Write and sign a prescription" "prescribe" ["p"] Chart Prescribe;
    Amend "amend" "Amend the selected entry; the old stays readable" "amend" ["a"] Chart Amend;
    Retract "retract" "Withdraw the selected entry, with a reason" "" ["x"] Chart Write;
    History "history" "All versions of the selected entry" "history" ["h"] Chart Session;
    Share "share" "Share the chart with a colleague" "share" ["s"] Chart Share;
    WhoLooked "who_looked" "Who looked at this chart, and when" "who looked" ["g w"] Chart Session;

    RxNew "rx_new" "Write and sign a prescription for a chart" "new" ["n"] Orders Prescribe;
    RxCancel "rx_cancel" "Withdraw the selected one, or the rest of it" "cancel" ["c"] Orders Prescribe;
    RxAnswer "rx_answer" "Answer the pharmacist; the text stays as signed" "answer" ["a"] Orders Prescribe;
    RxFinal "rx_final" "Show or hide what is finished" "all/open" ["f"] Orders Session;

    Dispense "dispense" "Check once more and hand over" "dispense" ["enter"] Queue Dispense;
    Hold "hold" "Hold it and ask the prescriber" "hold and ask" ["h"] Queue Dispense;
    Refuse "refuse" "Refuse it, with a reason" "refuse" ["r"] Queue Dispense;
    QueueFinal "queue_final" "Show or hide what is finished" "all/open" ["f"] Queue Dispense;

    Receive "receive" "Put a lot on the shelf" "receive" ["n"] Shelf Dispense;
    Count "count" "Correct the count of the selected lot" "count" ["c"] Shelf Dispense;
    ShelfDue "shelf_due" "Only what expires or runs low, or all" "due/all" ["f"] Shelf Dispense;

    EditQuery "edit_query" "Go to the query line" "query" ["/"] Search Session;
    KeepQuery "keep_query" "Keep this query under a name" "save" ["s"] Search Session;
    ForgetQuery "forget_query" "Forget the name of this query" "" ["x"] Search Session;
    Ask "ask" "Search; open what the query found already" "search" ["enter"] Query Session;
    Complete "complete" "Complete a field, a kind or a term of yours" "complete" ["tab"] Query Session;
    Recent "recent" "Saved queries, and those asked of late" "recent" ["ctrl+r"] Query Session;
    Language "language" "What a query may say" "language" ["f1"] Query Session;

    Grant "grant" "Grant what is asked for, accept what is shared" "grant" ["y"] Inbox Decide;
    RefuseAccess "refuse_access" "Refuse it, with a reason" "refuse" ["n"] Inbox Decide;
    Revoke "revoke" "End an access that is in force" "revoke" ["x"] Inbox End;
    Deliver "deliver" "Deliver unit keys to the newcomers who wait" "deliver keys" ["d"] Inbox Session;
    Review "review" "Close a break-glass after looking into it" "review" ["c"] Inbox Review;
    InboxTab "inbox_tab" "What waits, or the list of access" "waiting/access" ["tab"] Inbox Session;

    AdminNextTab "admin_next_tab" "Next tab" "next tab" ["right", "tab"] Admin Session;
    AdminPreviousTab "admin_previous_tab" "Tab before" "" ["left", "backtab"] Admin Session;
    NewUser "new_user" "Invite a user with a one-time code" "new user" ["n"] Admin Manage;
    Approve "approve" "Certify the selected user's keys" "approve" ["a"] Admin Manage;
    ResetUser "reset_user" "Make a new one-time code for a lost passphrase" "reset" ["R"] Admin Manage;
    DisableUser "disable_user" "Let the selected user log in no more" "disable" ["D"] Admin Manage;
    NewUnit "new_unit" "Make a ward, clinic or pharmacy" "new unit" ["u"] Admin Manage;
    JoinUnit "join_unit" "Put the selected user into a unit" "join unit" ["i"] Admin Manage;
    Verify "verify" "Verify chain, signatures and grants" "verify" ["v"] Admin Run;
    BackUp "back_up" "Back up to the configured target" "back up" ["b"] Admin BackUp;
    VerifyBackup "verify_backup" "Verify the backup: every snapshot and object" "verify backup" ["V"] Admin Run;
    Restore "restore" "Restore a snapshot into a new folder" "restore" ["r"] Admin Manage;
    Drill "drill" "Rehearse a restore, with the restore shares" "drill" ["d"] Admin Manage;
    Prune "prune" "Delete what no snapshot needs any more" "prune" ["P"] Admin Manage;
    PauseJob "pause_job" "Hold the running job, or let it go on" "hold" ["p"] Admin Run;
    SaveReport "save_report" "Save the selected verification report as text" "save" ["s"] Admin Run;
    SeeIncidents "see_incidents" "See what went wrong in backups, and say so" "backup incidents" ["x"] Admin BackUp;
    CancelJob "cancel_job" "Stop the running job at a safe place" "cancel" ["c"] Admin Run;

    Stored "stored" "The record as it is stored, and back" "as stored" ["r"] Page Session;

    Activate "activate" "Make your keys with a one-time code" "one-time code" ["f3"] Login Nothing;

    Submit "submit" "Take the field; on the last one, finish" "next" ["enter"] Typing Nothing;
    Finish "finish" "Finish the form" "finish" ["f2", "ctrl+d"] Typing Nothing;
    NextField "next_field" "Next field" "" ["tab", "down"] Typing Nothing;
    PreviousField "previous_field" "Field before" "" ["backtab", "up"] Typing Nothing;
    Leave "leave" "Leave without doing anything" "leave" ["esc"] Typing Nothing;
    LockTyping "lock_typing" "Lock; what is typed is kept, sealed" "" ["ctrl+l"] Typing Session;
    QuitTyping "quit_typing" "Lock and leave" "leave" ["ctrl+c"] Typing Leave;
    TypingHelp "typing_help" "Show the keys that count here" "help" ["f1"] Typing Nothing;

    Accept "accept" "Do it" "do it" ["enter", "y"] Confirm Nothing;
    Decline "decline" "Do not" "do not" ["esc", "n", "q"] Confirm Nothing;
}

impl Action {
    /// Its row in the table.
    pub fn row(self) -> &'static Row {
        TABLE
            .iter()
            .find(|row| row.action == self)
            .expect("the table is made from the list of actions")
    }
}

/// A name that no action has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no action is called `{0}`")]
pub struct NoAction(pub String);

impl FromStr for Action {
    type Err = NoAction;

    fn from_str(name: &str) -> Result<Self, NoAction> {
        TABLE
            .iter()
            .find(|row| row.name == name)
            .map(|row| row.action)
            .ok_or_else(|| NoAction(name.to_owned()))
    }
}

impl Context {
    /// All contexts, in the order in which help and the keymap file list them.
    pub const ALL: [Context; 15] = [
        Context::Anywhere,
        Context::List,
        Context::Charts,
        Context::Chart,
        Context::Orders,
        Context::Queue,
        Context::Shelf,
        Context::Search,
        Context::Query,
        Context::Inbox,
        Context::Admin,
        Context::Page,
        Context::Login,
        Context::Typing,
        Context::Confirm,
    ];

    /// Its name in the keymap file.
    pub fn as_str(self) -> &'static str {
        match self {
            Context::Anywhere => "anywhere",
            Context::List => "list",
            Context::Charts => "charts",
            Context::Chart => "chart",
            Context::Orders => "orders",
            Context::Queue => "queue",
            Context::Shelf => "shelf",
            Context::Search => "search",
            Context::Query => "query",
            Context::Inbox => "inbox",
            Context::Admin => "admin",
            Context::Page => "page",
            Context::Login => "login",
            Context::Typing => "typing",
            Context::Confirm => "confirm",
        }
    }
}

impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_action_has_one_row_one_name_and_one_line_of_help() {
        let actions: BTreeSet<_> = TABLE.iter().map(|row| row.action).collect();
        let names: BTreeSet<_> = TABLE.iter().map(|row| row.name).collect();
        assert_eq!((actions.len(), names.len()), (TABLE.len(), TABLE.len()));
        for row in TABLE {
            assert_eq!(row.name.parse(), Ok(row.action));
            assert!(
                row.description.len() <= 50 && !row.description.ends_with('.'),
                "{}",
                row.name
            );
            assert!(!row.keys.is_empty(), "{} has no key", row.name);
        }
        assert!("fly".parse::<Action>().is_err());
    }

    #[test]
    fn a_role_is_offered_its_own_acts_and_no_others() {
        assert!(Need::Prescribe.met(Some(Role::Doctor), false));
        assert!(!Need::Prescribe.met(Some(Role::Nurse), false));
        assert!(!Need::Write.met(Some(Role::Admin), false));
        assert!(!Need::Session.met(None, false));
        assert!(
            !Need::Leave.met(Some(Role::Patient), true),
            "a kiosk has no quit"
        );
    }
}
