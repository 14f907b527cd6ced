//! Posting lists: ascending entry numbers, kept as LEB128 deltas, and the algebra of sorted lists.
//!
//! The first number of a list is written as it is, every further one as its distance to the one before, each in LEB128
//! (seven bits a byte, lowest first, the top bit says that more follow). Distances are at least 1.

/// A list that grows, in its encoded form: about a byte a number.
#[derive(Clone, Debug, Default)]
pub struct PostingList {
    count: u64,
    last: u64,
    bytes: Vec<u8>,
}

impl PostingList {
    /// The list of these numbers, which must ascend strictly.
    pub fn from_sorted(rids: &[u64]) -> Self {
        let mut list = Self::default();
        for &rid in rids {
            list.append(rid);
        }
        list
    }

    /// Adds a number at the end; the last one once more changes nothing. Whether it belongs there.
    #[must_use]
    pub fn push(&mut self, rid: u64) -> bool {
        if self.count == 0 || rid > self.last {
            self.append(rid);
        }
        rid == self.last
    }

    fn append(&mut self, rid: u64) {
        debug_assert!(self.count == 0 || rid > self.last, "numbers ascend");
        put_varint(&mut self.bytes, rid - self.last);
        self.last = rid;
        self.count += 1;
    }

    /// How many numbers it holds.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The encoded list.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The numbers, ascending.
    pub fn to_vec(&self) -> Vec<u64> {
        decode(&self.bytes, self.count).expect("it was encoded here")
    }
}

