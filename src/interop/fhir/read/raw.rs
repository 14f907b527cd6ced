//! The bytes of single resources, and what can be said of them before they are mapped.

use std::collections::VecDeque;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::field_path;
use super::limits::Limits;
use super::position::Position;
use super::skipped::SkipReason;
use super::value::Taken;
use crate::interop::fhir::mark::Mark;

/// One resource as it stands in its file.
#[derive(Debug)]
pub(in crate::interop::fhir) struct Raw {
    pub(in crate::interop::fhir) position: Position,
    pub(in crate::interop::fhir) full_url: Option<String>,
    pub(in crate::interop::fhir) mark: Option<Mark>,
    pub(in crate::interop::fhir) bytes: Vec<u8>,
}

/// What a walk over a file comes upon.
#[derive(Debug)]
pub(super) enum Piece {
    /// A resource.
    Resource(Raw),
    /// Something that is none.
    Bad {
        position: Position,
        resource: String,
        reason: SkipReason,
    },
}

/// The few fields that every resource has.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(in crate::interop::fhir) struct Head {
    pub(in crate::interop::fhir) resource_type: Option<String>,
    pub(super) id: Option<String>,
    pub(super) meta: Meta,
}

/// The part of `meta` that tells versions and systems apart.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Meta {
    pub(super) version_id: Option<String>,
    pub(super) source: Option<String>,
}

impl Raw {
    /// Reads the head, or says why these bytes are no resource.
    pub(in crate::interop::fhir) fn head(&self) -> Result<Head, SkipReason> {
        // An array would be taken for the fields in their order.
        if self.bytes.first() == Some(&b'[') {
            return Err(SkipReason::NotAResource(
                "it is an array; a FHIR resource is an object",
            ));
        }
        let head: Head = serde_json::from_slice(&self.bytes)
            .map_err(|error| self.unreadable("resource", &error))?;
        match head.resource_type.as_deref() {
            None | Some("") => Err(SkipReason::NotAResource(
                "it has no `resourceType`; every FHIR resource names its type",
            )),
            Some(name) if name.len() > 64 || !name.bytes().all(|b| b.is_ascii_alphanumeric()) => {
                Err(SkipReason::NotAResource(
                    "its `resourceType` is no type's name",
                ))
            }
            Some(_) => Ok(head),
        }
    }

    /// The reason behind a parser's complaint about these bytes.
    pub(in crate::interop::fhir) fn unreadable(
        &self,
        resource_type: &str,
        error: &serde_json::Error,
    ) -> SkipReason {
        if let Err(bad) = std::str::from_utf8(&self.bytes) {
            return SkipReason::NotUtf8 {
                byte: self.position.byte + bad.valid_up_to() as u64,
            };
        }
        let line = self.position.line + (error.line() as u64).saturating_sub(1);
        if error.is_data() {
            let path = field_path::of(resource_type, &self.bytes, error);
            return SkipReason::Field {
                path,
                problem: without_place(error),
            };
        }
        SkipReason::NotJson {
            line,
            message: without_place(error),
        }
    }
}

/// A parser's words without its own line and column, which count from the resource's start.
pub(super) fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ")
        .map_or(text.clone(), |(words, _)| words.to_owned())
}

impl Taken {
    /// The reason to skip a value that was not taken whole.
    pub(super) fn reason(self, limits: Limits) -> Option<SkipReason> {
        match self {
            Self::Whole => None,
            Self::TooLong => Some(SkipReason::TooLong {
                limit: limits.resource_bytes,
            }),
            Self::StringTooLong => Some(SkipReason::StringTooLong {
                limit: limits.string_bytes,
            }),
            Self::TooDeep => Some(SkipReason::TooDeep {
                limit: limits.depth,
            }),
        }
    }
}

/// One entry of a Bundle.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry<'a> {
    #[serde(borrow)]
    full_url: Option<&'a RawValue>,
    #[serde(borrow)]
    resource: Option<&'a RawValue>,
    #[serde(borrow)]
    link: Option<&'a RawValue>,
}

impl Entry<'_> {
    /// The mark among its links. Links that are none are no reason to leave the resource out.
    fn mark(&self) -> Option<Mark> {
        #[derive(Deserialize)]
        struct Link {
            url: String,
        }
        let links: Vec<Link> = serde_json::from_str(self.link?.get()).ok()?;
        links.iter().find_map(|link| Mark::from_url(&link.url))
    }
}

/// One parameter of a Parameters resource, which may carry a resource.
#[derive(Debug, Deserialize)]
struct Parameter<'a> {
    #[serde(borrow)]
    resource: Option<&'a RawValue>,
    #[serde(borrow, default)]
    part: Vec<Parameter<'a>>,
}

