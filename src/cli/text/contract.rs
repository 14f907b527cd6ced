//! The fields that scripts depend on, held against one value of each view.

use serde::Serialize;
use serde_json::Value;

use super::samples;
use crate::desk::view::{Amount, StockChanged};

/// Looks a path such as `logins[].login` up; `[]` steps into the first element of a list.
fn find<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('.').try_fold(value, |value, step| {
        let (name, list) = step
            .strip_suffix("[]")
            .map_or((step, false), |name| (name, true));
        let inner = if name.is_empty() {
            value
        } else {
            value.as_object()?.get(name)?
        };
        if list {
            inner.as_array()?.first()
        } else {
            Some(inner)
        }
    })
}

#[track_caller]
fn holds(command: &str, view: &impl Serialize, fields: &str) {
    let value = serde_json::to_value(view).unwrap();
    for field in fields.split_whitespace() {
        assert!(
            find(&value, field).is_some(),
            "`{command} --json` lacks `{field}`: {value}"
        );
    }
}

#[test]
fn a_field_that_is_not_there_is_noticed() {
    let value = serde_json::json!({ "logins": [{ "login": "a" }] });
    assert!(find(&value, "logins[].login").is_some());
    assert!(find(&value, "logins[].role").is_none());
    assert!(find(&value, "vault").is_none());
}

#[test]
fn a_new_vault_has_every_field_of_the_contract() {
    let sets = "recovery.threshold recovery.files[] restore.threshold restore.files[]";
    let logins = "logins[].login logins[].role logins[].unit logins[].passphrase_file";
    holds(
        "demo",
        &samples::demo_made(),
        &format!("vault host {logins} patients entries {sets}"),
    );
    let sets = format!("{sets} recovery.shares restore.shares");
    holds(
        "init",
        &samples::init_made(),
        &format!("vault vault_id admin {sets}"),
    );
}

#[test]
fn users_and_units_have_every_field_of_the_contract() {
    holds(
        "user add",
        &samples::user_view(),
        "login role state code_file fingerprint",
    );
    holds(
        "user list",
        &[samples::user_view()],
        "[].login [].role [].state",
    );
    holds(
        "unit list",
        &[samples::unit_view()],
        "[].unit [].kind [].members[].login [].members[].state [].epoch",
    );
    holds("unit join", &samples::unit_joined(), "unit user state");
}

#[test]
fn import_and_search_have_every_field_of_the_contract() {
    holds(
        "import fhir",
        &samples::imported(),
        "files patients charts_created charts_matched entries entries_by_kind.vitals skipped[].file skipped[].resource \
         skipped[].reason unsupported.Claim seconds",
    );
    holds(
        "search",
        &samples::search_answer(),
        "query total exact uncovered results[].mrn results[].name results[].kind results[].created results[].snippet \
         results[].entry micros",
    );
}

#[test]
fn charts_have_every_field_of_the_contract() {
    holds(
        "chart list",
        &[samples::chart_line()],
        "[].mrn [].name [].birth_date [].sex [].units",
    );
    let entry = [
        "entry", "thread", "kind", "created", "author", "verified", "body",
    ]
    .map(|f| format!("sections.clinical[].{f}"));
    holds(
        "chart show",
        &samples::chart_view(),
        &format!("mrn name birth_date sex {}", entry.join(" ")),
    );
    let alerts = "alerts[].check alerts[].severity alerts[].text alerts[].overridden";
    holds(
        "write",
        &samples::written(),
        &format!("entry thread mrn {alerts}"),
    );
    holds(
        "rx write",
        &samples::rx_written(),
        &format!("entry thread mrn {alerts} rx state"),
    );
}

