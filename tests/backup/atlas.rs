//! The repository on a real MongoDB server.

use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;

use chartseal::backup::target::{Name, Shelf, Target};
use chartseal::backup::verify::ReadData;
use chartseal::backup::{BackupError, Fault as Kind, Location, Login};
use chartseal::crypto::{SecretBytes, hash, hex};
use futures::stream::TryStreamExt;
use mongodb::bson::{Bson, Document, doc};

use crate::book::Book;
use crate::faulty::{Fault, Faulty};
use crate::mongod::{self, Mongod};
use crate::proxy::Proxy;
use crate::site::{OPTIONS, Site, wire};
use crate::targets::{round_trip, suite};

async fn open(uri: &str) -> Arc<dyn Target> {
    Location::parse(uri).unwrap().open(None).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn mongodb_is_a_target() {
    let Some(mongod) = Mongod::start().await else {
        return;
    };
    suite(open(&mongod.uri("suite")).await).await;
    round_trip(open(&mongod.uri("backup")).await).await;
    let lossy = Faulty::new(open(&mongod.uri("lossy")).await, |_, _, call| {
        match call % 7 {
            1 => Fault::Drop,
            3 => Fault::LoseAnswer,
            _ => Fault::None,
        }
    });
    round_trip(lossy).await;
    documents_have_the_documented_form(&mongod).await;
}

/// What the page on the format says is what another client finds.
async fn documents_have_the_documented_form(mongod: &Mongod) {
    let database = mongod.client().await.database("backup");
    for shelf in ["objects", "manifests", "keys"] {
        let cursor = database
            .collection::<Document>(shelf)
            .find(doc! {})
            .await
            .unwrap();
        let documents: Vec<Document> = cursor.try_collect().await.unwrap();
        assert!(!documents.is_empty());
        for document in documents {
            let bytes = document.get_binary_generic("b").unwrap();
            assert_eq!(document.get_i64("len").unwrap(), bytes.len() as i64);
            assert_eq!(
                document.get_binary_generic("h").unwrap().as_slice(),
                hash::sha256(&[bytes]).0
            );
            match document.get("_id").unwrap() {
                Bson::Binary(id) => assert!(shelf == "objects" && id.bytes.len() == 32),
                Bson::String(id) => assert!(shelf != "objects" && Name::parse(id).is_some()),
                other => panic!("{other} names a document in {shelf}"),
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_of_the_server_is_found_out() {
    let Some(mongod) = Mongod::start().await else {
        return;
    };
    let target = open(&mongod.uri("backup")).await;
    let site = Site::new(Book::written(1, 60));
    site.back_up(Arc::clone(&target)).await.unwrap();
    let objects = mongod
        .client()
        .await
        .database("backup")
        .collection::<Document>("objects");
    let victims: Vec<Document> = objects
        .find(doc! {})
        .limit(3)
        .await
        .unwrap()
        .try_collect()
        .await
        .unwrap();
    let id = |n: usize| victims[n].get("_id").unwrap().clone();
    objects.delete_one(doc! { "_id": id(0) }).await.unwrap();
    let bytes = victims[2].get("b").unwrap().clone();
    let (len, h) = (
        victims[2].get("len").unwrap().clone(),
        victims[2].get("h").unwrap().clone(),
    );
    let swap = doc! { "$set": { "b": bytes, "len": len, "h": h } };
    objects
        .update_one(doc! { "_id": id(1) }, swap)
        .await
        .unwrap();
    objects
        .update_one(doc! { "_id": id(2) }, doc! { "$unset": { "b": 1 } })
        .await
        .unwrap();
    let label = |n: usize| match id(n) {
        Bson::Binary(id) => format!("objects/{}", hex::hex(&id.bytes)),
        other => panic!("{other}"),
    };
    let verified = site.verify(target, ReadData::All).await;
    assert_eq!(
        verified
            .missing
            .iter()
            .map(|f| f.name.clone())
            .collect::<Vec<_>>(),
        [label(0)]
    );
    let mut corrupt = vec![label(1), label(2)];
    corrupt.sort();
    assert_eq!(
        verified
            .corrupt
            .iter()
            .map(|f| f.name.clone())
            .collect::<Vec<_>>(),
        corrupt
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_is_cut_again_and_again_costs_tries_and_no_data() {
    let Some(mongod) = Mongod::start().await else {
        return;
    };
    let proxy = Proxy::before(mongod.port);
    let target = open(&mongod::uri(proxy.port, "backup")).await;
    let site = Site::new(Book::written(1, 1000));
    proxy.cut_after(200_000);
    let over = wire(Arc::clone(&target));
    // What the driver does not bridge by itself shows as tries.
    let snapshot = site.back_up_over(&over).await.unwrap();
    assert!(proxy.cuts() > 2, "{} cuts", proxy.cuts());
    assert!(snapshot.alarms.is_empty(), "{:?}", snapshot.alarms);
    let verified = site.verify(target, ReadData::All).await;
    assert!(verified.ok(), "{verified:?}");
    let direct = open(&mongod.uri("backup")).await;
    assert_eq!(site.restore(direct).await.unwrap().1.book, site.book.read());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_goes_down_ends_the_run_and_the_next_one_sends_the_rest() {
    let Some(mongod) = Mongod::start().await else {
        return;
    };
    let proxy = Arc::new(Proxy::before(mongod.port));
    let target = open(&mongod::uri(proxy.port, "backup")).await;
    let site = Site::new(Book::written(1, 400));
    let cutting = Arc::clone(&proxy);
    let puts = std::sync::atomic::AtomicU64::new(0);
    let failing = Faulty::new(Arc::clone(&target), move |op, shelf, _| {
        if op == crate::faulty::Op::Put
            && shelf == Shelf::Objects
            && puts.fetch_add(1, SeqCst) == 12
        {
            cutting.go_down();
        }
        Fault::None
    });
    let mut impatient = wire(failing.clone());
    impatient.retry.tries = 2;
    let stopped = site.back_up_over(&impatient).await.unwrap_err();
    assert_eq!(stopped.fault(), Kind::Outside, "{stopped}");
    assert!(
        stopped.to_string().contains("cannot be reached"),
        "{stopped}"
    );

    proxy.come_up();
    let counting = Faulty::counting(target);
    let snapshot = site.back_up(counting.clone()).await.unwrap();
    assert!(snapshot.alarms.is_empty(), "{:?}", snapshot.alarms);
    assert!(snapshot.reused >= 9, "{} of 12 taken over", snapshot.reused);
    let direct = open(&mongod.uri("backup")).await;
    let stored: u64 = direct
        .list(Shelf::Objects)
        .await
        .unwrap()
        .iter()
        .map(|stat| stat.len)
        .sum();
    // The run that was stopped tried each upload in flight twice; the next one sent them once more at most.
    let again = failing.sent.load(SeqCst) + counting.sent.load(SeqCst) - stored;
    let most = 2 * OPTIONS.uploads as u64 * (OPTIONS.pack_bytes as u64 + 4096);
    assert!(again <= most, "{again} bytes sent twice");
    assert_eq!(site.restore(direct).await.unwrap().1.book, site.book.read());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_needs_no_more_than_find_and_insert_and_a_wrong_password_is_not_shown() {
    let keyfile = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(
        keyfile.path(),
        "a key between the members of a replica set of one",
    )
    .unwrap();
    let keyfile = keyfile.path().to_str().unwrap();
    let Some(mongod) = Mongod::start_with(&["--keyFile", keyfile]).await else {
        return;
    };
    // The localhost exception lets the first user be made.
    let admin = mongod.client().await.database("admin");
    let root = doc! { "createUser": "root", "pwd": "rootpassword", "roles": ["root"] };
    admin.run_command(root).await.unwrap();
    let as_root = mongod
        .uri("admin")
        .replace("mongodb://", "mongodb://root:rootpassword@");
    let admin = mongodb::Client::with_uri_str(as_root)
        .await
        .unwrap()
        .database("admin");
    let insert_only = |collection: &str| {
        doc! { "resource": { "db": "backup", "collection": collection }, "actions": ["find", "insert"] }
    };
    let privileges: Vec<Document> = ["objects", "manifests", "keys", "tombstones"]
        .map(insert_only)
        .into();
    admin
        .run_command(doc! { "createRole": "host", "privileges": privileges, "roles": [] })
        .await
        .unwrap();
    admin
        .run_command(doc! { "createUser": "ward", "pwd": "hunter2hunter2", "roles": ["host"] })
        .await
        .unwrap();

    let location =
        Location::parse(&mongod.uri("backup").replace('?', "?authSource=admin&")).unwrap();
    let login = |password: &str| Login {
        user: "ward".into(),
        password: SecretBytes::from_slice(password.as_bytes()),
    };
    let refused = location.open(Some(login("wrongwrong"))).await.unwrap_err();
    assert!(
        refused.to_string().contains("check the credential"),
        "{refused}"
    );
    assert!(!format!("{refused} {refused:?}").contains("wrongwrong"));

    let target = location.open(Some(login("hunter2hunter2"))).await.unwrap();
    assert!(!format!("{target:?}").contains("hunter2"), "{target:?}");
    round_trip(Arc::clone(&target)).await;
    let name = target.list(Shelf::Objects).await.unwrap().remove(0).name;
    let refused = target.delete(Shelf::Objects, &name).await.unwrap_err();
    assert!(
        !refused.is_transient() && refused.to_string().contains("refuses"),
        "{refused}"
    );
    assert!(target.get(Shelf::Objects, &name).await.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_speaks_tls_is_believed_only_with_a_certificate_of_a_known_authority() {
    let folder = tempfile::tempdir().unwrap();
    let Some(()) = certificates(folder.path()) else {
        return;
    };
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (server, authority) = (path("server.both"), path("authority.pem"));
    let known = format!("&tls=true&tlsCAFile={authority}");
    let tls = [
        "--tlsMode",
        "requireTLS",
        "--tlsCertificateKeyFile",
        &server,
    ];
    let unasked = [
        "--tlsCAFile",
        &authority,
        "--tlsAllowConnectionsWithoutCertificates",
    ];
    let Some(mongod) = Mongod::start_with_options(&[&tls[..], &unasked].concat(), &known).await
    else {
        return;
    };
    round_trip(open(&format!("{}{known}", mongod.uri("backup"))).await).await;
    let stranger = Location::parse(&format!("{}&tls=true", mongod.uri("backup"))).unwrap();
    assert!(
        stranger.open(None).await.is_err(),
        "an authority that nobody named was believed"
    );
    let in_the_open = Location::parse(&mongod.uri("backup")).unwrap();
    assert!(
        in_the_open.open(None).await.is_err(),
        "a server that requires TLS was spoken to without it"
    );
}

/// An authority and a certificate for 127.0.0.1, or `None` where there is no openssl to make them.
fn certificates(folder: &std::path::Path) -> Option<()> {
    std::fs::write(
        folder.join("leaf.cnf"),
        "subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth\n",
    )
    .unwrap();
    let run = |arguments: &str| {
        let mut command = std::process::Command::new("openssl");
        let output = command
            .args(arguments.split(' '))
            .current_dir(folder)
            .output()
            .ok()?;
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        Some(())
    };
    let made = run("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=authority \
                    -keyout authority.key -out authority.pem")
    .and_then(|()| {
        run("req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=server -keyout server.key -out server.csr")
    })
    .and_then(|()| {
        run("x509 -req -in server.csr -CA authority.pem -CAkey authority.key -set_serial 1 -days 2 -extfile leaf.cnf \
             -out server.pem")
    });
    if made.is_none() {
        eprintln!("skipped, for want of openssl");
    }
    made?;
    let both = ["server.key", "server.pem"]
        .map(|name| std::fs::read_to_string(folder.join(name)).unwrap())
        .concat();
    std::fs::write(folder.join("server.both"), both).unwrap();
    Some(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_there_is_said_to_be_unreachable() {
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let uri = format!("mongodb://127.0.0.1:{port}/?serverSelectionTimeoutMS=100");
    let refused = Location::parse(&uri).unwrap().open(None).await.unwrap_err();
    assert!(refused.is_transient(), "{refused}");
    assert_eq!(BackupError::from(refused).fault(), Kind::Outside);
}
