//! What a piece of long work found, as lines to read, and in a word.

use super::backend::Report;
use super::text;
use super::theme::Tone;
use super::when;
use crate::desk::view;

/// How it ended, in a word or two.
pub fn outcome(report: &Report) -> (String, Tone) {
    match report {
        Report::Verify(report) if report.ok => ("ok".to_owned(), Tone::Good),
        Report::Verify(report) => (format!("! {} wrong", report.findings.len()), Tone::Alert),
        Report::BackedUp(view::BackupRun { alarms, .. }) if !alarms.is_empty() => {
            let s = if alarms.len() == 1 { "" } else { "s" };
            (format!("! {} alarm{s}", alarms.len()), Tone::Alert)
        }
        Report::VerifiedBackup(view::BackupVerified { ok: false, .. }) => {
            ("! something is wrong".to_owned(), Tone::Alert)
        }
        Report::Restored(report) if !report.verify.ok => {
            ("! it does not verify".to_owned(), Tone::Alert)
        }
        Report::Restored(report) if !report.damage.is_empty() => {
            ("! the repository is damaged".to_owned(), Tone::Alert)
        }
        Report::Drilled(report) if !report.ok => ("! not whole".to_owned(), Tone::Alert),
        _ => ("ok".to_owned(), Tone::Good),
    }
}

/// A report as plain text.
pub fn plain(report: &Report) -> String {
    lines(report)
        .into_iter()
        .flat_map(|(line, _)| [line, "\n".to_owned()])
        .collect()
}

