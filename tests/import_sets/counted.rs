//! What a set holds, counted by a parser that knows nothing of ours.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

/// Resources by type.
pub type Counts = BTreeMap<String, u64>;

/// The resources in parameters and their parts.
fn parts(parameters: &Value) -> Vec<&Value> {
    let parameters = parameters.as_array().into_iter().flatten();
    parameters
        .flat_map(|parameter| {
            std::iter::once(&parameter["resource"]).chain(parts(&parameter["part"]))
        })
        .collect()
}

/// Counts a resource by its type; one that only wraps others counts as those.
fn count(value: &Value, into: &mut Counts) {
    let name = value["resourceType"].as_str().unwrap();
    let inner: Vec<&Value> = match name {
        "Bundle" => {
            let entries = value["entry"].as_array().into_iter().flatten();
            entries.map(|entry| &entry["resource"]).collect()
        }
        "Parameters" => parts(&value["parameter"]),
        _ => Vec::new(),
    };
    let inner: Vec<&Value> = inner
        .into_iter()
        .filter(|resource| resource.is_object())
        .collect();
    if inner.is_empty() && name != "Bundle" {
        *into.entry(name.to_owned()).or_default() += 1;
    }
    for resource in inner {
        count(resource, into);
    }
}

/// The resources in a file or a folder, by type.
pub fn counted(path: &Path) -> Counts {
    let mut counts = Counts::new();
    count_at(path, &mut counts);
    counts
}

fn count_at(path: &Path, into: &mut Counts) {
    if path.is_dir() {
        for entry in std::fs::read_dir(path).unwrap() {
            count_at(&entry.unwrap().path(), into);
        }
        return;
    }
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("json") => {
            let text = std::fs::read(path).unwrap();
            count(&serde_json::from_slice(&text).unwrap(), into);
        }
        Some("ndjson") => {
            for line in std::fs::read_to_string(path).unwrap().lines() {
                count(&serde_json::from_str(line).unwrap(), into);
            }
        }
        _ => {}
    }
}
