//! A vault begins, or does not come about at all.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use chartseal::backup::keys::{BackupKeys, RestoreSecret};
use chartseal::config::Paths;
use chartseal::crypto::hpke::KemSecret;
use chartseal::crypto::password::Cost;
use chartseal::crypto::secret::{Secret, SecretBytes};
use chartseal::desk::setup::{ShareRule, init};
use chartseal::desk::view::{InitMade, Shares};
use chartseal::desk::{Class, DeskError, keys, session, users};
use chartseal::vault::shares::{Set, combine};

struct Place {
    folder: tempfile::TempDir,
    paths: Paths,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let paths = Paths::new(&folder.path().join("vault"), &folder.path().join("host"));
        Self { folder, paths }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn init(&self, admin: &str, passphrase: &str, rule: &ShareRule) -> Result<InitMade, DeskError> {
        init(&self.paths, admin, &secret(passphrase), rule, Cost::FLOOR)
    }

    /// Every file and folder there is.
    fn everything(&self) -> BTreeSet<PathBuf> {
        fn walk(folder: &Path, found: &mut BTreeSet<PathBuf>) {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    walk(&path, found);
                }
                found.insert(path);
            }
        }
        let mut found = BTreeSet::new();
        walk(self.folder.path(), &mut found);
        found
    }
}

const PASSPHRASE: &str = "correct horse battery";

fn secret(text: &str) -> SecretBytes {
    SecretBytes::from_slice(text.as_bytes())
}

fn three_of_five(out: Option<PathBuf>) -> ShareRule {
    ShareRule {
        shares: 5,
        threshold: 3,
        out,
    }
}

fn texts(shares: &Shares, which: &[usize]) -> Vec<SecretBytes> {
    let read = |at: &usize| SecretBytes::new(fs::read(&shares.files[*at]).unwrap());
    which.iter().map(read).collect()
}

