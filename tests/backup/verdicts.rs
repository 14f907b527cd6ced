//! What a server's errors mean: a real server's, which it is told to answer with, and Atlas's own, which no other server has.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use chartseal::backup::target::{Name, Put, Shelf, Target, TargetError};
use chartseal::backup::{BackupError, Fault, Location};
use mongodb::bson::{Document, doc};

use crate::atlas::open;
use crate::book::Book;
use crate::mongod::Mongod;
use crate::site::Site;

/// What an error is taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Stored,
    AlreadyThere,
    Unreachable,
    Denied,
    Full,
    Failed,
}

async fn put(target: &dyn Target) -> (Verdict, String) {
    let name = Name::parse(&"5e".repeat(32)).unwrap();
    let put = target.put(Shelf::Objects, &name, Arc::new(vec![1])).await;
    let verdict = match &put {
        Ok(Put::Stored) => Verdict::Stored,
        Ok(Put::AlreadyThere) => Verdict::AlreadyThere,
        Err(TargetError::Unreachable { .. }) => Verdict::Unreachable,
        Err(TargetError::Denied { .. }) => Verdict::Denied,
        Err(TargetError::Full { .. }) => Verdict::Full,
        Err(TargetError::Failed { .. }) => Verdict::Failed,
        Err(other) => panic!("{other}"),
    };
    (
        verdict,
        put.map_or_else(|e| e.to_string(), |_| String::new()),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_real_server_answers_is_taken_for_what_it_means() {
    let tests = ["--setParameter", "enableTestCommands=1"];
    let Some(mongod) = Mongod::start_with(&tests).await else {
        return;
    };
    let admin = mongod.client().await.database("admin");
    // After some of these a client takes the server for one that is gone: each is told to another.
    let uri = mongod.uri("backup");
    let open = || open(&uri);
    for (code, expected) in [
        (14_031, Verdict::Full),
        (13, Verdict::Denied),
        (18, Verdict::Denied),
        (8_000, Verdict::Denied),
        (50, Verdict::Unreachable),
        (89, Verdict::Unreachable),
        (91, Verdict::Unreachable),
        (10_107, Verdict::Unreachable),
        (11_600, Verdict::Unreachable),
        (2, Verdict::Failed),
        (26, Verdict::Failed),
    ] {
        // Every one of the tries that the driver makes by itself.
        let data = doc! { "failCommands": ["insert"], "errorCode": code };
        let fail = doc! { "configureFailPoint": "failCommand", "mode": "alwaysOn", "data": data };
        admin.run_command(fail).await.unwrap();
        let (verdict, said) = put(&*open().await).await;
        assert_eq!(verdict, expected, "{code}: {said}");
        assert!(!said.contains("Server selection"), "{code}: {said}");
    }
    let lagging = doc! { "code": 64, "errmsg": "waiting for replication timed out" };
    let data = doc! { "failCommands": ["insert"], "writeConcernError": lagging };
    let fail = doc! { "configureFailPoint": "failCommand", "mode": "alwaysOn", "data": data };
    admin.run_command(fail).await.unwrap();
    let target = open().await;
    let (verdict, said) = put(&*target).await;
    assert_eq!(verdict, Verdict::Unreachable, "{said}");
    let off = doc! { "configureFailPoint": "failCommand", "mode": "off" };
    admin.run_command(off).await.unwrap();
    // It was written, only not yet said to be on a majority: the next try finds it, and a third one, too.
    assert_eq!(put(&*target).await.0, Verdict::AlreadyThere);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_over_its_quota_is_full_and_one_that_forbids_something_is_not() {
    const QUOTA: &str = "you are over your space quota, using 513 MB of 512 MB";
    let refused =
        |errmsg: &str| doc! { "ok": 0.0, "code": 8000, "codeName": "AtlasError", "errmsg": errmsg };
    let failed = |code: i32, errmsg: &str| {
        let error = doc! { "index": 0, "code": code, "errmsg": errmsg };
        doc! { "ok": 1.0, "n": 0, "writeErrors": [error] }
    };
    for (answer, expected) in [
        (failed(8000, QUOTA), Verdict::Full),
        (refused(QUOTA), Verdict::Full),
        (
            failed(
                14_031,
                "available disk space of 0 bytes is less than required minimum",
            ),
            Verdict::Full,
        ),
        (
            refused("user is not allowed to do action [insert] on [backup.objects]"),
            Verdict::Denied,
        ),
        (
            failed(11_000, "E11000 duplicate key error"),
            Verdict::AlreadyThere,
        ),
        (failed(121, "Document failed validation"), Verdict::Failed),
        (doc! { "ok": 1.0, "n": 1 }, Verdict::Stored),
    ] {
        let port = Answering::begin(answer.clone());
        let uri = format!("mongodb://127.0.0.1:{port}/backup?serverSelectionTimeoutMS=5000");
        let location = Location::parse(&uri).unwrap();
        let target = location.open(None).await.unwrap();
        let (verdict, said) = put(&*target).await;
        assert_eq!(verdict, expected, "{answer}: {said}");
        if expected == Verdict::Full {
            assert!(
                said.contains("is full; make room, then run again"),
                "{said}"
            );
        }
    }
}

/// A server that says hello, finds nothing, and gives one answer to every insert.
struct Answering {
    to_insert: Document,
    port: u16,
}

impl Answering {
    /// Begins on a port. It ends with the process.
    fn begin(to_insert: Document) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = Arc::new(Self { to_insert, port });
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let server = Arc::clone(&server);
                std::thread::spawn(move || server.serve(stream));
            }
        });
        port
    }

    /// Answers until the client leaves.
    fn serve(&self, mut stream: TcpStream) -> Option<()> {
        loop {
            let mut head = [0; 16];
            stream.read_exact(&mut head).ok()?;
            let number = |at: usize| u32::from_le_bytes(*head[at..].first_chunk().unwrap());
            let mut body = vec![0; number(0) as usize - head.len()];
            stream.read_exact(&mut body).ok()?;
            // OP_MSG, or the OP_QUERY with which a client that knows nothing of the server begins.
            let is_message = number(12) == 2013;
            let at = if is_message {
                5
            } else {
                let name = body[4..].iter().position(|byte| *byte == 0).unwrap();
                4 + name + 1 + 8
            };
            let command = Document::from_reader(&body[at..]).unwrap();
            let answer = self.answer(command.keys().next().unwrap());
            let mut bytes = Vec::new();
            answer.to_writer(&mut bytes).unwrap();
            let between: &[u8] = if is_message {
                &[0; 5]
            } else {
                // Flags, no cursor, from 0, one document.
                &[8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0]
            };
            let opcode: u32 = if is_message { 2013 } else { 1 };
            let len = head.len() + between.len() + bytes.len();
            let mut reply = Vec::with_capacity(len);
            for number in [len as u32, 1, number(4), opcode] {
                reply.extend(number.to_le_bytes());
            }
            reply.extend([between, &bytes].concat());
            stream.write_all(&reply).ok()?;
        }
    }

    fn answer(&self, command: &str) -> Document {
        let address = format!("127.0.0.1:{}", self.port);
        match command.to_ascii_lowercase().as_str() {
            "hello" | "ismaster" => doc! {
                "helloOk": true, "isWritablePrimary": true, "ismaster": true,
                "setName": "rs0", "setVersion": 1, "hosts": [&address], "me": &address, "primary": &address,
                "maxBsonObjectSize": 16 << 20, "maxMessageSizeBytes": 48_000_000, "maxWriteBatchSize": 100_000,
                "logicalSessionTimeoutMinutes": 30, "minWireVersion": 0, "maxWireVersion": 17, "ok": 1.0,
            },
            "insert" => self.to_insert.clone(),
            _ => doc! { "ok": 1.0 },
        }
    }
}

