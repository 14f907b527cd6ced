//! An invented hospital, for demonstrations and measuring. **Nothing in it is real**: people, illnesses and numbers are drawn
//! from small tables by a seed, and the same seed gives the same bytes on every machine.
//!
//! `person` says who the patients are, `history` and `stay` what their charts hold, `course` how vital signs move, `orders` what is
//! prescribed in every state, `stock` what the pharmacy has.

mod allergies;
mod chance;
mod course;
mod history;
mod orders;
mod person;
mod prose;
mod staff;
mod stay;
mod stock;
mod tables;
#[cfg(test)]
mod tests;

pub use chance::Chance;
pub use orders::{PlannedRx, Step};
pub use staff::{Place, Staff};
pub use stock::OnShelf;

use super::{Allergy, Body, Identity, Instant};

/// An invented hospital.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hospital {
    /// The names of its two wards.
    pub wards: [String; 2],
    /// The name of its pharmacy.
    pub pharmacy: String,
    /// Everybody who works there, at least one of each role.
    pub staff: Vec<Staff>,
    /// The patients, in the order of their record numbers.
    pub patients: Vec<Patient>,
    /// What the pharmacy has.
    pub stock: Vec<OnShelf>,
}

/// An invented patient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patient {
    /// Who the patient is.
    pub identity: Identity,
    /// Which ward.
    pub ward: usize,
    /// The login, of those who have one.
    pub has_login: Option<String>,
    /// What the chart holds besides the identity and the prescriptions, from the oldest to the newest.
    pub bodies: Vec<Body>,
    /// The prescriptions that staff will write.
    pub prescriptions: Vec<PlannedRx>,
}

/// How many of the first patients have a login of their own.
pub const PATIENTS_WITH_LOGIN: usize = 2;

impl Hospital {
    /// The hospital of `seed` with so many patients, as it is at `now`.
    ///
    /// A patient depends on the seed, on `now` and on their place in the list alone: more patients leave the first ones as they are.
    pub fn generate(seed: u64, patients: usize, now: &Instant) -> Self {
        let stock = stock::generate(seed, now);
        Self {
            wards: ["Ward A".to_owned(), "Ward B".to_owned()],
            pharmacy: "Pharmacy".to_owned(),
            staff: staff::everybody(),
            patients: (0..patients)
                .map(|n| patient(seed, n, now, &stock))
                .collect(),
            stock,
        }
    }
}

fn patient(seed: u64, n: usize, now: &Instant, stock: &[OnShelf]) -> Patient {
    let mut chance = Chance::branch(seed, n);
    let person = person::draw(&mut chance, n, now);
    let history = history::tell(&mut chance, n, &person, now);
    let allergies: Vec<Allergy> = history
        .bodies
        .iter()
        .filter_map(|b| {
            if let Body::Allergy(a) = b {
                Some(a.clone())
            } else {
                None
            }
        })
        .collect();
    let prescriptions = orders::plan(&mut chance, n, &person, &history, &allergies, now, stock);
    Patient {
        identity: person.identity,
        ward: n % 2,
        has_login: person.login,
        bodies: history.bodies,
        prescriptions,
    }
}
