//! A desk of fixed values: the same people, charts and times in every test.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::super::backend::{Backend, Failure, Farewell, Reply, Report, VaultState};
use super::super::command::{Act, JobKind, Query};
use super::super::desk_backend::WRONG_PASSPHRASE;
use super::super::draft::Keep;
use super::{charts, people, prescriptions, search, ward};
use crate::desk::view::{
    AuditLine, BackupRun, DemoLogin, Draft, GrantState, Incident, Notice, Proceed, Progress,
    Reporter, RxPreview, Stamp, Status, Who,
};

/// 2026-11-22, 14:02 UTC.
pub const NOW: &str = "2026-11-22T14:02:00Z";

/// A point in time.
pub fn at(text: &str) -> Stamp {
    Stamp(text.parse().unwrap())
}

/// A desk that knows everything and remembers what it was asked to do.
#[derive(Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a situation of its own"
)]
pub struct Fixture {
    /// What was asked, in words.
    pub asked: Mutex<Vec<String>>,
    /// There is no vault.
    pub empty: bool,
    /// There is one that does not open.
    pub altered: bool,
    /// The share in the list of access waits for who is at the terminal.
    pub shared: bool,
    /// Every list is longer than a window, and no two rows are alike.
    pub long: bool,
    /// A chart says more than its summary has room for.
    pub crowded: bool,
    /// There was no backup yet.
    pub no_repository: bool,
    /// Every act is denied.
    pub refuses: bool,
    /// A check that hangs on the lot stops a dispense without a reason, and a colleague has handed over a part meanwhile.
    pub stops: bool,
    /// What went wrong in backups.
    pub incidents: Vec<Incident>,
    /// What was begun and not signed before.
    pub drafts: Vec<Draft>,
    /// Every state of a draft that was to be kept.
    pub kept: Arc<Mutex<Vec<Keep>>>,
}

pub const PEOPLE: [(&str, &str, &str, &str); 7] = [
    ("smith", "Dr Helen Smith", "doctor", "Ward A"),
    ("brandt", "N. Brandt", "nurse", "Ward A"),
    ("adeyemi", "Ruth Adeyemi", "pharmacist", "Pharmacy"),
    ("okoro", "J. Okoro", "registrar", "Ward A"),
    ("mejia", "Gustavo Mejía", "patient", ""),
    ("lind", "Tomas Lind", "admin", ""),
    ("vega", "Ana Vega", "auditor", ""),
];

