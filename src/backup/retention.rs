//! Which snapshots are kept.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::manifest::SignedManifest;
use crate::crypto::Hash;

/// Milliseconds in a day.
pub(super) const DAY: i64 = 24 * 3600 * 1000;

/// How many snapshots of each kind of day are kept: the last of each of so many days, weeks, months and years that have
/// any. Days are those of UTC, weeks begin on Monday.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Days.
    pub daily: usize,
    /// Weeks.
    pub weekly: usize,
    /// Months.
    pub monthly: usize,
    /// Years.
    pub yearly: usize,
    /// Everything is kept for so many days, whatever the others say.
    pub all_days: u32,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            daily: 7,
            weekly: 5,
            monthly: 12,
            yearly: 7,
            all_days: 30,
        }
    }
}

impl Retention {
    /// The hashes of those snapshots that are kept at `now`. The newest is always among them.
    pub fn kept<'a>(
        &self,
        snapshots: impl IntoIterator<Item = &'a SignedManifest>,
        now: i64,
    ) -> BTreeSet<Hash> {
        let mut newest_first: Vec<(i64, Hash)> = snapshots
            .into_iter()
            .map(|m| (m.manifest.created, m.hash))
            .collect();
        newest_first.sort_unstable_by_key(|(created, _)| std::cmp::Reverse(*created));
        let recent = now - i64::from(self.all_days) * DAY;
        let mut kept: BTreeSet<Hash> = newest_first
            .iter()
            .filter(|(created, _)| *created >= recent)
            .map(|(_, hash)| *hash)
            .collect();
        kept.extend(newest_first.first().map(|(_, hash)| *hash));
        for (wanted, period) in [
            (self.daily, 0),
            (self.weekly, 1),
            (self.monthly, 2),
            (self.yearly, 3),
        ] {
            let mut last_of: BTreeMap<i64, Hash> = BTreeMap::new();
            for (created, hash) in &newest_first {
                last_of.entry(periods(*created)[period]).or_insert(*hash);
            }
            kept.extend(last_of.into_values().rev().take(wanted));
        }
        kept
    }
}

/// The numbers of the day, week, month and year of an instant, each rising with time.
fn periods(created: i64) -> [i64; 4] {
    // A time that no calendar has counts as the first instant of all.
    let instant = Timestamp::from_millisecond(created).unwrap_or(Timestamp::MIN);
    let date = instant.to_zoned(TimeZone::UTC).date();
    let days = created.div_euclid(DAY);
    let (year, month) = (i64::from(date.year()), i64::from(date.month()));
    // The first of January 1970 was a Thursday, three days after a Monday.
    [days, (days + 3).div_euclid(7), year * 12 + month, year]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backup::manifest::{HostId, Manifest, ManifestName, Start, Timeline};
    use crate::backup::source::Head;
    use crate::crypto::sign::SigningKey;

    /// A snapshot at `created`, with a hash that says when.
    fn at(created: &str) -> SignedManifest {
        let created = created.parse::<Timestamp>().unwrap().as_millisecond();
        let mut hash = [0; 32];
        hash[..8].copy_from_slice(&created.to_be_bytes());
        SignedManifest {
            manifest: Manifest {
                name: ManifestName {
                    host: HostId([0; 16]),
                    timeline: Timeline([0; 8]),
                    number: 1,
                },
                start: Start::Next,
                previous: None,
                created,
                head: Head {
                    seq: 0,
                    link: Hash::ZERO,
                },
                objects: vec![],
                new_entries: 0,
                bytes: 0,
                version: String::new(),
                schema: 1,
            },
            hash: Hash(hash),
            signer: SigningKey::random().public(),
        }
    }

    fn kept(retention: Retention, snapshots: &[&str], now: &str) -> Vec<String> {
        let snapshots: Vec<SignedManifest> = snapshots.iter().map(|created| at(created)).collect();
        let kept = retention.kept(
            &snapshots,
            now.parse::<Timestamp>().unwrap().as_millisecond(),
        );
        kept.iter()
            .map(|hash| {
                let created = i64::from_be_bytes(*hash.0.first_chunk().unwrap());
                Timestamp::from_millisecond(created).unwrap().to_string()
            })
            .collect()
    }

    const NONE: Retention = Retention {
        daily: 0,
        weekly: 0,
        monthly: 0,
        yearly: 0,
        all_days: 0,
    };

    #[test]
    fn the_newest_is_kept_whatever_the_rules() {
        let all = ["2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z"];
        assert_eq!(
            kept(NONE, &all, "2026-11-22T00:00:00Z"),
            ["2020-01-02T00:00:00Z"]
        );
    }

    #[test]
    fn everything_recent_is_kept() {
        let all = [
            "2026-10-01T08:00:00Z",
            "2026-11-01T08:00:00Z",
            "2026-11-01T09:00:00Z",
        ];
        let retention = Retention {
            all_days: 30,
            ..NONE
        };
        assert_eq!(
            kept(retention, &all, "2026-11-22T00:00:00Z"),
            ["2026-11-01T08:00:00Z", "2026-11-01T09:00:00Z"]
        );
    }

    #[test]
    fn the_last_of_each_period_that_has_any_is_kept() {
        let all = [
            "2024-03-05T08:00:00Z",
            "2025-12-31T08:00:00Z",
            "2026-01-01T08:00:00Z",
            "2026-01-04T23:59:59Z", // a Sunday
            "2026-01-05T00:00:00Z", // the Monday after it
            "2026-01-05T18:00:00Z",
        ];
        let now = "2026-11-22T00:00:00Z";
        assert_eq!(
            kept(Retention { daily: 2, ..NONE }, &all, now),
            ["2026-01-04T23:59:59Z", "2026-01-05T18:00:00Z"]
        );
        assert_eq!(
            kept(Retention { weekly: 2, ..NONE }, &all, now),
            ["2026-01-04T23:59:59Z", "2026-01-05T18:00:00Z"]
        );
        assert_eq!(
            kept(Retention { monthly: 2, ..NONE }, &all, now),
            ["2025-12-31T08:00:00Z", "2026-01-05T18:00:00Z"]
        );
        assert_eq!(
            kept(Retention { yearly: 3, ..NONE }, &all, now),
            [
                "2024-03-05T08:00:00Z",
                "2025-12-31T08:00:00Z",
                "2026-01-05T18:00:00Z"
            ]
        );
    }
}
