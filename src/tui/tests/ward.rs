//! A busy ward: every list longer than a window, no two rows alike, names and notes as people write them.

use crate::desk::view::{
    AccessKind, AccessLine, Alert, AuditLine, ChartLine, ChartView, EntryView, GrantState, Hit,
    Notice, RxLine, RxView, Severity, StockLine, UnitView, UserView, VerifyLine,
};

use super::fixture::at;

/// Rows of a list.
const MANY: usize = 40;

const NAMES: [&str; 20] = [
    "Abshire-Montgomery, Christopher",
    "Bąk-Wiśniewska, Małgorzata",
    "Chen, Qiang",
    "Đặng, Mỹ Linh",
    "Eriksson-Håkansson, Åsa",
    "Fernández de Córdoba, María José",
    "Gerhold, Ana",
    "Hyatt, Fletcher",
    "Иванова, Светлана Дмитриевна",
    "患者, 中文",
    "Jørgensen, Søren",
    "Kovačević, Željko",
    "Lewandowski, Błażej",
    "Mejía, Gustavo",
    "Ní Chonaill, Gráinne",
    "O'Brien-Ó Súilleabháin, Pádraig",
    "Παπαδάκης, Σοφία",
    "Quiñones, Íñigo",
    "Schröder-Müller, Jürgen",
    "Tillman, Jill",
];

const TEXTS: [&str; 20] = [
    "BP 148/92 mmHg !  pulse 104 /min !  resp 22 /min !  SpO2 93 % !  temp 38.9 °C !  weight 83.9 kg  height 159 cm  pain 6/10",
    "Clinic note: Skipping heart beats. Pulse irregularly irregular. Plan: rate control, blood thinner, echocardiogram within the week, back if breathless.",
    "bisoprolol 2.5 mg tablet, 1 tablet by mouth once a day in the morning for 28 days, quantity 28, no refill, substitution allowed",
    "Potassium 5.2 mmol/L !",
    "Ward round: Slept badly, coughs at night, no fever since yesterday; daughter asks when she may go home. Chest clear on the right, crackles at the left base.",
    "Influenza, seasonal, injectable, 0.5 mL into the left deltoid, lot FX-20931",
    "ambulatory finished: Clinic visit, cardiology follow-up, seen by Dr Helen Smith with the student nurse",
    "Atrial fibrillation (I48.9), active, since 2018, CHA2DS2-VASc 4, anticoagulated with apixaban since the stroke of 2015",
    "penicillin: anaphylaxis (severe, confirmed)",
    "Handover: NBM from midnight, consent signed, cannula in the right hand; relatives rang twice and will come at seven.",
    "Haemoglobin 7.9 g/dL !",
    "Wound 3 × 2 cm over the left heel, clean, no smell; dressing changed, photographed, next change in two days by the district nurse.",
    "paracetamol 1 g by mouth, given 14:05",
    "Physiotherapy: walked 40 m with a frame and one person, stopped for breath once, SpO2 91 % on room air after, 95 % at rest.",
    "Chest X-ray: left lower lobe consolidation, small effusion, no pneumothorax; compare with the film of 2024-02-11.",
    "pulse 63 /min",
    "Dietitian: lost 4 kg in two months, eats half of what is served; fortified drinks twice a day, weigh on Mondays and Thursdays.",
    "Family meeting: wishes no resuscitation, form signed and filed in front; son present, interpreter on the telephone throughout.",
    "Type 2 diabetes mellitus without complications (E11.9), active, since 2011",
    "Telephone call: pharmacy asks whether digoxin 0.125 mg goes on with eGFR 31; answered, level to be taken before the next dose.",
];

const PEOPLE: [&str; 5] = [
    "Dr Helen Smith",
    "N. Brandt",
    "Dr Åsa Lindqvist",
    "Chukwuemeka Okafor-Nwosu",
    "Ruth Adeyemi",
];