/// A file system of 300 kB, made for one process and its children alone, in which a repository finds no room.
#[test]
fn a_folder_without_room_is_said_to_be_full_and_takes_the_rest_once_there_is_some() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("disk");
    std::fs::create_dir(&folder).unwrap();
    let within = |steps: &str| {
        let mount = format!(
            "mount -t tmpfs -o size=300k,mode=700 tmpfs '{0}' && cd '{0}' && {steps}",
            folder.display()
        );
        let mut command = std::process::Command::new("unshare");
        command.args(["--user", "--map-root-user", "--mount", "sh", "-ec", &mount]);
        command
    };
    if !within("true").output().is_ok_and(|o| o.status.success()) {
        eprintln!(
            "skipped, for want of a file system of our own: unshare and mount are not allowed here"
        );
        return;
    }
    let this = std::env::current_exe().unwrap();
    let test = "verdicts::the_run_in_a_small_file_system";
    let run = format!("'{}' {test} --exact --ignored --nocapture", this.display());
    let output = within(&run).env(SMALL, &folder).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}"
    );
}

const SMALL: &str = "CHARTSEAL_TEST_SMALL";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "started by the test above, in a file system of its own"]
async fn the_run_in_a_small_file_system() {
    let folder = std::path::PathBuf::from(std::env::var_os(SMALL).unwrap());
    let location = Location::parse(folder.join("repository").to_str().unwrap()).unwrap();
    let target = location.open(None).await.unwrap();
    let site = Site::new(Book::written(1, 2_000));
    let refused = site.back_up(Arc::clone(&target)).await.unwrap_err();
    assert!(
        matches!(&refused, BackupError::Target(TargetError::Full { .. })),
        "{refused}"
    );
    assert_eq!(refused.fault(), Fault::Outside);
    assert!(
        refused.to_string().contains("make room, then run again"),
        "{refused}"
    );
    let before = target.list(Shelf::Objects).await.unwrap();
    assert!(!before.is_empty(), "something went before it was full");
    for file in before {
        let bytes = target.get(Shelf::Objects, &file.name).await.unwrap();
        assert_eq!(bytes.unwrap().len() as u64, file.len);
    }
    assert_eq!(target.list(Shelf::Manifests).await.unwrap(), []);
    // The temporary file of what did not fit takes no room from what does.
    assert_eq!(hidden(&folder), 0);
    let larger = std::process::Command::new("mount")
        .args(["-o", "remount,size=64m"])
        .arg(&folder)
        .status();
    assert!(larger.unwrap().success());
    site.back_up(Arc::clone(&target)).await.unwrap();
    assert_eq!(site.restore(target).await.unwrap().1.book, site.book.read());
}

/// Files whose names begin with a dot.
fn hidden(folder: &std::path::Path) -> usize {
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    entries
        .map(|entry| {
            if entry.file_type().unwrap().is_dir() {
                hidden(&entry.path())
            } else {
                usize::from(entry.file_name().to_string_lossy().starts_with('.'))
            }
        })
        .sum()
}
