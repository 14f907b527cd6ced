//! One value of each view of the vault itself: people, the ledger, backups.

use std::collections::BTreeMap;

use super::{stamp, text};
use crate::desk::view::*;

pub(crate) fn user_view() -> UserView {
    UserView {
        login: text("nbrandt"),
        role: text("nurse"),
        state: UserState::Invited,
        name: text("Nina Brandt"),
        units: vec![text("Ward A")],
        code_file: Some(text("nbrandt.code")),
        fingerprint: Some(text("4f1c 09ab")),
        locked_until: None,
        orphaned: vec![],
    }
}

pub(crate) fn unit_view() -> UnitView {
    let member = |login: &str, state| Member {
        login: text(login),
        state,
    };
    UnitView {
        unit: text("Ward A"),
        kind: text("ward"),
        members: vec![
            member("hsmith", MemberState::Active),
            member("nbrandt", MemberState::Pending),
        ],
        epoch: 1,
        id: text("u1"),
        charts: 31,
    }
}

pub(crate) fn unit_joined() -> UnitJoined {
    UnitJoined {
        unit: text("Ward A"),
        user: text("nbrandt"),
        state: MemberState::Pending,
        fingerprint: None,
        orphaned: false,
    }
}

pub(crate) fn imported() -> Imported {
    Imported {
        files: 2,
        patients: 1,
        charts_created: 1,
        charts_matched: 0,
        entries: 12,
        entries_by_kind: BTreeMap::from([(text("vitals"), 12)]),
        skipped: vec![Skipped {
            file: text("a.ndjson:7"),
            resource: text("Observation/9"),
            reason: text("no subject"),
        }],
        unsupported: BTreeMap::from([(text("Claim"), 4)]),
        seconds: 0.4,
        amended: 0,
        unchanged: 3,
    }
}

pub(crate) fn verify_report() -> VerifyReport {
    VerifyReport {
        entries: 1_000_000,
        chain: Chain::Ok,
        first_break: None,
        signatures: Checked {
            checked: 653_114,
            bad: vec![184_201],
        },
        grants: Grants {
            checked: 12,
            bad: Vec::new(),
        },
        bodies: Bodies {
            checked: 10,
            bad: Vec::new(),
            unreadable: 4,
        },
        index: IndexChecked {
            checked: 9,
            missing: 0,
            stray: 0,
            findings: Vec::new(),
        },
        seconds: 12.3,
        ok: false,
        findings: vec![Finding {
            seq: Some(184_201),
            text: text("signature does not match its header"),
        }],
        head: text("ab12"),
    }
}

pub(crate) fn index_stats() -> IndexStats {
    IndexStats {
        pairs: 1_000,
        segments: 2,
        log_rows: 30,
        bytes: 18_000,
        bytes_per_pair: 18.0,
    }
}

pub(crate) fn status() -> Status {
    Status {
        vault: text("/srv/vault"),
        schema: 1,
        entries: 184_201,
        charts: 31,
        users: 7,
        units: 6,
        last_backup: Some(stamp()),
        backup_overdue: false,
        last_backup_head: Some(text(HEAD)),
        backup_incidents: Vec::new(),
        last_drill: None,
        last_verify: None,
        locked_accounts: 0,
        sqlite: text("3.51.3"),
        version: text("0.1.0"),
        vault_id: text("4f1c"),
        share_threshold: 3,
        bytes: 2_000_000,
    }
}

const HEAD: &str = "040G-40R4-0000-00CV-MPJT-B9D5-MPJT-B9D5-MPJT-B9D5-MM52-46V3";

pub(crate) fn backup_run() -> BackupRun {
    BackupRun {
        snapshot: text("412"),
        parent: Some(text("411")),
        entries: 184_201,
        new_entries: 388,
        packs_uploaded: 2,
        packs_reused: 9,
        bytes_read: 900_000,
        bytes_uploaded: 800_000,
        seconds: 6.0,
        head: text(HEAD),
        alarms: Vec::new(),
    }
}

pub(crate) fn backup_line() -> BackupLine {
    BackupLine {
        snapshot: text("412"),
        created: stamp(),
        host: text("ward-a"),
        entries: 184_201,
        bytes: 11_200_000,
        signed_by: text("host ward-a"),
        verified: true,
        head: text(HEAD),
    }
}

