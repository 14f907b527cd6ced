//! Users and units.

use crate::cli::{Page, Report};
use crate::desk::view::{MemberState, UnitJoined, UnitView, UserState, UserView};

/// What has to be said where the last holder of a unit's keys is gone.
fn orphaned(page: &mut Page, unit: &str) {
    page.line(format!(
        "! nobody holds the keys of {unit} any more: only the recovery shares open what they seal"
    ));
}

impl Report for UserView {
    fn page(&self, page: &mut Page) {
        page.line(format!(
            "{}  {}  {}  {}",
            self.login, self.name, self.role, self.state
        ));
        if let Some(file) = &self.code_file {
            page.line(format!(
                "one-time code in {file}: hand it to {} and no one else",
                self.name
            ));
        }
        if let Some(fingerprint) = &self.fingerprint {
            let compare = match self.state {
                UserState::Activated => ": compare it face to face",
                _ => "",
            };
            page.line(format!("fingerprint {fingerprint}{compare}"));
        }
        self.orphaned.iter().for_each(|unit| orphaned(page, unit));
    }
}

impl Report for Vec<UserView> {
    fn page(&self, page: &mut Page) {
        let rows: Vec<_> = self
            .iter()
            .map(|user| {
                let locked = user
                    .locked_until
                    .map_or_else(String::new, |until| format!(", locked until {until}"));
                [
                    user.login.clone(),
                    user.name.clone(),
                    user.role.clone(),
                    format!("{}{locked}", user.state),
                    user.units.join(", "),
                ]
            })
            .collect();
        page.table(
            ["login", "name", "role", "state", "units"],
            &rows,
            "no users",
        );
    }
}

fn members(unit: &UnitView) -> String {
    let member = |member: &crate::desk::view::Member| match member.state {
        MemberState::Active => member.login.clone(),
        state => format!("{} ({state})", member.login),
    };
    unit.members
        .iter()
        .map(member)
        .collect::<Vec<_>>()
        .join(", ")
}

impl Report for UnitView {
    fn page(&self, page: &mut Page) {
        page.line(format!(
            "{}  {}  epoch {}",
            self.unit, self.kind, self.epoch
        ));
        if !self.members.is_empty() {
            page.line(format!("members  {}", members(self)));
        }
    }
}

impl Report for Vec<UnitView> {
    fn page(&self, page: &mut Page) {
        let rows: Vec<_> = self
            .iter()
            .map(|unit| {
                [
                    unit.unit.clone(),
                    unit.kind.clone(),
                    unit.epoch.to_string(),
                    unit.charts.to_string(),
                    members(unit),
                ]
            })
            .collect();
        page.table(
            ["unit", "kind", "epoch", "charts", "members"],
            &rows,
            "no units",
        );
    }
}

impl Report for UnitJoined {
    fn page(&self, page: &mut Page) {
        page.line(format!("{} in {}: {}", self.user, self.unit, self.state));
        if self.orphaned {
            orphaned(page, &self.unit);
        }
    }
}

impl Report for Vec<UnitJoined> {
    fn page(&self, page: &mut Page) {
        let rows: Vec<_> = self
            .iter()
            .map(|joined| {
                [
                    joined.unit.clone(),
                    joined.user.clone(),
                    joined.state.to_string(),
                    joined.fingerprint.clone().unwrap_or_default(),
                ]
            })
            .collect();
        page.table(
            ["unit", "user", "state", "fingerprint"],
            &rows,
            "nobody waits for keys of your units",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use crate::cli::{Page, Report};

    #[test]
    fn a_pending_member_is_marked() {
        let mut page = Page::default();
        vec![samples::unit_view()].page(&mut page);
        assert!(
            page.text().contains("hsmith, nbrandt (pending)"),
            "{}",
            page.text()
        );
    }

    #[test]
    fn an_invitation_says_where_the_code_is() {
        let mut page = Page::default();
        samples::user_view().page(&mut page);
        assert!(
            page.text().contains("one-time code in nbrandt.code"),
            "{}",
            page.text()
        );
    }
}
