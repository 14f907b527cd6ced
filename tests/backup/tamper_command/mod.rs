//! `chartseal backup verify`, the real command, on a repository that its operator changed: what was changed is named, and the
//! exit code is 1. On a folder everything is tried; on a real MongoDB server one of each kind, by default, and everything under
//! `CHARTSEAL_CAMPAIGN=full`.

mod scene;

use std::path::Path;

use chartseal::backup::keys::BackupKeys;
use chartseal::backup::manifest::{HostId, ManifestName, SignedManifest};
use chartseal::backup::target::{Name, Shelf};
use chartseal::crypto::sign::SigningKey;
use chartseal::jobs::backup;
use tokio::runtime::Runtime;

use scene::{ALL, PRESENCE, Said, Scene, label};

use crate::mongod::Mongod;
use crate::program::Program;
use crate::support::campaign;

/// What may be tried of what there is: all of it, or the first.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Much {
    All,
    OneOfEach,
}

fn some<T>(mut all: Vec<T>, much: Much) -> Vec<T> {
    if much == Much::OneOfEach {
        all.truncate(1);
    }
    all
}

fn objects_are_found(scene: &Scene, much: Much) {
    let objects = scene.things(Shelf::Objects);
    assert!(objects.len() >= 9, "{} objects", objects.len());
    for object in some(objects.clone(), much) {
        let one = [object.clone()];
        let named = [label(&object)];
        let bytes = scene.read(&object);
        for at in some(vec![bytes.len() / 2, 0, bytes.len() - 1], much) {
            let flip = |scene: &Scene| {
                let mut bytes = bytes.clone();
                bytes[at] ^= 1;
                scene.put(&object, bytes);
            };
            scene.with(&one, flip, |scene| {
                assert_eq!(scene.verify(ALL), Said::corrupt(&named), "byte {at}");
                // Without reading only presence and length are judged, as the manual says.
                assert_eq!(scene.verify(PRESENCE), Said::nothing_wrong());
            });
        }
        let longer = [&bytes[..], &[0]].concat();
        for other in [bytes[..bytes.len() - 1].to_vec(), longer, Vec::new()] {
            let put = |scene: &Scene| scene.put(&object, other.clone());
            scene.with(&one, put, |scene| {
                for read in [PRESENCE, ALL] {
                    assert_eq!(scene.verify(read), Said::corrupt(&named), "{}", other.len());
                }
            });
        }
        scene.with(
            &one,
            |scene| scene.drop(&object),
            |scene| {
                for read in [PRESENCE, ALL] {
                    assert_eq!(scene.verify(read), Said::missing(&named));
                }
            },
        );
    }
    for pair in some(objects.windows(2).collect(), much) {
        let bytes = [scene.read(&pair[0]), scene.read(&pair[1])];
        let swap = |scene: &Scene| {
            scene.put(&pair[0], bytes[1].clone());
            scene.put(&pair[1], bytes[0].clone());
        };
        let both = [label(&pair[0]), label(&pair[1])];
        scene.with(pair, swap, |scene| {
            assert_eq!(scene.verify(ALL), Said::corrupt(&both));
        });
        let double = |scene: &Scene| scene.put(&pair[0], bytes[1].clone());
        scene.with(pair, double, |scene| {
            assert_eq!(scene.verify(ALL), Said::corrupt(&both[..1]));
        });
    }
    // A copy under a name that nobody lists takes room and stands for nothing: it is named, and nothing is wrong.
    let stray = (Shelf::Objects, Name::parse(&"0a".repeat(32)).unwrap());
    scene.put(&stray, scene.read(&objects[0]));
    for read in [PRESENCE, ALL] {
        assert_eq!(scene.verify(read), Said::unlisted(&[label(&stray)]));
    }
    scene.drop(&stray);
    assert_eq!(scene.verify(ALL), Said::nothing_wrong());
}

