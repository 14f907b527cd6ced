//! Screens as they are drawn, by role, pane and size. A change that is meant is accepted with `cargo insta accept`.

use std::fmt::Write as _;

use ratatui::buffer::Buffer;
use ratatui::style::Modifier;

use super::super::capture;
use super::super::theme::Tone;
use super::bench::{Bench, look};
use super::fixture::{Fixture, PEOPLE, at};
use crate::desk::view::{Incident, IncidentKind, Stamp};

/// The text, and under it where modifiers stand: `r` reverse, `b` bold, `u` underline.
fn shot(buffer: &Buffer) -> String {
    let mut out = capture::plain(buffer);
    out.push_str("~\n");
    for y in 0..buffer.area.height {
        let mut line = String::new();
        for x in 0..buffer.area.width {
            let modifier = buffer[(x, y)].modifier;
            line.push(match modifier {
                m if m.contains(Modifier::REVERSED) => 'r',
                m if m.contains(Modifier::UNDERLINED) => 'u',
                m if m.contains(Modifier::BOLD) => 'b',
                _ => ' ',
            });
        }
        let line = line.trim_end();
        if !line.is_empty() {
            let _ = writeln!(out, "{y:2} {line}");
        }
    }
    out
}

fn snapshot(name: &str, bench: &Bench, width: u16, height: u16) {
    insta::assert_snapshot!(
        format!("{name}_{width}x{height}"),
        shot(&bench.buffer(width, height))
    );
}

const SIZES: [(u16, u16); 3] = [(80, 24), (40, 12), (200, 50)];

#[test]
fn the_header_warns_when_the_last_backup_is_more_than_26_hours_ago() {
    let mut bench = Bench::of("smith");
    let last = bench.app.shell.status.as_ref().unwrap().last_backup;
    for (minutes, warns) in [(26 * 60, false), (26 * 60 + 1, true)] {
        let since = jiff::SignedDuration::from_mins(minutes);
        bench.app.shell.now = Stamp(last.unwrap().0 + since);
        let screen = bench.screen();
        let header = screen.lines().next().unwrap();
        assert!(header.contains("backup "), "{header}");
        assert_eq!(header.contains("! backup "), warns, "{header}");
    }
    bench.app.shell.status.as_mut().unwrap().last_backup = None;
    assert!(bench.screen().lines().next().unwrap().contains("no backup"));
}

#[test]
fn the_first_pane_of_every_role() {
    for (login, _, role, _) in PEOPLE {
        let bench = Bench::of(login);
        for (width, height) in SIZES {
            snapshot(&format!("{role}_first"), &bench, width, height);
        }
    }
}

#[test]
fn a_chart_opens_on_what_matters() {
    let mut bench = Bench::of("smith");
    bench.keys("2");
    for (width, height) in SIZES {
        snapshot("doctor_records_list", &bench, width, height);
    }
    bench.keys("enter");
    for (width, height) in SIZES {
        snapshot("doctor_records_chart", &bench, width, height);
    }
    bench.keys("right down");
    bench.rests();
    for (width, height) in SIZES {
        snapshot("doctor_records_timeline", &bench, width, height);
    }
}

#[test]
fn the_counter_shows_what_was_signed_beside_what_was_checked() {
    let mut bench = Bench::of("adeyemi");
    bench.keys("2");
    for (width, height) in SIZES {
        snapshot("pharmacist_queue", &bench, width, height);
    }
    bench.keys("enter");
    for (width, height) in SIZES {
        snapshot("pharmacist_dispense", &bench, width, height);
    }
}

#[test]
fn the_shelf_says_what_expires_and_what_runs_low() {
    let mut bench = Bench::of("adeyemi");
    bench.keys("3 down");
    for (width, height) in SIZES {
        snapshot("pharmacist_shelf", &bench, width, height);
    }
    bench.keys("f");
    assert!(bench.shows("! expired") && !bench.shows("paracetamol"));
    bench.keys("f c");
    assert!(bench.shows("Count a lot") && bench.shows("by the record: 140"));
    bench.types("10");
    bench.keys("enter");
    bench.types("counted on the shelf");
    bench.asked();
    bench.keys("enter");
    let asked = bench.asked();
    assert!(asked.contains("Adjust { lot: \"K77\""), "{asked}");
    bench.keys("n f2");
    assert!(
        bench.shows("! medicine: this is needed"),
        "{}",
        bench.screen()
    );
}

