//! The address of a target, as it stands in the configuration or after `--to`: a folder or a MongoDB.
//!
//! A connection string may hold a password. **Neither `Debug` nor `Display` nor any error shows it**: what is printed
//! is built from the parts that may be seen, and what the driver says passes through [`Redaction`].

use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::folder::Folder;
use super::mongo::Mongo;
use super::target::{Target, TargetError};
use crate::crypto::SecretBytes;

/// User and password for a MongoDB, from a file or the environment, in place of those in the connection string.
#[derive(Debug, Clone)]
pub struct Login {
    /// The user.
    pub user: String,
    /// The password.
    pub password: SecretBytes,
}

/// Where a repository lies.
#[derive(Debug, Clone)]
pub enum Location {
    /// A path, or `file:` before a path.
    Folder(PathBuf),
    /// `mongodb://…` or `mongodb+srv://…`.
    Mongo(MongoUri),
}

impl Location {
    /// Reads an address. Anything that does not begin with a known scheme is a path.
    pub fn parse(text: &str) -> Result<Self, TargetError> {
        if let Some(path) = text
            .strip_prefix("file://")
            .or_else(|| text.strip_prefix("file:"))
        {
            return Ok(Self::Folder(path.into()));
        }
        if let Some(uri) = MongoUri::parse(text) {
            return Ok(Self::Mongo(uri));
        }
        match text.split_once("://") {
            Some((scheme, _)) => Err(TargetError::Address {
                uri: format!("{scheme}://…"),
                cause: "a folder, mongodb:// or mongodb+srv:// is expected".into(),
            }),
            None if text.is_empty() => Err(TargetError::Address {
                uri: "(empty)".into(),
                cause: "name a folder or a MongoDB".into(),
            }),
            None => Ok(Self::Folder(text.into())),
        }
    }

    /// Whether it is a server that its address does not ask for TLS. Off this machine that is refused in any case; a
    /// configuration may forbid it on this machine, too.
    pub fn is_plain(&self) -> bool {
        match self {
            Self::Folder(_) => false,
            Self::Mongo(uri) => !uri.asks_for_tls(),
        }
    }

    /// Whether the address leads elsewhere from another machine: a folder, or a server on this very one.
    pub fn is_local(&self) -> bool {
        match self {
            Self::Folder(_) => true,
            Self::Mongo(uri) => uri.is_loopback(),
        }
    }

    /// The same text for the same place, whether the folder is there already or not: the first run makes it, in a folder
    /// that is there.
    pub fn place(&self) -> String {
        match self {
            Self::Folder(path) => whole(path).display().to_string(),
            Self::Mongo(uri) => uri.to_string(),
        }
    }

    /// Opens the target; a MongoDB must answer.
    pub async fn open(&self, login: Option<Login>) -> Result<Arc<dyn Target>, TargetError> {
        match self {
            Self::Folder(path) => {
                // A share whose server is gone keeps whoever touches it.
                let path = path.clone();
                let place = self.to_string();
                match tokio::task::spawn_blocking(move || Folder::open(&path)).await {
                    Ok(opened) => Ok(Arc::new(opened?)),
                    Err(error) => Err(TargetError::Failed {
                        place,
                        cause: error.to_string(),
                    }),
                }
            }
            Self::Mongo(uri) => Ok(Arc::new(Mongo::open(uri, login).await?)),
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(path) => path.display().fmt(f),
            Self::Mongo(uri) => uri.fmt(f),
        }
    }
}

fn whole(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    match (path.parent().map(std::fs::canonicalize), path.file_name()) {
        (Some(Ok(parent)), Some(name)) => parent.join(name),
        _ => path,
    }
}

/// A connection string that shows scheme, hosts and database only.
#[derive(Clone)]
pub struct MongoUri {
    text: SecretBytes,
    shown: String,
}

impl MongoUri {
    /// Takes a text that begins like a connection string; the driver judges the rest.
    pub fn parse(text: &str) -> Option<Self> {
        let scheme = ["mongodb://", "mongodb+srv://"]
            .into_iter()
            .find(|scheme| text.starts_with(scheme))?;
        let (_, rest) = split_login(&text[scheme.len()..]);
        let shown = rest.split('?').next().unwrap_or("");
        Some(Self {
            text: SecretBytes::from_slice(text.as_bytes()),
            shown: format!("{scheme}{shown}"),
        })
    }

