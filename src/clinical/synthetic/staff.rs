//! Who works in the invented hospital.

use crate::clinical::Role;

/// Where somebody works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In the ward with this index.
    Ward(usize),
    /// In the pharmacy.
    Pharmacy,
    /// In no unit of their own.
    House,
}

/// Somebody who works there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staff {
    /// The login.
    pub login: String,
    /// The name to show.
    pub name: String,
    /// The role.
    pub role: Role,
    /// Where.
    pub place: Place,
}

const EVERYBODY: [(&str, &str, Role, Place); 13] = [
    ("smith", "Dr Helen Smith", Role::Doctor, Place::Ward(0)),
    ("okafor", "Dr Emeka Okafor", Role::Doctor, Place::Ward(0)),
    (
        "lindqvist",
        "Dr Åsa Lindqvist",
        Role::Doctor,
        Place::Ward(1),
    ),
    ("haddad", "Dr Samir Haddad", Role::Doctor, Place::Ward(1)),
    ("brandt", "Nils Brandt", Role::Nurse, Place::Ward(0)),
    ("ferreira", "Inês Ferreira", Role::Nurse, Place::Ward(0)),
    ("novak", "Jana Nováková", Role::Nurse, Place::Ward(1)),
    ("kim", "Kim Ji-woo", Role::Nurse, Place::Ward(1)),
    ("adeyemi", "Ruth Adeyemi", Role::Pharmacist, Place::Pharmacy),
    ("rossi", "Paolo Rossi", Role::Pharmacist, Place::Pharmacy),
    ("quinn", "Maeve Quinn", Role::Registrar, Place::House),
    ("lind", "Tomas Lind", Role::Admin, Place::House),
    ("wong", "Grace Wong", Role::Auditor, Place::House),
];

pub(super) fn everybody() -> Vec<Staff> {
    let staff = |(login, name, role, place): (&str, &str, Role, Place)| Staff {
        login: login.to_owned(),
        name: name.to_owned(),
        role,
        place,
    };
    EVERYBODY.into_iter().map(staff).collect()
}
