//! Bitmaps: lists of words that many entries have, a bit for every entry number of a range.
//!
//! Where more than every eighth entry has a word, a bit for each entry is less to store than a distance for each that has it. Such a list
//! needs no decoding, two of them intersect 64 numbers at a time, and whether a number stands in it tells a place that follows from
//! the number.

/// Numbers of one word of bits.
pub(super) const WORD: u64 = 64;
/// Bytes of one word of bits.
pub(super) const BYTES: usize = 8;

/// Whether a number stands in the bytes of a bitmap whose first word is `base`.
pub(super) fn stands(bytes: &[u8], base: u64, rid: u64) -> bool {
    // Before the base it wraps around to a place far behind the last.
    let at = (rid / WORD).wrapping_sub(base);
    let word = usize::try_from(at)
        .ok()
        .and_then(|at| bytes.as_chunks::<BYTES>().0.get(at));
    word.is_some_and(|word| u64::from_le_bytes(*word) >> (rid % WORD) & 1 == 1)
}

/// Entry numbers as bits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Bitmap {
    /// What the first word begins with, in words: its lowest bit stands for the number `base * 64`.
    base: u64,
    words: Vec<u64>,
}

impl Bitmap {
    /// The bitmap of these numbers, which ascend.
    pub(super) fn of(rids: &[u64]) -> Self {
        let (Some(first), Some(last)) = (rids.first(), rids.last()) else {
            return Self::default();
        };
        let mut bits = Self::empty(*first, *last);
        bits.extend(rids);
        bits
    }

    /// Room for the numbers from `first` to `last`, none of which stands in it yet.
    fn empty(first: u64, last: u64) -> Self {
        Self {
            base: first / WORD,
            words: vec![0; Self::span(first, last) as usize],
        }
    }

    /// How many words the numbers from `first` to `last` take.
    pub(super) fn span(first: u64, last: u64) -> u64 {
        last / WORD - first / WORD + 1
    }

    /// Reads the words that stand from the word `base` on; `None` if they end beyond what a number may be.
    pub(super) fn from_bytes(base: u64, bytes: &[u8]) -> Option<Self> {
        let (words, _) = bytes.as_chunks::<BYTES>();
        let end = base.checked_add(words.len() as u64)?;
        (end <= u64::MAX / WORD).then(|| Self {
            base,
            words: words.iter().map(|word| u64::from_le_bytes(*word)).collect(),
        })
    }

    /// The words in their order, little-endian.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        self.words
            .iter()
            .flat_map(|word| word.to_le_bytes())
            .collect()
    }

    /// Where it begins, in words.
    pub(super) fn base(&self) -> u64 {
        self.base
    }

    /// How many words it has.
    pub(super) fn words(&self) -> usize {
        self.words.len()
    }

    /// All its numbers are less than this.
    pub(super) fn end(&self) -> u64 {
        (self.base + self.words.len() as u64) * WORD
    }

    /// How many numbers stand in it.
    pub(super) fn count(&self) -> u64 {
        self.words
            .iter()
            .map(|word| u64::from(word.count_ones()))
            .sum()
    }

    /// Whether no number stands in it.
    pub(super) fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    /// Whether a number stands in it.
    pub(super) fn contains(&self, rid: u64) -> bool {
        // Before the base it wraps around to a word far behind the last.
        let at = usize::try_from((rid / WORD).wrapping_sub(self.base));
        let word = at.ok().and_then(|at| self.words.get(at));
        word.is_some_and(|word| word >> (rid % WORD) & 1 == 1)
    }

    /// Takes numbers in that lie between its first word and its last.
    pub(super) fn extend(&mut self, rids: &[u64]) {
        for rid in rids {
            self.words[(rid / WORD - self.base) as usize] |= 1 << (rid % WORD);
        }
    }

    /// Takes a number out.
    pub(super) fn remove(&mut self, rid: u64) {
        let at = usize::try_from((rid / WORD).wrapping_sub(self.base));
        if let Some(word) = at.ok().and_then(|at| self.words.get_mut(at)) {
            *word &= !(1 << (rid % WORD));
        }
    }

    /// The numbers that stand in both.
    pub(super) fn and(&self, other: &Self) -> Self {
        let base = self.base.max(other.base);
        let words = self.from(base).iter().zip(other.from(base));
        Self {
            base,
            words: words.map(|(a, b)| a & b).collect(),
        }
    }

    /// Takes out what stands in the other.
    pub(super) fn and_not(&mut self, other: &Self) {
        let base = self.base.max(other.base);
        let skipped = usize::try_from(base - self.base).unwrap_or(usize::MAX);
        let mine = self.words.iter_mut().skip(skipped);
        for (word, out) in mine.zip(other.from(base)) {
            *word &= !out;
        }
    }

    /// The numbers of all: bitmaps, and lists that ascend. `None` if a bitmap would take more memory than the numbers one by one.
    pub(super) fn union(bitmaps: &[Self], lists: &[Vec<u64>]) -> Option<Self> {
        let ends = bitmaps.iter().filter_map(Self::ends);
        let ends = ends.chain(
            lists
                .iter()
                .filter_map(|list| Some((*list.first()?, *list.last()?))),
        );
        let (first, last) = ends.reduce(|(a, b), (c, d)| (a.min(c), b.max(d)))?;
        let listed: usize = lists.iter().map(Vec::len).sum();
        let room = bitmaps.iter().map(Self::words).sum::<usize>() + listed;
        if Self::span(first, last) > 2 * room as u64 {
            return None;
        }
        let mut all = Self::empty(first, last);
        for bitmap in bitmaps {
            let Some((first, _)) = bitmap.ends() else {
                continue;
            };
            let from = first / WORD;
            let to = &mut all.words[(from - all.base) as usize..];
            for (word, more) in to.iter_mut().zip(bitmap.from(from)) {
                *word |= more;
            }
        }
        for list in lists {
            all.extend(list);
        }
        Some(all)
    }

    /// The first number and the last.
    fn ends(&self) -> Option<(u64, u64)> {
        let first = self.words.iter().position(|word| *word != 0)?;
        let last = self.words.iter().rposition(|word| *word != 0)?;
        Some((
            (self.base + first as u64) * WORD + u64::from(self.words[first].trailing_zeros()),
            (self.base + last as u64) * WORD + u64::from(self.words[last].ilog2()),
        ))
    }

    /// The words from one on that is not before the base.
    fn from(&self, base: u64) -> &[u64] {
        let skipped = usize::try_from(base - self.base).unwrap_or(usize::MAX);
        self.words.get(skipped..).unwrap_or_default()
    }

    /// The numbers, ascending.
    pub(super) fn to_vec(&self) -> Vec<u64> {
        let mut rids = Vec::with_capacity(self.count() as usize);
        for (at, word) in (self.base..).zip(&self.words) {
            let mut rest = *word;
            while rest != 0 {
                rids.push(at * WORD + u64::from(rest.trailing_zeros()));
                rest &= rest - 1;
            }
        }
        rids
    }
}