impl Backend for Fixture {
    fn ask(&self, query: Query) -> Result<Reply, Failure> {
        self.asked.lock().unwrap().push(format!("{query:?}"));
        Ok(match query {
            Query::Vault if self.empty => Reply::Vault(VaultState::Missing {
                path: "/srv/chartseal".to_owned(),
            }),
            Query::Vault if self.altered => {
                return Err(Failure {
                    code: "altered".to_owned(),
                    message: "the vault's file was altered".to_owned(),
                    hint: Some("restore from a backup".to_owned()),
                    causes: Vec::new(),
                });
            }
            Query::Vault => Reply::Vault(VaultState::There {
                name: "St Elsewhere".to_owned(),
                demo: false,
                logins: Vec::<DemoLogin>::new(),
            }),
            Query::Unlock { login, passphrase } => {
                let person = PEOPLE.iter().find(|(known, ..)| *known == login);
                match person {
                    Some((login, name, role, unit)) if passphrase.expose() == b"correct horse" => {
                        Reply::Unlocked {
                            who: Who {
                                login: (*login).to_owned(),
                                name: (*name).to_owned(),
                                role: (*role).to_owned(),
                                units: if unit.is_empty() {
                                    vec![]
                                } else {
                                    vec![(*unit).to_owned()]
                                },
                                fingerprint: "4f1c 09ab 77d2 e013".to_owned(),
                            },
                            idle: Duration::from_mins(10),
                        }
                    }
                    _ => return Err(denied("user or passphrase is wrong")),
                }
            }
            Query::Activate { login, .. } => {
                let mut user = people::users().remove(0);
                user.login = login;
                Reply::Activated(Box::new(user))
            }
            Query::Act {
                act: Act::AddUser { login, .. },
                ..
            } => {
                let mut user = people::users().remove(3);
                user.code_file = Some(format!("/srv/host/codes/{login}.code"));
                user.login = login;
                Reply::Invited(Box::new(user))
            }
            Query::Inbox if self.long => Reply::Inbox(ward::notices(&notices())),
            Query::Inbox => Reply::Inbox(notices()),
            Query::Status => {
                let mut status = status();
                status.backup_incidents.clone_from(&self.incidents);
                Reply::Status(Box::new(status))
            }
            Query::Charts if self.long => Reply::Charts(ward::charts(&charts::lines())),
            Query::Charts => Reply::Charts(charts::lines()),
            Query::Chart { mrn } if mrn == "0099-9" => {
                return Err(denied("your keys open nothing of chart 0099-9"));
            }
            Query::Chart { mrn } if self.long => {
                let chart = ward::chart(charts::chart("0012-7"), mrn);
                Reply::Chart(Box::new(chart))
            }
            Query::Chart { mrn } if self.crowded => {
                Reply::Chart(Box::new(charts::crowded(charts::chart(&mrn))))
            }
            Query::Chart { mrn } => Reply::Chart(Box::new(charts::chart(&mrn))),
            Query::History { .. } if self.long => {
                let chart = ward::chart(charts::chart("0012-7"), "0012-7".to_owned());
                Reply::History(chart.sections["clinical"].clone())
            }
            Query::History { .. } => Reply::History(
                charts::chart("0012-7").sections["clinical"]
                    .iter()
                    .take(2)
                    .cloned()
                    .collect(),
            ),
            Query::WhoLooked { .. } if self.long => Reply::WhoLooked(ward::trail(&trail())),
            Query::WhoLooked { .. } => Reply::WhoLooked(trail()),
            Query::Trail if self.long => Reply::Trail(ward::trail(&trail())),
            Query::Trail => Reply::Trail(trail()),
            Query::Rxs if self.long => Reply::Rxs(ward::prescriptions(&prescriptions::rx_lines())),
            Query::Rxs => Reply::Rxs(prescriptions::rx_lines()),
            Query::Rx { rx } if self.long => {
                let view = ward::prescription(
                    &prescriptions::rx_lines(),
                    prescriptions::rx_view("r1"),
                    &rx,
                );
                Reply::Rx(Box::new(view))
            }
            Query::Rx { rx } => {
                let mut view = prescriptions::rx_view(&rx);
                let tried = |asked: &String| asked.contains("Dispense {");
                if self.stops && self.asked.lock().unwrap().iter().any(tried) {
                    view.line.remaining = Some(7.into());
                }
                Reply::Rx(Box::new(view))
            }
            Query::Preview { mrn, order } => {
                let preview = RxPreview {
                    mrn: mrn.clone(),
                    name: "Mejía, Gustavo".to_owned(),
                    text: vec![order.title(), "by mouth · quantity 21".to_owned()],
                    checks: prescriptions::checks(),
                    alerts: prescriptions::alerts(),
                    second_factor: false,
                };
                Reply::Preview {
                    mrn,
                    order,
                    preview: Box::new(preview),
                }
            }
            Query::Namesakes { unit, identity } => {
                let name = identity.name().map(ToString::to_string);
                let known = charts::lines().into_iter();
                let known = known.filter(|line| Some(&line.name) == name.as_ref());
                Reply::Namesakes {
                    unit,
                    identity,
                    known: known.collect(),
                }
            }
            Query::Search { query, .. } if self.long => search::busy(&query),
            Query::Search { query, from, .. } => search::page(&query, from.is_some()),
            Query::Queries => Reply::Queries(search::queries()),
            Query::Access if self.long => Reply::Access(ward::accesses(&people::accesses())),
            Query::Access => {
                let mut lines = people::accesses();
                if self.shared {
                    lines[2].state = GrantState::Pending;
                }
                Reply::Access(lines)
            }
            Query::Stock if self.long => Reply::Stock(ward::stock(&prescriptions::stock())),
            Query::Stock => Reply::Stock(prescriptions::stock()),
            Query::Users if self.long => Reply::Users(ward::users(&people::users())),
            Query::Users => Reply::Users(people::users()),
            Query::Units if self.long => Reply::Units(ward::units(&people::units())),
            Query::Units => Reply::Units(people::units()),
            Query::Backups if self.no_repository => {
                let trouble = "/srv/backup holds no chartseal repository; check the address";
                Reply::Backups(Err(trouble.into()))
            }
            Query::Backups => Reply::Backups(Ok(people::backups())),
            Query::Verifications if self.long => {
                Reply::Verifications(ward::verifications(&people::verifications()))
            }
            Query::Verifications => Reply::Verifications(people::verifications()),
            Query::Verification { at } => Reply::Verification {
                at,
                report: Box::new(people::verified()),
            },
            Query::SaveVerification { .. } => Reply::Done("saved".to_owned()),
            Query::Act { .. } if self.refuses => return Err(denied("your keys do not open it")),
            Query::Act {
                act: Act::Sign { passphrase, .. },
                ..
            } if passphrase.expose() != b"correct horse" => {
                return Err(Failure {
                    code: WRONG_PASSPHRASE.to_owned(),
                    ..denied("the passphrase is wrong")
                });
            }
            Query::Act {
                act: Act::Dispense { past: None, .. },
                ..
            } if self.stops => {
                return Err(Failure {
                    code: "stopped-by-check".to_owned(),
                    ..denied("STOP stock: lot K77 is amoxicillin, not what was prescribed")
                });
            }
            Query::Act { .. } => Reply::Done("written and signed".to_owned()),
            Query::Drafts => Reply::Drafts(self.drafts.clone()),
            Query::KeepDraft(keep) => {
                self.kept.lock().unwrap().push(keep);
                Reply::Kept
            }
            Query::DropDraft(_) => Reply::Kept,
        })
    }