    /// Whether its options ask for TLS, as the connection string's specification has it: `mongodb+srv` does unless they say
    /// otherwise, and names of options are read in any case of letters.
    fn asks_for_tls(&self) -> bool {
        let text = self.expose();
        let after_scheme = text.split_once("://").map_or(text, |(_, rest)| rest);
        let (_, rest) = split_login(after_scheme);
        let options = rest.split_once('?').map_or("", |(_, options)| options);
        let said: Vec<bool> = options
            .split('&')
            .filter_map(|option| option.split_once('='))
            .filter(|(name, _)| {
                ["tls", "ssl"]
                    .iter()
                    .any(|tls| tls.eq_ignore_ascii_case(name))
            })
            .map(|(_, value)| value == "true")
            .collect();
        if said.is_empty() {
            text.starts_with("mongodb+srv://")
        } else {
            said.into_iter().all(|asked| asked)
        }
    }

    /// Whether all its hosts are this machine.
    fn is_loopback(&self) -> bool {
        let Some(rest) = self.shown.strip_prefix("mongodb://") else {
            return false;
        };
        let hosts = rest.split('/').next().unwrap_or("");
        hosts.split(',').all(|host| {
            let name = match host.rsplit_once(':') {
                Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
                _ => host,
            };
            let address = name.trim_matches(['[', ']']).parse::<IpAddr>();
            address.map_or(name.eq_ignore_ascii_case("localhost"), |a| a.is_loopback())
        })
    }

    /// The whole string, for the driver.
    pub(super) fn expose(&self) -> &str {
        std::str::from_utf8(self.text.expose()).unwrap_or("")
    }

    /// What must not be seen of it, and of a login in its place.
    pub(super) fn redaction(&self, login: Option<&Login>) -> Redaction {
        let text = self.expose();
        let after_scheme = text.split_once("://").map_or(text, |(_, rest)| rest);
        let (userinfo, rest) = split_login(after_scheme);
        let mut hidden: Vec<String> = vec![text.to_owned(), userinfo.to_owned()];
        hidden.extend(
            userinfo
                .split(':')
                .flat_map(|part| [part.to_owned(), percent_decoded(part)]),
        );
        hidden.extend(rest.split_once('?').map(|(_, options)| options.to_owned()));
        if let Some(Login { user, password }) = login {
            hidden.push(user.clone());
            hidden.push(String::from_utf8_lossy(password.expose()).into_owned());
        }
        hidden.retain(|part| !part.is_empty());
        // The longest first, so that a part does not spoil the whole that it is in.
        hidden.sort_by_key(|part| std::cmp::Reverse(part.len()));
        Redaction { hidden }
    }
}

impl fmt::Display for MongoUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for MongoUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MongoUri({})", self.shown)
    }
}

/// What must not be seen in messages of others.
pub(super) struct Redaction {
    hidden: Vec<String>,
}

impl Redaction {
    /// `text` without what must not be seen, in at most 400 characters.
    pub(super) fn clean(&self, text: &str) -> String {
        let cleaned = self.hidden.iter().fold(text.to_owned(), |text, hidden| {
            text.replace(hidden.as_str(), "…")
        });
        cleaned.chars().take(400).collect()
    }
}

impl fmt::Debug for Redaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Redaction(…)")
    }
}

