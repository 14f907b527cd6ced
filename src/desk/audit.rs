//! Who did what: by chart, by user, since when. Each reader sees what their keys open, and nobody a purpose that is not theirs.

use std::collections::HashSet;

use crate::clinical::Role;
use crate::ledger::clear::UnitKind;
use crate::ledger::{CertId, ChartId, Clear, EntryId, Section};
use crate::vault::Reader;
use crate::vault::permit::Audit;
use crate::vault::record::{DENIED, Denied, LOGIN_FAILED, LoginFailed};

use super::act::Act;
use super::charts;
use super::error::DeskError;
use super::locate::{self, Issued};
use super::reach::reach;
use super::session::Session;
use super::sheet::{Content, leaf, who};
use super::view::{AuditLine, Stamp};

/// The audit trail, newest first: of one chart, or of all that this session may see.
pub fn list(
    session: &Session,
    mrn: Option<&str>,
    login: Option<&str>,
    since: Option<Stamp>,
) -> Result<Vec<AuditLine>, DeskError> {
    session.vault().authority::<Audit>()?;
    let since = since.map_or(0, |since| since.millis().max(0) as u64);
    let mut lines = session.vault().read(|reader| {
        let only = mrn
            .map(|mrn| locate::chart(session, reader, mrn))
            .transpose()?;
        let charts: Vec<ChartId> = match only {
            Some(chart) => vec![chart],
            None => reader.directory().charts.keys().copied().collect(),
        };
        let (mut lines, mut issued) = (Vec::new(), Issued::default());
        let mut opened = 0;
        for chart in charts {
            if reach(session, reader, chart, Section::Access).is_open() {
                opened += 1;
                let label = shown(session, reader, chart, &mut issued)?;
                section(reader, chart, label.as_deref(), since, &mut lines)?;
                written(reader, chart, label.as_deref(), since, &mut lines)?;
            }
        }
        if only.is_some() && opened == 0 {
            return Err(DeskError::Denied(
                "your keys do not open this chart's access record".into(),
            ));
        }
        if only.is_none() && session.role() == Role::Auditor {
            let unit = reader
                .directory()
                .special(UnitKind::Auditors)
                .map(|state| state.unit.unit.chart());
            if let Some(chart) = unit {
                section(reader, chart, None, since, &mut lines)?;
            }
        }
        if matches!(session.role(), Role::Auditor | Role::Admin) {
            clear(reader, only, &mut issued, since, &mut lines)?;
        }
        Ok::<_, DeskError>(lines)
    })?;
    lines.retain(|line| login.is_none_or(|login| line.actor == login));
    lines.sort_by_key(|line| std::cmp::Reverse(line.created.millis()));
    Ok(lines)
}

fn shown(
    session: &Session,
    reader: &mut Reader<'_>,
    chart: ChartId,
    issued: &mut Issued,
) -> Result<Option<String>, DeskError> {
    if reader.directory().chart(&chart).is_none() {
        return Ok(None);
    }
    if reach(session, reader, chart, Section::Identity).is_open() {
        return Ok(charts::line(session, reader, chart)?.map(|line| line.mrn));
    }
    Ok(Some(numbered(reader, chart, issued)?))
}

/// A chart by its number, or by its id where nobody here may know that.
fn numbered(reader: &Reader<'_>, chart: ChartId, issued: &mut Issued) -> Result<String, DeskError> {
    let mrn = issued.number(reader, chart)?;
    Ok(mrn.unwrap_or_else(|| chart.to_string()))
}