#[test]
fn an_entry_reads_as_fields_and_as_it_is_stored_on_request() {
    let mut bench = Bench::of("smith");
    bench.keys("2 enter right enter");
    snapshot("entry_vitals", &bench, 80, 24);
    assert!(!bench.shows("resourceType"), "{}", bench.screen());
    bench.keys("r");
    assert!(bench.shows("\"component\": ["), "{}", bench.screen());
    bench.keys("r");
    assert!(!bench.shows("\"component\""));
    bench.keys("esc g w");
    snapshot("who_looked", &bench, 80, 24);
}

#[test]
fn search_answers_while_you_read() {
    let mut bench = Bench::of("smith");
    bench.keys("4");
    bench.types("dx:I10 bp>160/100 since:t-3m");
    bench.keys("enter down");
    bench.rests();
    for (width, height) in SIZES {
        snapshot("doctor_search", &bench, width, height);
    }
}

#[test]
fn the_inbox_the_users_and_the_jobs() {
    let mut bench = Bench::of("smith");
    bench.keys("5");
    for (width, height) in SIZES {
        snapshot("doctor_inbox", &bench, width, height);
    }
    let mut bench = Bench::of("lind");
    bench.keys("2 down");
    for (width, height) in SIZES {
        snapshot("admin_users", &bench, width, height);
    }
    bench.keys("v");
    snapshot("admin_jobs", &bench, 80, 24);
    bench.keys("enter");
    snapshot("admin_report", &bench, 80, 24);
}

/// What went wrong in backups with nobody beside them.
fn incidents() -> Vec<Incident> {
    let incident = |when: &str, kind, what: &[&str]| Incident {
        at: at(when),
        target: "/mnt/backup".to_owned(),
        kind,
        what: what.iter().map(|line| (*line).to_owned()).collect(),
    };
    vec![
        incident(
            "2026-11-22T12:00:00Z",
            IncidentKind::Failed,
            &["/mnt/backup cannot be reached (no such file); check the link"],
        ),
        incident(
            "2026-11-21T18:00:00Z",
            IncidentKind::Alarm,
            &["objects/3f01 is gone", "objects/77c2 is gone"],
        ),
    ]
}

#[test]
fn what_went_wrong_in_backups_is_on_the_screen_until_somebody_says_that_it_was_seen() {
    let desk = Fixture {
        incidents: incidents(),
        ..Fixture::default()
    };
    let mut bench = Bench::with(look("default"), desk);
    bench.login("lind");
    let header = |bench: &Bench| bench.screen().lines().next().unwrap().to_owned();
    assert!(
        header(&bench).contains("! backup alarm"),
        "{}",
        header(&bench)
    );
    snapshot("admin_home_incidents", &bench, 80, 24);
    bench.keys("2 left");
    for (width, height) in SIZES {
        snapshot("admin_incidents", &bench, width, height);
    }
    bench.keys("x");
    snapshot("admin_see_incidents", &bench, 80, 24);
    bench.asked();
    bench.keys("y");
    let asked = bench.asked();
    assert!(
        asked.contains("SeeIncidents { through: Stamp(2026-11-22T12:00:00Z) }"),
        "{asked}"
    );
    // The answer brings the status as it then is.
    assert!(asked.contains("Status"), "{asked}");
    bench
        .app
        .shell
        .status
        .as_mut()
        .unwrap()
        .backup_incidents
        .remove(1);
    assert!(
        header(&bench).contains("! backup failed"),
        "{}",
        header(&bench)
    );
    bench
        .app
        .shell
        .status
        .as_mut()
        .unwrap()
        .backup_incidents
        .clear();
    assert!(header(&bench).contains("backup 2 h"), "{}", header(&bench));
    bench.keys("x");
    assert!(bench.shows("nothing went wrong in backups"));
}

