//! From the arguments to the exit code.

use std::ffi::OsString;
use std::panic;
use std::sync::Mutex;

use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches};

use super::{
    Arguments, Command, Context, Exit, Failure, Format, Output, Voice, audit, interface, status,
};
use crate::config::Surroundings;

/// Where in the source the last panic came from.
static PLACE: Mutex<Option<String>> = Mutex::new(None);

/// Runs the command that the arguments name.
///
/// **A panic ends with [`Exit::Defect`] and a plain message**; its text goes out, what was in memory does not.
pub fn run(arguments: Vec<OsString>, around: &Surroundings) -> Exit {
    // Where the arguments cannot be read, whether JSON was asked for is still to be seen.
    let json = arguments.iter().any(|argument| argument == "--json");
    let format = if json { Format::Json } else { Format::Text };
    let output = Output {
        format,
        voice: Voice::Normal,
    };

    panic::set_hook(Box::new(|panic| {
        if let (Some(place), Ok(mut last)) = (panic.location(), PLACE.lock()) {
            *last = Some(format!("at {}:{}", place.file(), place.line()));
        }
    }));
    let arguments = audit::set_apart(arguments, &Arguments::command());
    let outcome = panic::catch_unwind(|| match parse(arguments) {
        Ok(arguments) => dispatch(arguments, around),
        Err(error) => misread(&error, output),
    });
    match outcome.unwrap_or_else(|panic| Err(defect(panic.as_ref()))) {
        Ok(exit) => exit,
        Err(failure) => {
            output.failure(&failure);
            failure.exit
        }
    }
}

fn dispatch(arguments: Arguments, around: &Surroundings) -> Result<Exit, Failure> {
    let output = arguments.globals.output();
    if let Some(Command::Completions(completions)) = &arguments.command {
        // Completions and manual pages are made while packages are built, where there is no home and no configuration.
        return completions.run(output);
    }
    if let Some(Command::Man(man)) = &arguments.command {
        return man.run(output);
    }
    let context = Context::new(arguments.globals, around)?;
    match arguments.command {
        Some(Command::Init(init)) => init.run(&context),
        Some(Command::Unit(unit)) => unit.run(&context),
        Some(Command::User(user)) => user.run(&context),
        Some(Command::Index(index)) => index.run(&context),
        Some(Command::Import(import)) => import.run(&context),
        Some(Command::Chart(chart)) => chart.run(&context),
        Some(Command::Search(search)) => search.run(&context),
        Some(Command::Rx(rx)) => rx.run(&context),
        Some(Command::Stock(stock)) => stock.run(&context),
        Some(Command::Access(access)) => access.run(&context),
        Some(Command::Audit(audit)) => audit.run(context),
        Some(Command::Export(export)) => export.run(&context),
        Some(Command::Demo(demo)) => demo.run(&context, around),
        Some(Command::Write(write)) => write.run(&context),
        Some(Command::Verify(verify)) => verify.run(&context),
        Some(Command::Backup(backup)) => backup.run(&context),
        Some(Command::Status) => status::run(&context),
        Some(Command::Keys(keys)) => keys.run(&context),
        Some(Command::Config(config)) => config.run(&context),
        Some(Command::Completions(completions)) => completions.run(output),
        Some(Command::Man(man)) => man.run(output),
        None => interface::open(&context, around),
    }
}

/// Help and version are results; anything else is a mistake in the arguments.
fn misread(error: &clap::Error, output: Output) -> Result<Exit, Failure> {
    if matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    ) {
        output.bytes(error.render().to_string().as_bytes())?;
        return Ok(Exit::Done);
    }
    Err(told(&error.render().to_string()))
}

/// Reads the arguments. Where a command is missing that must follow another, clap would print the whole help in place of an error.
fn parse(arguments: Vec<OsString>) -> Result<Arguments, clap::Error> {
    fn no_help(command: clap::Command) -> clap::Command {
        command
            .arg_required_else_help(false)
            .mut_subcommands(no_help)
    }
    let matches = no_help(Arguments::command()).try_get_matches_from(arguments)?;
    Arguments::from_arg_matches(&matches)
}

