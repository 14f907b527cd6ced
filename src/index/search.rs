//! Answering a query from the index.
//!
//! Each compartment is evaluated for itself, in the caller's one read transaction: heads first, which tell how long lists are,
//! so that AND begins with the shortest and stops as soon as nothing is left. Then the compartments' answers are united
//! and the dead entries of all of them taken out: what one unit knows to be replaced is so for all.

use rusqlite::Connection;

use crate::clinical::Kind;

use super::charts::Charts;
use super::compartment::CompartmentId;
use super::error::Result;
use super::key::CompartmentKey;
use super::posting::{intersect, subtract, union};
use super::query::{Plan, Query};
use super::term::{Field, Term};
use super::view::{Cache, Found, HeldKeys, View};

/// Up to how many candidates for each chart are filtered by their charts, rather than intersected with all entries of the charts.
const FILTER_FACTOR: usize = 16;

/// Entries that may be what a query looks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidates {
    /// Ledger numbers, newest first.
    pub rids: Vec<u64>,
    /// Whether each of them matches. If not, [`Query::matches`] decides for every one that is shown, and the count is an upper bound.
    pub exact: bool,
}

/// Finds candidates in the compartments whose keys are held: each compartment with its keys of every generation.
///
/// What the index does not cover yet is not found; see [`coverage`](super::coverage). Everything that matches and is
/// covered is among the candidates.
pub fn search(
    conn: &Connection,
    cache: &mut Cache,
    held: &[HeldKeys<'_>],
    query: &Query,
) -> Result<Candidates> {
    let plans = query.plan();
    let mut views = Vec::with_capacity(held.len());
    for (id, keys) in held {
        let view = cache.view(conn, *id, keys)?;
        views.push((*id, *keys, view));
    }
    let dead = union(
        views
            .iter()
            .map(|(_, _, view)| view.dead.clone())
            .filter(|dead| !dead.is_empty())
            .collect(),
    );
    let everywhere = |plan: &Plan, charts: &[Charts]| -> Result<Hits> {
        let (mut lists, mut exact) = (Vec::new(), true);
        for (id, keys, view) in &views {
            let hits = Evaluation {
                conn,
                id: *id,
                keys,
                view,
                charts,
            }
            .evaluate(plan)?;
            exact &= hits.exact || hits.rids.is_empty();
            lists.push(hits.rids);
        }
        Ok(Hits {
            rids: subtract(&union(lists), &dead),
            exact,
        })
    };
    let mut charts = Vec::with_capacity(plans.patients.len());
    for patients in &plans.patients {
        let hits = everywhere(patients, &[])?;
        charts.push(Charts::of(conn, &hits.rids, hits.exact)?);
    }
    let mut hits = everywhere(&plans.entries, &charts)?;
    hits.rids.reverse();
    Ok(Candidates {
        exact: hits.exact || hits.rids.is_empty(),
        rids: hits.rids,
    })
}

struct Evaluation<'a> {
    conn: &'a Connection,
    id: CompartmentId,
    keys: &'a [CompartmentKey],
    view: &'a View,
    /// The charts of the patients that the query speaks of.
    charts: &'a [Charts],
}

/// Entries that contain every match; exactly the matches if `exact`.
struct Hits {
    rids: Vec<u64>,
    exact: bool,
}

