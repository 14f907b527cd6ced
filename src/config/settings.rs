//! The values in force, typed.

use std::num::NonZeroU64;
use std::path::PathBuf;
use std::time::Duration;

use super::duration::parse_duration;
use super::rate::parse_rate;
use super::stack::Stack;
use super::{ConfigError, Flags, Paths, Setting, Source, Surroundings};

/// Everything that can be set, with its value in force.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where vault and host lie.
    pub paths: Paths,
    /// What protects people and records.
    pub security: Security,
    /// How the interface looks and what it sends.
    pub ui: Ui,
    /// A terminal for patients.
    pub kiosk: Kiosk,
    /// Where snapshots go.
    pub backup: Backup,
    /// Each key with its value and where that came from, in the order of `config.toml`.
    pub settings: Vec<Setting>,
    /// The files that were read, from low to high.
    pub files: Vec<PathBuf>,
    /// The folders in which they were looked for, from low to high: `themes/` and `keymap.toml` in them override what is built in.
    pub folders: Vec<PathBuf>,
}

/// What protects people and records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Security {
    /// An unattended session locks after this long.
    pub idle_lock: Duration,
    /// Memory of Argon2id in KiB, at least 19 456.
    pub argon2_memory_kib: u32,
    /// Passes of Argon2id, at least 2.
    pub argon2_passes: u32,
    /// What connections to a backup target need.
    pub tls: Tls,
}

/// What connections to a backup target need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// TLS everywhere.
    Required,
    /// TLS everywhere but to this very host.
    Loopback,
}

/// How the interface looks and what it sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ui {
    /// No borders, the real cursor on the focused row, states in words.
    pub plain: bool,
    /// Name of the theme.
    pub theme: String,
    /// When to save bytes.
    pub thin_link: ThinLink,
    /// The least time between two frames on a local terminal.
    pub frame: Duration,
    /// The least time between two frames on a thin link.
    pub thin_frame: Duration,
}

/// When to save bytes on the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ThinLink {
    /// When `SSH_CONNECTION` is set.
    Auto,
    /// Always.
    On,
    /// Never.
    Off,
}

/// A terminal for patients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kiosk {
    /// Whether this is one.
    pub enabled: bool,
    /// An unattended kiosk returns to the welcome screen after this long.
    pub idle_lock: Duration,
}

/// Where snapshots go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    /// A folder or the address of a cluster; absent where none is set.
    pub target: Option<String>,
    /// Where `forget` and `prune` go, under a credential that may delete; `target` where none is set.
    pub prune_target: Option<String>,
    /// A pruner's file; absent where the host's own keys prune.
    pub pruner: Option<PathBuf>,
    /// How often the interface starts a backup; absent for never.
    pub every: Option<Duration>,
    /// Uploads in flight at once.
    pub in_flight: usize,
    /// Bytes a second that a backup may take of its link; absent for any number.
    pub rate: Option<NonZeroU64>,
}

impl Ui {
    /// The least time between two frames, for a terminal that is reached over SSH or not.
    pub fn pace(&self, over_ssh: bool) -> Duration {
        match (self.thin_link, over_ssh) {
            (ThinLink::On, _) | (ThinLink::Auto, true) => self.thin_frame,
            (ThinLink::Off, _) | (ThinLink::Auto, false) => self.frame,
        }
    }
}

impl Config {
    /// Reads every layer.
    pub fn load(flags: &Flags, around: &Surroundings) -> Result<Self, ConfigError> {
        let stack = Stack::read(flags, around)?;
        let duration = |key| {
            parse_duration(stack.text(key))
                .expect("a layer takes only durations for this key, which the table of keys says")
        };
        let small =
            |key| u32::try_from(stack.whole(key)).expect("the table of keys bounds this number");
        Ok(Self {
            paths: Paths::resolve(stack.text("vault.dir"), stack.text("vault.host"), around)?,
            security: Security {
                idle_lock: duration("security.idle_lock"),
                argon2_memory_kib: small("security.argon2_memory_kib"),
                argon2_passes: small("security.argon2_passes"),
                tls: if stack.text("security.tls") == "loopback" {
                    Tls::Loopback
                } else {
                    Tls::Required
                },
            },
            ui: Ui {
                plain: stack.switch("ui.plain"),
                theme: stack.text("ui.theme").to_owned(),
                thin_link: match stack.text("ui.thin_link") {
                    "on" => ThinLink::On,
                    "off" => ThinLink::Off,
                    _ => ThinLink::Auto,
                },
                frame: Duration::from_millis(small("ui.frame_ms").into()),
                thin_frame: Duration::from_millis(small("ui.thin_frame_ms").into()),
            },
            kiosk: Kiosk {
                enabled: stack.switch("kiosk.enabled"),
                idle_lock: duration("kiosk.idle_lock"),
            },
            backup: Backup {
                target: Some(stack.text("backup.target"))
                    .filter(|target| !target.is_empty())
                    .map(str::to_owned),
                prune_target: Some(stack.text("backup.prune_target"))
                    .filter(|target| !target.is_empty())
                    .map(str::to_owned),
                pruner: Some(stack.text("backup.pruner"))
                    .filter(|file| !file.is_empty())
                    .map(PathBuf::from),
                every: Some(duration("backup.every")).filter(|every| !every.is_zero()),
                in_flight: small("backup.in_flight") as usize,
                rate: parse_rate(stack.text("backup.rate"))
                    .expect("a layer takes only rates for this key, which the table of keys says"),
            },
            settings: stack.settings(),
            files: stack.files,
            folders: stack.folders,
        })
    }