/// A report as lines, for reading and scrolling.
pub fn lines(report: &Report) -> Vec<(String, Tone)> {
    let mut out = Vec::new();
    let mut line = |name: &str, value: String| {
        out.push((format!("{}{value}", text::left(name, 22)), Tone::Text));
    };
    match report {
        Report::Verify(r) => {
            line("entries", text::grouped(r.entries));
            line("chain", r.chain.to_string());
            if let Some(seq) = r.first_break {
                line("first break", text::grouped(seq));
            }
            line(
                "signatures",
                format!(
                    "{} checked, {} bad",
                    text::grouped(r.signatures.checked),
                    r.signatures.bad.len()
                ),
            );
            line(
                "grants",
                format!(
                    "{} checked, {} bad",
                    text::grouped(r.grants.checked),
                    r.grants.bad.len()
                ),
            );
            line(
                "bodies",
                format!(
                    "{} opened, {} bad, {} closed to you",
                    text::grouped(r.bodies.checked),
                    r.bodies.bad.len(),
                    text::grouped(r.bodies.unreadable)
                ),
            );
            line(
                "index",
                format!(
                    "{} compared, {} missing, {} stray",
                    text::grouped(r.index.checked),
                    r.index.missing,
                    r.index.stray
                ),
            );
            line("took", when::seconds(r.seconds));
            line("head", r.head.clone());
            out.push((String::new(), Tone::Text));
            for finding in &r.findings {
                let place = finding
                    .seq
                    .map_or_else(String::new, |seq| format!("entry {}  ", text::grouped(seq)));
                out.push((format!("! {place}{}", finding.text), Tone::Alert));
            }
            if r.ok {
                out.push(("ok  nothing is wrong".to_owned(), Tone::Good));
            }
        }
        Report::BackedUp(r) => {
            line("snapshot", r.snapshot.clone());
            line(
                "follows",
                r.parent
                    .clone()
                    .unwrap_or_else(|| "nothing, it is the first".to_owned()),
            );
            line(
                "entries",
                format!(
                    "{}, {} of them new",
                    text::grouped(r.entries),
                    text::grouped(r.new_entries)
                ),
            );
            line(
                "packs",
                format!("{} sent, {} were there", r.packs_uploaded, r.packs_reused),
            );
            line("read", text::bytes(r.bytes_read));
            line("sent", text::bytes(r.bytes_uploaded));
            line("took", when::seconds(r.seconds));
            out.push((
                "keep its head, on paper or on another machine:".to_owned(),
                Tone::Text,
            ));
            out.push((r.head.clone(), Tone::Text));
            for alarm in &r.alarms {
                out.push((format!("! {alarm}"), Tone::Alert));
            }
        }
        Report::VerifiedBackup(r) => {
            line("snapshots", text::grouped(r.snapshots));
            line("packs", text::grouped(r.packs));
            line("read", text::bytes(r.bytes_read));
            let named = [("missing", &r.missing), ("corrupt", &r.corrupt)];
            for (what, names) in named {
                out.extend(
                    names
                        .iter()
                        .map(|name| (format!("! {what}: {name}"), Tone::Alert)),
                );
            }
            out.extend(r.behind.iter().map(|how| (format!("! {how}"), Tone::Alert)));
            let unlisted = r.unlisted.iter();
            out.extend(unlisted.map(|name| (format!("in no snapshot: {name}"), Tone::Text)));
            if r.ok {
                out.push(("ok  nothing is wrong".to_owned(), Tone::Good));
            }
        }
        Report::Restored(r) => {
            line("vault", r.vault.clone());
            line("host", r.host.clone());
            line("snapshot", r.snapshot.clone());
            line("made", when::clock(r.created));
            line("entries", text::grouped(r.entries));
            line("took", when::seconds(r.seconds));
            out.extend(
                r.damage
                    .iter()
                    .map(|what| (format!("! {what}"), Tone::Alert)),
            );
            for taken in &r.sign_again {
                out.push((format!("! sign again: {taken}"), Tone::Warn));
            }
            out.extend(verified(&r.verify));
        }
        Report::Drilled(r) => {
            line("recovery time", when::seconds(r.recovery_seconds));
            line("recovery point", when::clock(r.recovery_point));
            line(
                "would be lost",
                format!("{} entries", text::grouped(r.entries_behind)),
            );
            line("snapshot", r.snapshot.clone());
            line("entries", text::grouped(r.entries));
            line("charts opened", text::grouped(r.charts_opened));
            line("entries read", text::grouped(r.entries_read));
            line("on record as", r.entry.clone());
            out.extend(
                r.problems
                    .iter()
                    .map(|what| (format!("! {what}"), Tone::Alert)),
            );
            out.extend(verified(&r.verify));
        }
        Report::Pruned(r) => {
            line("marked", text::grouped(r.marked));
            line("waiting", text::grouped(r.waiting));
            line("needed again", text::grouped(r.revived));
            line(
                "deleted",
                format!(
                    "{} objects, {}",
                    text::grouped(r.objects),
                    text::bytes(r.bytes)
                ),
            );
            line("manifests deleted", text::grouped(r.manifests));
            if r.replaced > 0 {
                let forged = text::grouped(r.replaced);
                out.push((
                    format!("! forged or damaged tombstones taken away: {forged}"),
                    Tone::Alert,
                ));
            }
            if !r.alone {
                out.push((format!("! {}", view::Pruned::BESIDES), Tone::Warn));
            }
        }
        Report::Indexed(r) => {
            line(
                "words",
                format!("{}, each in each entry", text::grouped(r.pairs)),
            );
            line("segments", text::grouped(r.segments));
            line("in the log", text::grouped(r.log_rows));
            line("size", text::bytes(r.bytes));
        }
        Report::Demo(r) => {
            line("vault", r.vault.clone());
            line("patients", text::grouped(r.patients));
            line("entries", text::grouped(r.entries));
            out.push((String::new(), Tone::Text));
            out.push((
                "Nothing in it is real. Who can log in, and the file with the passphrase:"
                    .to_owned(),
                Tone::Heading,
            ));
            for login in &r.logins {
                let unit = login.unit.as_deref().unwrap_or("-");
                out.push((
                    format!(
                        "{}{}{}{}",
                        text::left(&login.login, 14),
                        text::left(&login.role, 12),
                        text::left(unit, 16),
                        login.passphrase_file
                    ),
                    Tone::Text,
                ));
            }
        }
        Report::Init(r) => {
            line("vault", r.vault.clone());
            line("vault id", r.vault_id.clone());
            line("admin", r.admin.clone());
            for (what, shares) in [("recovery", &r.recovery), ("restore", &r.restore)] {
                out.push((String::new(), Tone::Text));
                out.push((
                    format!(
                        "{what}: {} of {} shares are needed; give each to another custodian",
                        shares.threshold, shares.shares
                    ),
                    Tone::Heading,
                ));
                out.extend(shares.files.iter().map(|file| (file.clone(), Tone::Text)));
            }
        }
    }
    out
}

/// What the verification of a restored vault found.
fn verified(report: &view::VerifyReport) -> Vec<(String, Tone)> {
    if report.ok {
        return vec![("ok  it verifies, nothing is wrong".to_owned(), Tone::Good)];
    }
    let findings = report.findings.iter();
    findings
        .map(|finding| (format!("! {}", finding.text), Tone::Alert))
        .collect()
}
