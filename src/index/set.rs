//! Sets of entry numbers while a query is answered, whichever form their lists have.

use super::bitmap::Bitmap;
use super::posting;

/// Entry numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Set {
    /// One by one, ascending.
    Listed(Vec<u64>),
    /// As bits.
    Bits(Bitmap),
}

impl Set {
    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Listed(rids) => rids.is_empty(),
            Self::Bits(bits) => bits.is_empty(),
        }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Listed(rids) => rids.len(),
            Self::Bits(bits) => bits.count() as usize,
        }
    }

    /// The numbers, ascending.
    pub(super) fn into_vec(self) -> Vec<u64> {
        match self {
            Self::Listed(rids) => rids,
            Self::Bits(bits) => bits.to_vec(),
        }
    }

    /// The numbers that stand in both.
    pub(super) fn intersect(self, other: Self) -> Self {
        match (self, other) {
            (Self::Bits(a), Self::Bits(b)) => Self::Bits(a.and(&b)),
            (Self::Listed(a), Self::Listed(b)) => Self::Listed(posting::intersect(&a, &b)),
            (Self::Listed(mut rids), Self::Bits(bits))
            | (Self::Bits(bits), Self::Listed(mut rids)) => {
                rids.retain(|rid| bits.contains(*rid));
                Self::Listed(rids)
            }
        }
    }

    /// The numbers that do not stand in the other.
    pub(super) fn subtract(self, other: &Self) -> Self {
        match (self, other) {
            (Self::Bits(mut a), Self::Bits(b)) => {
                a.and_not(b);
                Self::Bits(a)
            }
            (Self::Listed(mut rids), Self::Bits(bits)) => {
                rids.retain(|rid| !bits.contains(*rid));
                Self::Listed(rids)
            }
            (set, Self::Listed(out)) => set.without(out),
        }
    }

    /// The numbers that do not stand in a list, which ascends.
    pub(super) fn without(self, out: &[u64]) -> Self {
        match self {
            set if out.is_empty() => set,
            Self::Bits(mut bits) => {
                for rid in out {
                    bits.remove(*rid);
                }
                Self::Bits(bits)
            }
            Self::Listed(rids) => Self::Listed(posting::subtract(&rids, out)),
        }
    }

    /// The numbers of all.
    pub(super) fn union(mut sets: Vec<Self>) -> Self {
        sets.retain(|set| !matches!(set, Self::Listed(rids) if rids.is_empty()));
        if sets.len() == 1 {
            return sets.swap_remove(0);
        }
        let (mut bitmaps, mut lists) = (Vec::new(), Vec::new());
        for set in sets {
            match set {
                Self::Bits(bits) => bitmaps.push(bits),
                Self::Listed(rids) => lists.push(rids),
            }
        }
        if !bitmaps.is_empty() {
            if let Some(all) = Bitmap::union(&bitmaps, &lists) {
                return Self::Bits(all);
            }
            lists.extend(bitmaps.iter().map(Bitmap::to_vec));
        }
        Self::Listed(posting::union(lists))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    /// Numbers from somewhere on, in either form.
    fn sets() -> impl Strategy<Value = (Set, BTreeSet<u64>)> {
        let numbers = prop::collection::btree_set(0u64..700, 0..300);
        let from = prop_oneof![Just(0u64), 0..5000u64, Just(1 << 39)];
        (numbers, from, any::<bool>()).prop_map(|(numbers, from, bits)| {
            let numbers: BTreeSet<u64> = numbers.into_iter().map(|n| n + from).collect();
            let listed: Vec<u64> = numbers.iter().copied().collect();
            let set = if bits {
                Set::Bits(Bitmap::of(&listed))
            } else {
                Set::Listed(listed)
            };
            (set, numbers)
        })
    }

    proptest! {
        #[test]
        fn the_algebra_agrees_with_sets_in_every_form((a, of_a) in sets(), (b, of_b) in sets(), (c, of_c) in sets()) {
            let plain = |rids: BTreeSet<u64>| rids.into_iter().collect::<Vec<_>>();
            prop_assert_eq!(a.clone().intersect(b.clone()).into_vec(), plain(&of_a & &of_b));
            prop_assert_eq!(a.clone().subtract(&b).into_vec(), plain(&of_a - &of_b));
            prop_assert_eq!(a.clone().without(&plain(of_b.clone())).into_vec(), plain(&of_a - &of_b));
            prop_assert_eq!(a.is_empty(), of_a.is_empty());
            // What was taken out of bits leaves words of zeros at their ends.
            let less = a.clone().subtract(&b);
            prop_assert_eq!(Set::union(vec![less, c.clone()]).into_vec(), plain(&(&of_a - &of_b) | &of_c));
            prop_assert_eq!(Set::union(vec![a, b, c]).into_vec(), plain(&(&of_a | &of_b) | &of_c));
        }

        #[test]
        fn bits_read_back_as_written(rids in prop::collection::btree_set(0u64..3000, 1..400)) {
            let rids: Vec<u64> = rids.into_iter().collect();
            let bits = Bitmap::of(&rids);
            prop_assert_eq!(Bitmap::from_bytes(bits.base(), &bits.to_bytes()), Some(bits.clone()));
            prop_assert_eq!(bits.count(), rids.len() as u64);
            prop_assert_eq!(bits.to_vec(), rids);
        }
    }

    #[test]
    fn numbers_far_apart_do_not_become_a_bitmap_of_what_lies_between() {
        let near: Vec<u64> = (0..1_000).collect();
        let union = Set::union(vec![
            Set::Bits(Bitmap::of(&near)),
            Set::Listed(vec![1 << 39]),
        ]);
        assert_eq!(union, Set::Listed([near, vec![1 << 39]].concat()));
    }
}
