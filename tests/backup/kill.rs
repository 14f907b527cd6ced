//! A real process, killed for real: what is on disk and on the target is all that the next run has.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use chartseal::backup::Folder;
use chartseal::backup::target::{Shelf, Target};
use chartseal::backup::verify::ReadData;

use crate::book::{Book, noise};
use crate::faulty::{Fault, Faulty, Op};
use crate::site::Site;

const FOLDER: &str = "CHARTSEAL_TEST_VICTIM";

fn book() -> Book {
    Book::written(11, 150)
}

fn target(folder: &Path) -> Arc<dyn Target> {
    Arc::new(Folder::open(&folder.join("repository")).unwrap())
}

/// Not a test of its own: the process that is killed. It says a line before each object that it sends.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "started and killed by the test below"]
async fn the_victim() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else {
        return;
    };
    let telling = Faulty::new(target(&folder), |op, shelf, _| {
        if op == Op::Put && shelf == Shelf::Objects {
            println!("an object is about to be sent");
        }
        Fault::None
    });
    Site::known(&folder, book()).back_up(telling).await.unwrap();
}

/// Starts a victim and kills it as it sends its object number `objects`.
fn kill_one(folder: &Path, objects: usize) {
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "kill::the_victim", "--ignored", "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(victim.stdout.take().unwrap())
        .lines()
        .map_while(Result::ok);
    let seen = lines
        .filter(|line| line.contains("about to be sent"))
        .take(objects)
        .count();
    victim.kill().unwrap();
    victim.wait().unwrap();
    assert_eq!(seen, objects, "the victim ended too soon");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_killed_at_any_object_leaves_what_the_next_run_finishes() {
    for objects in [1, 2, 4, 7, 12, 13] {
        let folder = tempfile::tempdir().unwrap();
        kill_one(folder.path(), objects);
        let site = Site::known(folder.path(), book());
        let target = target(folder.path());
        let there: Vec<_> = target.list(Shelf::Objects).await.unwrap();
        let snapshot = site.back_up(Arc::clone(&target)).await.unwrap();
        assert!(snapshot.alarms.is_empty(), "{:?}", snapshot.alarms);
        let listed = &snapshot.manifest.manifest.objects;
        for object in there {
            let used = listed.iter().find(|o| o.address.name() == object.name);
            assert_eq!(
                used.map(|o| o.len),
                Some(object.len),
                "what had arrived is used as it is"
            );
        }
        assert!(site.verify(Arc::clone(&target), ReadData::All).await.ok());
        assert_eq!(site.restore(target).await.unwrap().1.book, site.book.read());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_killed_one_after_the_other_get_there_in_the_end() {
    let folder = tempfile::tempdir().unwrap();
    for objects in noise(5, 4) {
        kill_one(folder.path(), 1 + usize::from(objects % 3));
    }
    let site = Site::known(folder.path(), book());
    site.back_up(target(folder.path())).await.unwrap();
    assert_eq!(
        site.restore(target(folder.path())).await.unwrap().1.book,
        site.book.read()
    );
}