const MEDICINES: [&str; 8] = [
    "amoxicillin and clavulanic acid 875 mg/125 mg film-coated tablet",
    "bisoprolol 2.5 mg tablet",
    "insulin glargine 100 units/mL solution for injection in a pen",
    "metformin 500 mg tablet",
    "oxycodone 5 mg capsule",
    "paracetamol 500 mg tablet",
    "salbutamol 100 micrograms/dose pressurised inhalation",
    "vancomycin 1 g powder for solution for infusion",
];

fn mrn(n: usize) -> String {
    format!("{:04}-{}", 11 + n * 37, n * 7 % 10)
}

fn time(n: usize) -> crate::desk::view::Stamp {
    let (day, hour, minute) = (22 - n / 3, 8 + n * 5 % 14, n * 17 % 60);
    at(&format!("2026-11-{day:02}T{hour:02}:{minute:02}:00Z"))
}

/// Rows made of what a row of the small ward looks like.
fn rows<T: Clone>(few: &[T], change: impl Fn(&mut T, usize)) -> Vec<T> {
    let mut rows: Vec<T> = few.iter().cycle().take(MANY).cloned().collect();
    rows.iter_mut()
        .enumerate()
        .for_each(|(n, row)| change(row, n));
    rows
}

pub fn charts(few: &[ChartLine]) -> Vec<ChartLine> {
    rows(few, |chart, n| {
        chart.mrn = mrn(n);
        chart.name = NAMES[n % 20].to_owned();
        chart.birth_date = Some(format!(
            "{}-{:02}-{:02}",
            1931 + n * 2,
            1 + n % 12,
            1 + n % 28
        ));
        chart.deceased = n % 9 == 4;
    })
}

/// A chart of which every tab is long, of the patient with this number.
pub fn chart(mut chart: ChartView, number: String) -> ChartView {
    let at = (0..MANY).find(|n| mrn(*n) == number).unwrap_or(13);
    chart.name = NAMES[at % 20].to_owned();
    chart.mrn = number;
    let change = |entry: &mut EntryView, n: usize| {
        entry.seq = 9_000 - n as u64;
        entry.entry = format!("e{}-{}", entry.section, entry.seq);
        entry.created = time(n);
        entry.headline = TEXTS[n % 20].to_owned();
        entry.author = PEOPLE[n % 5].to_owned();
        entry.versions = 1 + n as u32 % 3 / 2;
        entry.flags = if entry.headline.contains('!') {
            vec!["BP above 140/90".to_owned(), "resp above 20".to_owned()]
        } else {
            Vec::new()
        };
    };
    for entries in chart.sections.values_mut() {
        *entries = rows(entries, change);
    }
    let clinical = &chart.sections["clinical"];
    let access = rows(&clinical[..1], |entry, n| {
        entry.kind = "access".to_owned();
        entry.section = "access".to_owned();
        change(entry, n);
        entry.headline = format!(
            "looked at identity, clinical, medication: {}",
            TEXTS[n % 20]
        );
    });
    chart.sections.insert("access".to_owned(), access);
    // One that was opened in an emergency.
    if chart.mrn == mrn(3) {
        chart.alerts.push(Alert {
            check: "break-glass".to_owned(),
            severity: Severity::Warn,
            text: "BREAK-GLASS in force, opened by N. Brandt".to_owned(),
            overridden: false,
            at: Some(time(0)),
        });
    }
    let note = chart.summary.notes[0].clone();
    chart.summary.notes = rows(&[note], |note, n| {
        note.text = TEXTS[n % 20].to_owned();
        note.author = PEOPLE[n % 5].to_owned();
        note.created = time(n);
    });
    chart
}

pub fn notices(few: &[Notice]) -> Vec<Notice> {
    rows(few, |notice, n| {
        notice.id = format!("a{n}");
        notice.created = time(n);
        notice.from = PEOPLE[n % 5].to_owned();
        notice.mrn = Some(mrn(n));
        notice.text = format!("{}: {}", NAMES[n % 20], TEXTS[n * 3 % 20]);
    })
}