#[test]
fn prescriptions_have_every_field_of_the_contract() {
    let line = "rx mrn medicine state prescriber signed remaining";
    let listed: Vec<_> = line.split(' ').map(|field| format!("[].{field}")).collect();
    holds("rx list", &[samples::rx_line()], &listed.join(" "));
    holds("rx show", &samples::rx_view(), &format!("{line} events[]"));
    holds(
        "rx verify",
        &samples::rx_verdict(),
        "rx signature signer role_at_signing revoked state ok",
    );
    holds(
        "rx dispense",
        &samples::dispensed(),
        "rx state dispensed remaining lot entry alerts",
    );
    holds("rx hold", &samples::rx_moved(), "rx state entry");
    holds(
        "stock list",
        &samples::rx_view().stock,
        "[].medicine [].lot [].expiry [].quantity",
    );
    let changed = StockChanged {
        lot: "K77".into(),
        quantity: Amount::from(140),
        entry: "e4".into(),
    };
    holds("stock receive", &changed, "lot quantity entry");
}

#[test]
fn access_and_audit_have_every_field_of_the_contract() {
    holds("access request", &samples::access_state(), "id state until");
    holds(
        "access list",
        &[samples::access_line()],
        "[].id [].kind [].chart [].who [].sections [].purpose [].state [].until [].decided_by",
    );
    holds(
        "audit",
        &[samples::audit_line()],
        "[].entry [].created [].actor [].role [].action [].chart [].detail",
    );
}

#[test]
fn verification_has_every_field_of_the_contract() {
    let fields = "entries chain first_break signatures.checked signatures.bad[] grants.checked grants.bad bodies.checked bodies.bad \
                  bodies.unreadable index.checked index.missing index.stray seconds ok";
    holds("verify", &samples::verify_report(), fields);
    let nested: Vec<_> = fields
        .split_whitespace()
        .map(|field| format!("verify.{field}"))
        .collect();
    holds(
        "backup restore",
        &samples::restored(),
        &format!("snapshot entries host seconds {}", nested.join(" ")),
    );
}

#[test]
fn backups_have_every_field_of_the_contract() {
    holds(
        "backup run",
        &samples::backup_run(),
        "snapshot parent entries new_entries packs_uploaded packs_reused bytes_read bytes_uploaded seconds",
    );
    holds(
        "backup list",
        &[samples::backup_line()],
        "[].snapshot [].created [].host [].entries [].bytes [].signed_by [].verified",
    );
    holds(
        "backup verify",
        &samples::backup_verified(),
        "snapshots packs bytes_read missing corrupt rolled_back ok",
    );
}

#[test]
fn sealed_exports_have_every_field_of_the_contract() {
    holds(
        "export sealed",
        &samples::sealed_made(),
        "file export vault_id recipient name entries opened closed head bytes",
    );
    holds(
        "export open",
        &samples::sealed_opened(),
        "vault_id pinned export exporter.login exporter.name exporter.role exporter.fingerprint created purpose recipient chart \
         sections[] head entries opened closed file",
    );
    holds(
        "export recipient",
        &samples::recipient_made(),
        "name key_file public_file fingerprint",
    );
}

#[test]
fn index_and_status_have_every_field_of_the_contract() {
    holds(
        "index stats",
        &samples::index_stats(),
        "pairs segments log_rows bytes bytes_per_pair",
    );
    holds(
        "status",
        &samples::status(),
        "vault schema entries charts users units last_backup last_verify locked_accounts sqlite version last_backup_head backup_incidents",
    );
}

#[test]
fn words_and_times_are_those_of_the_contract() {
    let value = serde_json::to_value(samples::verify_report()).unwrap();
    assert_eq!(value["chain"], "ok");
    let value = serde_json::to_value(samples::access_line()).unwrap();
    assert_eq!(
        (&value["state"], &value["created"]),
        (&"pending".into(), &"2026-11-22T08:31:05Z".into())
    );
    let value = serde_json::to_value(samples::alerts()).unwrap();
    assert_eq!(value[1]["severity"], "stop");
    let value = serde_json::to_value(samples::rx_line()).unwrap();
    assert_eq!(
        (&value["state"], &value["remaining"]),
        (&"dispensed in part".into(), &14.into())
    );
}
