//! Verifying an export without the vault: what an auditor does at home.

use std::io::BufRead;

use crate::desk::DeskError;
use crate::desk::view::{IndexChecked, Reporter, VerifyReport};
use crate::jobs::ledger_export::Line;
use crate::ledger::Scanned;
use crate::vault::sweep::Sweep;

use super::crew::{Crew, Task};
use super::findings::{Findings, Totals};
use super::hold::Hold;
use super::{BATCH, BYTES};

/// No line of an export is longer: its body is a clear one, ids and keys.
const LONGEST_LINE: u64 = 16 << 20;

/// Verifies an export of the ledger: links, anchors, signatures, authors, who was allowed what. An export that begins late
/// brings the clear entries before it, so that authors can be told; that none of those was left out it cannot show.
pub fn exported(
    from: &mut dyn BufRead,
    threads: usize,
    watch: Reporter<'_>,
) -> Result<VerifyReport, DeskError> {
    let mut findings = Findings::default();
    let mut sweep = Sweep::of_headers();
    let mut unreadable = 0;
    let done = Crew::new(threads, None, watch, Hold::default()).run(|hand| {
        let mut tasks = Vec::with_capacity(BATCH);
        let mut size = 0;
        let mut number = 0;
        let mut begun = false;
        while let Some(line) = next_line(from, &mut number)? {
            size += line.row.body.as_ref().map_or(0, Vec::len);
            // Only before the export proper begins may entries be left out.
            if !begun {
                sweep.jump(line.row.seq, line.previous);
            }
            begun |= !line.context;
            if line.row.seq < sweep.last().seq + 1 {
                return Err(DeskError::BadInput(format!(
                    "line {number}: entry {} comes twice or out of order",
                    line.row.seq
                )));
            }
            let scanned = Scanned {
                seq: line.row.seq,
                row: Some((line.row, None)),
                damage: None,
            };
            if let Some(pending) = sweep.take(scanned) {
                unreadable += 1;
                tasks.push(Task {
                    pending,
                    opener: None,
                });
            }
            if tasks.len() >= BATCH || size >= BYTES {
                findings.take_all(sweep.take_found());
                hand(std::mem::take(&mut tasks))?;
                size = 0;
            }
        }
        sweep.finish_headers();
        hand(tasks)
    })?;
    findings.take_all(sweep.take_found());
    let totals = Totals {
        head: sweep.last(),
        judged: sweep.judged(),
        unreadable,
        index: IndexChecked::default(),
    };
    Ok(findings.report(totals, done))
}

fn next_line(from: &mut dyn BufRead, number: &mut u64) -> Result<Option<Line>, DeskError> {
    loop {
        let mut text = Vec::new();
        let mut limited = std::io::Read::take(&mut *from, LONGEST_LINE);
        let read = limited
            .read_until(b'\n', &mut text)
            .map_err(|error| DeskError::Outside(error.to_string()))?;
        *number += 1;
        if read == 0 {
            return Ok(None);
        }
        if !text.trim_ascii().is_empty() {
            let line = Line::read(&text)
                .map_err(|what| DeskError::BadInput(format!("line {number}: {what}")))?;
            return Ok(Some(line));
        }
    }
}
