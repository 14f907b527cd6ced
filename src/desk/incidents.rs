//! What went wrong in backups, kept on the host until somebody has seen it.
//!
//! A run on a schedule has nobody beside it, and the next one may find nothing wrong any more: it has sent anew what a target
//! lost. An incident is a file `incidents/<time>.json` of the host's folder, for its owner alone. **What shows that somebody
//! tampered stays until it was seen**; a failure that passes is over with the next backup to the same target. The newest
//! [`KEPT`] stay.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::config::Paths;

use super::error::DeskError;
use super::kept;
use super::session;
use super::view::{Incident, IncidentKind, Incidents, Stamp};

/// So many incidents are kept; older ones go.
pub const KEPT: usize = 50;

/// So many lines of one are kept.
const LINES: usize = 100;

const FOLDER: &str = "incidents";

/// A file.
#[derive(Serialize, Deserialize)]
struct Kept {
    target: String,
    kind: IncidentKind,
    what: Vec<String>,
}

/// Keeps an incident in the host's folder, in place of an earlier one that says the same or that the same target failed before.
pub fn note(
    host: &Path,
    target: &str,
    kind: IncidentKind,
    what: &[String],
) -> Result<(), DeskError> {
    let folder = host.join(FOLDER);
    let mut what: Vec<String> = what.to_vec();
    if what.len() > LINES {
        let more = what.len() - LINES;
        what.truncate(LINES);
        what.push(format!("and {more} more"));
    }
    let before = kept::files(&folder);
    let incident = Kept {
        target: target.to_owned(),
        kind,
        what,
    };
    kept::keep(&folder, &incident)?;
    let replaced = |earlier: &Kept| {
        earlier.target == incident.target
            && earlier.kind == kind
            && (kind == IncidentKind::Failed || earlier.what == incident.what)
    };
    for (nth, (_, path)) in before.into_iter().enumerate() {
        if nth + 1 >= KEPT || read(&path).as_ref().is_some_and(replaced) {
            kept::let_go(&path);
        }
    }
    Ok(())
}

/// A backup to this target was made: that earlier ones failed is over.
pub fn settle(host: &Path, target: &str) {
    for (_, path) in kept::files(&host.join(FOLDER)) {
        if read(&path)
            .is_some_and(|kept| kept.kind == IncidentKind::Failed && kept.target == target)
        {
            kept::let_go(&path);
        }
    }
}

/// What nobody has seen, the newest first.
pub fn list(host: &Path) -> Vec<Incident> {
    let incidents = kept::files(&host.join(FOLDER))
        .into_iter()
        .map(|(at, path)| {
            // Whatever stands there was put there because something went wrong.
            let Kept { target, kind, what } = read(&path).unwrap_or_else(|| Kept {
                target: path.display().to_string(),
                kind: IncidentKind::Alarm,
                what: vec!["this file cannot be read".to_owned()],
            });
            Incident {
                at,
                target,
                kind,
                what,
            }
        });
    incidents.collect()
}

/// What nobody has seen, for whoever asks.
pub fn show(paths: &Paths) -> Result<Incidents, DeskError> {
    let (_, host) = session::folders(paths)?;
    Ok(Incidents {
        incidents: list(&host),
        seen: false,
    })
}

/// Somebody has seen all up to `through`, the newest of what they were shown: they are told no more. Gives them once again.
pub fn seen(paths: &Paths, through: Option<Stamp>) -> Result<Incidents, DeskError> {
    let (_, host) = session::folders(paths)?;
    let mut incidents = list(&host);
    incidents.retain(|incident| through.is_none_or(|through| incident.at <= through));
    let ours = |at: &Stamp| incidents.iter().any(|incident| incident.at == *at);
    for (_, path) in kept::files(&host.join(FOLDER))
        .into_iter()
        .filter(|(at, _)| ours(at))
    {
        fs::remove_file(&path).map_err(|error| DeskError::io(&path, error))?;
    }
    Ok(Incidents {
        incidents,
        seen: true,
    })
}

fn read(path: &Path) -> Option<Kept> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(host: &Path) -> Vec<(String, IncidentKind, Vec<String>)> {
        list(host)
            .into_iter()
            .map(|incident| (incident.target, incident.kind, incident.what))
            .collect()
    }

    fn lines(text: &str) -> Vec<String> {
        vec![text.to_owned()]
    }

    #[test]
    fn a_failure_is_told_once_and_is_over_with_the_next_backup_and_an_alarm_is_not() {
        let host = tempfile::tempdir().unwrap();
        let host = host.path();
        let (failed, alarm) = (IncidentKind::Failed, IncidentKind::Alarm);
        assert_eq!(told(host), []);
        note(host, "/a", failed, &lines("away")).unwrap();
        note(host, "/a", alarm, &lines("lost")).unwrap();
        note(host, "/b", failed, &lines("away")).unwrap();
        note(host, "/a", failed, &lines("still away")).unwrap();
        note(host, "/a", alarm, &lines("lost")).unwrap();
        let at = |target: &str, kind, what: &str| (target.to_owned(), kind, lines(what));
        assert_eq!(
            told(host),
            [
                at("/a", alarm, "lost"),
                at("/a", failed, "still away"),
                at("/b", failed, "away")
            ]
        );
        settle(host, "/a");
        assert_eq!(
            told(host),
            [at("/a", alarm, "lost"), at("/b", failed, "away")]
        );
        note(host, "/a", alarm, &lines("lost again")).unwrap();
        assert_eq!(told(host).len(), 3);
    }

    #[test]
    fn the_newest_incidents_are_kept_and_what_cannot_be_read_is_told() {
        let host = tempfile::tempdir().unwrap();
        let host = host.path();
        let many: Vec<String> = (0..LINES + 7).map(|n| n.to_string()).collect();
        for n in 0..KEPT + 3 {
            let what = [many.clone(), lines(&n.to_string())].concat();
            note(host, &format!("/{n}"), IncidentKind::Alarm, &what).unwrap();
        }
        let kept = list(host);
        assert_eq!(kept.len(), KEPT);
        assert_eq!(kept[0].target, format!("/{}", KEPT + 2));
        assert_eq!(kept[0].what.last().unwrap(), "and 8 more");
        fs::write(host.join(FOLDER).join("5.json"), b"{").unwrap();
        let kept = list(host);
        assert_eq!(kept.last().unwrap().what, ["this file cannot be read"]);
    }
}