pub(crate) fn backup_verified() -> BackupVerified {
    BackupVerified {
        snapshots: 2,
        packs: 11,
        bytes_read: 11_200_000,
        missing: vec![text("pack 3")],
        corrupt: Vec::new(),
        unlisted: vec![text("objects/0a0a")],
        rolled_back: true,
        behind: Some(text(
            "manifests/4f1c: this host has seen it, and it is not served",
        )),
        ok: false,
    }
}

pub(crate) fn restored() -> Restored {
    Restored {
        snapshot: text("412"),
        created: stamp(),
        entries: 184_201,
        host: text("/srv/new/host"),
        verify: verify_report(),
        seconds: 96.0,
        vault: text("/srv/new/vault"),
        sign_again: vec![text("brandt was disabled")],
        damage: vec![text("manifests/x: this is not the name of a manifest")],
    }
}

pub(crate) fn search_answer() -> SearchAnswer {
    SearchAnswer {
        query: text("dx:I10 bp>160/100"),
        total: 42,
        exact: false,
        uncovered: 3,
        results: vec![Hit {
            mrn: text("0063-9"),
            name: text("Hyatt, Fletcher"),
            kind: text("vitals"),
            created: stamp(),
            snippet: text("BP 172/104 · I10"),
            entry: text("e9"),
            author: text("Nina Brandt, nurse"),
            verified: true,
            thread: text("t9"),
            matched: vec!["bp"],
            marks: Vec::new(),
            preview: Preview::default(),
        }],
        micros: 812,
        charts: 17,
        all_charts: true,
        opened: 0,
        rejected: 0,
    }
}

pub(crate) fn shares() -> Shares {
    Shares {
        shares: 5,
        threshold: 3,
        files: (1..=5).map(|share| format!("share-{share}")).collect(),
    }
}

pub(crate) fn demo_made() -> DemoMade {
    DemoMade {
        vault: text("/tmp/demo/vault"),
        host: text("/tmp/demo/host"),
        logins: vec![DemoLogin {
            login: text("hsmith"),
            role: text("doctor"),
            unit: Some(text("Ward A")),
            passphrase_file: text("/tmp/demo/passphrases/hsmith"),
        }],
        patients: 200,
        entries: 8_000,
        recovery: shares(),
        restore: shares(),
    }
}

pub(crate) fn init_made() -> InitMade {
    InitMade {
        vault: text("/srv/vault"),
        vault_id: text("4f1c"),
        admin: text("tlind"),
        recovery: shares(),
        restore: shares(),
    }
}

pub(crate) fn sealed_made() -> SealedMade {
    SealedMade {
        file: text("mejia.sealed"),
        export: text("e7"),
        vault_id: text("4f1c09ab"),
        recipient: text("77d2 e013 c0ff ee00"),
        name: text("Dr A. Jones, City Hospital"),
        entries: 24,
        opened: 21,
        closed: 3,
        head: 184_201,
        snapshot: None,
        bytes: 36_961,
    }
}

pub(crate) fn sealed_opened() -> SealedOpened {
    SealedOpened {
        vault_id: text("4f1c09ab"),
        pinned: false,
        export: text("e7"),
        exporter: Exporter {
            login: text("hsmith"),
            name: text("Dr Helen Smith"),
            role: text("doctor"),
            fingerprint: text("4f1c 09ab 77d2 e013"),
        },
        created: stamp(),
        purpose: text("second opinion"),
        recipient: text("77d2 e013 c0ff ee00"),
        chart: Some(text("c0")),
        sections: vec![text("identity"), text("clinical")],
        signed_by: None,
        snapshot: None,
        head: 184_201,
        entries: 24,
        opened: 21,
        closed: 3,
        file: Some(text("mejia.jsonl")),
    }
}

pub(crate) fn recipient_made() -> RecipientMade {
    RecipientMade {
        name: text("Dr A. Jones, City Hospital"),
        key_file: text("jones.key"),
        public_file: text("jones.pub"),
        fingerprint: text("77d2 e013 c0ff ee00"),
    }
}