/// What stands in an `access` section: views, requests, decisions, break-glass, refusals, failed logins, searches.
fn section(
    reader: &mut Reader<'_>,
    chart: ChartId,
    label: Option<&str>,
    since: u64,
    lines: &mut Vec<AuditLine>,
) -> Result<(), DeskError> {
    let entries = reader.tx().section(&chart, Section::Access)?;
    let followed: HashSet<(EntryId, CertId)> = entries
        .iter()
        .map(|entry| (entry.core.parent, entry.core.author))
        .collect();
    for entry in entries {
        if entry.core.created < since {
            continue;
        }
        let (seq, core) = (entry.seq(), entry.core.clone());
        let (_, actor, role) = who(reader, &core.author, seq);
        let (action, detail) = match reader.open(entry) {
            Err(error) => ("unreadable".to_owned(), error.to_string()),
            Ok(opened) => match opened.body.kind {
                // The failures of a minute are one line, which the last of them says.
                LOGIN_FAILED if followed.contains(&(core.id, core.author)) => continue,
                LOGIN_FAILED => match LoginFailed::decode(&opened.body) {
                    Ok(body) if body.login.is_empty() => (
                        "login failed".into(),
                        format!("unknown logins, {} in a minute", body.failures),
                    ),
                    Ok(body) => (
                        "login failed".into(),
                        format!("{}, {} in a row", body.login, body.failures),
                    ),
                    Err(error) => ("unreadable".into(), error.to_string()),
                },
                DENIED => match Denied::decode(&opened.body) {
                    Ok(body) => ("refused".into(), format!("{}: {}", body.act, body.why)),
                    Err(error) => ("unreadable".into(), error.to_string()),
                },
                _ => match leaf(reader, opened) {
                    Ok(leaf) => match &leaf.content {
                        Content::Act(act) => (name(act).into(), act.headline()),
                        Content::Clinical(body) => (body.kind().as_str().into(), String::new()),
                        Content::Unknown(kind) => (format!("kind {kind}"), String::new()),
                    },
                    Err((_, why)) => ("unreadable".into(), why),
                },
            },
        };
        lines.push(AuditLine {
            entry: core.id.to_string(),
            created: Stamp::from_millis(core.created as i64),
            actor,
            role: role.map_or("host", crate::clinical::Role::as_str).into(),
            action,
            chart: label.map(str::to_owned),
            detail,
            flags: Vec::new(),
        });
    }
    Ok(())
}

fn name(act: &Act) -> &'static str {
    act.name()
}

/// Who wrote to a chart, by header: no body is opened.
fn written(
    reader: &Reader<'_>,
    chart: ChartId,
    label: Option<&str>,
    since: u64,
    lines: &mut Vec<AuditLine>,
) -> Result<(), DeskError> {
    for section in [Section::Identity, Section::Clinical, Section::Medication] {
        for entry in reader.tx().section(&chart, section)? {
            let core = &entry.core;
            if core.created < since {
                continue;
            }
            let (_, actor, role) = who(reader, &core.author, entry.seq());
            lines.push(AuditLine {
                entry: core.id.to_string(),
                created: Stamp::from_millis(core.created as i64),
                actor,
                role: role
                    .map(|role| role.as_str().to_owned())
                    .unwrap_or_default(),
                action: "wrote".into(),
                chart: label.map(str::to_owned),
                detail: section.to_string(),
                flags: Vec::new(),
            });
        }
    }
    Ok(())
}

/// Certificates, units, memberships, enrolments, grants, revocations, backups.
fn clear(
    reader: &Reader<'_>,
    only: Option<ChartId>,
    issued: &mut Issued,
    since: u64,
    lines: &mut Vec<AuditLine>,
) -> Result<(), DeskError> {
    for entry in reader.tx().clear_entries()? {
        if entry.core.created < since {
            continue;
        }
        let Ok(body) = entry.open_clear() else {
            continue;
        };
        let Ok(clear) = Clear::decode(&body) else {
            continue;
        };
        let chart = clear.chart();
        let of_chart = chart != ChartId::ZERO;
        if only.is_some_and(|only| only != chart) {
            continue;
        }
        let (_, actor, role) = who(reader, &entry.core.author, entry.seq());
        let detail = match &clear {
            Clear::Certificate(body) => format!("{} as {}", body.login, body.office.as_str()),
            Clear::Invitation(body) => format!("{} as {}", body.login, body.office.as_str()),
            Clear::Unit(body) => format!("{} {}", body.kind.as_str(), body.name),
            _ => String::new(),
        };
        lines.push(AuditLine {
            entry: entry.core.id.to_string(),
            created: Stamp::from_millis(entry.core.created as i64),
            actor,
            role: role.map_or("host", crate::clinical::Role::as_str).into(),
            action: clear.name().into(),
            chart: of_chart
                .then(|| numbered(reader, chart, issued))
                .transpose()?,
            detail,
            flags: Vec::new(),
        });
    }
    Ok(())
}
