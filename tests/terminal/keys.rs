//! Keys as a terminal sends them: Esc begins no chord, also where the next key arrives in the same read.

use chartseal::jobs::demo::PASSPHRASE;

use super::pty::Terminal;
use super::{hospital, of_role};

#[test]
fn esc_and_the_key_after_it_both_count_in_one_read() {
    let (folder, made) = hospital();
    let mut terminal = Terminal::start(folder.path(), &[]);
    terminal.login(&of_role(&made, "doctor"), PASSPHRASE);
    terminal.types("2");
    terminal.until("Enter opens");
    terminal.types("\r");
    terminal.until("SUMMARY");
    terminal.types("\x1b4");
    terminal.until("4 SEARCH");
    // In the query line, too: Esc leaves it, and the digit is no letter of the query.
    terminal.types("\x1b1");
    terminal.until("1 HOME");
    terminal.types("q");
    assert!(terminal.ended().success());
}
