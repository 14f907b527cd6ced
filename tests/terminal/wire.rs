//! What goes over the wire and how the terminal is left: no colour unasked, no mouse, a new size while somebody works, a panic.

use std::fs;
use std::path::Path;

use chartseal::jobs::demo::PASSPHRASE;

use super::pty::Terminal;
use super::{hospital, of_role};

/// The numbers of every sequence that sets the terminal's pen (ECMA-48, 8.3.117 SGR), one list a sequence.
fn pens(written: &[u8]) -> Vec<Vec<u16>> {
    let mut pens = Vec::new();
    for part in String::from_utf8_lossy(written).split("\x1b[").skip(1) {
        let end = part.find(|c: char| !(c.is_ascii_digit() || c == ';'));
        let Some(numbers) = end.filter(|end| part[*end..].starts_with('m')) else {
            continue;
        };
        let numbers = part[..numbers].split(';');
        pens.push(numbers.map(|n| n.parse().unwrap_or(0)).collect());
    }
    pens
}

fn is_colour(number: u16) -> bool {
    matches!(number, 30..=49 | 90..=107)
}

/// The modes that the program switched on.
fn modes(written: &[u8]) -> Vec<u16> {
    let text = String::from_utf8_lossy(written).into_owned();
    let sets = text.split("\x1b[?").skip(1).filter_map(|part| {
        let end = part.find(|c: char| !(c.is_ascii_digit() || c == ';'))?;
        part[end..].starts_with('h').then(|| part[..end].to_owned())
    });
    let numbers = sets.flat_map(|set| set.split(';').map(str::to_owned).collect::<Vec<_>>());
    numbers.map(|number| number.parse().unwrap()).collect()
}

/// Goes through panes with somebody logged in.
fn look_around(terminal: &mut Terminal, login: &str) {
    terminal.login(login, PASSPHRASE);
    terminal.types("2");
    terminal.until("Enter opens the selected");
    terminal.types("\r");
    terminal.until("SUMMARY");
    terminal.types("?");
    terminal.until("Keys");
    // Alone: with a key behind it, it would be Alt and that key.
    terminal.types("\x1b");
    terminal.until_that("closed help", |screen| !screen.contents().contains("Keys"));
    terminal.types("4");
    terminal.until("SEARCH");
    terminal.types("(x\r");
    terminal.until("column");
}

#[test]
fn the_reader_of_pens_sees_colours_that_come_with_other_looks() {
    let colours = |bytes: &[u8]| pens(bytes).concat().into_iter().any(is_colour);
    for sent in [
        "\x1b[31m",
        "\x1b[1;31m",
        "\x1b[;7;94m",
        "\x1b[38;5;9m",
        "\x1b[1;48;2;1;2;3m",
    ] {
        assert!(colours(sent.as_bytes()), "{sent:?}");
    }
    for plain in ["\x1b[m", "\x1b[;1m", "\x1b[0;7m", "\x1b[31;4H", "\x1b[31C"] {
        assert!(!colours(plain.as_bytes()), "{plain:?}");
    }
    assert_eq!(
        modes(b"\x1b[?1049h\x1b[?25l\x1b[?1000;1006h"),
        [1049, 1000, 1006]
    );
}

#[test]
fn without_colour_everything_is_still_seen_and_no_colour_is_sent() {
    let (folder, made) = hospital();
    for variables in [
        &[("NO_COLOR", "1"), ("COLORTERM", "truecolor")][..],
        &[("TERM", "dumb")],
    ] {
        let mut terminal = Terminal::start(folder.path(), variables);
        look_around(&mut terminal, &of_role(&made, "doctor"));
        let sent = pens(&terminal.written);
        assert!(sent.len() > 20, "{sent:?}");
        let coloured: Vec<_> = sent
            .iter()
            .filter(|pen| pen.iter().any(|n| is_colour(*n)))
            .collect();
        assert!(coloured.is_empty(), "{variables:?}: {coloured:?}");
        assert!(sent.concat().contains(&7) && sent.concat().contains(&1));
    }
}

#[test]
fn the_mouse_is_left_to_the_terminal() {
    let (folder, made) = hospital();
    let mut terminal = Terminal::start(folder.path(), &[]);
    look_around(&mut terminal, &of_role(&made, "doctor"));
    terminal.types("\x03");
    assert!(terminal.ended().success());
    let mut on = modes(&terminal.written);
    on.sort_unstable();
    on.dedup();
    // Cursor, alternate screen, bracketed paste, synchronised update, and nothing of the mouse's (9, 1000 to 1006, 1015, 1016).
    assert_eq!(on, [25, 1049, 2004, 2026]);
}

