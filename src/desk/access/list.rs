//! What stands: requests and decisions for those who read the `access` section, one's own requests for those who do not.

use std::collections::{BTreeMap, HashMap};

use crate::clinical::Body;
use crate::ledger::clear::GrantGround;
use crate::ledger::{ChartId, Clear, EntryId, Holder, Section, ThreadId};
use crate::vault::Reader;
use crate::vault::directory::HeldLine;

use super::glass;
use super::request::own_units;
use super::share::shared_with_me;
use crate::desk::act::Act;
use crate::desk::charts;
use crate::desk::error::DeskError;
use crate::desk::locate::{self, Issued};
use crate::desk::reach::{has_ended, reach};
use crate::desk::session::Session;
use crate::desk::sheet::{Leaf, Sheet, leaf};
use crate::desk::view::{AccessKind, AccessLine, GrantState, Stamp};

/// Requests, grants and break-glass that this session may see, newest first.
pub fn list(
    session: &Session,
    mrn: Option<&str>,
    state: Option<GrantState>,
) -> Result<Vec<AccessLine>, DeskError> {
    let mut lines = session.vault().read(|reader| {
        let only = mrn
            .map(|mrn| locate::chart(session, reader, mrn))
            .transpose()?;
        let charts: Vec<ChartId> = reader
            .directory()
            .charts
            .keys()
            .copied()
            .filter(|chart| only.is_none_or(|only| only == *chart))
            .collect();
        let (mut lines, mut issued) = (Vec::new(), Issued::default());
        for chart in charts {
            if reach(session, reader, chart, Section::Access).is_open() {
                of_chart(session, reader, chart, &mut issued, &mut lines)?;
            }
        }
        own(reader, only, &mut lines)?;
        shared(session, reader, only, &mut lines)?;
        own_glass(session, reader, only, &mut lines)?;
        Ok::<_, DeskError>(lines)
    })?;
    lines.retain(|line| state.is_none_or(|state| line.state == state));
    lines.sort_by_key(|line| std::cmp::Reverse(line.created.millis()));
    Ok(lines)
}

fn of_chart(
    session: &Session,
    reader: &mut Reader<'_>,
    chart: ChartId,
    issued: &mut Issued,
    lines: &mut Vec<AccessLine>,
) -> Result<(), DeskError> {
    let line = if reach(session, reader, chart, Section::Identity).is_open() {
        charts::line(session, reader, chart)?
    } else {
        None
    };
    let shown = match &line {
        Some(line) => line.mrn.clone(),
        None => issued
            .number(reader, chart)?
            .unwrap_or_else(|| chart.to_string()),
    };
    let name = line.map(|line| line.name);
    let ordered = ordered(session, reader, chart)?;
    let sheet = Sheet::read(reader, chart, Section::Access)?;
    let mut threads = BTreeMap::<ThreadId, Vec<&Leaf>>::new();
    for leaf in &sheet.leaves {
        threads.entry(leaf.core.thread).or_default().push(leaf);
    }
    let state = reader.directory().chart(&chart);
    let me = Some(reader.me());
    let mine = state.is_some_and(|state| state.attending == me || state.patient == me);
    let mut answered: Vec<EntryId> = Vec::new();
    for (thread, leaves) in &threads {
        let (Some(first), Some(last)) = (leaves.first(), leaves.last()) else {
            continue;
        };
        let base =
            |kind, sections: &[Section], purpose: &str, state, until: Option<u64>| AccessLine {
                id: thread.to_string(),
                kind,
                chart: shown.clone(),
                who: first.login.clone(),
                sections: sections.iter().map(ToString::to_string).collect(),
                purpose: Some(purpose.to_owned()),
                state,
                until: until.map(|until| Stamp::from_millis(until as i64)),
                decided_by: (leaves.len() > 1).then(|| last.login.clone()),
                created: Stamp::from_millis(first.core.created as i64),
                name: name.clone(),
                mine_to_decide: mine && state == GrantState::Pending,
                reviewed: None,
            };
        match (first.act(), last.act()) {
            (Some(Act::AccessRequested(asked)), Some(Act::AccessDecided(decided))) => {
                answered.extend(decided.grant);
                let state = match decided.grant {
                    None => GrantState::Refused,
                    Some(_) if decided.revoked => GrantState::Revoked,
                    Some(grant) => standing(reader, chart, grant),
                };
                lines.push(base(
                    AccessKind::Request,
                    &asked.sections,
                    &asked.purpose,
                    state,
                    decided.until,
                ));
            }
            (Some(Act::AccessRequested(asked)), _) => {
                lines.push(base(
                    AccessKind::Request,
                    &asked.sections,
                    &asked.purpose,
                    GrantState::Pending,
                    asked.until,
                ));
            }
            (Some(Act::GlassBroken(broken)), _) => {
                let state = glass_state(reader, *thread, broken.until);
                let mut line = base(
                    AccessKind::BreakGlass,
                    &[],
                    &broken.reason,
                    state,
                    Some(broken.until),
                );
                line.reviewed = Some(leaves.iter().any(|leaf| glass::is_review(leaf)));
                lines.push(line);
            }
            _ => {}
        }
    }
    let unasked = |held: &HeldLine| !answered.contains(&held.grant);
    let from = lines.len();
    grants(reader, chart, &shown, name.as_deref(), unasked, lines);
    for line in &mut lines[from..] {
        line.purpose = line
            .purpose
            .take()
            .or_else(|| ordered.get(&line.id).cloned());
    }
    Ok(())
}

