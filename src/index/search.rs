//! Answering a query from the index.
//!
//! Each compartment is evaluated for itself, in the caller's one read transaction: heads first, which tell how long lists are,
//! so that AND begins with the shortest and stops as soon as nothing is left. Then the compartments' answers are united
//! and the dead entries of all of them taken out: what one unit knows to be replaced is so for all.

use rusqlite::Connection;

use crate::clinical::Kind;

use super::change::FORMER;
use super::charts::Charts;
use super::compartment::CompartmentId;
use super::day::{Day, span_terms};
use super::error::Result;
use super::key::CompartmentKey;
use super::newest::Days;
use super::query::{Plan, Query};
use super::set::Set;
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

/// A compartment to search.
#[derive(Clone, Copy)]
pub struct Ground<'k> {
    /// Which.
    pub id: CompartmentId,
    /// Its keys of every generation held, the newest last.
    pub keys: &'k [CompartmentKey],
    /// Ledger numbers, ascending, of entries that it holds and that its unit no longer has the keys of. They are left out.
    pub closed: &'k [u64],
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
    let grounds: Vec<Ground<'_>> = held
        .iter()
        .map(|&(id, keys)| Ground {
            id,
            keys,
            closed: &[],
        })
        .collect();
    search_grounds(conn, cache, &grounds, query)
}

/// The same, without what is closed.
pub fn search_grounds(
    conn: &Connection,
    cache: &mut Cache,
    grounds: &[Ground<'_>],
    query: &Query,
) -> Result<Candidates> {
    let plans = query.plan();
    let mut views = Vec::with_capacity(grounds.len());
    for ground in grounds {
        views.push(cache.view(conn, ground.id, ground.keys)?);
    }
    let dead = cache.dead(&views);
    let days = &cache.days;
    let everywhere = |plan: &Plan, charts: &[Charts], history: bool| -> Result<Hits> {
        let (mut sets, mut exact) = (Vec::new(), true);
        for (ground, view) in grounds.iter().zip(&views) {
            let mut hits = Evaluation {
                conn,
                ground,
                view,
                days,
                charts,
                history,
            }
            .evaluate(plan)?;
            if history && !ground.closed.is_empty() {
                let mut rids = hits.rids.into_vec();
                rids.retain(|rid| ground.closed.binary_search(&entry_of(*rid)).is_err());
                hits.rids = Set::Listed(rids);
            } else {
                hits.rids = hits.rids.without(ground.closed);
            }
            exact &= hits.exact || hits.rids.is_empty();
            sets.push(hits.rids);
        }
        Ok(Hits {
            rids: Set::union(sets).without(&dead),
            exact,
        })
    };
    let mut charts = Vec::with_capacity(plans.patients.len());
    for patients in &plans.patients {
        // Who a patient is, their newest identity says.
        let hits = everywhere(patients, &[], false)?;
        charts.push(Charts::of(conn, &hits.rids.into_vec(), hits.exact)?);
    }
    let hits = everywhere(&plans.entries, &charts, query.history())?;
    let mut rids = hits.rids.into_vec();
    if query.history() {
        for rid in &mut rids {
            *rid = entry_of(*rid);
        }
        rids.sort_unstable();
        // Of an index that lags behind another's, whose dead are forgotten, an entry may be found as it stands and as it once did.
        rids.dedup();
    }
    rids.reverse();
    Ok(Candidates {
        exact: hits.exact || rids.is_empty(),
        rids,
    })
}

/// The ledger number of an entry or of a replaced version.
pub(super) fn entry_of(rid: u64) -> u64 {
    rid & !FORMER
}

struct Evaluation<'a> {
    conn: &'a Connection,
    ground: &'a Ground<'a>,
    view: &'a View,
    /// The days that are known already.
    days: &'a Days,
    /// The charts of the patients that the query speaks of.
    charts: &'a [Charts],
    /// Whether replaced versions are looked for too.
    history: bool,
}

/// Entries that contain every match; exactly the matches if `exact`.
struct Hits {
    rids: Set,
    exact: bool,
}