/// Parts what follows the scheme into user and password, and the rest. A password that was not encoded may hold `/`, `?`
/// and `@`, so the last `@` counts: rather hide too much than too little.
fn split_login(after_scheme: &str) -> (&str, &str) {
    after_scheme.rsplit_once('@').unwrap_or(("", after_scheme))
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let decoded = match (first, tail) {
            (b'%', [a, b, ..]) => std::str::from_utf8(&[*a, *b])
                .ok()
                .and_then(|hex| u8::from_str_radix(hex, 16).ok()),
            _ => None,
        };
        bytes.push(decoded.unwrap_or(*first));
        rest = if decoded.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_connection_strings_are_told_apart() {
        for (text, shown) in [
            ("/srv/backup", "/srv/backup"),
            ("file:///srv/backup", "/srv/backup"),
            ("file:backup", "backup"),
            ("backup", "backup"),
            (
                "mongodb://127.0.0.1:27017/health",
                "mongodb://127.0.0.1:27017/health",
            ),
            (
                "mongodb+srv://u:p@cluster.example.net/?w=1",
                "mongodb+srv://cluster.example.net/",
            ),
        ] {
            assert_eq!(Location::parse(text).unwrap().to_string(), shown);
        }
        assert!(Location::parse("s3://bucket").is_err());
        assert!(Location::parse("").is_err());
    }

    #[test]
    fn an_address_is_of_this_machine_if_it_leads_elsewhere_from_another() {
        for (address, local) in [
            ("/srv/backup", true),
            ("mongodb://127.0.0.1:27017/x", true),
            ("mongodb://u:p@localhost/x", true),
            ("mongodb://[::1]:27017,LOCALHOST:2/x", true),
            ("mongodb://127.0.0.1,db.example/x", false),
            ("mongodb://10.0.0.1/x?tls=true", false),
            ("mongodb://localhost.example/x", false),
            ("mongodb+srv://localhost/x", false),
        ] {
            assert_eq!(
                Location::parse(address).unwrap().is_local(),
                local,
                "{address}"
            );
        }
    }

    #[test]
    fn an_address_goes_without_tls_unless_its_options_or_its_scheme_ask_for_it() {
        for (address, plain) in [
            ("/srv/backup", false),
            ("mongodb://127.0.0.1/x", true),
            ("mongodb://127.0.0.1/x?tls=true", false),
            ("mongodb://127.0.0.1/x?appName=a&TLS=true", false),
            ("mongodb://127.0.0.1/x?ssl=true", false),
            ("mongodb://127.0.0.1/x?tls=false", true),
            ("mongodb://127.0.0.1/x?tls=true&ssl=false", true),
            ("mongodb://db.example/x", true),
            ("mongodb://db.example/x?tls=true", false),
            ("mongodb+srv://cluster.example", false),
            ("mongodb+srv://u:p@cluster.example/x?tls=true", false),
            ("mongodb+srv://cluster.example/x?tls=false", true),
            // Words that are no options.
            ("mongodb://u:tls=true@127.0.0.1/x", true),
            ("mongodb://127.0.0.1/tls=true", true),
            ("mongodb://127.0.0.1/x?appName=tls=true", true),
            ("mongodb://127.0.0.1/x?nottls=true", true),
        ] {
            assert_eq!(
                Location::parse(address).unwrap().is_plain(),
                plain,
                "{address}"
            );
        }
    }

    #[test]
    fn a_password_is_shown_nowhere() {
        for uri in [
            "mongodb://ward:hunter2@db.example/x?appName=hunter2",
            "mongodb+srv://ward:hunter2@db.example",
            "mongodb://ward:a/b@hunter2?@db.example/x",
            "mongodb://ward:hunter2@",
        ] {
            let location = Location::parse(uri).unwrap();
            for shown in [
                location.to_string(),
                format!("{location:?}"),
                format!("{location:#?}"),
            ] {
                assert!(!shown.contains("hunter2"), "{shown}");
            }
        }
        let refused = Location::parse("postgres://ward:hunter2@db.example").unwrap_err();
        assert!(!refused.to_string().contains("hunter2"));
        assert!(!format!("{refused:?}").contains("hunter2"));
    }

    #[test]
    fn what_a_driver_repeats_of_a_credential_is_hidden() {
        let uri = MongoUri::parse("mongodb://ward:p%40ss%2Fword@db.example/x?key=value").unwrap();
        let login = Login {
            user: "other".into(),
            password: SecretBytes::from_slice(b"swordfish"),
        };
        let redaction = uri.redaction(Some(&login));
        for secret in [
            "p%40ss%2Fword",
            "p@ss/word",
            "ward",
            "swordfish",
            "key=value",
        ] {
            let cleaned = redaction.clean(&format!("cannot use <{secret}> there"));
            assert_eq!(cleaned, "cannot use <…> there");
        }
        assert!(!format!("{redaction:?}").contains("swordfish"));
    }
}
