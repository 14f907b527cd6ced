//! Reading and mapping FHIR, beside a parser that only builds a tree of the same bytes.
//!
//! The data is the folder `synthea-r4` and `synthea-bulk` under `CHARTSEAL_TEST_DATA`, or under `../shared/data`; without it nothing
//! is measured, and it says so.

use std::hint::black_box;
use std::path::{Path, PathBuf};

use chartseal::interop::fhir::{Files, Found, Limits, Reader};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

fn data(set: &str) -> Option<PathBuf> {
    let named = std::env::var_os("CHARTSEAL_TEST_DATA").map(PathBuf::from);
    let root =
        named.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"));
    let folder = root.join(set);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("not measured: no {}", folder.display());
    None
}

fn reading(c: &mut Criterion) {
    for set in ["synthea-r4", "synthea-bulk"] {
        let Some(folder) = data(set) else { continue };
        let files = Files::find(&[&folder]).expect("the data can be read");
        let mut group = c.benchmark_group(set);
        group.throughput(Throughput::Bytes(files.bytes()));
        group.sample_size(10);
        group.bench_function("read and map", |b| {
            b.iter(|| {
                let reader = Reader::new(files.clone(), Limits::default());
                reader
                    .filter(|found| matches!(found, Found::Item(_)))
                    .count()
            });
        });
        group.bench_function("serde_json::Value", |b| {
            b.iter(|| {
                for file in files.as_slice() {
                    let bytes = std::fs::read(&file.path).expect("the data can be read");
                    let values = serde_json::Deserializer::from_slice(&bytes)
                        .into_iter::<serde_json::Value>();
                    black_box(values.count());
                }
            });
        });
        group.finish();
    }
}

criterion_group!(benches, reading);
criterion_main!(benches);
