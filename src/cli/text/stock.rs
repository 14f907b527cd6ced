//! A pharmacy's shelf.

use crate::cli::page::or_dash;
use crate::cli::{Page, Report};
use crate::desk::view::{StockChanged, StockLine};

impl Report for Vec<StockLine> {
    fn page(&self, page: &mut Page) {
        let rows: Vec<_> = self
            .iter()
            .map(|line| {
                let expired = if line.expired { "  ! expired" } else { "" };
                [
                    line.medicine.clone(),
                    or_dash(line.code.as_ref()),
                    line.lot.clone(),
                    line.quantity.to_string(),
                    line.unit.clone().unwrap_or_default(),
                    format!("{}{expired}", line.expiry),
                    line.pharmacy.clone(),
                ]
            })
            .collect();
        page.table(
            [
                "medicine", "code", "lot", "quantity", "unit", "expiry", "pharmacy",
            ],
            &rows,
            "nothing on the shelf",
        );
    }
}

impl Report for StockChanged {
    fn page(&self, page: &mut Page) {
        page.line(format!(
            "lot {}: {} there, entry {}",
            self.lot, self.quantity, self.entry
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use crate::cli::{Page, Report};

    #[test]
    fn an_expired_lot_says_so_in_a_word() {
        let mut line = samples::rx_view().stock.remove(0);
        line.expired = true;
        let mut page = Page::default();
        vec![line].page(&mut page);
        assert!(
            page.text().contains("2027-03  ! expired"),
            "{}",
            page.text()
        );
    }
}
