//! What the desk refuses, as the screen tells it.

use super::super::backend::Failure;
use crate::desk::DeskError;
use crate::vault::VaultError;

/// The code of a failure that the form which asked for the passphrase tells itself.
pub(in crate::tui) const WRONG_PASSPHRASE: &str = "wrong-passphrase";

/// Whether a refusal is about a chart, which may be asked for, and not about who is asking.
fn of_a_chart(error: &DeskError) -> bool {
    matches!(
        error,
        DeskError::NoSuchChart(_)
            | DeskError::Denied(_)
            | DeskError::Vault(VaultError::NoKey { .. })
    )
}

impl From<DeskError> for Failure {
    fn from(error: DeskError) -> Self {
        let code = match &error {
            DeskError::Vault(VaultError::WrongPassphrase) => WRONG_PASSPHRASE,
            _ => error.code(),
        };
        // The desk's hints name commands; on the screen there are keys.
        let hint = match code {
            "denied" | "no-such-chart" if of_a_chart(&error) => Some(
                "r asks for access to a chart; in an emergency B opens it, on record".to_owned(),
            ),
            "no-such-entry" => Some("what is shown may be old: read it again".to_owned()),
            "stopped-by-check" => {
                Some("change the order, or give a reason, which you sign".to_owned())
            }
            _ => error.hint(),
        };
        let mut causes = Vec::new();
        let mut cause = std::error::Error::source(&error);
        while let Some(error) = cause {
            causes.push(error.to_string());
            cause = error.source();
        }
        Self {
            code: code.to_owned(),
            message: error.to_string(),
            hint,
            causes,
        }
    }
}
