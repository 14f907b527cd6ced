use super::*;
use crate::crypto::{Secret, hex};

fn row(seq: u64, body: Option<usize>) -> Row {
    Row {
        seq,
        core: seq.to_be_bytes().to_vec(),
        anchor: Hash([1; 32]),
        digest: Hash([2; 32]),
        signature: Signature([3; 64]),
        link: Hash([seq as u8; 32]),
        body: body.map(|n| vec![seq as u8; n]),
    }
}

fn packs(first: u64, rows: &[Row], limit: usize) -> Vec<Pack> {
    let mut packer = LedgerPacker::new(first, limit);
    let mut packs: Vec<Pack> = rows
        .iter()
        .filter_map(|r| packer.push(r.clone()).unwrap())
        .collect();
    packs.extend(packer.close());
    packs
}

/// The packs of a table of slots.
fn slots(rows: impl IntoIterator<Item = Vec<u8>>, limit: usize) -> Vec<Pack> {
    let cut = MacKey::new(&Secret::new([9; 32]));
    let mut packer = TablePacker::new(TableId::SLOT, limit, &cut);
    let mut packs: Vec<Pack> = rows
        .into_iter()
        .filter_map(|row| packer.push(row))
        .collect();
    packs.extend(packer.close());
    packs
}

fn numbered(rows: impl IntoIterator<Item = u32>) -> impl Iterator<Item = Vec<u8>> {
    rows.into_iter().map(|n| n.to_be_bytes().repeat(20))
}

#[test]
fn entries_come_out_of_packs_as_they_went_in() {
    let rows: Vec<Row> = (5..50)
        .map(|n| row(n, (n % 3 > 0).then_some(n as usize * 7)))
        .collect();
    let packs = packs(5, &rows, 2000);
    assert!(packs.len() > 5);
    assert!(packs.iter().all(|p| p.plain.len() <= 2000 + 24));
    let read: Vec<Row> = packs
        .iter()
        .flat_map(|p| read_ledger(&p.plain, p.first, p.count).unwrap())
        .collect();
    assert_eq!(read, rows);
}

#[test]
fn where_packs_end_does_not_depend_on_what_comes_later() {
    let rows: Vec<Row> = (1..60).map(|n| row(n, Some(100))).collect();
    let (all, some) = (packs(1, &rows, 2000), packs(1, &rows[..40], 2000));
    assert_eq!(all[..some.len() - 1], some[..some.len() - 1]);
}

#[test]
fn an_entry_larger_than_the_limit_is_a_pack_of_its_own() {
    let rows = [row(1, Some(10)), row(2, Some(5000)), row(3, Some(10))];
    let counts: Vec<u64> = packs(1, &rows, 2000).iter().map(|p| p.count).collect();
    assert_eq!(counts, [1, 1, 1]);
}

#[test]
fn an_entry_too_long_for_one_object_is_cut_into_parts() {
    let long = row(2, Some(2 * MAX_PART));
    let pack = packs(2, std::slice::from_ref(&long), 2000).remove(0);
    let whole = pack.plain.clone();
    let parts = pack.into_parts();
    assert_eq!(
        parts.iter().map(|p| (p.part, p.parts)).collect::<Vec<_>>(),
        [(0, 3), (1, 3), (2, 3)]
    );
    assert!(
        parts
            .iter()
            .all(|p| p.plain.len() <= MAX_PART && (p.first, p.count) == (2, 1))
    );
    let joined: Vec<u8> = parts.into_iter().flat_map(|p| p.plain).collect();
    assert!(joined == whole && read_ledger(&joined, 2, 1).unwrap() == [long]);
}

#[test]
fn a_gap_between_entries_is_refused() {
    let mut packer = LedgerPacker::new(1, 2000);
    packer.push(row(1, None)).unwrap();
    assert_eq!(
        packer.push(row(3, None)),
        Err(PackError::Gap {
            expected: 2,
            found: 3
        })
    );
}

#[test]
fn a_pack_of_something_else_is_refused() {
    let pack = &packs(1, &[row(1, None), row(2, None)], 2000)[0];
    assert_eq!(read_ledger(&pack.plain, 2, 2), Err(PackError::Kind));
    assert_eq!(read_ledger(&pack.plain, 1, 3), Err(PackError::Kind));
    assert_eq!(
        read_table(&pack.plain, TableId::SLOT, 2),
        Err(PackError::Encoding)
    );
    let mut longer = pack.plain.clone();
    longer.push(0);
    assert_eq!(read_ledger(&longer, 1, 2), Err(PackError::Encoding));
}

#[test]
fn a_row_that_comes_changes_few_packs_of_a_table() {
    let before = slots(numbered((0..20_000).map(|n| n * 2)), 8192);
    let mut more: Vec<u32> = (0..20_000).map(|n| n * 2).collect();
    more.insert(3000, 5999);
    let after = slots(numbered(more), 8192);
    let fresh = after
        .iter()
        .filter(|p| !before.iter().any(|b| b.plain == p.plain))
        .count();
    assert!(before.len() > 200, "{} packs", before.len());
    assert!(
        (1..=4).contains(&fresh),
        "{fresh} of {} packs changed",
        after.len()
    );
    let rows: Vec<Vec<u8>> = after
        .iter()
        .flat_map(|p| read_table(&p.plain, TableId::SLOT, p.count).unwrap())
        .collect();
    assert_eq!(rows.len(), 20_001);
    assert_eq!(after.iter().map(|p| p.count).sum::<u64>(), 20_001);
}

#[test]
fn the_encoding_of_packs_never_changes() {
    let ledger = &packs(300, &[row(300, Some(2)), row(301, None)], 2000)[0];
    assert_eq!(
        hex::hex(&ledger.plain),
        include_str!("golden/ledger_pack.hex").trim()
    );
    let slots = slots([b"one".to_vec(), b"two".to_vec()], 4096);
    assert_eq!(hex::hex(&slots[0].plain), "83010182436f6e654374776f");
}
