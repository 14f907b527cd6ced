//! Which charts something was written of since a place in the ledger.

use super::error::LedgerError;
use super::id::ChartId;
use super::read::ReadTx;

// Ordered by number, so that SQLite begins at the place: to tell charts apart it would walk its index of all entries by chart.
const ANY: &str = "SELECT chart FROM entry WHERE seq > ?1 ORDER BY seq";
const CLEAR: &str = "SELECT chart FROM clear_entry WHERE seq > ?1 ORDER BY seq";

/// Charts that were written of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Touched {
    /// By any entry.
    pub any: Vec<ChartId>,
    /// By a clear entry, which may change who opens what. Units stand under their own chart's id.
    pub clear: Vec<ChartId>,
}

impl ReadTx<'_> {
    /// The charts that entries after `seq` speak of, each once. It costs what was written since, however long the ledger is.
    pub fn touched_since(&self, seq: u64) -> Result<Touched, LedgerError> {
        let charts = |sql| -> Result<Vec<ChartId>, LedgerError> {
            let mut statement = self.sql().prepare_cached(sql)?;
            let rows = statement.query_map([seq as i64], |row| row.get::<_, Vec<u8>>(0))?;
            let mut found = Vec::new();
            for chart in rows {
                found.extend(ChartId::from_slice(&chart?));
            }
            found.sort_unstable();
            found.dedup();
            Ok(found)
        };
        Ok(Touched {
            any: charts(ANY)?,
            clear: charts(CLEAR)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;
    use crate::ledger::schema::migrate;

    #[test]
    fn what_came_before_is_not_read_again() {
        let sql = Connection::open_in_memory().unwrap();
        migrate(&sql, 0).unwrap();
        for query in [ANY, CLEAR] {
            let mut plan = sql.prepare(&format!("EXPLAIN QUERY PLAN {query}")).unwrap();
            let steps = plan.query_map([1], |row| row.get::<_, String>(3)).unwrap();
            let steps: Vec<String> = steps.map(Result::unwrap).collect();
            assert_eq!(steps.len(), 1, "{steps:?}");
            assert!(
                steps[0].starts_with("SEARCH") && steps[0].contains("rowid>?"),
                "{steps:?}"
            );
        }
    }
}