/// Clap's text as one line: what is wrong, with the names or values on the lines below it; then its first tip, else how the command is used.
fn told(text: &str) -> Failure {
    let mut lines = text.lines().map(str::trim);
    let first = lines.next().unwrap_or("the arguments cannot be read");
    let mut message = first.strip_prefix("error: ").unwrap_or(first).to_owned();
    let more: Vec<&str> = lines.by_ref().take_while(|line| !line.is_empty()).collect();
    if !more.is_empty() {
        message = format!("{message} {}", more.join(", "));
    }
    let (mut tip, mut usage) = (None, None);
    for line in lines {
        tip = tip.or_else(|| line.strip_prefix("tip: "));
        usage = usage.or_else(|| line.strip_prefix("Usage: "));
    }
    let hint = match (tip, usage) {
        (Some(tip), _) => tip.to_owned(),
        (None, Some(usage)) => format!("usage: {usage}"),
        (None, None) => "see `chartseal --help`".to_owned(),
    };
    Failure::new(Exit::Usage, "usage", message).hint(hint)
}

fn defect(panic: &(dyn std::any::Any + Send)) -> Failure {
    let text = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "it left no message".into());
    let mut failure = Failure::new(
        Exit::Defect,
        "defect",
        "this is a defect in chartseal; nothing half-done was kept",
    )
    .hint("report it with this message and the command");
    failure.causes.push(text);
    failure
        .causes
        .extend(PLACE.lock().ok().and_then(|mut place| place.take()));
    failure
}

#[cfg(test)]
mod tests {
    use super::*;

    fn misread_of(arguments: &[&str]) -> Result<Exit, Failure> {
        let arguments = arguments.iter().map(OsString::from).collect();
        let error = parse(arguments).unwrap_err();
        misread(
            &error,
            Output {
                format: Format::Text,
                voice: Voice::Quiet,
            },
        )
    }

    #[test]
    fn an_unknown_command_is_usage_and_names_what_was_typed() {
        let failure = misread_of(&["chartseal", "confg"]).unwrap_err();
        assert_eq!(failure.exit, Exit::Usage);
        assert!(failure.message.contains("'confg'"), "{}", failure.message);
        assert!(failure.hint.unwrap().contains("config"));
    }

    #[test]
    fn what_is_missing_is_named_and_how_the_command_is_used_follows() {
        let failure = misread_of(&["chartseal", "rx", "hold", &"0".repeat(32)]).unwrap_err();
        assert_eq!(
            failure.message,
            "the following required arguments were not provided: --reason <REASON>"
        );
        assert_eq!(
            failure.hint.unwrap(),
            "usage: chartseal rx hold --reason <REASON> <RX>"
        );
    }

    #[test]
    fn a_value_that_does_not_fit_stands_beside_those_that_do() {
        let failure =
            misread_of(&["chartseal", "unit", "add", "B", "--kind", "staff"]).unwrap_err();
        assert_eq!(
            failure.message,
            "invalid value 'staff' for '--kind <KIND>' [possible values: ward, clinic, pharmacy]"
        );
    }

    #[test]
    fn a_missing_command_is_usage_and_lists_those_that_there_are() {
        for group in ["chart", "backup", "access", "unit", "config"] {
            let failure = misread_of(&["chartseal", group]).unwrap_err();
            assert_eq!(failure.exit, Exit::Usage);
            assert!(
                failure
                    .message
                    .starts_with(&format!("'chartseal {group}' requires a subcommand")),
                "{}",
                failure.message
            );
            let command = Arguments::command();
            let known = command.find_subcommand(group).unwrap();
            for command in known.get_subcommands() {
                assert!(
                    failure.message.contains(command.get_name()),
                    "{}",
                    failure.message
                );
            }
        }
    }

    #[test]
    fn a_panic_is_told_as_a_defect() {
        let panic = panic::catch_unwind(|| panic!("slot 3 of {}", 2)).unwrap_err();
        let failure = defect(panic.as_ref());
        assert_eq!(failure.exit, Exit::Defect);
        assert_eq!(failure.causes[0], "slot 3 of 2");
    }
}
