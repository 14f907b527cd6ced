//! What is kept of a search: every chart that was shown, so that who looked can be asked later.

use std::collections::BTreeSet;

use chartseal::desk::act::{Act, Searched};
use chartseal::desk::catch_up::catch_up_all;
use chartseal::desk::charts::admit;
use chartseal::desk::view::unwatched;
use chartseal::desk::{Session, search, write};
use chartseal::ledger::clear::UnitKind;
use chartseal::ledger::{ChartId, Section};
use chartseal::vault::VaultError;

use crate::fixture::{note, unindexed};
use crate::support::{Hospital, patient};

/// The searches that an auditor reads, oldest first.
fn searches(auditor: &Session) -> Vec<Searched> {
    auditor
        .vault()
        .read(|reader| {
            let auditors = reader.directory().special(UnitKind::Auditors).unwrap();
            let chart = auditors.unit.unit.chart();
            let opened = reader.section(chart, Section::Access)?;
            let acts = opened
                .into_iter()
                .map(|opened| Act::decode(&opened.unwrap().body).unwrap());
            let searched = acts.filter_map(|act| match act {
                Some(Act::Searched(searched)) => Some(searched),
                _ => None,
            });
            Ok::<_, VaultError>(searched.collect())
        })
        .unwrap()
}

#[test]
fn every_chart_that_a_search_shows_is_on_record_however_many_they_are() {
    const CHARTS: usize = 230;
    let hospital = Hospital::staffed();
    let doctor = hospital.desk("hsmith");
    let charts: BTreeSet<ChartId> = (0..CHARTS)
        .map(|_| hospital.chart_in(doctor.vault(), "Ward A", "hsmith", None))
        .collect();
    for chart in &charts {
        unindexed(&doctor, *chart, Section::Clinical, &[note("fever")]);
    }
    catch_up_all(&doctor, &unwatched).unwrap();

    let answer = search::run(&doctor, "fever", 5_000, 0).unwrap();
    assert_eq!(answer.results.len(), CHARTS);
    let auditor = hospital.desk("audit");
    let kept = searches(&auditor);
    let recorded = kept.iter().flat_map(|searched| &searched.charts);
    assert_eq!(recorded.copied().collect::<BTreeSet<_>>(), charts);
    let sizes: Vec<usize> = kept.iter().map(|searched| searched.charts.len()).collect();
    assert_eq!(sizes, [100, 100, 30]);
    for searched in &kept {
        assert_eq!((searched.query.as_str(), searched.total), ("fever", 230));
    }

    // One that shows nothing is on record too.
    search::run(&doctor, "cough", 5_000, 0).unwrap();
    let last = searches(&auditor).pop().unwrap();
    assert_eq!((last.query.as_str(), last.charts.len()), ("cough", 0));
}

#[test]
fn whoever_asks_once_is_told_the_charts_of_all_matches_however_few_are_shown() {
    let hospital = Hospital::staffed();
    let doctor = hospital.desk("hsmith");
    for given in ["Ana", "Ben", "Cleo"] {
        let mrn = admit(&doctor, "Ward A", &patient(given, "Gerhold"))
            .unwrap()
            .mrn;
        for text in ["fever and chills", "fever at night"] {
            write::entry(&doctor, &mrn, note(text)).unwrap();
        }
    }
    for (query, entries, charts) in [("fever", 6, 3), ("\"fever and chills\"", 3, 3)] {
        for (limit, offset) in [(20, 0), (20, 100)] {
            let answer = search::run(&doctor, query, limit, offset).unwrap();
            assert_eq!(
                (answer.total, answer.charts),
                (entries, charts),
                "{query} {limit} {offset}"
            );
            assert!(answer.all_charts);
        }
    }
    let answer = search::run(&doctor, "fever", 1, 0).unwrap();
    assert_eq!(
        (answer.total, answer.charts, answer.all_charts),
        (6, 3, true)
    );
}
