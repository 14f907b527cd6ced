//! What README.md says is what the program does: its commands parse, its test command is the one that `.ci/run` runs, and
//! its generated parts are as the code would write them.

use std::path::Path;
use std::{env, fs};

use chartseal::cli::Arguments;
use chartseal::tui::keymap;
use clap::Parser;
use clap::error::ErrorKind;

/// How the program is run from the repository.
const FROM_SOURCE: &str = "cargo run --release -- ";
/// The screen that README.md shows.
const SCREEN: &str =
    "src/tui/tests/snapshots/chartseal__tui__tests__screens__doctor_records_chart_80x24.snap";
const SCREEN_LINES: usize = 24;

fn file(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The lines of the blocks that are fenced as `sh`, continued ones joined.
fn shell_lines(readme: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut inside = false;
    let mut begun = String::new();
    for line in readme.lines().map(str::trim) {
        if line.starts_with("```") {
            inside = line == "```sh";
        } else if let Some(part) = line.strip_suffix('\\').filter(|_| inside) {
            begun += part;
        } else if inside && !line.is_empty() && !line.starts_with('#') {
            lines.push(std::mem::take(&mut begun) + line);
        }
    }
    lines
}

/// The words of a command as a shell would split them, up to a pipe, a redirection or a remark.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for letter in line.chars() {
        match (quote, letter) {
            (Some(open), _) if letter == open => quote = None,
            (None, '"' | '\'') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None, ' ') => words.extend(word.take()),
            (None, '|' | '<' | '>' | '&' | ';') => break,
            (None, '#') if word.is_none() => break,
            _ => word.get_or_insert_default().push(letter),
        }
    }
    assert!(quote.is_none(), "a quotation is not closed: {line}");
    words.extend(word);
    words
}

/// A line that runs chartseal, as its words.
fn command(line: &str) -> Option<Vec<String>> {
    let arguments = match line.strip_prefix(FROM_SOURCE) {
        Some(arguments) => arguments,
        None if line == "chartseal" => "",
        None => line.strip_prefix("chartseal ")?,
    };
    Some([vec!["chartseal".to_owned()], words(arguments)].concat())
}

#[test]
fn every_command_in_a_block_is_one_that_the_program_takes() {
    let readme = file("README.md");
    let commands: Vec<_> = shell_lines(&readme)
        .iter()
        .filter_map(|line| command(line))
        .collect();
    assert!(commands.len() > 20, "{commands:?}");
    let wrong: Vec<String> = commands
        .iter()
        .filter_map(|words| Arguments::try_parse_from(words).err())
        .map(|error| error.to_string())
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_command_in_the_text_exists() {
    let readme = file("README.md");
    let mut seen = 0;
    for line in readme.lines() {
        for span in line.split('`').skip(1).step_by(2) {
            let Some(words) = command(span) else { continue };
            seen += 1;
            // Names in capitals stand for values, and what a command needs besides may be left out here.
            if let Err(error) = Arguments::try_parse_from(&words) {
                let unknown = matches!(
                    error.kind(),
                    ErrorKind::InvalidSubcommand | ErrorKind::UnknownArgument
                );
                assert!(!unknown, "{error}");
            }
        }
    }
    assert!(seen > 0);
}

#[test]
fn a_command_that_does_not_exist_would_be_found() {
    let lines = shell_lines("```sh\nchartseal fly \\\n  --high\n```\n```\nchartseal swim\n```\n");
    assert_eq!(lines, ["chartseal fly --high"]);
    let words = command(&lines[0]).unwrap();
    assert!(Arguments::try_parse_from(words).is_err());
    let words = command("chartseal search 'a b' # remark").unwrap();
    assert_eq!(words, ["chartseal", "search", "a b"]);
}

#[test]
fn the_test_command_is_the_one_that_ci_runs() {
    let readme = file("README.md");
    let lines = shell_lines(&readme);
    let tests: Vec<_> = lines
        .iter()
        .filter(|line| line.starts_with("cargo test"))
        .collect();
    assert_eq!(tests.len(), 1, "one plain command: {tests:?}");
    assert!(file(".ci/run").lines().any(|line| line == tests[0]));
}

#[test]
fn every_bench_that_is_named_exists() {
    let readme = file("README.md");
    let named: Vec<&str> = readme
        .split("cargo bench --bench ")
        .skip(1)
        .filter_map(|rest| {
            rest.split(|c: char| !c.is_alphanumeric() && c != '_')
                .next()
        })
        .collect();
    assert!(!named.is_empty());
    for bench in named {
        let found = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("benches/{bench}.rs"));
        assert!(found.is_file(), "{bench}");
    }
}

/// `readme` with `content` between the markers of this name.
fn filled(readme: &str, name: &str, content: &str) -> String {
    let (before, rest) = readme.split_once(&format!("<!-- {name} -->\n")).unwrap();
    let (_, after) = rest.split_once(&format!("<!-- /{name} -->")).unwrap();
    format!("{before}<!-- {name} -->\n{content}<!-- /{name} -->{after}")
}

#[test]
fn the_screen_and_the_table_of_keys_are_those_of_the_program() {
    // To write them again after a change: CHARTSEAL_BLESS=1 cargo test --test readme
    let readme = file("README.md");
    let snapshot = file(SCREEN);
    let (_, body) = snapshot[3..].split_once("---\n").unwrap();
    let screen: Vec<&str> = body.lines().take(SCREEN_LINES).collect();
    let screen = format!("```text\n{}\n```\n", screen.join("\n"));
    let fresh = filled(&readme, "screen", &screen);
    let fresh = filled(&fresh, "keys", &keymap::readme_table());
    if env::var_os("CHARTSEAL_BLESS").is_some() {
        fs::write(
            Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md"),
            &fresh,
        )
        .unwrap();
    }
    assert_eq!(file("README.md"), fresh);
}