/// The resource in a Bundle's entry, whose bytes start at `position`; `None` where the entry has none, as requests do.
pub(super) fn entry(bytes: &[u8], position: Position) -> Option<Piece> {
    match serde_json::from_slice::<Entry<'_>>(bytes) {
        Ok(entry) => entry.resource.map(|raw| {
            let mut raw = within(bytes, position, raw, entry.full_url);
            raw.mark = entry.mark();
            Piece::Resource(raw)
        }),
        Err(error) => {
            let reason = Raw {
                position,
                full_url: None,
                mark: None,
                bytes: bytes.to_vec(),
            }
            .unreadable("entry", &error);
            Some(Piece::Bad {
                position,
                resource: "resource".to_owned(),
                reason,
            })
        }
    }
}

fn within(outer: &[u8], position: Position, raw: &RawValue, full_url: Option<&RawValue>) -> Raw {
    let bytes = raw.get().as_bytes();
    let before = bytes
        .as_ptr()
        .addr()
        .saturating_sub(outer.as_ptr().addr())
        .min(outer.len());
    Raw {
        position: position.after(&outer[..before]),
        full_url: full_url.and_then(|url| serde_json::from_str(url.get()).ok()),
        mark: None,
        bytes: bytes.to_vec(),
    }
}

/// How far Bundles may stand inside Bundles.
const NESTED_BUNDLES: usize = 4;

/// If `raw` is a Bundle or carries resources as Parameters do, puts those into `queue` and returns `None`.
pub(super) fn unpack(raw: Raw, resource_type: &str, queue: &mut VecDeque<Piece>) -> Option<Raw> {
    unpack_to(raw, resource_type, queue, NESTED_BUNDLES)
}

fn unpack_to(
    raw: Raw,
    resource_type: &str,
    queue: &mut VecDeque<Piece>,
    levels: usize,
) -> Option<Raw> {
    let inner = match resource_type {
        "Bundle" => bundled(&raw),
        "Parameters" => parameters(&raw),
        _ => return Some(raw),
    };
    match inner {
        Err(error) => {
            let reason = raw.unreadable(resource_type, &error);
            queue.push_back(Piece::Bad {
                position: raw.position,
                resource: resource_type.to_owned(),
                reason,
            });
            return None;
        }
        // Parameters may hold values only; a Bundle without resources holds nothing.
        Ok(inner) if inner.is_empty() && resource_type == "Parameters" => return Some(raw),
        Ok(inner) => {
            for raw in inner {
                let name = raw
                    .head()
                    .ok()
                    .and_then(|head| head.resource_type)
                    .unwrap_or_default();
                if levels == 0 && name == "Bundle" {
                    let reason = SkipReason::TooDeep {
                        limit: NESTED_BUNDLES,
                    };
                    queue.push_back(Piece::Bad {
                        position: raw.position,
                        resource: name,
                        reason,
                    });
                } else if let Some(raw) = unpack_to(raw, &name, queue, levels.saturating_sub(1)) {
                    queue.push_back(Piece::Resource(raw));
                }
            }
        }
    }
    None
}

fn bundled(raw: &Raw) -> Result<Vec<Raw>, serde_json::Error> {
    #[derive(Deserialize)]
    struct Bundle<'a> {
        #[serde(borrow, default)]
        entry: Vec<Entry<'a>>,
    }
    let bundle: Bundle<'_> = serde_json::from_slice(&raw.bytes)?;
    let entries = bundle.entry.into_iter();
    Ok(entries
        .filter_map(|entry| {
            Some(within(
                &raw.bytes,
                raw.position,
                entry.resource?,
                entry.full_url,
            ))
        })
        .collect())
}

fn parameters(raw: &Raw) -> Result<Vec<Raw>, serde_json::Error> {
    #[derive(Deserialize)]
    struct Parameters<'a> {
        #[serde(borrow, default)]
        parameter: Vec<Parameter<'a>>,
    }
    fn collect<'a>(parameters: Vec<Parameter<'a>>, into: &mut Vec<&'a RawValue>) {
        for parameter in parameters {
            into.extend(parameter.resource);
            collect(parameter.part, into);
        }
    }
    let parsed: Parameters<'_> = serde_json::from_slice(&raw.bytes)?;
    let mut found = Vec::new();
    collect(parsed.parameter, &mut found);
    Ok(found
        .into_iter()
        .map(|value| within(&raw.bytes, raw.position, value, None))
        .collect())
}
