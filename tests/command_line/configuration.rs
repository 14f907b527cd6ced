//! `config check`, through files, environment and flags.

use serde_json::Value;

use crate::program::{Home, Run};

fn setting<'v>(checked: &'v Value, key: &str) -> &'v Value {
    checked["settings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|setting| setting["key"] == key)
        .unwrap()
}

#[test]
fn every_value_is_printed_with_its_source() {
    let home = Home::new();
    home.write(
        ".config/chartseal/config.toml",
        "[ui]\nplain = true\ntheme = \"user\"\n",
    );
    let named = home.write("named.toml", "[ui]\ntheme = \"named\"\n");
    home.write("themes/named.toml", "name = \"named\"\n");
    let run: Run = home
        .command(&[
            "config",
            "check",
            "--json",
            "--config",
            &named,
            "--vault",
            "/srv/vault",
        ])
        .env("CHARTSEAL_BACKUP_IN_FLIGHT", "2")
        .output()
        .unwrap()
        .into();
    let checked = run.json();
    assert_eq!(
        setting(&checked, "ui.theme")["source"],
        format!("{named}:2")
    );
    assert_eq!(
        setting(&checked, "backup.in_flight")["source"],
        "CHARTSEAL_BACKUP_IN_FLIGHT"
    );
    assert_eq!(setting(&checked, "vault.dir")["source"], "--vault");
    assert_eq!(setting(&checked, "ui.frame_ms")["source"], "default");
    assert!(
        setting(&checked, "ui.plain")["source"]
            .as_str()
            .unwrap()
            .ends_with("/config.toml:2")
    );
    assert_eq!(checked["files"].as_array().unwrap().len(), 2);
}

#[test]
fn an_unknown_key_ends_with_2_and_names_file_line_and_remedy() {
    let home = Home::new();
    let file = home.write("config.toml", "[ui]\nplain = true\ntheem = \"mono\"\n");
    let run = home.run(&["--config", &file, "config", "check"]);
    assert_eq!(run.code, 2);
    let expected = format!(
        "chartseal: {file}:3: the key `ui.theem` is not known; did you mean `ui.theme`? otherwise remove the line\n"
    );
    assert_eq!(run.err, expected);
    assert_eq!(
        home.run(&["--json", "--config", &file, "config", "check"])
            .error(2)["code"],
        "config-unknown-key"
    );
}

#[test]
fn a_password_in_the_backup_target_is_never_printed() {
    let home = Home::new();
    let run: Run = home
        .command(&["config", "check"])
        .env(
            "CHARTSEAL_BACKUP_TARGET",
            "mongodb+srv://ward-a:hunter2@cluster0/ward",
        )
        .output()
        .unwrap()
        .into();
    assert_eq!(run.code, 0);
    assert!(
        run.out.contains("ward-a:***@cluster0") && !run.out.contains("hunter2"),
        "{}",
        run.out
    );
}

#[test]
fn a_theme_or_a_keymap_that_cannot_be_used_ends_with_2_and_names_file_line_and_remedy() {
    let home = Home::new();
    let config = home.write(".config/chartseal/config.toml", "[ui]\ntheme = \"night\"\n");
    let check = || {
        let error = home.run(&["--json", "config", "check"]).error(2);
        assert!(
            !error["message"].as_str().unwrap().contains('\n'),
            "{error}"
        );
        assert_eq!(home.run(&["config", "check"]).err.lines().count(), 1);
        error
    };
    let said = |error: &Value| error["message"].as_str().unwrap().to_owned();
    let expected = format!(
        "{config}:2: no theme is called `night`; there are default, mono, contrast, and themes/NAME.toml beside a configuration file"
    );
    assert_eq!(said(&check()), expected);

    let theme = home.write(
        ".config/chartseal/themes/night.toml",
        "name = \"night\"\n\n[tone.alert]\nfg = \"rouge\"\n",
    );
    let error = check();
    let expected = format!("{theme}:4: the look of Alert names `rouge`, which is no colour");
    assert_eq!(said(&error), expected);
    assert!(error["hint"].as_str().unwrap().contains("ui.theme"));

    home.write(".config/chartseal/themes/night.toml", "name = \"night\"\n");
    let keymap = home.write(
        ".config/chartseal/keymap.toml",
        "list = [\n  { on = [\"z\"], run = \"fly\" },\n]\n",
    );
    let error = said(&check());
    assert!(
        error.starts_with(&format!(
            "{keymap}:2: in the context `list`: no action here is called `fly`"
        )),
        "{error}"
    );

    home.write(
        ".config/chartseal/keymap.toml",
        "list = [\n  { on = [\"z\"], run = \"down\" },\n]\n",
    );
    assert_eq!(home.run(&["--json", "config", "check"]).json()["ok"], true);
}
