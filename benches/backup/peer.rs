//! The programs, and how each is asked for the same thing.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::process::{copy, output, succeeds};
use super::vault::Demo;

/// Which program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Peer {
    Chartseal,
    Restic,
    Borg,
}

/// A program that is there.
pub struct Program<'a> {
    pub peer: Peer,
    version: String,
    demo: &'a Demo,
}

impl Peer {
    pub const ALL: [Self; 3] = [Self::Chartseal, Self::Restic, Self::Borg];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Chartseal => "chartseal",
            Self::Restic => "restic",
            Self::Borg => "borg",
        }
    }
}

impl fmt::Display for Program<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<14}", self.version)
    }
}

impl<'a> Program<'a> {
    pub fn find(peer: Peer, demo: &'a Demo) -> Option<Self> {
        let asked = match peer {
            Peer::Chartseal => Command::new(env!("CARGO_BIN_EXE_chartseal"))
                .arg("--version")
                .output(),
            Peer::Restic => Command::new("restic").arg("version").output(),
            Peer::Borg => Command::new("borg").arg("--version").output(),
        };
        let Ok(said) = asked else {
            println!(
                "{} is left out: it is not installed (Debian: apt install restic borgbackup)",
                peer.name()
            );
            return None;
        };
        let said = String::from_utf8_lossy(&said.stdout);
        let version = said
            .split_whitespace()
            .take(2)
            .collect::<Vec<_>>()
            .join(" ");
        Some(Self {
            peer,
            version,
            demo,
        })
    }

    pub fn repository(&self) -> PathBuf {
        match self.peer {
            Peer::Chartseal => self.demo.repository(),
            _ => self
                .demo
                .folder
                .join(format!("repository-{}", self.peer.name())),
        }
    }

    /// The repository as it never was, for this host, too.
    pub fn forget(&self) {
        let memory = match self.peer {
            Peer::Chartseal => self.demo.host().join("backups"),
            _ => self.memory(""),
        };
        for folder in [&self.repository(), &memory] {
            // The first time there is none.
            let _ = std::fs::remove_dir_all(folder);
        }
        if self.peer == Peer::Chartseal {
            self.demo.elsewhere();
        }
    }

    /// An empty repository. chartseal makes its own with the first run.
    pub fn init(&self) {
        let mut command = self.command("");
        match self.peer {
            Peer::Chartseal => return,
            Peer::Restic => command.arg("init"),
            Peer::Borg => command
                .args(["init", "--encryption", "repokey-blake2"])
                .arg(self.repository()),
        };
        assert!(succeeds(&mut command), "{command:?}");
    }

    pub fn backup(&self) -> Command {
        let mut command = self.command("");
        match self.peer {
            Peer::Chartseal => command
                .args(["backup", "run", "--to"])
                .arg(self.repository()),
            Peer::Restic => command.arg("backup").arg(self.demo.vault()),
            Peer::Borg => {
                let name = format!(
                    "{}::{{now:%Y-%m-%dT%H:%M:%S.%f}}",
                    self.repository().display()
                );
                command.arg("create").arg(name).arg(self.demo.vault())
            }
        };
        command
    }

    pub fn restore(&self, into: &Path) -> Command {
        let mut command = self.command("");
        match self.peer {
            Peer::Chartseal => {
                command.env("CHARTSEAL_HOST", self.demo.folder.join("restored-host"));
                command
                    .args(["backup", "restore", "--from"])
                    .arg(self.repository())
                    .arg("--into")
                    .arg(into);
                for share in self.demo.made.restore.files.iter().take(3) {
                    command.arg("--share").arg(share);
                }
            }
            Peer::Restic => {
                command.args(["restore", "latest", "--target"]).arg(into);
            }
            Peer::Borg => {
                let mut list = self.command("");
                let newest = output(
                    list.args(["list", "--last", "1", "--short"])
                        .arg(self.repository()),
                );
                std::fs::create_dir_all(into).expect("a folder is made");
                command
                    .current_dir(into)
                    .arg("extract")
                    .arg(format!("{}::{newest}", self.repository().display()));
            }
        }
        command
    }

    /// What a host does to find out whether its repository is as it left it.
    pub fn check(&self) -> Command {
        self.check_as("", &self.repository(), None)
    }

    /// The same by a host that has the keys and has never seen the repository.
    pub fn check_elsewhere(&self, head: Option<&str>) -> Command {
        let copied = self.demo.folder.join("elsewhere");
        let _ = std::fs::remove_dir_all(&copied);
        copy(&self.repository(), &copied);
        let _ = std::fs::remove_dir_all(self.memory("elsewhere"));
        self.check_as("elsewhere", &copied, head)
    }

    fn check_as(&self, host: &str, repository: &Path, head: Option<&str>) -> Command {
        let mut command = self.command(host);
        match self.peer {
            Peer::Chartseal => {
                command.args(["backup", "verify", "--to"]).arg(repository);
                if let Some(head) = head {
                    command.args(["--head", head]);
                }
            }
            Peer::Restic => {
                command.env("RESTIC_REPOSITORY", repository).arg("check");
            }
            // Its `check` looks at the repository alone; what the host remembers is asked by whatever reads archives.
            Peer::Borg => {
                command = Command::new("sh");
                self.surround(&mut command, host);
                command
                    .args(["-c", r#"borg check "$1" && borg list "$1""#, "sh"])
                    .arg(repository);
            }
        }
        command
    }

    /// Takes a snapshot away that is neither the first nor the last, if that is possible without the key.
    pub fn lose_middle(&self) -> Option<()> {
        let folder = match self.peer {
            Peer::Chartseal => "manifests",
            Peer::Restic => "snapshots",
            // One sealed object lists them all.
            Peer::Borg => return None,
        };
        let mut files = Vec::new();
        files_below(&self.repository().join(folder), &mut files);
        files.sort_by_key(|file| file.metadata().and_then(|file| file.modified()).ok());
        assert!(files.len() >= 3, "{} snapshots", files.len());
        std::fs::remove_file(&files[1]).expect("a file is removed");
        Some(())
    }

    /// Where a program keeps what it remembers of the repository on the host.
    fn memory(&self, host: &str) -> PathBuf {
        self.demo
            .folder
            .join(format!("memory-{}{host}", self.peer.name()))
    }

    fn command(&self, host: &str) -> Command {
        let mut command = match self.peer {
            Peer::Chartseal => Command::new(env!("CARGO_BIN_EXE_chartseal")),
            Peer::Restic => Command::new("restic"),
            Peer::Borg => Command::new("borg"),
        };
        self.surround(&mut command, host);
        command
    }

    fn surround(&self, command: &mut Command, host: &str) {
        command.env("HOME", &self.demo.folder);
        match self.peer {
            Peer::Chartseal => command
                .env("CHARTSEAL_VAULT", self.demo.vault())
                .env("CHARTSEAL_HOST", self.demo.host()),
            Peer::Restic => command
                .env("RESTIC_REPOSITORY", self.repository())
                .env("RESTIC_PASSWORD", "a password of the bench")
                .env("RESTIC_CACHE_DIR", self.memory(host)),
            Peer::Borg => command
                .env("BORG_PASSPHRASE", "a password of the bench")
                .env("BORG_RELOCATED_REPO_ACCESS_IS_OK", "yes")
                .env("BORG_BASE_DIR", self.memory(host)),
        };
    }
}

fn files_below(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder)
        .expect("a folder is read")
        .flatten()
    {
        let path = entry.path();
        if path.is_dir() {
            files_below(&path, files);
        } else {
            files.push(path);
        }
    }
}