#[test]
fn a_new_size_while_somebody_works_loses_nothing_that_is_typed() {
    let (folder, made) = hospital();
    let mut terminal = Terminal::start(folder.path(), &[]);
    terminal.login(&of_role(&made, "nurse"), PASSPHRASE);
    terminal.types("2");
    terminal.until("Enter opens the selected");
    terminal.types("\r");
    terminal.until("SUMMARY");
    terminal.types("w\r");
    terminal.until("Note");
    terminal.types("Slept through the night");
    terminal.until("Slept through the night");
    terminal.resize(30, 8);
    terminal.until("needed.");
    for (columns, rows) in [(120, 40), (48, 14), (80, 24)] {
        terminal.resize(columns, rows);
        terminal.until_that("a frame of the new size", |screen| {
            let text = screen.contents();
            let footer = text.lines().nth(usize::from(rows) - 1);
            footer.is_some_and(|line| line.contains("F2 finish"))
                && text.contains("Slept through the night")
        });
    }
    // All at once: nothing comes behind it that could push it on.
    terminal.types(" and ate.\x04");
    terminal.until("written and signed");
    terminal.until("Slept through the night and ate.");
}

/// A theme of one colour and a keymap of one key, where the program looks for a user's own.
fn own_files(home: &Path) {
    let folder = home.join(".config/chartseal");
    fs::create_dir_all(folder.join("themes")).unwrap();
    fs::write(folder.join("config.toml"), "[ui]\ntheme = \"dusk\"\n").unwrap();
    let theme = "name = \"dusk\"\n[tone.title]\nfg = \"#ff8700\"\nmodifiers = [\"bold\"]\n";
    fs::write(folder.join("themes/dusk.toml"), theme).unwrap();
    let keymap = "anywhere = [\n  { on = [\"f12\"], run = \"help\" },\n  { on = [\"q\"], run = \"none\" },\n]\n";
    fs::write(folder.join("keymap.toml"), keymap).unwrap();
}

#[test]
fn a_users_theme_and_keymap_count_and_colours_keep_to_what_the_terminal_shows() {
    let (folder, made) = hospital();
    own_files(folder.path());
    let cases = [
        (
            &[("COLORTERM", "truecolor")][..],
            [38, 2, 255, 135, 0].as_slice(),
        ),
        (&[], &[38, 5, 208]),
        (&[("TERM", "xterm")], &[33]),
    ];
    for (variables, colour) in cases {
        let mut terminal = Terminal::start(folder.path(), variables);
        terminal.login(&of_role(&made, "nurse"), PASSPHRASE);
        // The freed key does nothing; the new one opens the help, which shows it.
        terminal.types("q\x1b[24~");
        terminal.until("F12");
        let sent = pens(&terminal.written);
        let has = |colour: &[u16]| {
            sent.iter()
                .any(|pen| pen.windows(colour.len()).any(|part| part == colour))
        };
        assert!(has(colour), "{variables:?}: {sent:?}");
        assert!(colour.len() == 5 || !has(&[38, 2]), "{variables:?}");
        assert!(colour.len() > 1 || !has(&[38]), "{variables:?}");
    }
}

#[test]
fn a_theme_that_cannot_be_used_is_told_with_its_line_before_the_screen_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    own_files(folder.path());
    let theme = folder.path().join(".config/chartseal/themes/dusk.toml");
    fs::write(&theme, "name = \"dusk\"\n[tone.title]\nfg = \"orangish\"\n").unwrap();
    let mut terminal = Terminal::start(folder.path(), &[]);
    let status = terminal.ended();
    assert_eq!(status.exit_code(), 2);
    assert!(modes(&terminal.written).is_empty());
    let text = terminal.text().replace('\n', "");
    assert!(
        text.contains("dusk.toml:3: the look of Title names `orangish`, which is no colour"),
        "{text}"
    );
}

/// What the other test runs in a terminal of its own: the terminal is taken, and then something breaks.
#[test]
#[ignore = "panics: another test runs it behind a terminal"]
fn breaks_with_the_terminal_taken() {
    let _taken = chartseal::tui::terminal::Terminal::take().unwrap();
    panic!("a slot without a key");
}

#[test]
fn a_panic_gives_the_terminal_back_before_it_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let program = std::env::current_exe().unwrap();
    let arguments = [
        "--ignored",
        "--exact",
        "--nocapture",
        "wire::breaks_with_the_terminal_taken",
    ];
    let mut terminal = Terminal::of(&program, folder.path(), &arguments, &[]);
    assert!(!terminal.ended().success());
    let screen = terminal.screen();
    assert!(!screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste());
    let written = String::from_utf8_lossy(&terminal.written).into_owned();
    let (off, told) = (
        written.find("\x1b[?1049l"),
        written.find("a slot without a key"),
    );
    assert!(off.is_some() && off < told, "{written:?}");
    assert!(terminal.echoes(), "raw mode is over");
}