#[test]
fn a_vault_begins_with_an_admin_who_logs_in_and_two_sets_of_shares() {
    let place = Place::new();
    let made = place
        .init("admin", PASSPHRASE, &three_of_five(Some(place.path("out"))))
        .unwrap();
    assert_eq!(made.admin, "admin");
    assert_eq!(made.vault, place.path("vault").display().to_string());
    for (set, name) in [(&made.recovery, "recovery"), (&made.restore, "restore")] {
        assert_eq!((set.shares, set.threshold, set.files.len()), (5, 3, 5));
        for file in set.files.iter().map(Path::new) {
            assert_eq!(
                file.parent().unwrap(),
                place.path("out").canonicalize().unwrap()
            );
            assert!(
                file.file_name()
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .starts_with(name)
            );
            assert_eq!(
                fs::metadata(file).unwrap().permissions().mode() & 0o7777,
                0o600
            );
        }
    }
    let folder = fs::metadata(place.path("out"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(folder & 0o7777, 0o700);

    let admin = session::login(&place.paths, "admin", &secret(PASSPHRASE)).unwrap();
    assert_eq!(users::list(&admin).unwrap().len(), 1);
    let host = admin.vault().host();
    assert_eq!(host.vault().to_string(), made.vault_id);
    let checked = keys::check(&place.paths).unwrap();
    assert!(checked.ok, "{checked:?}");
}

#[test]
fn the_shares_give_back_what_genesis_names_and_the_host_can_write_backups_at_once() {
    let place = Place::new();
    let made = place
        .init("admin", PASSPHRASE, &three_of_five(None))
        .unwrap();
    let admin = session::login(&place.paths, "admin", &secret(PASSPHRASE)).unwrap();
    let host = admin.vault().host();
    let genesis = admin
        .vault()
        .read(|reader| Ok::<_, DeskError>(reader.directory().genesis.clone().unwrap()))
        .unwrap();
    assert_eq!((genesis.shares, genesis.threshold), (5, 3));

    let (vault, recovery) = combine(&texts(&made.recovery, &[4, 0, 2]), Set::Recovery).unwrap();
    assert_eq!(vault.to_string(), made.vault_id);
    let recovery = KemSecret::from_secret(&Secret::from_slice(recovery.expose()).unwrap());
    assert_eq!(recovery.public(), genesis.recovery);

    let (vault, restore) = combine(&texts(&made.restore, &[1, 3, 4]), Set::Restore).unwrap();
    assert_eq!(vault.to_string(), made.vault_id);
    let restore = RestoreSecret::from_bytes(restore.expose()).unwrap();
    assert_eq!(restore.restore.public(), genesis.restore);
    assert_eq!(&restore.host_secret, host.secret());

    let stored = host.backup_keys().unwrap().expect("written by init");
    let keys = BackupKeys::from_bytes(&stored, host.sign().duplicate()).unwrap();
    assert_eq!(keys.vault, vault);
    assert_eq!(keys.restore_public, genesis.restore);
    assert_eq!(keys.k_id, restore.k_id());
    assert_eq!(keys.k_manifest, restore.k_manifest());
}

#[test]
fn where_no_folder_is_named_the_shares_lie_with_the_host_and_never_in_the_vault() {
    let place = Place::new();
    let made = place
        .init("admin", PASSPHRASE, &three_of_five(None))
        .unwrap();
    let expected = place.path("host").canonicalize().unwrap().join("shares");
    assert!(
        made.restore
            .files
            .iter()
            .all(|file| Path::new(file).parent() == Some(&expected))
    );
    let place = Place::new();
    let inside = three_of_five(Some(place.path("vault/shares")));
    let error = place.init("admin", PASSPHRASE, &inside).unwrap_err();
    assert_eq!(error.class(), Class::BadInput);
    assert!(
        error.to_string().contains("lies in the vault's folder"),
        "{error}"
    );
    assert!(place.everything().is_empty());
}

#[test]
fn a_vault_is_never_overwritten() {
    let place = Place::new();
    place
        .init("admin", PASSPHRASE, &three_of_five(None))
        .unwrap();
    let before = place.everything();
    let file = fs::read(place.path("vault/vault.db")).unwrap();
    let again = place.init("other", PASSPHRASE, &three_of_five(Some(place.path("out"))));
    let error = again.unwrap_err();
    assert_eq!(
        (error.class(), error.code()),
        (Class::Usage, "vault-exists")
    );
    assert_eq!(place.everything(), before);
    assert_eq!(fs::read(place.path("vault/vault.db")).unwrap(), file);
    // Nor is the state of a host.
    let elsewhere = Paths::new(&place.path("second"), &place.path("host"));
    let error = init(
        &elsewhere,
        "admin",
        &secret(PASSPHRASE),
        &three_of_five(None),
        Cost::FLOOR,
    );
    assert!(
        error
            .unwrap_err()
            .to_string()
            .contains("already holds the state of a host")
    );
    assert_eq!(place.everything(), before);
    session::login(&place.paths, "admin", &secret(PASSPHRASE)).unwrap();
}

#[test]
fn what_cannot_be_is_refused_and_leaves_nothing_behind() {
    let place = Place::new();
    for (shares, threshold) in [(5, 1), (2, 3), (0, 0), (1, 1)] {
        let rule = ShareRule {
            shares,
            threshold,
            out: None,
        };
        let error = place.init("admin", PASSPHRASE, &rule).unwrap_err();
        assert_eq!(error.class(), Class::BadInput);
        assert!(
            error.to_string().contains("the threshold is at least 2"),
            "{error}"
        );
    }
    let rule = three_of_five(None);
    for login in ["", "Admin", "@host", "a b", "1st"] {
        let error = place.init(login, PASSPHRASE, &rule).unwrap_err();
        assert!(error.to_string().contains("is no login"), "{error}");
    }
    let error = place.init("admin", "short", &rule).unwrap_err();
    assert!(
        error.to_string().contains("at least 8 characters"),
        "{error}"
    );
    assert!(place.everything().is_empty());
}

#[test]
fn where_the_shares_cannot_be_written_there_is_no_vault() {
    let place = Place::new();
    let out = place.path("out");
    fs::create_dir(&out).unwrap();
    // In the way of the last share of the second set.
    fs::write(out.join("restore-5-of-5.txt"), "somebody else's").unwrap();
    let before = place.everything();
    let error = place
        .init("admin", PASSPHRASE, &three_of_five(Some(out.clone())))
        .unwrap_err();
    assert_eq!(error.class(), Class::Outside);
    assert!(error.to_string().contains("restore-5-of-5.txt"), "{error}");
    assert_eq!(place.everything(), before);
    // Once it is out of the way, it works.
    fs::remove_file(out.join("restore-5-of-5.txt")).unwrap();
    place
        .init("admin", PASSPHRASE, &three_of_five(Some(out)))
        .unwrap();
}

#[test]
fn an_empty_folder_that_was_there_before_stays() {
    let place = Place::new();
    for name in ["vault", "host"] {
        fs::create_dir(place.path(name)).unwrap();
        fs::set_permissions(place.path(name), fs::Permissions::from_mode(0o700)).unwrap();
    }
    let file = place.path("file");
    fs::write(&file, "no folder").unwrap();
    let before = place.everything();
    let out = three_of_five(Some(file.join("shares")));
    place.init("admin", PASSPHRASE, &out).unwrap_err();
    assert_eq!(place.everything(), before);
    place
        .init("admin", PASSPHRASE, &three_of_five(None))
        .unwrap();
}

#[test]
fn a_folder_that_others_can_enter_does_not_become_a_vault() {
    let place = Place::new();
    fs::create_dir(place.path("vault")).unwrap();
    fs::set_permissions(place.path("vault"), fs::Permissions::from_mode(0o755)).unwrap();
    let error = place
        .init("admin", PASSPHRASE, &three_of_five(None))
        .unwrap_err();
    assert_eq!(error.class(), Class::Usage);
    assert!(error.to_string().contains("chmod 0700"), "{error}");
}