/// Where a broken glass stands.
fn glass_state(reader: &Reader<'_>, glass: ThreadId, until: u64) -> GrantState {
    if has_ended(reader, glass) {
        GrantState::Revoked
    } else if until < reader.now() {
        GrantState::Expired
    } else {
        GrantState::Granted
    }
}

/// The glass that this person broke themselves and that is still theirs to end.
fn own_glass(
    session: &Session,
    reader: &mut Reader<'_>,
    only: Option<ChartId>,
    lines: &mut Vec<AccessLine>,
) -> Result<(), DeskError> {
    let me = reader.me();
    let login = reader
        .directory()
        .person(&me)
        .map(|person| person.certificate.login.clone())
        .unwrap_or_default();
    for (chart, glass) in glass::own(session, reader)? {
        let id = glass.thread.to_string();
        let known = lines.iter().any(|line| line.id == id);
        let open = reach(session, reader, chart, Section::Identity).is_open();
        if known || !open || only.is_some_and(|only| only != chart) {
            continue;
        }
        let created = reader.tx().thread_start(&glass.thread)?;
        let line = charts::line(session, reader, chart)?;
        lines.push(AccessLine {
            id,
            kind: AccessKind::BreakGlass,
            chart: line
                .as_ref()
                .map(|line| line.mrn.clone())
                .unwrap_or_default(),
            who: login.clone(),
            sections: Vec::new(),
            purpose: None,
            state: glass_state(reader, glass.thread, glass.until),
            until: Some(Stamp::from_millis(glass.until as i64)),
            decided_by: None,
            created: Stamp::from_millis(created.map_or(0, |core| core.created) as i64),
            name: line.map(|line| line.name),
            mine_to_decide: false,
            reviewed: None,
        });
    }
    Ok(())
}

/// What was ordered, by the id of the grant that the order gave a pharmacy, where the session's keys open it: a patient with several
/// prescriptions has as many grants.
fn ordered(
    session: &Session,
    reader: &mut Reader<'_>,
    chart: ChartId,
) -> Result<HashMap<String, String>, DeskError> {
    let mut ordered = HashMap::new();
    if !reach(session, reader, chart, Section::Medication).is_open() {
        return Ok(ordered);
    }
    for entry in reader.tx().clear_of_chart(&chart)? {
        let Ok(Clear::Grant(grant)) = entry
            .open_clear()
            .map_err(drop)
            .and_then(|body| Clear::decode(&body).map_err(drop))
        else {
            continue;
        };
        let (GrantGround::Prescription, Some(because)) = (grant.ground, grant.because) else {
            continue;
        };
        // What does not open or verify is no order to name; whoever reads the chart is told.
        let Ok(Some(opened)) = reader.by_id(&because) else {
            continue;
        };
        let leaf = leaf(reader, opened).ok().filter(|leaf| leaf.authorised);
        if let Some(Body::Prescription(order)) = leaf.as_ref().and_then(Leaf::body) {
            ordered.insert(entry.core.id.to_string(), order.title());
        }
    }
    Ok(ordered)
}

/// Grants that answer no request: prescriptions, shares.
fn grants(
    reader: &Reader<'_>,
    chart: ChartId,
    shown: &str,
    name: Option<&str>,
    wanted: impl Fn(&HeldLine) -> bool,
    lines: &mut Vec<AccessLine>,
) {
    let Some(state) = reader.directory().chart(&chart) else {
        return;
    };
    let mut grants = BTreeMap::<EntryId, Vec<&HeldLine>>::new();
    for held in state
        .lines
        .iter()
        .filter(|held| held.ground.is_some() && wanted(held))
    {
        grants.entry(held.grant).or_default().push(held);
    }
    for (grant, held) in grants {
        let Some(first) = held.first() else { continue };
        let kind = match first.ground {
            Some(GrantGround::Prescription) => AccessKind::Prescription,
            Some(GrantGround::Request) => continue,
            Some(GrantGround::Share) => AccessKind::Share,
            _ => AccessKind::Enrolment,
        };
        let who = match first.line.holder {
            Holder::Person(person) => reader
                .directory()
                .person(&person)
                .map(|person| person.certificate.login.clone()),
            Holder::Unit(unit) => reader
                .directory()
                .units
                .get(&unit)
                .map(|state| state.unit.name.clone()),
        };
        let mut sections: Vec<String> = held
            .iter()
            .map(|held| held.line.section.to_string())
            .collect();
        sections.sort();
        sections.dedup();
        let by = reader
            .directory()
            .person(&first.by)
            .map(|person| person.certificate.login.clone());
        let created = reader
            .tx()
            .entry(first.since)
            .ok()
            .flatten()
            .map_or(0, |entry| entry.core.created);
        lines.push(AccessLine {
            id: grant.to_string(),
            kind,
            chart: shown.into(),
            who: who.unwrap_or_default(),
            sections,
            purpose: None,
            state: standing(reader, chart, grant),
            until: first.until.map(|until| Stamp::from_millis(until as i64)),
            decided_by: by,
            created: Stamp::from_millis(created as i64),
            name: name.map(str::to_owned),
            mine_to_decide: first.line.holder == Holder::Person(reader.me())
                && first.in_force(reader.now())
                && !first.is_taken_up(),
            reviewed: None,
        });
    }
}