/// Writes a number in LEB128.
pub(super) fn put_varint(out: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        out.push((n as u8) | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

/// Reads a number in LEB128 and moves past it; `None` if it breaks off or does not fit 64 bits.
pub(super) fn take_varint(bytes: &mut &[u8]) -> Option<u64> {
    let (mut n, mut shift) = (0u64, 0u32);
    loop {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        let bits = u64::from(byte & 0x7f);
        if shift > 63 || (shift == 63 && bits > 1) {
            return None;
        }
        n |= bits << shift;
        if byte < 0x80 {
            return Some(n);
        }
        shift += 7;
    }
}

/// Reads `count` numbers; bytes after them are padding. `None` if the list breaks off or does not ascend.
pub(super) fn decode(mut bytes: &[u8], count: u64) -> Option<Vec<u64>> {
    let count = usize::try_from(count).ok().filter(|&n| n <= bytes.len())?;
    let mut rids = Vec::with_capacity(count);
    let mut last = 0u64;
    while rids.len() < count {
        // Nearly all distances of a long list are one byte: eight of them at a time.
        if let Some((eight, rest)) = bytes.split_first_chunk::<8>()
            && rids.len() + 8 <= count
            && last <= u64::MAX - 8 * 0x7f
            && short_and_none_zero(*eight)
        {
            rids.extend(eight.map(|delta| {
                last += u64::from(delta);
                last
            }));
            bytes = rest;
            continue;
        }
        let delta = take_varint(&mut bytes)?;
        if delta == 0 && !rids.is_empty() {
            return None;
        }
        last = last.checked_add(delta)?;
        rids.push(last);
    }
    Some(rids)
}

/// Whether each of these bytes is a distance of its own, and none is 0.
fn short_and_none_zero(eight: [u8; 8]) -> bool {
    const LOW: u64 = 0x0101_0101_0101_0101;
    const TOP: u64 = LOW << 7;
    let word = u64::from_le_bytes(eight);
    // Where all top bits are clear, taking 1 from each byte sets one exactly in those that were 0.
    word & TOP == 0 && word.wrapping_sub(LOW) & TOP == 0
}

/// All numbers of the lists, each once.
pub(super) fn union(mut lists: Vec<Vec<u64>>) -> Vec<u64> {
    match lists.len() {
        0 => Vec::new(),
        1 => lists.swap_remove(0),
        _ => {
            lists.retain(|list| !list.is_empty());
            lists.sort_by_key(|list| list[0]);
            // Segments are mostly built in the order of the ledger: then their lists follow each other.
            if lists.is_sorted_by(|a, b| a[a.len() - 1] < b[0]) {
                return lists.concat();
            }
            // Merging pairs of similar length keeps every number in few passes.
            lists.sort_by_key(Vec::len);
            let mut queue = std::collections::VecDeque::from(lists);
            while let (Some(a), Some(b)) = (queue.pop_front(), queue.pop_front()) {
                let merged = merge(&a, &b);
                if queue.is_empty() {
                    return merged;
                }
                queue.push_back(merged);
            }
            Vec::new()
        }
    }
}

fn merge(a: &[u64], b: &[u64]) -> Vec<u64> {
    let mut out = Vec::with_capacity(a.len() + b.len());
    let (mut i, mut j) = (0, 0);
    while i < a.len() && j < b.len() {
        out.push(a[i].min(b[j]));
        let (left, right) = (a[i], b[j]);
        i += usize::from(left <= right);
        j += usize::from(right <= left);
    }
    out.extend_from_slice(&a[i..]);
    out.extend_from_slice(&b[j..]);
    out
}

/// Up to how many times as long a list is read through with another one, rather than leapt through.
const SIMILAR: usize = 8;

/// The numbers that stand in both: by galloping through the longer, or for long lists of similar length by a map of the shorter.
pub(super) fn intersect(a: &[u64], b: &[u64]) -> Vec<u64> {
    let (short, mut long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    let mut out = Vec::with_capacity(short.len());
    if let (Some(first), Some(last)) = (short.first(), short.last())
        && long.len() / SIMILAR < short.len()
        && (last - first) / 64 < short.len() as u64
    {
        return intersect_dense(short, long, *first, *last);
    }
    for &rid in short {
        long = &long[gallop(long, rid)..];
        match long.first() {
            Some(&found) if found == rid => out.push(rid),
            Some(_) => {}
            None => break,
        }
    }
    out
}

/// The numbers of `a` that do not stand in `b`.
pub(super) fn subtract(a: &[u64], b: &[u64]) -> Vec<u64> {
    let mut rest = b;
    let mut out = Vec::with_capacity(a.len());
    for &rid in a {
        rest = &rest[gallop(rest, rid)..];
        if rest.first() != Some(&rid) {
            out.push(rid);
        }
    }
    out
}

/// The same by a bit for each number that the shorter list may hold. Nothing in it waits for what came before: which list goes on next,
/// a processor can only guess.
fn intersect_dense(short: &[u64], long: &[u64], first: u64, last: u64) -> Vec<u64> {
    let mut bits = vec![0u64; ((last - first) / 64 + 1) as usize];
    for rid in short {
        let at = rid - first;
        bits[(at / 64) as usize] |= 1 << (at % 64);
    }
    let mut out = vec![0; short.len() + 1];
    let mut found = 0;
    for &rid in long {
        // Before the first it wraps around to a place far behind the last.
        let at = rid.wrapping_sub(first);
        let word = usize::try_from(at / 64)
            .ok()
            .and_then(|word| bits.get(word));
        out[found] = rid;
        found += usize::from(word.is_some_and(|word| word >> (at % 64) & 1 == 1));
    }
    out.truncate(found);
    out
}

/// The first position whose number is at least `rid`: doubling steps, then bisection.
fn gallop(list: &[u64], rid: u64) -> usize {
    let mut bound = 1;
    while bound < list.len() && list[bound] < rid {
        bound *= 2;
    }
    let low = bound / 2;
    let high = (bound + 1).min(list.len());
    low.min(list.len()) + list[low.min(list.len())..high].partition_point(|&n| n < rid)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_list_reads_back_as_written(rids: BTreeSet<u64>) {
            let rids: Vec<u64> = rids.into_iter().collect();
            let list = PostingList::from_sorted(&rids);
            prop_assert_eq!(list.to_vec(), rids);
        }

        #[test]
        fn a_long_list_reads_back_as_written(deltas in prop::collection::vec(1u64..140, 0..200)) {
            let rids: Vec<u64> = deltas.iter().scan(0, |last, delta| { *last += delta; Some(*last) }).collect();
            let list = PostingList::from_sorted(&rids);
            prop_assert_eq!(decode(list.bytes(), list.count()), Some(rids));
        }

        #[test]
        fn long_lists_of_similar_length_intersect_as_sets_do(
            a in prop::collection::btree_set(0u64..900, 0..400),
            b in prop::collection::btree_set(0u64..900, 0..400),
            by in 0u64..5000,
        ) {
            let list = |s: &BTreeSet<u64>| s.iter().map(|rid| rid + by).collect::<Vec<_>>();
            let both: BTreeSet<u64> = a.intersection(&b).copied().collect();
            prop_assert_eq!(intersect(&list(&a), &list(&b)), list(&both));
        }

        #[test]
        fn a_distance_of_0_is_refused_wherever_it_stands(at in 1usize..40, length in 40usize..60) {
            let mut bytes = vec![1; length];
            bytes[at] = 0;
            prop_assert_eq!(decode(&bytes, length as u64), None);
        }

        #[test]
        fn a_list_takes_what_follows_its_last_number_and_refuses_the_rest(rids: Vec<u8>) {
            let (mut list, mut expected) = (PostingList::default(), Vec::new());
            for rid in rids.into_iter().map(u64::from) {
                let belongs = expected.last().is_none_or(|last| rid >= *last);
                prop_assert_eq!(list.push(rid), belongs);
                if expected.last().is_none_or(|last| rid > *last) {
                    expected.push(rid);
                }
            }
            prop_assert_eq!(list.to_vec(), expected);
        }

        #[test]
        fn the_algebra_agrees_with_sets(
            a in prop::collection::btree_set(0u64..200, 0..80),
            b in prop::collection::btree_set(0u64..200, 0..80),
            c in prop::collection::btree_set(0u64..2000, 0..80),
        ) {
            let list = |s: &BTreeSet<u64>| s.iter().copied().collect::<Vec<_>>();
            prop_assert_eq!(intersect(&list(&a), &list(&b)), a.intersection(&b).copied().collect::<Vec<_>>());
            prop_assert_eq!(subtract(&list(&a), &list(&b)), a.difference(&b).copied().collect::<Vec<_>>());
            let beyond: Vec<u64> = c.iter().map(|rid| rid + 200).collect();
            prop_assert_eq!(union(vec![beyond.clone(), vec![], list(&a)]), [list(&a), beyond].concat());
            let all: BTreeSet<u64> = a.iter().chain(&b).chain(&c).copied().collect();
            prop_assert_eq!(union(vec![list(&a), list(&b), list(&c)]), list(&all));
        }

        #[test]
        fn damaged_bytes_are_refused_or_ascend(bytes: Vec<u8>, count in 0u64..64) {
            if let Some(rids) = decode(&bytes, count) {
                prop_assert!(rids.windows(2).all(|w| w[0] < w[1]));
            }
        }
    }

    #[test]
    fn the_encoding_is_leb128_of_distances() {
        assert_eq!(
            PostingList::from_sorted(&[0, 1, 129, 300, 65_836]).bytes(),
            [0, 1, 0x80, 1, 0xab, 1, 0x80, 0x80, 4]
        );
    }

    #[test]
    fn a_count_larger_than_the_bytes_is_refused_before_memory_is_taken() {
        assert_eq!(decode(&[1, 2, 3], u64::MAX), None);
    }
}
