//! The people, units, snapshots and reports of the fixture.

use super::fixture::{PEOPLE, at};
use crate::desk::view::{
    AccessKind, AccessLine, BackupLine, Bodies, Chain, Checked, Finding, GrantState, Grants,
    IndexChecked, Member, MemberState, UnitView, UserState, UserView, VerifyLine, VerifyReport,
};

pub fn accesses() -> Vec<AccessLine> {
    let line = |id: &str, kind, who: &str, state| AccessLine {
        id: id.to_owned(),
        kind,
        chart: "0012-7".to_owned(),
        who: who.to_owned(),
        sections: vec!["identity".to_owned(), "clinical".to_owned()],
        purpose: Some("second opinion".to_owned()),
        state,
        until: Some(at("2026-12-22T23:59:59Z")),
        decided_by: None,
        created: at("2026-11-22T13:40:00Z"),
        name: Some("Mejía, Gustavo".to_owned()),
        mine_to_decide: true,
        reviewed: None,
    };
    vec![
        line("a1", AccessKind::Request, "okafor", GrantState::Pending),
        line("a2", AccessKind::Enrolment, "Ward A", GrantState::Granted),
        line("a3", AccessKind::Share, "moss", GrantState::Refused),
    ]
}

pub fn users() -> Vec<UserView> {
    let states = [
        UserState::Active,
        UserState::Active,
        UserState::Active,
        UserState::Activated,
        UserState::Active,
        UserState::Active,
        UserState::Disabled,
    ];
    PEOPLE
        .iter()
        .zip(states)
        .map(|((login, name, role, unit), state)| UserView {
            login: (*login).to_owned(),
            role: (*role).to_owned(),
            state,
            name: (*name).to_owned(),
            units: if unit.is_empty() {
                vec![]
            } else {
                vec![(*unit).to_owned()]
            },
            code_file: None,
            fingerprint: Some("4f1c 09ab 77d2 e013".to_owned()),
            locked_until: None,
            orphaned: Vec::new(),
        })
        .collect()
}

pub fn units() -> Vec<UnitView> {
    let unit = |name: &str, kind: &str, charts| UnitView {
        unit: name.to_owned(),
        kind: kind.to_owned(),
        members: vec![
            Member {
                login: "smith".to_owned(),
                state: MemberState::Active,
            },
            Member {
                login: "okafor".to_owned(),
                state: MemberState::Pending,
            },
        ],
        epoch: 3,
        id: "u1".to_owned(),
        charts,
    };
    vec![
        unit("Ward A", "ward", 31),
        unit("Pharmacy", "pharmacy", 0),
        unit("staff", "special", 0),
    ]
}

pub fn backups() -> Vec<BackupLine> {
    vec![BackupLine {
        snapshot: "411".to_owned(),
        created: at("2026-11-22T12:00:00Z"),
        host: "ward-a".to_owned(),
        entries: 183_997,
        bytes: 2_200_000,
        signed_by: "host".to_owned(),
        verified: true,
        head: String::new(),
    }]
}

pub fn verified() -> VerifyReport {
    VerifyReport {
        entries: 1_000_000,
        chain: Chain::Ok,
        first_break: None,
        signatures: Checked {
            checked: 1_000_000,
            bad: vec![184_201],
        },
        grants: Grants::default(),
        bodies: Bodies::default(),
        index: IndexChecked::default(),
        seconds: 12.3,
        ok: false,
        findings: vec![Finding {
            seq: Some(184_201),
            text: "signature does not match its header".to_owned(),
        }],
        head: "4f1c09ab".to_owned(),
    }
}

pub fn verifications() -> Vec<VerifyLine> {
    let line = |day: &str, findings| VerifyLine {
        at: at(&format!("2026-11-{day}T06:00:00Z")),
        entries: 184_201,
        findings,
        ok: findings == 0,
        seconds: 2.4,
    };
    vec![line("21", 0), line("20", 1)]
}