/// A plan whose words have been found, but not read.
enum Located<'p> {
    All(Vec<Located<'p>>),
    Any(Vec<Located<'p>>),
    Not(&'p Plan),
    Term(Found),
    Check(Box<Located<'p>>),
    Patients(&'p Charts),
}

impl Located<'_> {
    /// At most how many entries it finds.
    fn bound(&self) -> u64 {
        match self {
            Self::All(parts) => parts.iter().map(Self::bound).min().unwrap_or(0),
            Self::Any(parts) => parts.iter().map(Self::bound).fold(0, u64::saturating_add),
            Self::Not(_) => u64::MAX,
            Self::Term(found) => found.count(),
            Self::Check(part) => part.bound(),
            // How long their charts are is not known; filtering what others found is cheaper than finding them.
            Self::Patients(_) => u64::MAX - 1,
        }
    }
}

impl<'a> Evaluation<'a> {
    fn evaluate(&self, plan: &Plan) -> Result<Hits> {
        let located = self.locate(plan)?;
        self.read(&located)
    }

    fn locate<'p>(&self, plan: &'p Plan) -> Result<Located<'p>>
    where
        'a: 'p,
    {
        Ok(match plan {
            Plan::All(parts) => Located::All(self.locate_each(parts)?),
            Plan::Any(parts) => Located::Any(self.locate_each(parts)?),
            Plan::Not(part) => Located::Not(part),
            Plan::Term(term) => Located::Term(self.view.find(self.conn, self.keys, term)?),
            Plan::Check(part) => Located::Check(Box::new(self.locate(part)?)),
            Plan::Patients(n) => Located::Patients(&self.charts[*n]),
        })
    }

    fn locate_each<'p>(&self, parts: &'p [Plan]) -> Result<Vec<Located<'p>>>
    where
        'a: 'p,
    {
        parts.iter().map(|part| self.locate(part)).collect()
    }

    fn read(&self, located: &Located<'_>) -> Result<Hits> {
        match located {
            Located::Term(found) => Ok(Hits {
                rids: self.view.list(self.conn, found)?,
                exact: true,
            }),
            Located::Check(part) => Ok(Hits {
                rids: self.read(part)?.rids,
                exact: false,
            }),
            Located::Any(parts) => {
                let mut lists = Vec::with_capacity(parts.len());
                let mut exact = true;
                for part in parts {
                    let hits = self.read(part)?;
                    exact &= hits.exact || hits.rids.is_empty();
                    lists.push(hits.rids);
                }
                Ok(Hits {
                    rids: union(lists),
                    exact,
                })
            }
            Located::Patients(charts) => Ok(Hits {
                // The ledger also names entries that are replaced or not indexed yet.
                rids: intersect(
                    &charts.entries(self.conn, self.id.section)?,
                    &self.everything()?,
                ),
                exact: charts.exact,
            }),
            Located::All(parts) => self.read_all(parts),
            Located::Not(_) => self.read_all(std::slice::from_ref(located)),
        }
    }

    fn read_all(&self, parts: &[Located<'_>]) -> Result<Hits> {
        let mut wanted: Vec<&Located<'_>> = parts
            .iter()
            .filter(|part| !matches!(part, Located::Not(_)))
            .collect();
        wanted.sort_by_key(|part| part.bound());
        let mut hits: Option<Hits> = None;
        for part in wanted {
            let next = match hits {
                Some(sofar) if sofar.rids.is_empty() => Hits {
                    exact: true,
                    ..sofar
                },
                Some(sofar) => {
                    if let Located::Patients(charts) = part
                        && sofar.rids.len() <= FILTER_FACTOR * charts.len()
                    {
                        let rids = charts.filter(self.conn, &sofar.rids)?;
                        hits = Some(Hits {
                            rids,
                            exact: sofar.exact && charts.exact,
                        });
                        continue;
                    }
                    let more = self.read(part)?;
                    Hits {
                        rids: intersect(&sofar.rids, &more.rids),
                        exact: sofar.exact && more.exact,
                    }
                }
                None => self.read(part)?,
            };
            hits = Some(next);
        }
        // Where nothing is wanted, NOT subtracts from everything.
        let mut hits = match hits {
            Some(hits) => hits,
            None => Hits {
                rids: self.everything()?,
                exact: true,
            },
        };
        for part in parts {
            if let Located::Not(unwanted) = part
                && !hits.rids.is_empty()
            {
                if let Plan::Patients(n) = unwanted
                    && self.charts[*n].exact
                {
                    hits.rids =
                        subtract(&hits.rids, &self.charts[*n].filter(self.conn, &hits.rids)?);
                    continue;
                }
                let out = self.evaluate(unwanted)?;
                if out.exact {
                    hits.rids = subtract(&hits.rids, &out.rids);
                } else if !intersect(&hits.rids, &out.rids).is_empty() {
                    // Some of these may match after all: each must be looked at.
                    hits.exact = false;
                }
            }
        }
        Ok(hits)
    }

    /// Every entry has exactly one kind.
    fn everything(&self) -> Result<Vec<u64>> {
        let kinds = Kind::ALL.into_iter().map(|kind| {
            let found =
                self.view
                    .find(self.conn, self.keys, &Term::new(Field::Kind, kind.as_str()))?;
            self.view.list(self.conn, &found)
        });
        Ok(union(kinds.collect::<Result<_>>()?))
    }
}
