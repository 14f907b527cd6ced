use super::*;

async fn protected(uri: &str) -> Result<ClientOptions, String> {
    let mut options = ClientOptions::parse(uri).await.map_err(|e| e.to_string())?;
    protect(&mut options).map(|()| options)
}

#[tokio::test]
async fn a_server_elsewhere_is_spoken_to_over_checked_tls_only() {
    for refused in [
        "mongodb://db.example/x",
        "mongodb://10.0.0.1",
        "mongodb://127.0.0.1,10.0.0.1",
        "mongodb://db.example/?tls=false",
        "mongodb://db.example/?tls=true&tlsInsecure=true",
        "mongodb://db.example/?tls=true&tlsAllowInvalidCertificates=true",
        "mongodb://127.0.0.1.example",
        "mongodb://localhost.example",
    ] {
        assert!(protected(refused).await.is_err(), "{refused} was taken");
    }
    for taken in [
        "mongodb://db.example/?tls=true",
        "mongodb://127.0.0.1:1",
        "mongodb://[::1]:1",
        "mongodb://localhost",
    ] {
        assert!(protected(taken).await.is_ok(), "{taken} was refused");
    }
}

#[tokio::test]
async fn an_open_connection_on_this_machine_does_not_lead_elsewhere() {
    let options = protected("mongodb://127.0.0.1:1/?replicaSet=rs0")
        .await
        .unwrap();
    assert_eq!(options.direct_connection, Some(true));
    assert!(
        protected("mongodb://127.0.0.1:1,127.0.0.1:2")
            .await
            .is_err()
    );
}

#[tokio::test]
async fn no_error_of_a_connection_string_shows_its_password() {
    for uri in [
        "mongodb://ward:hunter2@db.example",
        "mongodb://ward:hunter2:x@127.0.0.1",
        "mongodb://ward:hunter2%@127.0.0.1",
        "mongodb://ward:hunter2@127.0.0.1:port",
        "mongodb://ward:hunter2@127.0.0.1/?authMechanism=hunter2",
        "mongodb://ward:hunter2@127.0.0.1/?nonsense",
        "mongodb://ward:hun/ter2hunter2@127.0.0.1",
    ] {
        let refused = Mongo::open(&MongoUri::parse(uri).unwrap(), None).await;
        let refused = refused.expect_err("none of these can be used");
        assert!(
            !format!("{refused} {refused:?}").contains("hunter2"),
            "{refused:?}"
        );
    }
}

#[tokio::test]
async fn a_round_trip_that_brings_little_says_nothing_of_the_link() {
    // The driver connects with the first command, and there is none.
    let options = protected("mongodb://127.0.0.1:1").await.unwrap();
    let uri = MongoUri::parse("mongodb://127.0.0.1:1").unwrap();
    let mongo = Mongo {
        client: Client::with_options(options).unwrap(),
        database: DATABASE.into(),
        place: uri.to_string(),
        redaction: uri.redaction(None),
        patience: Patience::new(TimeLimits::default()),
        pace: Arc::new(Pace::new(OPERATIONS, BURST)),
    };
    let get = |answer: Option<Vec<u8>>| {
        let answer = async { Ok(answer) };
        mongo.transfer(NOTE, |found| read(found.as_deref()), answer)
    };
    let limit = || mongo.patience.of(4 << 20);
    let before = limit();
    for found in [None, Some(vec![7; 100])] {
        assert_eq!(get(found.clone()).await.unwrap(), found);
        assert_eq!(limit(), before, "nobody has seen the link move anything");
    }
    get(Some(vec![7; NOTE as usize])).await.unwrap();
    assert!(limit() < before);
}