    /// Where the value of a key came from.
    pub fn source(&self, key: &str) -> Source {
        let setting = self.settings.iter().find(|setting| setting.key == key);
        setting.map_or(Source::Embedded, |setting| setting.source.clone())
    }

    /// The file `name` in the highest folder that has one: `themes/night.toml`, `keymap.toml`.
    pub fn companion(&self, name: &str) -> Option<PathBuf> {
        self.folders
            .iter()
            .rev()
            .map(|folder| folder.join(name))
            .find(|file| file.is_file())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    /// A host with its own `/etc` and a user with a home, in a folder that vanishes.
    struct Host {
        folder: tempfile::TempDir,
        around: Surroundings,
        flags: Flags,
    }

    impl Host {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let home = folder.path().join("home");
            fs::create_dir_all(home.join(".config/chartseal")).unwrap();
            let mut around = Surroundings {
                system_file: folder.path().join("etc.toml"),
                variables: std::collections::BTreeMap::new(),
            };
            around
                .variables
                .insert("HOME".into(), home.to_string_lossy().into_owned());
            Self {
                folder,
                around,
                flags: Flags::default(),
            }
        }

        fn system(self, text: &str) -> Self {
            fs::write(&self.around.system_file, text).unwrap();
            self
        }

        fn user(self, text: &str) -> Self {
            fs::write(self.around.user_file().unwrap(), text).unwrap();
            self
        }

        fn named(mut self, text: &str) -> Self {
            let file = self.folder.path().join("named.toml");
            fs::write(&file, text).unwrap();
            self.flags.config = Some(file);
            self
        }

        fn variable(mut self, name: &str, value: &str) -> Self {
            self.around.variables.insert(name.into(), value.into());
            self
        }

        fn load(&self) -> Result<Config, ConfigError> {
            Config::load(&self.flags, &self.around)
        }

        fn source(&self, key: &str) -> Source {
            self.load()
                .unwrap()
                .settings
                .into_iter()
                .find(|setting| setting.key == key)
                .unwrap()
                .source
        }
    }

    #[test]
    fn without_any_file_the_documented_defaults_hold() {
        let config = Host::new().load().unwrap();
        assert_eq!(config.security.idle_lock, Duration::from_mins(10));
        assert_eq!(
            (
                config.security.argon2_memory_kib,
                config.security.argon2_passes
            ),
            (65_536, 3)
        );
        assert_eq!(config.security.tls, Tls::Loopback);
        assert!(!config.ui.plain && !config.kiosk.enabled);
        assert_eq!((config.backup.target, config.backup.every), (None, None));
        assert!(
            config
                .settings
                .iter()
                .all(|setting| setting.source == Source::Embedded)
        );
        assert!(config.files.is_empty());
    }

    #[test]
    fn each_layer_overrides_the_one_below_it() {
        let theme = |host: &Host| host.load().unwrap().ui.theme;
        let host = Host::new().system("[ui]\ntheme = \"etc\"\n");
        assert_eq!(theme(&host), "etc");
        let host = host.user("[ui]\ntheme = \"user\"\n");
        assert_eq!(theme(&host), "user");
        let host = host.named("[ui]\ntheme = \"named\"\n");
        assert_eq!(theme(&host), "named");
        let host = host.variable("CHARTSEAL_UI_THEME", "environment");
        assert_eq!(theme(&host), "environment");
        assert_eq!(
            host.source("ui.theme"),
            Source::Environment("CHARTSEAL_UI_THEME".into())
        );
        assert_eq!(host.load().unwrap().files.len(), 3);
    }

