//! `status` and `keys check`, which need no user.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;

use crate::program::{Home, Run};
use crate::support::Hospital;

/// Runs a command on the hospital's vault.
fn run(hospital: &Hospital, arguments: &[&str]) -> Run {
    let folder = hospital.folder.path();
    let mut command = Home::new().command(arguments);
    command
        .current_dir("/")
        .env("CHARTSEAL_VAULT", folder.join("vault"))
        .env("CHARTSEAL_HOST", folder.join("host"));
    command.output().unwrap().into()
}

#[test]
fn the_status_of_a_vault_has_every_field_of_the_contract() {
    let hospital = Hospital::bare();
    let status = run(&hospital, &["status", "--json"]).json();
    for field in "vault schema entries charts users units last_backup last_verify locked_accounts sqlite version".split(' ') {
        assert!(status.get(field).is_some(), "{field}: {status}");
    }
    assert_eq!(
        (&status["users"], &status["units"], &status["charts"]),
        (&1.into(), &4.into(), &0.into())
    );
    let text = run(&hospital, &["status"]);
    assert_eq!(text.code, 0);
    assert!(text.out.contains("last backup        -\n"), "{}", text.out);
}

#[test]
fn without_a_vault_the_status_ends_with_2_and_says_what_to_do() {
    let run = Home::new().run(&["status", "--json"]);
    let error = run.error(2);
    assert_eq!(error["code"], "no-vault");
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .contains(".local/share/chartseal"),
        "{error}"
    );
}

#[test]
fn sound_keys_end_with_0_and_open_ones_with_1() {
    let hospital = Hospital::bare();
    assert_eq!(
        run(&hospital, &["keys", "check", "--json"]).json()["ok"],
        true
    );
    let secret = hospital.folder.path().join("host/host-secret");
    std::fs::set_permissions(secret, Permissions::from_mode(0o604)).unwrap();
    let found = run(&hospital, &["keys", "check"]);
    assert_eq!(found.code, 1);
    assert!(found.out.contains("STOP  host-secret: "), "{}", found.out);
}