#[test]
fn a_backup_that_raised_alarms_is_not_called_ok() {
    let desk = Fixture {
        incidents: incidents(),
        ..Fixture::default()
    };
    let mut bench = Bench::with(look("default"), desk);
    bench.login("lind");
    bench.keys("2 b");
    assert!(bench.shows("Back up: ! 3 alarms"), "{}", bench.screen());
    bench.keys("g g enter");
    assert!(bench.shows("! objects/77c2 is gone"), "{}", bench.screen());
}

#[test]
fn the_login_the_help_the_palette_and_a_form() {
    let mut bench = Bench::new();
    for (width, height) in SIZES {
        snapshot("login", &bench, width, height);
    }
    bench.login("smith");
    bench.keys("2 enter ?");
    snapshot("help", &bench, 80, 24);
    bench.keys("esc :");
    bench.types("pres");
    bench.rests();
    snapshot("palette", &bench, 80, 24);
    bench.keys("esc v");
    snapshot("form_vitals", &bench, 80, 24);
    snapshot("form_vitals", &bench, 40, 12);
}

#[test]
fn plain_mode_draws_no_rules_and_puts_the_cursor_on_the_row() {
    let mut plain = look("mono");
    plain.plain = true;
    let mut bench = Bench::with(plain, Fixture::default());
    bench.login("smith");
    bench.keys("2");
    let text = bench.screen();
    assert!(!text.contains(['─', '│', '█', '▁']), "{text}");
    let mut buffer = bench.buffer(80, 24);
    let cursor = super::super::render::render(&bench.app, &mut buffer);
    assert_eq!(cursor.map(|at| (at.x, at.y)), Some((0, 4)));
    bench.keys("down");
    let cursor = super::super::render::render(&bench.app, &mut buffer);
    assert_eq!(cursor.map(|at| (at.x, at.y)), Some((0, 5)));
    snapshot("plain_records", &bench, 80, 24);
}

#[test]
fn in_every_theme_the_selected_row_is_marked_without_colour() {
    for theme in ["default", "mono", "contrast"] {
        let mut bench = Bench::with(look(theme), Fixture::default());
        bench.login("smith");
        bench.keys("2 down");
        let buffer = bench.buffer(80, 24);
        let marked = |y: u16| buffer[(5, y)].modifier.contains(Modifier::REVERSED);
        assert!(marked(5) && !marked(4) && !marked(6), "{theme}");
        assert!(
            bench
                .app
                .shell
                .look
                .theme
                .style(Tone::Selected)
                .add_modifier
                .contains(Modifier::REVERSED)
        );
    }
}

#[test]
fn a_window_that_is_too_small_says_what_is_needed() {
    let bench = Bench::of("smith");
    assert!(capture::plain(&bench.buffer(39, 12)).contains("40×12 is"));
    assert!(capture::plain(&bench.buffer(40, 11)).contains("40×12"));
    assert!(!capture::plain(&bench.buffer(40, 12)).contains("40×12"));
}

/// The pictures of the documentation. To draw them again after a change that is meant:
/// `CHARTSEAL_BLESS=1 cargo test the_pictures`.
#[test]
fn the_pictures_of_the_documentation_show_the_screens_as_they_are() {
    let mut chart = Bench::of("smith");
    chart.keys("2 enter");
    let mut counter = Bench::of("adeyemi");
    counter.keys("2");
    let mut search = Bench::of("smith");
    search.keys("4");
    search.types("dx:I10 bp>160/100 since:t-3m");
    search.keys("enter");
    for (name, bench) in [("chart", chart), ("counter", counter), ("search", search)] {
        let file = format!("{}/assets/screens/{name}.svg", env!("CARGO_MANIFEST_DIR"));
        let drawn = capture::svg(&bench.buffer(80, 24));
        if std::env::var_os("CHARTSEAL_BLESS").is_some() {
            std::fs::write(&file, &drawn).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&file).unwrap(), drawn, "{file}");
    }
}