    fn run(&self, kind: JobKind, report: Reporter<'_>) -> Result<Report, Failure> {
        let word = Progress {
            what: kind.title().to_lowercase(),
            done: 653_114,
            total: Some(1_000_000),
            unit: "entries",
            note: None,
            transfer: None,
        };
        if report(&word) == Proceed::Stop {
            return Err(Failure {
                code: "stopped".to_owned(),
                message: "stopped".to_owned(),
                hint: None,
                causes: vec![],
            });
        }
        Ok(match kind {
            JobKind::BackUp => Report::BackedUp(BackupRun {
                head: "040G-40R4-0000-00CV-MPJT-B9D5-MPJT-B9D5-MPJT-B9D5-MM52-46V3".to_owned(),
                snapshot: "412".to_owned(),
                parent: Some("411".to_owned()),
                entries: 184_201,
                new_entries: 1_204,
                packs_uploaded: 3,
                packs_reused: 40,
                bytes_read: 2_400_000,
                bytes_uploaded: 2_200_000,
                seconds: 12.0,
                alarms: self.incidents.iter().flat_map(|i| i.what.clone()).collect(),
            }),
            _ => Report::Verify(Box::new(people::verified())),
        })
    }

    fn lock(&self, keep: Vec<Keep>) -> Farewell {
        self.asked.lock().unwrap().push("Lock".to_owned());
        let kept = Arc::clone(&self.kept);
        Box::new(move || kept.lock().unwrap().extend(keep))
    }
}

fn denied(message: &str) -> Failure {
    Failure {
        code: "denied".to_owned(),
        message: message.to_owned(),
        hint: Some("ask for access with r, or break the glass with B in an emergency".to_owned()),
        causes: vec![],
    }
}

fn notices() -> Vec<Notice> {
    let notice = |id: &str, kind: &str, created: &str, from: &str, text: &str, waits| Notice {
        id: id.to_owned(),
        kind: kind.to_owned(),
        created: at(created),
        from: from.to_owned(),
        mrn: Some("0012-7".to_owned()),
        text: text.to_owned(),
        waits,
    };
    vec![
        notice(
            "a1",
            "access request",
            "2026-11-22T13:40:00Z",
            "Dr Okafor",
            "asks to read clinical of Mejía, Gustavo: second opinion",
            true,
        ),
        notice(
            "r1",
            "prescription",
            "2026-11-22T12:05:00Z",
            "Ruth Adeyemi",
            "held: allergy recorded, please confirm",
            true,
        ),
        notice(
            "b1",
            "break-glass",
            "2026-11-21T03:12:00Z",
            "N. Brandt",
            "opened Hyatt, Fletcher in an emergency",
            false,
        ),
    ]
}

pub fn status() -> Status {
    Status {
        vault: "/srv/chartseal".to_owned(),
        schema: 1,
        entries: 184_201,
        charts: 212,
        users: 31,
        units: 6,
        last_backup: Some(at("2026-11-22T12:00:00Z")),
        backup_overdue: false,
        last_backup_head: None,
        backup_incidents: Vec::new(),
        last_drill: None,
        last_verify: Some(at("2026-11-21T06:00:00Z")),
        locked_accounts: 0,
        sqlite: "3.51.3".to_owned(),
        version: "0.1.0".to_owned(),
        vault_id: "4f1c09ab77d2e0134f1c09ab77d2e0134f1c09ab77d2e0134f1c09ab77d2e013".to_owned(),
        share_threshold: 3,
        bytes: 412_000_000,
    }
}

fn trail() -> Vec<AuditLine> {
    let line = |created: &str, actor: &str, action: &str, detail: &str, flags: &[&str]| AuditLine {
        entry: "e1".to_owned(),
        created: at(created),
        actor: actor.to_owned(),
        role: "doctor".to_owned(),
        action: action.to_owned(),
        chart: Some("0012-7".to_owned()),
        detail: detail.to_owned(),
        flags: flags.iter().map(|flag| (*flag).to_owned()).collect(),
    };
    vec![
        line(
            "2026-11-22T08:12:00Z",
            "smith",
            "viewed",
            "looked at clinical, medication",
            &[],
        ),
        line(
            "2026-11-21T03:12:00Z",
            "brandt",
            "glass broken",
            "collapse in the corridor",
            &["at night"],
        ),
    ]
}
