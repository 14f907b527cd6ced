//! An address of the kind that Atlas gives, `mongodb+srv`: looked up in the domain name system, spoken to over TLS.
//!
//! The test starts itself once more where it has the network and the resolver's file to itself, and is there the name server.

use std::collections::HashMap;
use std::net::UdpSocket;
use std::path::{Path, PathBuf};

use chartseal::backup::{BackupError, Fault, Location};

use crate::atlas::open;
use crate::mongod::{self, Mongod};
use crate::targets::round_trip;
use crate::tls::certificates;

const PLACE: &str = "CHARTSEAL_TEST_SRV";

#[test]
fn a_cluster_is_found_by_the_name_that_atlas_gives_and_spoken_to_over_tls() {
    if !mongod::can_be_had() {
        return;
    }
    let place = tempfile::tempdir().unwrap();
    std::fs::write(place.path().join("resolv.conf"), "nameserver 127.0.0.1\n").unwrap();
    let apart = |steps: &str| {
        let before = "ip link set lo up && mount --bind resolv.conf /etc/resolv.conf";
        let mut command = std::process::Command::new("unshare");
        command
            .args(["--user", "--map-root-user", "--mount", "--net", "sh", "-ec"])
            .arg(format!("{before} && {steps}"))
            .current_dir(place.path());
        command
    };
    if !apart("true").output().is_ok_and(|o| o.status.success()) {
        eprintln!(
            "skipped, for want of a network of our own: unshare, ip and mount are not allowed here"
        );
        return;
    }
    let this = std::env::current_exe().unwrap();
    let run = format!(
        "'{}' srv::the_run_apart --exact --ignored --nocapture",
        this.display()
    );
    let output = apart(&run).env(PLACE, place.path()).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "started by the test above, where it has a network of its own"]
async fn the_run_apart() {
    let place = PathBuf::from(std::env::var_os(PLACE).unwrap());
    let address = |host: &str, more: &str| {
        format!("mongodb+srv://ward:hunter2@{host}.cluster.test/backup{more}")
    };
    // Nobody answers, as where the link is down.
    is_unreachable(&address("ward", "")).await;

    let names = UdpSocket::bind("127.0.0.1:53").unwrap();
    let Some(()) = certificates(&place, "IP:127.0.0.1,DNS:db0.cluster.test") else {
        return;
    };
    let mongod = with_tls(&place).await;
    let records = HashMap::from([
        (
            ("_mongodb._tcp.ward.cluster.test", SRV),
            service(mongod.port, "db0.cluster.test"),
        ),
        (("ward.cluster.test", TXT), text("replicaSet=rs0")),
        (("db0.cluster.test", A), vec![127, 0, 0, 1]),
        (
            ("_mongodb._tcp.stray.cluster.test", SRV),
            service(mongod.port, "db0.elsewhere.test"),
        ),
    ]);
    std::thread::spawn(move || serve(&names, &records));

    let known = format!("?tlsCAFile={}", place.join("authority.pem").display());
    let login = mongod_without_login(&address("ward", &known));
    round_trip(open(&login).await).await;
    let unknown = mongod_without_login(&address("ward", "?serverSelectionTimeoutMS=2000"));
    let refused = Location::parse(&unknown).unwrap().open(None).await;
    assert!(
        refused.is_err(),
        "an authority that nobody named was believed"
    );
    let open = mongod_without_login(&address("ward", "?tls=false"));
    let refused = Location::parse(&open)
        .unwrap()
        .open(None)
        .await
        .unwrap_err();
    assert!(refused.to_string().contains("add tls=true"), "{refused}");
    // Names that are not there, or lead out of the domain.
    is_unreachable(&address("nobody", "")).await;
    is_unreachable(&address("stray", "")).await;
}

/// The server of the test asks nobody who they are.
fn mongod_without_login(address: &str) -> String {
    address.replace("ward:hunter2@", "")
}

async fn is_unreachable(address: &str) {
    let refused = Location::parse(address)
        .unwrap()
        .open(None)
        .await
        .unwrap_err();
    assert!(refused.is_transient(), "{refused:?}");
    let said = refused.to_string();
    assert!(
        said.contains(".cluster.test") && said.contains("check the link, then run again"),
        "{said}"
    );
    assert!(!format!("{said} {refused:?}").contains("hunter2"), "{said}");
    assert_eq!(BackupError::from(refused).fault(), Fault::Outside);
}

async fn with_tls(place: &Path) -> Mongod {
    let path = |name: &str| place.join(name).to_str().unwrap().to_owned();
    let (server, authority) = (path("server.both"), path("authority.pem"));
    let arguments = [
        "--tlsMode",
        "requireTLS",
        "--tlsCertificateKeyFile",
        &server,
        "--tlsCAFile",
        &authority,
        "--tlsAllowConnectionsWithoutCertificates",
    ];
    let known = format!("&tls=true&tlsCAFile={authority}");
    let mongod = Mongod::start_with_options(&arguments, &known).await;
    mongod.expect("its binary was there before this run began")
}

const A: u16 = 1;
const TXT: u16 = 16;
const SRV: u16 = 33;

/// Answers as a name server does: RFC 1035, and RFC 2782 for services.
fn serve(socket: &UdpSocket, records: &HashMap<(&str, u16), Vec<u8>>) {
    let mut message = [0; 4096];
    while let Ok((len, from)) = socket.recv_from(&mut message) {
        let question = &message[12..len];
        let end = question.iter().position(|byte| *byte == 0).unwrap();
        let (mut labels, mut at) = (Vec::new(), 0);
        while at < end {
            let label = &question[at + 1..at + 1 + usize::from(question[at])];
            labels.push(String::from_utf8_lossy(label).to_ascii_lowercase());
            at += 1 + label.len();
        }
        let name = labels.join(".");
        let kind = u16::from_be_bytes([question[end + 1], question[end + 2]]);
        let found = records.get(&(name.as_str(), kind));
        let is_known = records.keys().any(|(known, _)| *known == name);
        // An answer with authority; where the name is not known at all, it says so.
        let code: u16 = if is_known { 0x8580 } else { 0x8583 };
        let mut reply = message[..2].to_vec();
        for number in [code, 1, u16::from(found.is_some()), 0, 0] {
            reply.extend(number.to_be_bytes());
        }
        reply.extend(&question[..end + 5]);
        if let Some(data) = found {
            // The name of the question, the kind, the internet, a minute.
            reply.extend([0xc0, 12]);
            for number in [kind, 1, 0, 60, data.len() as u16] {
                reply.extend(number.to_be_bytes());
            }
            reply.extend(data);
        }
        socket.send_to(&reply, from).unwrap();
    }
}

fn service(port: u16, host: &str) -> Vec<u8> {
    let mut data = [0, 0, 0, 0].to_vec();
    data.extend(port.to_be_bytes());
    for label in host.split('.') {
        data.push(label.len() as u8);
        data.extend(label.as_bytes());
    }
    data.push(0);
    data
}

fn text(text: &str) -> Vec<u8> {
    let mut data = vec![text.len() as u8];
    data.extend(text.as_bytes());
    data
}