fn manifests_are_found(scene: &Scene, much: Much) {
    let manifests = scene.manifests();
    assert_eq!(manifests.len(), 3);
    let newest = manifests.last().unwrap();
    for (n, manifest) in manifests.iter().enumerate().rev() {
        if much == Much::OneOfEach && n == 1 {
            continue;
        }
        let one = [manifest.clone()];
        let named = [label(manifest)];
        let bytes = scene.read(manifest);
        let mut flipped = bytes.clone();
        flipped[bytes.len() / 3] ^= 0x20;
        for bad in [flipped, bytes[..bytes.len() - 1].to_vec(), Vec::new()] {
            let put = |scene: &Scene| scene.put(manifest, bad.clone());
            scene.with(&one, put, |scene| {
                let said = scene.verify(PRESENCE);
                assert!(
                    said.code == 1 && said.corrupt.contains(&named[0]),
                    "{said:?}"
                );
                assert_eq!(said.rolled_back, manifest == newest, "{said:?}");
            });
        }
        scene.with(
            &one,
            |scene| scene.drop(manifest),
            |scene| {
                let said = scene.verify(PRESENCE);
                let expected = if manifest == newest {
                    Said {
                        code: 1,
                        ..Said::nothing_wrong()
                    }
                    .and_rolled_back()
                } else {
                    Said::missing(&named)
                };
                assert_eq!(said, expected);
            },
        );
    }
    // The older one in the place of the newest.
    let one = [newest.clone()];
    let old = scene.read(&manifests[1]);
    scene.with(
        &one,
        |scene| scene.put(newest, old),
        |scene| {
            let expected = Said::corrupt(&[label(newest)]).and_rolled_back();
            assert_eq!(scene.verify(PRESENCE), expected);
        },
    );
    // Somebody with every key but that of a host that the vault certifies.
    let name = ManifestName::parse(&newest.1).unwrap();
    let host = scene.ward.hospital.vault().host().clone();
    let forger = SigningKey::random();
    let id = HostId::of(&forger.public());
    let keys = host.backup_keys().unwrap().unwrap();
    let keys = BackupKeys::from_bytes(&keys, forger).unwrap();
    let file = scene.read(newest);
    let open = SignedManifest::open(&file, name, keys.repository, &keys.k_manifest);
    let mut forged = open.unwrap().manifest;
    forged.name.host = id;
    let thing = (Shelf::Manifests, forged.name.name());
    scene.put(&thing, forged.seal(&keys));
    assert_eq!(scene.verify(PRESENCE), Said::corrupt(&[label(&thing)]));
    scene.drop(&thing);
    assert_eq!(scene.verify(ALL), Said::nothing_wrong());
}

/// The whole repository as it was before the last snapshot; the ledger says so to a host that remembers nothing, and a printed head
/// to one that has no such ledger.
fn an_old_state_is_found(scene: &Scene) {
    let newest = scene.manifests().pop().unwrap();
    let memory = scene.ward.here().host.join("backups");
    let aside = scene.ward.here().host.join("backups-aside");
    scene.with(
        std::slice::from_ref(&newest),
        |scene| scene.drop(&newest),
        |scene| {
            let expected = Said {
                code: 1,
                ..Said::nothing_wrong()
            }
            .and_rolled_back();
            assert_eq!(scene.verify(ALL), expected);
            std::fs::rename(&memory, &aside).unwrap();
            assert_eq!(scene.verify(ALL), expected);
            let run = Program::at(&scene.ward.here());
            let run = run.json(&[&["backup", "run", "--to", &scene.address]]);
            assert_eq!(run.code, 1, "{run:?}");
            std::fs::rename(&aside, &memory).unwrap();

            let restored = scene.restored();
            // Without any witness this cannot be seen, as the manual says; here the operator has left the snapshot's objects there.
            let left = scene.verify_at(&restored, ALL);
            assert!(left.code == 0 && !left.unlisted.is_empty(), "{left:?}");
            let head = scene.heads[2].to_string();
            assert_eq!(scene.verify_at(&restored, &["--head", &head]), expected);
            let older = scene.heads[1].to_string();
            let said = scene.verify_at(&restored, &["--head", &older]);
            assert_eq!(said, left);
        },
    );
}

