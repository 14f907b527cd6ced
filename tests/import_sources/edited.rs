//! Locators and enrolments that lead an import to a chart which is not theirs.

use chartseal::clinical::Mrn;
use chartseal::desk::view::unwatched;
use chartseal::desk::{Class, locate};
use chartseal::jobs::import;
use chartseal::ledger::clear::Enrolment;
use chartseal::ledger::store::FILE;
use chartseal::ledger::{ChartId, Clear};
use chartseal::vault::VaultError;
use rusqlite::Connection;

use crate::source::{GOUT, chart_of, file, take};
use crate::support::Hospital;

#[test]
fn a_locator_that_was_edited_sends_nobodys_data_to_another_chart() {
    let hospital = Hospital::staffed();
    let doctor = hospital.desk("hsmith");
    let patient = |id: &str, family: &str| {
        format!(
            r#"{{"resourceType":"Patient","id":"{id}","identifier":[{{"system":"urn:a","value":"{id}"}}],"name":[{{"family":"{family}"}}]}}"#
        )
    };
    let (one, two) = (patient("1", "Aalto"), patient("2", "Bruun"));
    take(&doctor, &file(&hospital, "a", &[&one, &two]));
    let sql = Connection::open(hospital.vault_folder().join(FILE)).unwrap();
    let charts: Vec<Vec<u8>> = sql
        .prepare("SELECT DISTINCT chart FROM locator")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(charts.len(), 2);
    let swap = || {
        let swapped = sql.execute(
            "UPDATE locator SET chart = CASE chart WHEN ?1 THEN ?2 ELSE ?1 END",
            [&charts[0], &charts[1]],
        );
        assert_eq!(swapped.unwrap(), 4, "record number and identifier of both");
    };
    swap();
    let path = file(&hospital, "b", &[&one, GOUT]);
    let refused = import::fhir(&doctor, &[path], "Ward A", &unwatched).unwrap_err();
    assert_eq!(refused.class(), Class::Found, "{refused}");
    swap();
    for family in ["Aalto", "Bruun"] {
        assert_eq!(chart_of(&doctor, family), "");
    }
}

#[test]
fn an_enrolment_that_does_not_count_names_no_chart() {
    let hospital = Hospital::staffed();
    let (doctor, stranger) = (hospital.desk("hsmith"), hospital.login("okafor"));
    let mrn = Mrn::issue(700).to_string();
    stranger
        .write(|writer| {
            let tag = writer.reader().locator_tag(locate::MRN, &mrn)?;
            let unit = writer.directory().unit_by_name("Ward A").unwrap().unit.unit;
            // A doctor of another ward opens no chart here; the interface refuses, whoever goes around it writes it all the same.
            let refused = writer.clear(&Clear::Enrolment(Enrolment {
                chart: ChartId::random(),
                unit,
                attending: None,
                patient: None,
                tags: vec![tag],
                drop_boxes: Vec::new(),
                lines: Vec::new(),
                opt_out: None,
            }));
            assert!(refused.is_err());
            Ok::<_, VaultError>(())
        })
        .unwrap();
    let found = doctor
        .vault()
        .read(|reader| locate::chart(&doctor, reader, &mrn));
    assert_eq!(found.unwrap_err().class(), Class::Found);
}