    #[test]
    fn a_flag_overrides_the_environment() {
        let mut host = Host::new().variable("CHARTSEAL_VAULT", "/srv/variable");
        assert_eq!(host.load().unwrap().paths.vault, Path::new("/srv/variable"));
        host.flags.vault = Some("/srv/flag".into());
        assert_eq!(host.load().unwrap().paths.vault, Path::new("/srv/flag"));
        assert_eq!(host.source("vault.dir"), Source::Flag("--vault"));
    }

    #[test]
    fn a_security_key_of_etc_can_be_tightened_above_it() {
        let host = Host::new()
            .system("[security]\nidle_lock = \"5m\"\n")
            .user("[security]\nidle_lock = \"2m\"\n");
        assert_eq!(
            host.load().unwrap().security.idle_lock,
            Duration::from_mins(2)
        );
    }

    #[test]
    fn a_security_key_of_etc_can_never_be_loosened_above_it() {
        let cases = [
            ("idle_lock = \"5m\"", "CHARTSEAL_SECURITY_IDLE_LOCK", "6m"),
            (
                "argon2_memory_kib = 65536",
                "CHARTSEAL_SECURITY_ARGON2_MEMORY_KIB",
                "19456",
            ),
            ("argon2_passes = 3", "CHARTSEAL_SECURITY_ARGON2_PASSES", "2"),
            ("tls = \"required\"", "CHARTSEAL_SECURITY_TLS", "loopback"),
        ];
        for (system, variable, value) in cases {
            let host = Host::new()
                .system(&format!("[security]\n{system}\n"))
                .variable(variable, value);
            let error = host.load().unwrap_err();
            assert!(matches!(error, ConfigError::Loosened { .. }), "{error}");
            assert!(error.to_string().contains("etc.toml:2"), "{error}");
        }
    }

    #[test]
    fn tightening_in_the_user_file_does_not_bind_the_layers_above_it() {
        let host = Host::new()
            .system("[security]\nidle_lock = \"5m\"\n")
            .user("[security]\nidle_lock = \"1m\"\n")
            .variable("CHARTSEAL_SECURITY_IDLE_LOCK", "3m");
        assert_eq!(
            host.load().unwrap().security.idle_lock,
            Duration::from_mins(3)
        );
    }

    #[test]
    fn frames_keep_the_pace_of_the_link_that_is_configured_or_found() {
        let pace = |text: &str, over_ssh| {
            let host = Host::new().user(&format!("[ui]\n{text}\n"));
            host.load().unwrap().ui.pace(over_ssh).as_millis()
        };
        assert_eq!((pace("", false), pace("", true)), (33, 100));
        let own = "frame_ms = 20\nthin_frame_ms = 400\n";
        for (link, local, far) in [("auto", 20, 400), ("on", 400, 400), ("off", 20, 20)] {
            let text = format!("{own}thin_link = \"{link}\"");
            assert_eq!(
                (pace(&text, false), pace(&text, true)),
                (local, far),
                "{link}"
            );
        }
    }

    #[test]
    fn a_link_may_be_limited_and_what_is_no_rate_is_named_with_its_line() {
        let rate = |text: &str| {
            let host = Host::new().user(&format!("[backup]\nrate = \"{text}\"\n"));
            host.load()
                .map(|config| config.backup.rate.map(NonZeroU64::get))
        };
        assert_eq!(rate("").unwrap(), None);
        assert_eq!(rate("128 kbit/s").unwrap(), Some(16_000));
        let refused = rate("128 kb").unwrap_err().to_string();
        assert!(
            refused.contains(":2") && refused.contains("kbit/s"),
            "{refused}"
        );
    }

    #[test]
    fn a_file_that_is_named_must_be_there() {
        let mut host = Host::new();
        host.flags.config = Some(host.folder.path().join("absent.toml"));
        let error = host.load().unwrap_err();
        assert!(matches!(error, ConfigError::Unreadable { .. }), "{error}");
    }

    #[test]
    fn a_theme_is_found_in_the_highest_folder_that_has_it() {
        let host = Host::new();
        let low = host.folder.path().join("themes");
        let high = host.around.user_file().unwrap().with_file_name("themes");
        for folder in [&low, &high] {
            fs::create_dir_all(folder).unwrap();
        }
        fs::write(low.join("night.toml"), "").unwrap();
        let config = host.load().unwrap();
        assert_eq!(
            config.companion("themes/night.toml"),
            Some(low.join("night.toml"))
        );
        fs::write(high.join("night.toml"), "").unwrap();
        assert_eq!(
            config.companion("themes/night.toml"),
            Some(high.join("night.toml"))
        );
        assert_eq!(config.companion("themes/day.toml"), None);
    }
}
