//! The operator of the MongoDB cluster, and the holder of the host's backup credential, who has no more than that operator but for
//! what the host itself keeps. The same objects lie in a folder here; what a real server lets whom do is tested with the repository.

use std::fs;
use std::path::{Path, PathBuf};

use chartseal::backup::keys::{BackupKeys, RestoreSecret};
use chartseal::backup::object::{self, Address, ObjectKind};
use chartseal::backup::target::Name;
use chartseal::backup::verify::ReadData;
use chartseal::config::Paths;
use chartseal::crypto::hpke::KemSecret;
use chartseal::crypto::mac::MacKey;
use chartseal::crypto::password::Cost;
use chartseal::crypto::secret::{Secret, SecretBytes};
use chartseal::desk::view::{BackupVerified, DemoMade, unwatched};
use chartseal::desk::{charts, session, write};
use chartseal::jobs::backup::{self, Target};
use chartseal::jobs::demo::{PASSPHRASE, Plan, make};
use chartseal::vault::shares::{self, Set};

use crate::life::{files, holding, note};
use crate::support::secret;

struct Cluster {
    _folder: tempfile::TempDir,
    paths: Paths,
    repository: PathBuf,
    made: DemoMade,
}

fn backed_up() -> Cluster {
    let folder = tempfile::tempdir().unwrap();
    let paths = Paths::new(&folder.path().join("vault"), &folder.path().join("host"));
    let plan = Plan {
        patients: 4,
        seed: 11,
        cost: Cost::FLOOR,
        papers: folder.path().into(),
    };
    let made = make(&paths, &plan, &unwatched).unwrap();
    let cluster = Cluster {
        repository: folder.path().join("repository"),
        _folder: folder,
        paths,
        made,
    };
    fs::create_dir(&cluster.repository).unwrap();
    cluster.run();
    cluster
}

impl Cluster {
    fn target(&self) -> Target {
        Target::parse(self.repository.to_str().unwrap()).unwrap()
    }

    fn run(&self) {
        backup::run(&self.paths, &self.target(), &unwatched).unwrap();
    }

    fn verified(&self) -> BackupVerified {
        backup::verify(&self.paths, &self.target(), ReadData::All, None, &unwatched).unwrap()
    }

    fn doctor(&self) -> session::Session {
        let login = self
            .made
            .logins
            .iter()
            .find(|login| login.role == "doctor")
            .unwrap();
        session::login(&self.paths, &login.login, &secret(PASSPHRASE)).unwrap()
    }

    fn objects(&self) -> Vec<PathBuf> {
        let all = files(&self.repository).into_iter();
        all.map(|(name, _)| PathBuf::from(name))
            .filter(|path| address(path).is_some())
            .collect()
    }
}

fn address(path: &Path) -> Option<Address> {
    let name = Name::parse(path.file_name()?.to_str()?)?;
    Address::parse(&name)
}

#[test]
fn the_operator_of_the_cluster_reads_nothing() {
    let cluster = backed_up();
    let doctor = cluster.doctor();
    let uploaded = files(&cluster.repository);
    assert!(!uploaded.is_empty());
    for line in charts::list(&doctor, None).unwrap() {
        let family = line.name.split([',', ' ']).next().unwrap().to_owned();
        for word in [&line.mrn, &family] {
            assert_eq!(holding(&uploaded, word), Vec::<String>::new(), "{word}");
        }
    }
    // Not even who works there, which the file tells its thief.
    let login = &cluster.made.logins[0].login;
    assert_eq!(holding(&uploaded, login), Vec::<String>::new());
    assert!(!holding(&files(&cluster.paths.vault), login).is_empty());
}