pub fn accesses(few: &[AccessLine]) -> Vec<AccessLine> {
    let states = [
        GrantState::Pending,
        GrantState::Granted,
        GrantState::Refused,
    ];
    let kinds = [
        AccessKind::Request,
        AccessKind::Enrolment,
        AccessKind::Share,
    ];
    rows(few, |line, n| {
        line.id = format!("a{n}");
        line.chart = mrn(n);
        line.name = Some(NAMES[n % 20].to_owned());
        line.who = PEOPLE[n % 5].to_owned();
        line.kind = kinds[n % 3];
        line.state = states[n / 2 % 3];
        line.purpose = Some(TEXTS[n * 7 % 20].to_owned());
        line.until = Some(time(n));
    })
}

pub fn trail(few: &[AuditLine]) -> Vec<AuditLine> {
    rows(few, |line, n| {
        line.created = time(n);
        line.actor = PEOPLE[n % 5].to_owned();
        line.detail = TEXTS[n % 20].to_owned();
    })
}

pub fn prescriptions(few: &[RxLine]) -> Vec<RxLine> {
    rows(few, |line, n| {
        line.rx = format!("r{n}");
        line.mrn = mrn(n);
        line.name = Some(NAMES[n % 20].to_owned());
        line.medicine = MEDICINES[n % 8].to_owned();
        line.waiting_minutes = Some(7 + n as u64 * 13);
        line.worst = [None, Some(Severity::Stop), Some(Severity::Warn)][n % 3];
    })
}

/// One of them in full.
pub fn prescription(few: &[RxLine], mut view: RxView, rx: &str) -> RxView {
    let lines = prescriptions(few).into_iter();
    view.line = lines.into_iter().find(|line| line.rx == rx).unwrap();
    view.text[0].clone_from(&view.line.medicine);
    view
}

pub fn stock(few: &[StockLine]) -> Vec<StockLine> {
    rows(few, |lot, n| {
        lot.medicine = MEDICINES[n % 8].to_owned();
        lot.lot = format!("M{}", 1_077 + n * 31);
        lot.expiry = format!("202{}-{:02}-28", 7 + n % 3, 1 + n % 12);
        lot.quantity = (3 + n as i64 * 41).into();
    })
}

pub fn users(few: &[UserView]) -> Vec<UserView> {
    rows(few, |user, n| {
        user.login = format!("{}{n}", user.login);
        user.name = NAMES[n % 20].to_owned();
        user.units = vec![format!("Ward {}", n % 7), "Outpatients".to_owned()];
    })
}

pub fn units(few: &[UnitView]) -> Vec<UnitView> {
    rows(few, |unit, n| {
        unit.unit = format!("Ward {n} north");
        unit.charts = 11 + n as u64 * 17;
        unit.epoch = n as u32;
    })
}

pub fn verifications(few: &[VerifyLine]) -> Vec<VerifyLine> {
    rows(few, |line, n| {
        line.at = time(n);
        line.entries = 184_201 - n as u64 * 731;
        line.seconds = 2.4 + n as f64 / 7.0;
    })
}

pub fn hits(few: &[Hit]) -> Vec<Hit> {
    rows(few, |hit, n| {
        hit.mrn = mrn(n);
        hit.name = NAMES[n % 20].to_owned();
        hit.created = time(n);
        hit.author = format!("{}, nurse", PEOPLE[n % 5]);
        hit.snippet = TEXTS[n % 20].chars().take(120).collect();
        let from = hit.snippet.find(' ').unwrap_or(0) + 1;
        let to = hit.snippet[from..].find(' ').map_or(from, |end| from + end);
        hit.marks = std::iter::once(from..to).collect();
        hit.preview.text = TEXTS[n % 20].to_owned();
        hit.preview.marks.clone_from(&hit.marks);
    })
}