/// Whether a grant is in force, ran out or was revoked.
fn standing(reader: &Reader<'_>, chart: ChartId, grant: EntryId) -> GrantState {
    let held = reader
        .directory()
        .chart(&chart)
        .and_then(|state| state.lines.iter().find(|held| held.grant == grant));
    match held {
        Some(held) if held.revoked.is_some() => GrantState::Revoked,
        Some(held) if held.in_force(reader.now()) && !held.is_taken_up() => GrantState::Pending,
        Some(held) if held.in_force(reader.now()) => GrantState::Granted,
        _ => GrantState::Expired,
    }
}

/// One's own requests, from one's notes and from what clear entries say came of them.
fn own(
    reader: &mut Reader<'_>,
    only: Option<ChartId>,
    lines: &mut Vec<AccessLine>,
) -> Result<(), DeskError> {
    let me = reader.me();
    let login = reader
        .directory()
        .person(&me)
        .map(|person| person.certificate.login.clone())
        .unwrap_or_default();
    for unit in own_units(reader) {
        for entry in reader.tx().section(&unit.chart(), Section::Work)? {
            if entry.core.author != me {
                continue;
            }
            let created = entry.core.created;
            let opened = reader.open(entry)?;
            let Ok(Some(Act::AccessNoted(noted))) = Act::decode(&opened.body) else {
                continue;
            };
            let known = lines
                .iter()
                .any(|line| line.id == noted.request.to_string());
            if known || only.is_some_and(|only| only != noted.chart) {
                continue;
            }
            let (state, until) = outcome(reader, noted.chart, noted.request)?;
            lines.push(AccessLine {
                id: noted.request.to_string(),
                kind: AccessKind::Request,
                chart: noted.mrn,
                who: login.clone(),
                sections: noted.sections.iter().map(ToString::to_string).collect(),
                purpose: Some(noted.purpose),
                state,
                until: until.map(|until| Stamp::from_millis(until as i64)),
                decided_by: None,
                created: Stamp::from_millis(created as i64),
                name: None,
                mine_to_decide: false,
                reviewed: None,
            });
        }
    }
    Ok(())
}

/// What was shared with this person, where they do not read the chart's record themselves.
fn shared(
    session: &Session,
    reader: &mut Reader<'_>,
    only: Option<ChartId>,
    lines: &mut Vec<AccessLine>,
) -> Result<(), DeskError> {
    let mut mine: Vec<ChartId> = shared_with_me(reader).map(|(chart, _)| chart).collect();
    mine.dedup();
    let me = Holder::Person(reader.me());
    for chart in mine {
        let read_above = reach(session, reader, chart, Section::Access).is_open();
        if read_above || only.is_some_and(|only| only != chart) {
            continue;
        }
        let line = if reach(session, reader, chart, Section::Identity).is_open() {
            charts::line(session, reader, chart)?
        } else {
            None
        };
        let shown = line
            .as_ref()
            .map_or_else(|| chart.to_string(), |line| line.mrn.clone());
        let name = line.map(|line| line.name);
        let own =
            |held: &HeldLine| held.line.holder == me && held.ground == Some(GrantGround::Share);
        grants(reader, chart, &shown, name.as_deref(), own, lines);
    }
    Ok(())
}

/// What came of a request, as far as headers and clear entries tell.
pub(in crate::desk) fn outcome(
    reader: &Reader<'_>,
    chart: ChartId,
    request: ThreadId,
) -> Result<(GrantState, Option<u64>), DeskError> {
    let first = EntryId(request.0);
    for entry in reader.tx().clear_of_chart(&chart)? {
        let Ok(body) = entry.open_clear() else {
            continue;
        };
        if let Ok(Clear::Grant(grant)) = Clear::decode(&body)
            && grant.because == Some(first)
        {
            return Ok((standing(reader, chart, entry.core.id), grant.until));
        }
    }
    let decided = reader
        .tx()
        .thread_end(&request)?
        .is_some_and(|core| core.id != first);
    Ok((
        if decided {
            GrantState::Refused
        } else {
            GrantState::Pending
        },
        None,
    ))
}
