//! Bytes of moving: the selection, a page, another pane, on every list that somebody can move through.

use super::line::{Line, busy};

/// What a move of the selection may take, and what follows it once it rests.
const MOVE: usize = 384;

/// Every list that somebody can move through, and the keys that lead to it after the login.
const LISTS: [(&str, &str); 40] = [
    ("smith", "1"),
    ("adeyemi", "1"),
    ("brandt", "2"),
    ("okoro", "2"),
    ("smith", "2"),
    ("smith", "2 /"),
    // A chart stands beside the list; the first step leaves it. The second was opened in an emergency.
    ("smith", "2 enter esc"),
    ("smith", "2 down down down enter esc"),
    // The tabs of a chart: the summary, which is scrolled, and the lists of entries.
    ("brandt", "2 enter"),
    ("smith", "2 enter"),
    ("smith", "2 enter right"),
    ("brandt", "2 enter right"),
    ("smith", "2 enter right right"),
    ("smith", "2 enter right right right"),
    ("smith", "2 enter right right right right"),
    ("smith", "2 enter right right right right right"),
    ("smith", "2 enter left"),
    ("smith", "2 down down down enter right"),
    ("mejia", "2 enter right"),
    // What stands over a chart.
    ("smith", "2 enter ?"),
    ("smith", "2 enter :"),
    ("smith", "2 enter w"),
    ("smith", "2 enter v"),
    ("smith", "2 enter g w"),
    ("smith", "2 enter right h"),
    ("smith", "2 enter right enter"),
    ("smith", "3"),
    ("smith", "3 f"),
    ("mejia", "3"),
    ("adeyemi", "2 f"),
    ("adeyemi", "2"),
    ("adeyemi", "3"),
    ("smith", "4 ctrl+r"),
    ("smith", "5"),
    ("smith", "5 tab"),
    ("lind", "2"),
    ("lind", "2 right"),
    ("lind", "2 right right"),
    ("lind", "2 right right right"),
    ("lind", "2 right right right v esc v esc"),
];

/// Those of which something follows the selection once it rests.
const RESTING: [(&str, &str); 7] = [
    ("smith", "2 enter right"),
    ("brandt", "2 enter right"),
    ("smith", "2 enter right right"),
    ("smith", "2 enter right right right right"),
    ("smith", "2 enter left"),
    ("smith", "5"),
    ("smith", "5 tab"),
];

/// Walks a list down past its end in sight and back up past its beginning, and says which frames take too much: those of the steps,
/// and where the selection rests those that follow it.
fn walk(line: &mut Line, rests: bool) -> Vec<String> {
    let mut over = Vec::new();
    let mut note = |what: &str, line: &Line| {
        if line.sent.len() > MOVE {
            let bytes = String::from_utf8_lossy(&line.sent);
            over.push(format!("{what}: {} bytes, {bytes:?}", line.sent.len()));
        }
    };
    // What follows is the same in any row: the ends of a list are walked to without a rest.
    let steps = if rests { 20 } else { 30 };
    for key in std::iter::repeat_n("down", steps).chain(std::iter::repeat_n("up", steps)) {
        line.after(key);
        note(key, line);
        if rests {
            line.bench.rests();
            line.frame();
            note("rest", line);
        }
    }
    over
}

/// Walks every list in this theme.
fn moves(theme: &str) {
    let mut over = Vec::new();
    let mut check = |list: &str, steps: Vec<String>| {
        over.extend(
            steps
                .into_iter()
                .map(|step| format!("{list} in {theme}, {step}")),
        );
    };
    for (login, way) in LISTS {
        let mut line = busy(login, theme);
        line.after(way);
        check(&format!("{login} {way}"), walk(&mut line, false));
        // At the counter whoever rests asks for a prescription and its checks: another test counts it.
        if RESTING.contains(&(login, way)) {
            let mut line = busy(login, theme);
            line.after(way);
            check(&format!("{login} {way}, resting"), walk(&mut line, true));
        }
    }
    let mut line = busy("smith", theme);
    line.after("4");
    line.bench.types("dx:I10");
    line.after("enter");
    check("search", walk(&mut line, false));
    check("search, resting", walk(&mut line, true));
    assert!(over.is_empty(), "{}", over.join("\n"));
}

#[test]
fn moving_the_selection_takes_at_most_384_bytes() {
    moves("default");
}

#[test]
fn moving_the_selection_without_colours_takes_at_most_384_bytes() {
    moves("mono");
}

#[test]
fn moving_the_selection_on_a_ground_of_its_own_takes_at_most_384_bytes() {
    moves("contrast");
}

#[test]
fn leaving_a_prescription_at_the_counter_takes_at_most_384_bytes_and_reading_one_no_more_than_a_pane()
 {
    for theme in ["default", "mono", "contrast"] {
        let mut line = busy("adeyemi", theme);
        line.after("2");
        for key in ["down"; 12].into_iter().chain(["up"; 12]) {
            let bytes = line.after(key);
            let sent = String::from_utf8_lossy(&line.sent);
            assert!(bytes <= MOVE, "{key} in {theme}: {bytes} {sent:?}");
            line.bench.rests();
            let bytes = line.frame();
            assert!(bytes <= 1500, "resting in {theme}: {bytes}");
        }
    }
}

#[test]
fn a_page_takes_no_more_than_a_pane() {
    for (login, way) in LISTS {
        let mut line = busy(login, "contrast");
        line.after(way);
        for key in ["pagedown", "pagedown", "pageup"] {
            let bytes = line.after(key);
            assert!(bytes <= 3000, "{login} {way} {key}: {bytes}");
        }
    }
}

#[test]
fn switching_panes_takes_at_most_3000_bytes() {
    for theme in ["default", "mono", "contrast"] {
        for login in ["smith", "adeyemi", "lind"] {
            let mut line = busy(login, theme);
            for pane in ["2", "3", "1", "2", "1"] {
                let bytes = line.after(pane);
                assert!(bytes <= 3000, "{login} to {pane} in {theme}: {bytes} bytes");
            }
        }
        let mut line = busy("smith", theme);
        for key in ["2", "enter", "right", "right", "left", "esc", "enter"] {
            let bytes = line.after(key);
            assert!(bytes <= 3000, "a chart, {key} in {theme}: {bytes} bytes");
        }
    }
}
