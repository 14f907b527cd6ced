//! Arguments, help, completions, and output that nobody reads.

use std::process::Stdio;

use crate::program::{Home, Run};

#[test]
fn help_and_version_are_results() {
    let home = Home::new();
    for argument in ["--help", "--version", "-h", "-V"] {
        let run = home.run(&[argument]);
        assert_eq!((run.code, run.err.as_str()), (0, ""), "{argument}");
        assert!(run.out.contains("chartseal"), "{argument}");
    }
}

#[test]
fn a_mistake_in_the_arguments_is_one_line_and_ends_with_2() {
    let run = Home::new().run(&["confg"]);
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    assert!(
        run.err
            .starts_with("chartseal: unrecognized subcommand 'confg'; "),
        "{}",
        run.err
    );
    assert_eq!(run.err.lines().count(), 1);
}

#[test]
fn with_json_a_mistake_in_the_arguments_is_an_error_object() {
    let home = Home::new();
    for arguments in [
        &["--json", "confg"][..],
        &["config", "--json"],
        &["config", "check", "--json", "--frobnicate"],
    ] {
        assert_eq!(
            home.run(arguments).error(2)["code"],
            "usage",
            "{arguments:?}"
        );
    }
}

#[test]
fn completions_need_neither_home_nor_configuration() {
    let home = Home::new();
    let run: Run = home
        .command(&["completions", "bash"])
        .env_remove("HOME")
        .output()
        .unwrap()
        .into();
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    assert!(run.out.contains("passphrase-file"), "{}", run.out);
    assert_eq!(home.run(&["completions", "clippy"]).code, 2);
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let home = Home::new();
    let mut child = home
        .command(&["completions", "zsh"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let run: Run = child.wait_with_output().unwrap().into();
    assert_eq!((run.code, run.err.as_str()), (0, ""));
}

#[test]
fn a_full_disk_behind_standard_output_ends_with_5() {
    let full = std::fs::File::options()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let run: Run = Home::new()
        .command(&["completions", "fish"])
        .stdout(full)
        .output()
        .unwrap()
        .into();
    assert_eq!(run.code, 5);
    assert!(
        run.err
            .starts_with("chartseal: cannot write to standard output"),
        "{}",
        run.err
    );
}

#[test]
fn quiet_leaves_out_text_but_not_json() {
    let home = Home::new();
    assert_eq!(home.run(&["config", "check", "--quiet"]).out, "");
    assert_eq!(
        home.run(&["config", "check", "--quiet", "--json"]).json()["ok"],
        true
    );
}

#[test]
fn manual_pages_need_neither_home_nor_configuration() {
    let home = Home::new();
    let mut command = home.command(&["--json", "man", "pages"]);
    let run: crate::program::Run = command.env_remove("HOME").output().unwrap().into();
    let files = run.json()["files"].as_array().unwrap().len();
    let written = std::fs::read_dir(home.path().join("pages"))
        .unwrap()
        .count();
    assert!(files > 20 && files == written, "{files} of {written}");
}

#[test]
fn what_is_missing_is_named_with_how_the_command_is_used() {
    let home = Home::new();
    let error = home
        .run(&["--json", "rx", "hold", &"0".repeat(32)])
        .error(2);
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .ends_with("--reason <REASON>"),
        "{error}"
    );
    assert_eq!(
        error["hint"],
        "usage: chartseal rx hold --reason <REASON> <RX>"
    );
    for group in ["chart", "backup", "access", "unit"] {
        let error = home.run(&["--json", group]).error(2);
        let message = error["message"].as_str().unwrap();
        assert!(
            message.contains("requires a subcommand") && message.contains("list"),
            "{message}"
        );
        let run = home.run(&[group]);
        assert_eq!(
            (run.code, run.out.as_str(), run.err.lines().count()),
            (2, "", 1),
            "{}",
            run.err
        );
    }
    let error = home
        .run(&["--json", "unit", "add", "B", "--kind", "staff"])
        .error(2);
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .contains("ward, clinic, pharmacy"),
        "{error}"
    );
}
