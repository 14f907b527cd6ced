//! After the lock no key is left in the process's memory: the process reads itself.

mod support;

use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};

use chartseal::ledger::Section;
use chartseal::vault::VaultError;
use support::Hospital;

/// How often a secret stands in writable memory. It is passed inverted, so that the search does not find itself.
fn copies_of(inverted: &[u8]) -> usize {
    let maps = BufReader::new(std::fs::File::open("/proc/self/maps").unwrap());
    let mut memory = std::fs::File::open("/proc/self/mem").unwrap();
    let mut found = 0;
    let mut block = vec![0u8; 1 << 20];
    for line in maps.lines() {
        let line = line.unwrap();
        let mut words = line.split_whitespace();
        let (range, rights) = (words.next().unwrap(), words.next().unwrap());
        if !rights.starts_with("rw") || line.contains("[vvar") {
            continue;
        }
        let (from, to) = range.split_once('-').unwrap();
        let (from, to) = (
            u64::from_str_radix(from, 16).unwrap(),
            u64::from_str_radix(to, 16).unwrap(),
        );
        let own = block.as_ptr() as u64;
        let mut at = from;
        while at < to {
            let length = (to - at).min(block.len() as u64) as usize;
            if memory.seek(SeekFrom::Start(at)).is_err()
                || memory.read_exact(&mut block[..length]).is_err()
            {
                break;
            }
            // The block itself is memory too: what was copied into it is not counted.
            found += block[..length]
                .windows(inverted.len())
                .enumerate()
                .filter(|(offset, window)| {
                    let place = at + *offset as u64;
                    let in_block = (own..own + (1 << 20)).contains(&place);
                    !in_block && window.iter().zip(inverted).all(|(a, b)| *a == !*b)
                })
                .count();
            // Overlap, so that nothing hides across two blocks.
            at += if length as u64 == to - at {
                length as u64
            } else {
                (length - inverted.len()) as u64
            };
        }
    }
    block.fill(0);
    found
}

#[test]
fn no_key_is_left_in_memory_after_the_lock() {
    let hospital = Hospital::staffed();
    let doctor = hospital.login("hsmith");
    let chart = hospital.chart(&doctor);
    let inverted: Vec<u8> = doctor
        .read(|reader| {
            let key = reader.chart_key(chart, Section::Clinical, 1)?;
            Ok::<_, VaultError>(key.expose().iter().map(|byte| !byte).collect())
        })
        .unwrap();
    assert!(
        copies_of(&inverted) >= 1,
        "the search finds a key that is in use"
    );
    doctor.lock();
    assert_eq!(copies_of(&inverted), 0, "the key outlived the lock");
}
