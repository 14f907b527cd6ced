//! Who gave it out, who certified whom, and in which vault.

use super::super::{SealedError, Statement, Subject, open};
use super::world::{Draft, World};
use crate::clinical::Role;
use crate::ledger::clear::Disable;
use crate::ledger::{Blinder, Clear, Office, Opening, Prepared, Section};
use crate::vault::identity::Identity;

#[test]
fn a_forged_exporter_is_refused() {
    let world = World::new();
    // Somebody else signs in the doctor's name.
    let nurse = Draft {
        signer: &world.nurse.sign,
        ..world.draft()
    };
    assert!(world.refused(&nurse).contains("hsmith signed"));
    // Somebody whom nobody certified.
    let (stranger, certificate) =
        Identity::create("stranger", "A Stranger", Office::Person(Role::Doctor));
    let mut draft = world.draft();
    draft.statement.exporter = stranger.cert;
    draft.signer = &stranger.sign;
    assert!(world.refused(&draft).contains("not certified"));
    // Somebody whom a doctor certified.
    let mut forged = World::new();
    let place = forged.place(forged.doctor.cert, Section::System);
    let key = forged.doctor.sign.duplicate();
    let body = Clear::Certificate(certificate).encode();
    forged.append(&Prepared::clear(place, &body), &key);
    let mut draft = forged.draft();
    draft.statement.exporter = stranger.cert;
    draft.signer = &stranger.sign;
    assert!(
        forged
            .refused(&draft)
            .contains("entry 5: a doctor may not certify anyone"),
        "{}",
        forged.refused(&draft)
    );
}

#[test]
fn an_exporter_whose_account_had_ended_is_refused() {
    let mut world = World::new();
    let person = world.doctor.cert;
    world.clear(&Clear::Disable(Disable { person }));
    assert!(world.refused(&world.draft()).contains("not certified"));
    // What they signed before stands, given out by somebody else.
    let mut draft = world.draft();
    draft.statement.exporter = world.admin.cert;
    draft.signer = &world.admin.sign;
    assert_eq!(world.open(&draft.file()).unwrap().opened, 1);
    // What they signed afterwards does not.
    world.sealed(b"too late");
    let mut draft = world.draft();
    draft.statement.exporter = world.admin.cert;
    draft.signer = &world.admin.sign;
    assert_eq!(
        world.refused(&draft),
        "entry 6: its author is not certified at this place"
    );
}

#[test]
fn a_swapped_certificate_is_refused() {
    let world = World::new();
    let other = World::new();
    // The certificate of another vault's doctor, who signed the same there.
    let mut draft = world.draft();
    draft.authorities[1] = other.draft().authorities[1].clone();
    assert!(
        world.refused(&draft).contains("entry 2: "),
        "{}",
        world.refused(&draft)
    );
    // Another key under the same header.
    let (_, certificate) = Identity::create("hsmith", "Helen Smith", Office::Person(Role::Doctor));
    let mut draft = world.draft();
    let body = Clear::Certificate(certificate).encode();
    draft.authorities[1].2 = Some(Opening {
        blinder: Blinder::CLEAR,
        body,
    });
    assert!(
        world.refused(&draft).contains("entry 2: "),
        "{}",
        world.refused(&draft)
    );
    // None at all.
    let mut draft = world.draft();
    draft.authorities.remove(1);
    assert!(world.refused(&draft).contains("not certified"));
    // No genesis.
    let mut draft = world.draft();
    draft.authorities.remove(0);
    assert!(world.refused(&draft).contains("entry 2: "));
}

#[test]
fn what_one_person_signed_is_not_given_out_under_the_login_of_another() {
    let world = World::new();
    let signed_by = |login: &str| {
        let mut draft = world.draft();
        draft.statement.subject = Subject::SignedBy {
            login: login.into(),
            certificates: vec![world.doctor.cert],
        };
        world.open(&draft.file())
    };
    assert_eq!(signed_by("hsmith").unwrap().opened, 1);
    for login in ["brandt", "nobody"] {
        let error = signed_by(login).unwrap_err();
        assert!(matches!(error, SealedError::Exporter(_)), "{error}");
        assert!(error.to_string().contains(login), "{error}");
    }
}

#[test]
fn another_genesis_is_refused_where_the_recipient_knows_the_right_one() {
    let (world, other) = (World::new(), World::new());
    let file = Draft {
        statement: Statement {
            recipient: world.recipient.public(),
            ..other.statement()
        },
        ..other.draft()
    }
    .file();
    assert!(matches!(
        world.open(&file).unwrap_err(),
        SealedError::OtherVault { .. }
    ));
    // Without a pin it says which vault it leads to, and no more.
    let told = open(&file[..], &world.recipient, None, |_| Ok(())).unwrap();
    assert_eq!(told.statement.vault, other.link(1));
    // The statement names the right vault, and what follows leads to another.
    let mut draft = other.draft();
    draft.statement = Statement {
        vault: world.link(1),
        recipient: world.recipient.public(),
        ..other.statement()
    };
    assert!(
        world
            .refused(&draft)
            .contains("entry 1: it is not the genesis")
    );
}
