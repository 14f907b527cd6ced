//! `audit`: who did what, and who looked.
//!
//! Two options are named `--user`: before the command it says who acts, behind `audit` whose acts to list. Where only the second
//! is given and nothing else says who acts, it says that: scripts put it there for every other command.

use std::ffi::OsString;

use clap::{Args, Command};

use super::{Context, Exit, Failure, date};
use crate::desk;
use crate::desk::view::Stamp;

/// Who did what, and who looked
#[derive(Debug, Args)]
#[command(
    after_help = "The --user behind `audit` lists only what that user did. Name who acts before the command, or with \
                        CHARTSEAL_USER; where nothing names them, it is the last --user."
)]
pub struct Audit {
    /// Only what touched this chart
    #[arg(long, value_name = "MRN")]
    pub chart: Option<String>,
    /// 2026-12-01, an instant, or t-1m
    #[arg(long, value_name = "T", value_parser = date::since)]
    pub since: Option<Stamp>,
    /// What `--user` behind `audit` becomes, see [`set_apart`].
    #[arg(long = BEHIND, hide = true)]
    pub behind: Vec<String>,
}

/// The name that `--user` gets behind `audit`.
const BEHIND: &str = "user-behind-audit";

impl Audit {
    /// Reads the trail.
    pub fn run(mut self, mut context: Context) -> Result<Exit, Failure> {
        if context.login().is_err() || self.behind.len() > 1 {
            context = context.acting_as(self.behind.pop());
        }
        if self.behind.len() > 1 {
            return Err(
                Failure::new(Exit::Usage, "usage", "--user was given too often")
                    .hint("name who acts before the command, and whose acts to list behind it"),
            );
        }
        let session = context.session()?;
        let lines = desk::audit::list(
            &session,
            self.chart.as_deref(),
            self.behind.first().map(String::as_str),
            self.since,
        )?;
        context.output.result(&lines)
    }
}

/// Renames each `--user` behind `audit`, so that the two options do not get into each other's way.
pub fn set_apart(mut arguments: Vec<OsString>, program: &Command) -> Vec<OsString> {
    let takes_value = |option: &str| {
        program.get_arguments().any(|known| {
            known
                .get_long()
                .is_some_and(|long| option.strip_prefix("--") == Some(long))
                && known.get_action().takes_values()
        })
    };
    let mut place = 1;
    let audit = loop {
        match arguments.get(place).and_then(|argument| argument.to_str()) {
            Some("audit") => break place,
            Some(option) if option.starts_with('-') => {
                place += if takes_value(option) { 2 } else { 1 }
            }
            _ => return arguments,
        }
    };
    for argument in &mut arguments[audit + 1..] {
        if let Some(rest) = argument
            .to_str()
            .and_then(|text| text.strip_prefix("--user"))
            && (rest.is_empty() || rest.starts_with('='))
        {
            *argument = format!("--{BEHIND}{rest}").into();
        }
    }
    arguments
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::*;
    use crate::cli::{Arguments, Command as Typed};

    fn parsed(line: &str) -> (Option<String>, Vec<String>) {
        let arguments = line.split(' ').map(OsString::from).collect();
        let arguments =
            Arguments::try_parse_from(set_apart(arguments, &Arguments::command())).unwrap();
        let Some(Typed::Audit(audit)) = arguments.command else {
            panic!("{line} is no audit")
        };
        (arguments.globals.user, audit.behind)
    }

    #[test]
    fn the_user_before_audit_acts_and_the_one_behind_it_is_listed() {
        let (acts, listed) =
            parsed("chartseal --json --user auditor --vault audit audit --user hsmith --chart 1");
        assert_eq!(
            (acts.as_deref(), listed),
            (Some("auditor"), vec!["hsmith".to_owned()])
        );
        let (acts, listed) = parsed("chartseal audit --user=hsmith --user auditor");
        assert_eq!(
            (acts, listed),
            (None, vec!["hsmith".to_owned(), "auditor".to_owned()])
        );
    }

    #[test]
    fn other_commands_keep_their_user_wherever_it_stands() {
        let line = ["chartseal", "search", "audit", "--user", "hsmith"]
            .map(OsString::from)
            .to_vec();
        assert_eq!(set_apart(line.clone(), &Arguments::command()), line);
    }
}
