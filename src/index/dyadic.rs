//! Ranges as a few words: every number is indexed as a node on each level of a tree, and a range is the fewest nodes that
//! cover it.

/// A tree over numbers: on level `l`, the numbers that share everything but their lowest `l * bits` bits are one node.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tree {
    /// Bits between two levels: 2 for radix 4, 4 for radix 16.
    pub(super) bits: u32,
    /// How many levels there are.
    pub(super) levels: u8,
}

/// A node: its level and its number on that level.
pub(super) type Node = (u8, u32);

impl Tree {
    /// The nodes that a number is indexed as, one a level.
    pub(super) fn path(self, n: u32) -> impl Iterator<Item = Node> {
        (0..self.levels).map(move |level| (level, n >> (self.bits * u32::from(level))))
    }

    /// The fewest nodes that cover the numbers from `from` to `to`, both included.
    pub(super) fn cover(self, from: u32, to: u32) -> Vec<Node> {
        let (mut low, mut end) = (u64::from(from), u64::from(to) + 1);
        let width = 1u64 << self.bits;
        let mut nodes = Vec::new();
        for level in 0..self.levels {
            let top = level + 1 == self.levels;
            while low < end && (top || low % width != 0) {
                nodes.push((level, low as u32));
                low += 1;
            }
            while low < end && end % width != 0 {
                end -= 1;
                nodes.push((level, end as u32));
            }
            (low, end) = (low / width, end / width);
        }
        nodes
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_number_is_in_a_range_exactly_if_one_of_its_nodes_covers_it(from in 0u32..5000, length in 0u32..3000, n in 0u32..9000) {
            for tree in [Tree { bits: 2, levels: 7 }, Tree { bits: 4, levels: 8 }] {
                let cover = tree.cover(from, from + length);
                let met = tree.path(n).filter(|node| cover.contains(node)).count();
                prop_assert_eq!(met, usize::from((from..=from + length).contains(&n)), "and by one node only");
            }
        }

        #[test]
        fn a_year_of_days_takes_at_most_26_nodes(from in 0u32..200_000) {
            let days = Tree { bits: 2, levels: 7 };
            prop_assert!(days.cover(from, from + 365).len() <= 26);
        }
    }

    #[test]
    fn the_whole_range_of_numbers_is_covered_from_the_top() {
        assert_eq!(Tree { bits: 4, levels: 8 }.cover(0, u32::MAX).len(), 16);
        assert!(Tree { bits: 4, levels: 8 }.cover(5, 4).is_empty());
    }
}
