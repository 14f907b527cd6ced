//! The counter: stock, and prescriptions that are held, refused, cancelled or handed out.

use serde_json::Value;

use crate::ward::Ward;

const LOT: &str = r#"{"medicine":"amoxicillin 500 mg capsule","code":"AMOXI500","lot":"K77","expiry":"2031-03","quantity":42,"unit":"capsule"}"#;
const RX: &str = r#"{
  "resourceType": "MedicationRequest", "status": "active", "intent": "order",
  "medicationCodeableConcept": { "text": "amoxicillin 500 mg capsule" },
  "dosageInstruction": [{ "timing": { "repeat": { "frequency": 3, "period": 1, "periodUnit": "d" } } }],
  "dispenseRequest": { "quantity": { "value": 21, "unit": "capsule" } }
}"#;
const DISPENSE: &str = r#"{
  "resourceType": "MedicationDispense", "status": "completed",
  "medicationCodeableConcept": { "text": "amoxicillin 500 mg capsule" },
  "quantity": { "value": 21, "unit": "capsule" }
}"#;

/// A signed order for a new patient.
fn order(ward: &Ward) -> String {
    let registrar = ward.hospital.desk("reyes");
    let patient = crate::support::patient("Ana", "Gerhold");
    let mrn = chartseal::desk::charts::admit(&registrar, "Ward A", &patient)
        .unwrap()
        .mrn;
    let written = ward.run_with_input(
        "hsmith",
        &["rx", "write", "--chart", &mrn, "--file", "-"],
        RX,
    );
    written.json()["rx"].as_str().unwrap().to_owned()
}

fn left(ward: &Ward) -> Value {
    ward.json("adeyemi", &["stock", "list"])[0]["quantity"].clone()
}

#[test]
fn stock_is_received_listed_adjusted_and_goes_down_with_a_dispense() {
    let ward = Ward::new();
    let received = ward
        .run_with_input("adeyemi", &["stock", "receive", "--file", "-"], LOT)
        .json();
    assert_eq!(
        (&received["lot"], &received["quantity"]),
        (&"K77".into(), &42.into())
    );
    let listed = ward.json("adeyemi", &["stock", "list"]);
    for (field, value) in [("lot", "K77"), ("expiry", "2031-03"), ("code", "AMOXI500")] {
        assert_eq!(listed[0][field], value, "{listed}");
    }
    let adjust = |count: &str| {
        ward.run(
            "adeyemi",
            &[
                "stock",
                "adjust",
                "K77",
                "--quantity",
                count,
                "--reason",
                "counted",
            ],
        )
    };
    assert_eq!(adjust("40").json()["quantity"], 40);
    assert_eq!(adjust("-5").json()["quantity"], 35);
    assert_eq!(adjust("-36").error(4)["code"], "bad-input");
    let id = order(&ward);
    let shown = ward.json("adeyemi", &["rx", "show", &id]);
    assert_eq!(
        (&shown["stock"][0]["lot"], &shown["stock"][0]["quantity"]),
        (&"K77".into(), &35.into())
    );
    let dispensed = ward
        .run_with_input("adeyemi", &["rx", "dispense", &id, "--file", "-"], DISPENSE)
        .json();
    assert_eq!(dispensed["lot"], "K77");
    assert_eq!(left(&ward), 14);
    let short = order(&ward);
    ward.run_with_input(
        "adeyemi",
        &["rx", "dispense", &short, "--file", "-"],
        DISPENSE,
    )
    .error(4);
    assert_eq!(left(&ward), 14);
    ward.run("hsmith", &["stock", "list"]).error(3);
    ward.run_with_input("adeyemi", &["stock", "receive", "--file", "-"], "{}")
        .error(4);
}

#[test]
fn of_two_processes_one_gets_the_last_box() {
    let ward = Ward::new();
    let one = LOT.replace("42", "21");
    ward.run_with_input("adeyemi", &["stock", "receive", "--file", "-"], &one)
        .json();
    let file = ward.write("dispense.json", DISPENSE);
    let children: Vec<_> = [order(&ward), order(&ward)]
        .iter()
        .map(|id| {
            let mut command = ward.command("adeyemi", &["rx", "dispense", id, "--file", &file]);
            let piped = std::process::Stdio::piped;
            command.stdout(piped()).stderr(piped()).spawn().unwrap()
        })
        .collect();
    let mut codes: Vec<_> = children
        .into_iter()
        .map(|child| child.wait_with_output().unwrap().status.code())
        .collect();
    codes.sort();
    assert_eq!(codes, [Some(0), Some(4)]);
    assert_eq!(left(&ward), 0);
}

#[test]
fn a_prescription_is_held_answered_refused_and_cancelled_with_a_reason() {
    let ward = Ward::new();
    let act = |login: &str, act: &str, id: &str| {
        ward.run(login, &["rx", act, id, "--reason", "renal function?"])
    };
    let id = order(&ward);
    let held = act("adeyemi", "hold", &id).json();
    assert_eq!(
        (&held["rx"], &held["state"]),
        (&id.as_str().into(), &"held".into())
    );
    assert!(held["entry"].is_string());
    let verdict = ward.run("adeyemi", &["rx", "verify", &id]);
    let shown: Value = serde_json::from_str(&verdict.out).unwrap();
    assert_eq!(
        (verdict.code, &shown["ok"], &shown["signature"]),
        (1, &false.into(), &"ok".into())
    );
    assert_eq!(act("hsmith", "answer", &id).json()["state"], "signed");
    assert_eq!(ward.json("adeyemi", &["rx", "verify", &id])["ok"], true);
    act("adeyemi", "cancel", &id).error(3);
    act("hsmith", "refuse", &id).error(3);
    assert_eq!(act("hsmith", "cancel", &id).json()["state"], "cancelled");
    act("adeyemi", "hold", &id).error(4);
    let other = order(&ward);
    assert_eq!(act("adeyemi", "refuse", &other).json()["state"], "refused");
    assert_eq!(ward.run("adeyemi", &["rx", "verify", &other]).code, 1);
}

#[test]
fn what_is_not_known_here_comes_with_where_to_look() {
    let ward = Ward::new();
    let nobody = "0".repeat(32);
    let reason = ["--reason", "none"];
    for (login, arguments, look) in [
        ("adeyemi", &["rx", "show", &nobody][..], "rx list"),
        (
            "adeyemi",
            &["rx", "hold", &nobody, reason[0], reason[1]],
            "rx list",
        ),
        (
            "adeyemi",
            &[
                "stock",
                "adjust",
                "K99",
                "--quantity",
                "1",
                reason[0],
                reason[1],
            ],
            "stock list",
        ),
        ("hsmith", &["access", "grant", &nobody], "access list"),
        ("hsmith", &["chart", "show", "0000-0"], "chart list"),
        ("admin", &["user", "disable", "nobody"], "user list"),
        ("admin", &["unit", "join", "Nowhere", "hsmith"], "unit list"),
    ] {
        let error = ward.run(login, arguments).error(4);
        let (message, hint) = (&error["message"], &error["hint"]);
        let told = format!("{message} {hint}");
        assert!(
            told.contains(&format!("`chartseal {look}`")),
            "{arguments:?}: {error}"
        );
    }
}
