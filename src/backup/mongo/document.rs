//! The one form of document, and how names stand in it: see the top of `mongo.rs`.

use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, Bson, Document, doc};

use crate::backup::target::{Name, Shelf, Stat};
use crate::crypto::hash::sha256;
use crate::crypto::hex;

/// The document that keeps `bytes`.
pub(super) fn document(shelf: Shelf, name: &Name, bytes: &[u8]) -> Document {
    doc! {
        "_id": id(shelf, name),
        "len": bytes.len() as i64,
        "h": binary(sha256(&[bytes]).0.to_vec()),
        "b": binary(bytes.to_vec()),
    }
}

/// A name as it stands in the database.
pub(super) fn id(shelf: Shelf, name: &Name) -> Bson {
    let bytes = match shelf {
        Shelf::Objects | Shelf::Tombstones => hex::unhex(name.as_str()),
        Shelf::Manifests | Shelf::Keys => None,
    };
    bytes.map_or_else(
        || Bson::String(name.to_string()),
        |bytes| Bson::Binary(binary(bytes)),
    )
}

/// The name of a document; what is not named like ours is not ours.
pub(super) fn name(shelf: Shelf, document: &Document) -> Option<Name> {
    match (shelf, document.get("_id")?) {
        (Shelf::Objects | Shelf::Tombstones, Bson::Binary(id)) => Name::parse(&hex::hex(&id.bytes)),
        (Shelf::Manifests | Shelf::Keys | Shelf::Tombstones, Bson::String(id)) => Name::parse(id),
        _ => None,
    }
}

/// Name and length of a document.
pub(super) fn stat(shelf: Shelf, document: &Document) -> Option<Stat> {
    let name = name(shelf, document)?;
    let len = document
        .get_i64("len")
        .ok()
        .and_then(|len| u64::try_from(len).ok())
        .unwrap_or(0);
    Some(Stat { name, len })
}

/// The bytes of a document. One without them is there and is not what was put: the reader's hash says so.
pub(super) fn bytes(mut document: Document) -> Vec<u8> {
    match document.remove("b") {
        Some(Bson::Binary(b)) => b.bytes,
        _ => Vec::new(),
    }
}

const fn binary(bytes: Vec<u8>) -> Binary {
    Binary {
        subtype: BinarySubtype::Generic,
        bytes,
    }
}