#[test]
fn the_operator_of_the_cluster_drops_alters_and_swaps_nothing_unnoticed() {
    let cluster = backed_up();
    let whole = cluster.verified();
    assert!(whole.ok, "{whole:?}");
    let objects = cluster.objects();
    assert!(objects.len() > 3);
    for object in &objects {
        let bytes = fs::read(object).unwrap();
        fs::remove_file(object).unwrap();
        assert!(
            !cluster.verified().missing.is_empty(),
            "{} was dropped",
            object.display()
        );
        let mut altered = bytes.clone();
        let middle = altered.len() / 2;
        altered[middle] ^= 1;
        fs::write(object, altered).unwrap();
        assert!(
            !cluster.verified().corrupt.is_empty(),
            "{} was altered",
            object.display()
        );
        fs::write(object, &bytes).unwrap();
    }
    let (one, other) = (
        fs::read(&objects[0]).unwrap(),
        fs::read(&objects[1]).unwrap(),
    );
    fs::write(&objects[0], other).unwrap();
    fs::write(&objects[1], one).unwrap();
    assert!(!cluster.verified().ok, "two objects were swapped");
}

#[test]
fn the_operator_of_the_cluster_rolls_nothing_back_before_a_host_that_remembers() {
    let cluster = backed_up();
    let old = files(&cluster.repository);
    let doctor = cluster.doctor();
    let mrn = charts::list(&doctor, None).unwrap()[0].mrn.clone();
    write::entry(&doctor, &mrn, note("one more")).unwrap();
    cluster.run();
    assert!(cluster.verified().ok);
    for (name, _) in files(&cluster.repository) {
        if !old.iter().any(|(known, _)| *known == name) {
            fs::remove_file(name).unwrap();
        }
    }
    for (name, bytes) in &old {
        fs::write(name, bytes).unwrap();
    }
    let verified = cluster.verified();
    assert!(verified.rolled_back && !verified.ok, "{verified:?}");
}

#[test]
fn the_holder_of_the_backup_credential_reads_no_old_backup_even_with_all_that_the_host_keeps() {
    let cluster = backed_up();
    let vault = session::open(&cluster.paths).unwrap();
    let host = vault.host();
    let bytes = SecretBytes::from_slice(&host.backup_keys().unwrap().unwrap());
    let keys = BackupKeys::from_bytes(bytes.expose(), host.sign().duplicate()).unwrap();
    let k_id = MacKey::new(&keys.k_id);
    let opened_by = |key: &KemSecret| {
        let objects = cluster.objects();
        let opened = objects.iter().filter(|path| {
            let address = address(path).unwrap();
            let sealed = fs::read(path).unwrap();
            (0..=u8::MAX).any(|kind| {
                let kind = ObjectKind::from_byte(kind);
                object::open(key, &k_id, keys.repository, kind, &address, &sealed).is_ok()
            })
        });
        (opened.count(), objects.len())
    };
    // With the shares everything opens, so the attempt is a good one.
    let texts: Vec<SecretBytes> = cluster
        .made
        .restore
        .files
        .iter()
        .take(cluster.made.restore.threshold as usize)
        .map(|file| SecretBytes::new(fs::read(file).unwrap()))
        .collect();
    let (_, of_shares) = shares::combine(&texts, Set::Restore).unwrap();
    let restore = RestoreSecret::from_bytes(of_shares.expose())
        .unwrap()
        .restore;
    let (opened, all) = opened_by(&restore);
    assert!(opened == all && all > 0, "{opened} of {all}");
    assert!(
        shares::combine(&texts[1..], Set::Restore).is_err(),
        "one share too few"
    );

    let mut kept: Vec<Secret<32>> = vec![
        Secret::from_slice(host.secret().expose()).unwrap(),
        host.kem().secret(),
        Secret::from_slice(host.sign().secret().expose()).unwrap(),
    ];
    kept.extend(
        bytes
            .expose()
            .chunks(16)
            .zip(bytes.expose().chunks(16).skip(1))
            .filter_map(|(a, b)| Secret::from_slice(&[a, b].concat())),
    );
    for key in kept {
        assert_eq!(opened_by(&KemSecret::from_secret(&key)).0, 0);
    }
}
