//! What an error of the driver or the server means for a run.

use mongodb::error::{Error, ErrorKind, WriteFailure};

/// Whether an insert failed because the name is taken.
pub(super) fn is_duplicate(e: &Error) -> bool {
    matches!(&*e.kind, ErrorKind::Write(WriteFailure::WriteError(e)) if e.code == 11_000)
}

/// What an error means.
pub(super) enum Verdict {
    /// Another try may help.
    Unreachable,
    /// The credential may not.
    Denied,
    /// No room is left.
    Full,
    /// Anything else.
    Failed,
}

/// Judges an error.
pub(super) fn verdict(e: &Error) -> Verdict {
    let full = |message: &str| message.contains("quota") || message.contains("disk space");
    match &*e.kind {
        ErrorKind::Authentication { .. } => Verdict::Denied,
        ErrorKind::Io(_)
        | ErrorKind::ConnectionPoolCleared { .. }
        | ErrorKind::ServerSelection { .. }
        | ErrorKind::DnsResolve { .. }
        // It is written and not yet on a majority; the next try waits for that again.
        | ErrorKind::Write(WriteFailure::WriteConcernError(_)) => Verdict::Unreachable,
        ErrorKind::Write(WriteFailure::WriteError(e)) => code(e.code, full(&e.message)),
        ErrorKind::Command(e) => code(e.code, full(&e.message)),
        _ if e.contains_label("RetryableWriteError") => Verdict::Unreachable,
        _ => Verdict::Failed,
    }
}

/// Numbers of the server's error codes, as its documentation lists them.
fn code(code: i32, full: bool) -> Verdict {
    match code {
        // AtlasError that speaks of a quota, OutOfDiskSpace.
        8000 if full => Verdict::Full,
        14_031 => Verdict::Full,
        // Unauthorized, AuthenticationFailed, any other AtlasError.
        13 | 18 | 8000 => Verdict::Denied,
        // HostUnreachable, HostNotFound, MaxTimeMSExpired, WriteConcernFailed, NetworkTimeout, ShutdownInProgress,
        // PrimarySteppedDown, ExceededTimeLimit, SocketException, NotWritablePrimary, InterruptedAtShutdown,
        // InterruptedDueToReplStateChange, NotPrimaryNoSecondaryOk, NotPrimaryOrSecondary.
        6 | 7 | 50 | 64 | 89 | 91 | 189 | 262 | 9001 | 10_107 | 11_600 | 11_602 | 13_435
        | 13_436 => Verdict::Unreachable,
        _ => Verdict::Failed,
    }
}
