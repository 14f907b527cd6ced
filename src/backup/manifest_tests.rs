use super::*;
use crate::backup::keys::RestoreSecret;
use crate::backup::source::TableId;
use crate::crypto::hpke::KemSecret;
use crate::crypto::sign::SigningKey;

fn keys() -> BackupKeys {
    let restore = KemSecret::from_secret(&Secret::new([5; 32]));
    let secret = RestoreSecret {
        restore,
        host_secret: Secret::new([6; 32]),
    };
    secret.backup_keys(
        RepositoryId([1; 16]),
        Hash([2; 32]),
        SigningKey::from_secret(&Secret::new([3; 32])),
    )
}

fn manifest() -> Manifest {
    let listed = |kind, first, count, generation| Listed {
        kind,
        first,
        part: 0,
        parts: 1,
        count,
        address: Address {
            id: ObjectId([4; 32]),
            generation,
        },
        len: 70_000,
        hash: Hash([7; 32]),
    };
    Manifest {
        name: ManifestName {
            host: HostId::of(&keys().signing.public()),
            timeline: Timeline([8; 8]),
            number: 12,
        },
        start: Start::Next,
        previous: Some(Hash([9; 32])),
        created: 1_795_000_000_000,
        head: Head {
            seq: 1234,
            link: Hash([10; 32]),
        },
        objects: vec![
            listed(ObjectKind::Ledger, 1, 1234, 0),
            listed(ObjectKind::Table(TableId::SLOT), 0, 3, 1),
        ],
        new_entries: 34,
        bytes: 140_000,
        version: "0.1.0".into(),
        schema: 1,
    }
}

fn open(file: &[u8], name: ManifestName) -> Result<SignedManifest, ManifestError> {
    SignedManifest::open(file, name, keys().repository, &keys().k_manifest)
}

#[test]
fn a_manifest_opens_as_it_was_sealed() {
    let opened = open(&manifest().seal(&keys()), manifest().name).unwrap();
    assert_eq!(opened.manifest, manifest());
    assert_eq!(opened.signer, keys().signing.public());
    let first = Manifest {
        start: Start::First,
        previous: None,
        ..manifest()
    };
    assert_eq!(
        open(&first.seal(&keys()), first.name).unwrap().manifest,
        first
    );
}

/// The golden files were written by another program, from the description at the top of `manifest.rs`.
#[test]
fn the_encoding_of_manifests_never_changes() {
    assert_eq!(
        hex::hex(&manifest().body()),
        include_str!("golden/manifest_body.hex").trim()
    );
    let file = manifest().seal_with(&keys(), [11; 12]);
    assert_eq!(
        hex::hex(&file),
        include_str!("golden/manifest_file.hex").trim()
    );
}

#[test]
fn each_flipped_byte_of_a_manifest_is_noticed() {
    let file = manifest().seal(&keys());
    for at in 0..file.len() {
        let mut bad = file.clone();
        bad[at] ^= 1;
        assert!(open(&bad, manifest().name).is_err(), "byte {at}");
    }
    for len in 0..file.len() {
        assert!(
            open(&file[..len], manifest().name).is_err(),
            "cut to {len} bytes"
        );
    }
}

#[test]
fn a_manifest_served_under_another_name_is_refused() {
    let file = manifest().seal(&keys());
    let name = manifest().name;
    let renumbered = ManifestName { number: 13, ..name };
    assert_eq!(open(&file, renumbered), Err(ManifestError::Signature));
    let other_timeline = ManifestName {
        timeline: Timeline([0; 8]),
        ..name
    };
    assert_eq!(open(&file, other_timeline), Err(ManifestError::Signature));
    let other_host = ManifestName {
        host: HostId([0; 16]),
        ..name
    };
    assert_eq!(open(&file, other_host), Err(ManifestError::Host));
}

#[test]
fn a_manifest_of_another_repository_is_refused() {
    let elsewhere = BackupKeys {
        repository: RepositoryId([99; 16]),
        ..keys()
    };
    let file = manifest().seal(&elsewhere);
    assert_eq!(open(&file, manifest().name), Err(ManifestError::Signature));
}

#[test]
fn a_manifest_forged_without_the_manifest_key_is_refused() {
    let forger = BackupKeys {
        k_manifest: Secret::random(),
        ..keys()
    };
    assert_eq!(
        open(&manifest().seal(&forger), manifest().name),
        Err(ManifestError::Seal)
    );
}

#[test]
fn a_manifest_forged_with_another_signing_key_names_another_host() {
    let forger = BackupKeys {
        signing: SigningKey::random(),
        ..keys()
    };
    assert_eq!(
        open(&manifest().seal(&forger), manifest().name),
        Err(ManifestError::Host)
    );
}

#[test]
fn a_manifest_name_has_one_spelling() {
    let name = manifest().name;
    assert_eq!(ManifestName::parse(&name.name()), Some(name));
    for text in [
        "0a/0b/1",
        &format!("{name}/1"),
        &name.to_string().replace("0000000012", "12"),
    ] {
        assert!(
            Name::parse(text).is_none_or(|n| ManifestName::parse(&n).is_none()),
            "{text}"
        );
    }
}
