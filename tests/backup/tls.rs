//! TLS to a real server, with an authority and certificates of our own.

use chartseal::backup::Location;

use crate::atlas::open;
use crate::mongod::Mongod;
use crate::targets::round_trip;

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_speaks_tls_is_believed_only_with_a_certificate_of_a_known_authority() {
    let folder = tempfile::tempdir().unwrap();
    let Some(()) = certificates(folder.path(), "IP:127.0.0.1") else {
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

/// An authority, and a certificate for whoever has these names: `server.both` and `authority.pem`. `None` where there is no openssl
/// to make them.
pub fn certificates(folder: &std::path::Path, names: &str) -> Option<()> {
    std::fs::write(
        folder.join("leaf.cnf"),
        format!("subjectAltName={names}\nextendedKeyUsage=serverAuth\n"),
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
