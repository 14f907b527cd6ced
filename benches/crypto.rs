//! What the primitives cost, one core: the limits that everything above runs into.
//!
//! The figures that the design counts on are in parentheses, on a 2 GHz core: sign 30 000 /s, verify strictly
//! 15 000 /s, verify in the library's batches of 1 024 46 000 /s, HPKE open 8 000 /s, derive a key, set it up and seal 256 bytes
//! 950 000 /s, HMAC of 64 bytes 3 500 000 /s. A benchmark of anything larger quotes its share of these.

use std::hint::black_box;

use chartseal::crypto::{
    Secret,
    aead::SealKey,
    hpke::{self, KemSecret},
    kdf,
    mac::MacKey,
    sign::{Signature, SigningKey, VerifyKey, verify_batch},
};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};

const BATCH: usize = 1024;

fn signatures(criterion: &mut Criterion) {
    let key = SigningKey::random();
    let message = [7; 128];
    let signature = key.sign(&message);
    let public = key.public();

    let mut group = criterion.benchmark_group("ed25519");
    group.throughput(Throughput::Elements(1));
    group.bench_function("sign 128 B", |bench| {
        bench.iter(|| key.sign(black_box(&message)));
    });
    group.bench_function("verify strictly 128 B", |bench| {
        bench.iter(|| public.verify(black_box(&message), &signature));
    });

    // A ledger's signatures come from a few dozen authors.
    let authors: Vec<SigningKey> = (0..32).map(|_| SigningKey::random()).collect();
    let messages: Vec<[u8; 128]> = (0..BATCH).map(|n| [n as u8; 128]).collect();
    let items: Vec<(VerifyKey, &[u8], Signature)> = messages
        .iter()
        .zip(authors.iter().cycle())
        .map(|(message, author)| (author.public(), &message[..], author.sign(message)))
        .collect();
    group.throughput(Throughput::Elements(BATCH as u64));
    group.bench_function("verify a batch of 1024, 128 B", |bench| {
        bench.iter(|| assert!(verify_batch(black_box(&items))));
    });
    group.finish();
}

fn slots(criterion: &mut Criterion) {
    let holder = KemSecret::random();
    let sealed =
        hpke::seal(&holder.public(), b"slot", b"", &[7; 32]).expect("a random key contributes");

    let mut group = criterion.benchmark_group("hpke");
    group.throughput(Throughput::Elements(1));
    group.bench_function("seal a key", |bench| {
        bench.iter(|| hpke::seal(&holder.public(), b"slot", b"", black_box(&[7; 32])));
    });
    group.bench_function("open a key", |bench| {
        bench.iter(|| hpke::open(&holder, b"slot", b"", black_box(&sealed)));
    });
    group.finish();
}

fn bodies(criterion: &mut Criterion) {
    let section = Secret::random();
    let (entry, core, nonce) = ([7; 16], [7; 200], [7; 12]);

    let mut group = criterion.benchmark_group("body");
    group.throughput(Throughput::Elements(1));
    group.bench_function("derive a key, seal 256 B", |bench| {
        bench.iter_batched_ref(
            || {
                let mut body = Vec::with_capacity(256 + 16);
                body.resize(256, 7);
                body
            },
            |body| {
                SealKey::new(&kdf::derive(&section, "chartseal/bench/v1", &entry))
                    .seal_in_place(&nonce, &core, body);
            },
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

fn tags(criterion: &mut Criterion) {
    let key = MacKey::new(&Secret::random());

    let mut group = criterion.benchmark_group("hmac");
    group.throughput(Throughput::Elements(1));
    group.bench_function("tag 64 B", |bench| {
        bench.iter(|| key.tag(black_box(&[&[7; 64]])));
    });
    group.finish();
}

criterion_group!(benches, signatures, slots, bodies, tags);
criterion_main!(benches);