/// The record that says whose repository this is.
fn the_record_is_missed(scene: &Scene) {
    let record = scene.things(Shelf::Keys).pop().unwrap();
    let one = [record.clone()];
    let bytes = scene.read(&record);
    let mut flipped = bytes.clone();
    flipped[bytes.len() / 2] ^= 1;
    for bad in [flipped, bytes[..bytes.len() - 1].to_vec()] {
        scene.with(
            &one,
            |scene| scene.put(&record, bad),
            |scene| {
                assert_eq!(scene.verify(PRESENCE), Said::corrupt(&[label(&record)]));
            },
        );
    }
    scene.with(
        &one,
        |scene| scene.drop(&record),
        |scene| {
            assert_eq!(scene.verify(PRESENCE), Said::missing(&[label(&record)]));
        },
    );
    // One that reads well and names another key to restore with.
    let elsewhere = Scene::at(scene.ward.elsewhere("another").vault.to_str().unwrap());
    let foreign = elsewhere.read(&elsewhere.things(Shelf::Keys)[0]);
    scene.with(
        &one,
        |scene| scene.put(&record, foreign),
        |scene| {
            assert_eq!(scene.verify(PRESENCE), Said::corrupt(&[label(&record)]));
        },
    );
}

#[test]
fn each_object_that_is_flipped_swapped_doubled_cut_or_dropped_is_named_by_the_command() {
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::at(folder.path().join("repository").to_str().unwrap());
    assert_eq!(scene.verify(ALL), Said::nothing_wrong());
    objects_are_found(&scene, Much::All);
}

#[test]
fn each_manifest_that_is_changed_dropped_forged_or_served_again_is_named_by_the_command() {
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::at(folder.path().join("repository").to_str().unwrap());
    manifests_are_found(&scene, Much::All);
    an_old_state_is_found(&scene);
}

#[test]
fn a_repository_whose_own_record_is_gone_changed_or_replaced_is_not_called_whole() {
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::at(folder.path().join("repository").to_str().unwrap());
    the_record_is_missed(&scene);
}

#[test]
fn what_the_operator_of_a_cluster_does_is_named_by_the_command() {
    let runtime = Runtime::new().unwrap();
    let Some(mongod) = runtime.block_on(Mongod::start()) else {
        return;
    };
    let scene = Scene::at(&mongod.uri("chartseal"));
    let much = if campaign::full() {
        Much::All
    } else {
        Much::OneOfEach
    };
    objects_are_found(&scene, much);
    manifests_are_found(&scene, much);
    an_old_state_is_found(&scene);
    the_record_is_missed(&scene);
}

#[test]
fn two_histories_under_one_repository_are_named_by_the_command() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("repository");
    let scene = Scene::at(place.to_str().unwrap());
    // The host begins anew at another place, and both histories are then served together.
    let other = folder.path().join("other");
    let target = backup::Target::parse(other.to_str().unwrap()).unwrap();
    scene.ward.back_up_to(&scene.ward.here(), &target);
    let before = scene.manifests();
    merge(&other, &place);
    let mut second = scene.manifests();
    second.retain(|manifest| !before.contains(manifest));
    let second = second.pop().unwrap();
    let mut firsts = scene.manifests();
    firsts.retain(|(_, name)| ManifestName::parse(name).unwrap().number == 1 && *name != second.1);
    let first = firsts.pop().unwrap();
    let expected = Said::corrupt(&[label(&first), label(&second)]);
    assert_eq!(scene.verify(ALL), expected);
}

/// Copies what is not there.
fn merge(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let there = to.join(path.file_name().unwrap());
        if path.is_dir() {
            merge(&path, &there);
        } else if !there.exists() {
            std::fs::copy(&path, &there).unwrap();
        }
    }
}