/// A plan whose words have been found, but not read.
enum Located<'p> {
    All(Vec<Located<'p>>),
    Any(Vec<Located<'p>>),
    Not(&'p Plan),
    Term(Found),
    Days(Day, Day),
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
            // Filtering what others found by days that are known costs next to nothing.
            Self::Days(..) => u64::MAX - 2,
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
            Plan::Term(term) => Located::Term(self.find(term)?),
            Plan::Days(from, to) => Located::Days(*from, *to),
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
                rids: self.list(found)?,
                exact: true,
            }),
            Located::Check(part) => Ok(Hits {
                rids: self.read(part)?.rids,
                exact: false,
            }),
            Located::Any(parts) => {
                let mut sets = Vec::with_capacity(parts.len());
                let mut exact = true;
                for part in parts {
                    let hits = self.read(part)?;
                    exact &= hits.exact || hits.rids.is_empty();
                    sets.push(hits.rids);
                }
                Ok(Hits {
                    rids: Set::union(sets),
                    exact,
                })
            }
            Located::Days(from, to) => {
                let nodes = span_terms(*from, *to);
                let sets = nodes.iter().map(|node| self.list(&self.find(node)?));
                Ok(Hits {
                    rids: Set::union(sets.collect::<Result<_>>()?),
                    exact: true,
                })
            }
            Located::Patients(charts) => Ok(Hits {
                // The ledger also names entries that are replaced or not indexed yet.
                rids: Set::Listed(charts.entries(self.conn, self.ground.id.section)?)
                    .intersect(self.everything()?),
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
                Some(sofar) => self.narrow(sofar, part)?,
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
                    let rids = hits.rids.into_vec();
                    let out = self.charts[*n].filter(self.conn, &rids)?;
                    hits.rids = Set::Listed(rids).without(&out);
                    continue;
                }
                let out = self.evaluate(unwanted)?;
                if out.exact {
                    hits.rids = hits.rids.subtract(&out.rids);
                } else if !hits.rids.clone().intersect(out.rids).is_empty() {
                    // Some of these may match after all: each must be looked at.
                    hits.exact = false;
                }
            }
        }
        Ok(hits)
    }

    /// What of these a further part finds too.
    fn narrow(&self, sofar: Hits, part: &Located<'_>) -> Result<Hits> {
        let Hits { rids, exact } = sofar;
        match (part, rids) {
            (Located::Patients(charts), rids) if rids.len() <= FILTER_FACTOR * charts.len() => {
                Ok(Hits {
                    rids: Set::Listed(charts.filter(self.conn, &rids.into_vec())?),
                    exact: exact && charts.exact,
                })
            }
            (Located::Term(found), Set::Listed(rids)) if !self.history => Ok(Hits {
                rids: Set::Listed(self.view.among(self.conn, found, &rids)?),
                exact,
            }),
            (Located::Days(from, to), rids) => {
                let rids = rids.into_vec();
                let rids = match self.days.filter(&rids, *from, *to) {
                    Some(kept) => Set::Listed(kept),
                    None => Set::Listed(rids).intersect(self.read(part)?.rids),
                };
                Ok(Hits { rids, exact })
            }
            (part, rids) => {
                let more = self.read(part)?;
                Ok(Hits {
                    rids: rids.intersect(more.rids),
                    exact: exact && more.exact,
                })
            }
        }
    }

    fn find(&self, term: &Term) -> Result<Found> {
        self.view.find(self.conn, self.ground.keys, term)
    }

    /// The entries that have a word that was found: those that say it now and, if asked for, those that once did.
    fn list(&self, found: &Found) -> Result<Set> {
        if self.history {
            Ok(Set::Listed(self.view.list(self.conn, found)?))
        } else {
            self.view.now(self.conn, found)
        }
    }

    /// Every entry has exactly one kind.
    fn everything(&self) -> Result<Set> {
        let kinds = Kind::ALL.into_iter().map(|kind| {
            let found = self.find(&Term::new(Field::Kind, kind.as_str()))?;
            self.list(&found)
        });
        Ok(Set::union(kinds.collect::<Result<_>>()?))
    }
}
