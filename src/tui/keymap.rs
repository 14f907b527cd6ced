//! Which keys do what: the embedded defaults, and a user's file over them.
//!
//! ```toml
//! list = [
//!   { on = ["g", "g"], run = "top" },
//! ]
//! ```
//!
//! A user's file adds bindings; one on the same keys takes the place of the default, and `run = "none"` frees
//! the keys. **Ctrl+S, Q, I, J, M and H are never bound** (terminals stop, go on, or read them as Tab, Enter and
//! Backspace), and no chord begins with Esc, which must close at once.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Deserialize;
use toml::Spanned;

use super::action::{Action, Context, TABLE};
use super::key::{self, Key};
use super::misplaced::Misplaced;

/// The keymap that the program carries.
pub const EMBEDDED: &str = include_str!("../../assets/keymap.toml");

/// Keys and what they do, by context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keymap {
    bindings: BTreeMap<Context, Vec<(Vec<Key>, Action)>>,
}

/// What the keys pressed so far mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// An action.
    Act(Action),
    /// The beginning of a chord.
    Wait,
    /// Nothing.
    Nothing,
}

/// Why a keymap file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeymapError {
    /// The file is not what a keymap is.
    #[error("the keymap does not parse: {0}")]
    Syntax(String),
    /// A context is none.
    #[error("there is no context `{0}`; there are {known}", known = Context::ALL.map(Context::as_str).join(", "))]
    Context(String),
    /// A key is none.
    #[error("in the context `{context}`: {source}")]
    Key {
        /// Where it stands.
        context: Context,
        /// What is wrong.
        source: key::NoKey,
    },
    /// An action is none, or counts elsewhere.
    #[error(
        "in the context `{context}`: no action here is called `{name}`; assets/keymap.toml names them all"
    )]
    Action {
        /// Where it stands.
        context: Context,
        /// What stands there.
        name: String,
    },
    /// A key that terminals keep for themselves.
    #[error("in the context `{context}`: `{keys}` cannot be bound, because {why}")]
    Forbidden {
        /// Where it stands.
        context: Context,
        /// The keys.
        keys: String,
        /// Why not.
        why: &'static str,
    },
    /// One chord begins another, which could then never be reached.
    #[error(
        "in the context `{context}`: `{keys}` begins another chord, which could never be reached"
    )]
    Prefix {
        /// Where it stands.
        context: Context,
        /// The keys.
        keys: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Binding {
    on: Spanned<Vec<String>>,
    run: Spanned<String>,
}

impl Binding {
    fn keys(&self) -> Result<Vec<Key>, key::NoKey> {
        self.on.get_ref().iter().map(|text| text.parse()).collect()
    }
}

impl Keymap {
    /// The embedded keymap.
    pub fn embedded() -> Self {
        let mut map = Self {
            bindings: BTreeMap::new(),
        };
        map.overlay(EMBEDDED)
            .expect("the embedded keymap parses: a test reads it");
        map
    }

    /// Lays a user's file over this map.
    pub fn overlay(&mut self, file: &str) -> Result<(), Misplaced<KeymapError>> {
        let contexts: BTreeMap<Spanned<String>, Vec<Binding>> = toml::from_str(file)
            .map_err(|error| Misplaced::syntax(file, &error, KeymapError::Syntax))?;
        let mut contexts: Vec<_> = contexts.into_iter().collect();
        contexts.sort_by_key(|(name, _)| name.span().start);
        for (name, bindings) in contexts {
            let known = |context: &Context| context.as_str() == name.get_ref();
            let context = Context::ALL.into_iter().find(known).ok_or_else(|| {
                let wrong = KeymapError::Context(name.get_ref().clone());
                Misplaced::at(file, name.span().start, wrong)
            })?;
            for binding in &bindings {
                self.bind(context, binding)
                    .map_err(|(offset, wrong)| Misplaced::at(file, offset, wrong))?;
            }
            if let Some(short) = self.hidden(context) {
                // Either of the two may be of this file.
                let part =
                    |binding: &&Binding| binding.keys().is_ok_and(|keys| keys.starts_with(short));
                let offset = bindings.iter().rev().find(part);
                let offset = offset.map_or(name.span().start, |binding| binding.on.span().start);
                let keys = key::shown(short);
                return Err(Misplaced::at(
                    file,
                    offset,
                    KeymapError::Prefix { context, keys },
                ));
            }
        }
        Ok(())
    }

    /// Binds, or says what is wrong and at which byte.
    fn bind(&mut self, context: Context, binding: &Binding) -> Result<(), (usize, KeymapError)> {
        let at = binding.on.span().start;
        let keys = binding
            .keys()
            .map_err(|source| (at, KeymapError::Key { context, source }))?;
        let forbidden = |why| {
            let keys = binding.on.get_ref().join(" ");
            (at, KeymapError::Forbidden { context, keys, why })
        };
        if keys.is_empty() {
            return Err(forbidden("there is no key in it"));
        }
        if keys.iter().any(|key| {
            ['s', 'q', 'i', 'j', 'm', 'h']
                .iter()
                .any(|c| key.is_ctrl(*c))
        }) {
            return Err(forbidden(
                "terminals keep Ctrl+S, Q, I, J, M and H for themselves",
            ));
        }
        if keys.len() > 1 && keys[0] == "esc".parse().expect("esc is a key") {
            return Err(forbidden("Esc must close at once"));
        }
        let list = self.bindings.entry(context).or_default();
        list.retain(|(bound, _)| *bound != keys);
        let run = binding.run.get_ref();
        if run == "none" {
            return Ok(());
        }
        let action: Action = run
            .parse()
            .ok()
            .filter(|action: &Action| action.row().context == context)
            .ok_or_else(|| {
                let name = run.clone();
                let at = binding.run.span().start;
                (at, KeymapError::Action { context, name })
            })?;
        list.push((keys, action));
        Ok(())
    }

    /// Keys that begin another chord, which could then never be reached.
    fn hidden(&self, context: Context) -> Option<&[Key]> {
        let list = self.bindings.get(&context)?;
        let begins = |short: &[Key]| {
            let mut longer = list.iter().filter(|(long, _)| long.len() > short.len());
            longer.any(|(long, _)| long.starts_with(short))
        };
        let hidden = list.iter().find(|(short, _)| begins(short));
        hidden.map(|(short, _)| short.as_slice())
    }

    /// What `pressed` means where these contexts count, the nearest first.
    pub fn meaning(&self, pressed: &[Key], contexts: &[Context]) -> Meaning {
        let mut wait = false;
        for context in contexts {
            for (keys, action) in self.bindings.get(context).into_iter().flatten() {
                if keys == pressed {
                    return Meaning::Act(*action);
                }
                wait |= keys.starts_with(pressed);
            }
        }
        if wait {
            Meaning::Wait
        } else {
            Meaning::Nothing
        }
    }

    /// The first keys of an action, as footer and help show them.
    pub fn shown(&self, action: Action) -> Option<String> {
        let list = self.bindings.get(&action.row().context)?;
        list.iter()
            .find(|(_, bound)| *bound == action)
            .map(|(keys, _)| key::shown(keys))
    }

    /// All keys of an action, with blanks between them.
    pub fn shown_all(&self, action: Action) -> String {
        let list = self
            .bindings
            .get(&action.row().context)
            .map_or(&[][..], Vec::as_slice);
        let all: Vec<String> = list
            .iter()
            .filter(|(_, bound)| *bound == action)
            .map(|(keys, _)| key::shown(keys))
            .collect();
        all.join(" ")
    }
}

/// The text of the keymap file that says what the table says.
pub fn default_file() -> String {
    let mut out = String::from(
        "# The keys of chartseal, by context. A file of your own (keymap.toml beside your config.toml) adds to these;\n\
         # a binding on the same keys takes their place, and run = \"none\" frees them. `:` lists every action by name.\n",
    );
    for context in Context::ALL {
        let _ = write!(out, "\n{context} = [\n");
        for row in TABLE.iter().filter(|row| row.context == context) {
            for keys in row.keys {
                let on: Vec<String> = keys.split(' ').map(|key| format!("{key:?}")).collect();
                let _ = writeln!(
                    out,
                    "  {{ on = [{}], run = {:?} }},",
                    on.join(", "),
                    row.name
                );
            }
        }
        out.push_str("]\n");
    }
    out
}

/// The table of keys for the README, in Markdown.
pub fn readme_table() -> String {
    let mut out = String::from("| where | keys | what |\n|---|---|---|\n");
    let map = Keymap::embedded();
    for row in TABLE {
        let _ = writeln!(
            out,
            "| {} | `{}` | {} |",
            row.context,
            map.shown_all(row.action),
            row.description
        );
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Vec<Key> {
        key::chord(text).unwrap()
    }

    fn wrong(file: &str) -> Misplaced<KeymapError> {
        Keymap::embedded().overlay(file).unwrap_err()
    }

    #[test]
    fn the_embedded_file_is_what_the_table_says() {
        // To write it again after a change of the table: CHARTSEAL_BLESS=1 cargo test the_embedded_file
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/keymap.toml");
        if std::env::var_os("CHARTSEAL_BLESS").is_some() {
            std::fs::write(path, default_file()).unwrap();
        }
        assert_eq!(std::fs::read_to_string(path).unwrap(), default_file());
    }

    #[test]
    fn no_key_is_bound_twice_in_a_context_and_no_chord_hides_another() {
        for context in Context::ALL {
            let mut all: Vec<&str> = TABLE
                .iter()
                .filter(|r| r.context == context)
                .flat_map(|r| r.keys)
                .copied()
                .collect();
            all.sort_unstable();
            let before = all.len();
            all.dedup();
            assert_eq!(all.len(), before, "{context}");
            assert_eq!(Keymap::embedded().hidden(context), None);
        }
    }

    #[test]
    fn keys_of_a_pane_do_not_hide_keys_that_count_everywhere() {
        let everywhere: Vec<&str> = TABLE
            .iter()
            .filter(|r| r.context == Context::Anywhere)
            .flat_map(|r| r.keys)
            .copied()
            .collect();
        for row in TABLE.iter().filter(|r| {
            !matches!(
                r.context,
                // A query line has uses of its own for F1 and ^R; `?` and F5 do the same everywhere.
                Context::Anywhere | Context::Typing | Context::Confirm | Context::Query
            )
        }) {
            for key in row.keys {
                assert!(
                    !everywhere.contains(key),
                    "{} hides a key of everywhere: {key}",
                    row.name
                );
            }
        }
    }

    #[test]
    fn ctrl_s_q_i_j_m_h_and_chords_on_esc_are_refused() {
        for letter in ["s", "q", "i", "j", "m", "h"] {
            assert!(
                TABLE
                    .iter()
                    .flat_map(|r| r.keys)
                    .all(|k| !k.contains(&format!("ctrl+{letter}")))
            );
            let file = format!("list = [{{ on = [\"ctrl+{letter}\"], run = \"down\" }}]");
            assert!(
                matches!(wrong(&file).wrong, KeymapError::Forbidden { .. }),
                "{letter}"
            );
        }
        let file = "list = [{ on = [\"esc\", \"x\"], run = \"down\" }]";
        assert!(matches!(wrong(file).wrong, KeymapError::Forbidden { .. }));
        assert!(
            TABLE
                .iter()
                .flat_map(|r| r.keys)
                .all(|k| !k.starts_with("esc "))
        );
    }

    #[test]
    fn a_users_file_takes_the_place_of_defaults_and_can_free_keys() {
        let mut map = Keymap::embedded();
        map.overlay("list = [{ on = [\"j\"], run = \"up\" }, { on = [\"k\"], run = \"none\" }]")
            .unwrap();
        assert_eq!(
            map.meaning(&keys("j"), &[Context::List]),
            Meaning::Act(Action::Up)
        );
        assert_eq!(map.meaning(&keys("k"), &[Context::List]), Meaning::Nothing);
        assert_eq!(
            map.meaning(&keys("down"), &[Context::List]),
            Meaning::Act(Action::Down)
        );
    }

    #[test]
    fn a_file_with_an_unknown_context_action_key_or_field_is_refused() {
        for (line, bad) in [
            (1, "lisst = []"),
            (2, "charts = []\nlisst = []"),
            (1, "zz = []\naa = []"),
            (2, "list = [\n{ on = [\"z\"], run = \"fly\" }]"),
            (4, "[[list]]\non = [\"z\"]\n\nrun = \"fly\""),
            (2, "\nlist = [{ on = [\"z\"], run = \"dispense\" }]"),
            (3, "list = [\n\n{ on = [\"zz\"], run = \"down\" }]"),
            (1, "list = [{ on = [], run = \"down\" }]"),
            (
                2,
                "list = [\n{ on = [\"g\"], run = \"down\" },\n{ on = [\"y\"], run = \"down\" }]",
            ),
            (
                2,
                "list = [\n{ on = [\"z\"], run = \"down\", desc = \"\" }]",
            ),
            (2, "list = [\n{ on = [\"z\", run }]"),
        ] {
            let error = wrong(bad);
            assert_eq!(error.line, line, "{bad}: {error}");
            let text = error.to_string();
            assert!(text.starts_with(&format!("{line}: ")), "{text}");
            assert_eq!(text.lines().count(), 1, "{text}");
        }
    }

    #[test]
    fn a_chord_waits_for_its_end_and_the_nearest_context_wins() {
        let map = Keymap::embedded();
        let contexts = [Context::Chart, Context::List, Context::Anywhere];
        assert_eq!(map.meaning(&keys("g"), &contexts), Meaning::Wait);
        assert_eq!(
            map.meaning(&keys("g g"), &contexts),
            Meaning::Act(Action::Top)
        );
        assert_eq!(
            map.meaning(&keys("g w"), &contexts),
            Meaning::Act(Action::WhoLooked)
        );
        assert_eq!(map.meaning(&keys("g z"), &contexts), Meaning::Nothing);
        let queue = [Context::Queue, Context::List, Context::Anywhere];
        assert_eq!(
            map.meaning(&keys("enter"), &queue),
            Meaning::Act(Action::Dispense)
        );
    }
}
