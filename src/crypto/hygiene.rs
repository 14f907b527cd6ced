//! A process that leaves nothing behind: no core dumps, no reading of its memory by others of the same account
//! ([PR_SET_DUMPABLE](https://man7.org/linux/man-pages/man2/PR_SET_DUMPABLE.2const.html)), nothing in swap where the limit allows
//! ([mlockall](https://man7.org/linux/man-pages/man2/mlockall.2.html)).
//!
//! **Called first thing in `main`, before any secret is read.** Root, and whoever has the machine, are not kept out.

use rustix::{
    mm::{MlockAllFlags, mlockall},
    process::{DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit},
};

/// What held. Each fails alone, and none stops the program: a container may forbid any of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hardened {
    /// A crash writes no core file.
    pub no_core_dumps: bool,
    /// The account's other processes can neither trace this one nor read its memory.
    pub not_dumpable: bool,
    /// Memory is never written to swap.
    pub locked_in_memory: bool,
}

/// Hardens this process, and says what held.
pub fn harden() -> Hardened {
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    Hardened {
        no_core_dumps: setrlimit(Resource::Core, none).is_ok(),
        not_dumpable: set_dumpable_behavior(DumpableBehavior::NotDumpable).is_ok(),
        locked_in_memory: lock_memory(),
    }
}

/// Locks only where the limit is, or may be made, unlimited (`LimitMEMLOCK=infinity` for a service): under a finite one,
/// later allocations, such as Argon2's 64 MiB, would fail instead. Pages are locked as they are touched, so that
/// untouched stacks cost nothing.
fn lock_memory() -> bool {
    let unlimited = Rlimit {
        current: None,
        maximum: None,
    };
    let limit = getrlimit(Resource::Memlock);
    limit.maximum.is_none()
        && (limit.current.is_none() || setrlimit(Resource::Memlock, unlimited).is_ok())
        && mlockall(MlockAllFlags::CURRENT | MlockAllFlags::FUTURE | MlockAllFlags::ONFAULT).is_ok()
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use rustix::process::dumpable_behavior;

    use super::*;

    const IN_CHILD: &str = "CHARTSEAL_TEST_HARDEN_THIS_PROCESS";

    /// Hardening cannot be undone, so it happens in a second run of this test, in a process of its own.
    #[test]
    fn a_hardened_process_dumps_no_core_and_is_not_dumpable() {
        if std::env::var_os(IN_CHILD).is_some() {
            let held = harden();
            println!("core {:?}", getrlimit(Resource::Core));
            println!("dumpable {:?}", dumpable_behavior());
            println!("held {} {}", held.no_core_dumps, held.not_dumpable);
            // The kernel's own count says whether the claim is true.
            let status = std::fs::read_to_string("/proc/self/status").unwrap();
            let locked = status
                .lines()
                .find_map(|line| line.strip_prefix("VmLck:"))
                .unwrap();
            println!(
                "locked as claimed {}",
                held.locked_in_memory != (locked.trim() == "0 kB")
            );
            return;
        }
        let this_test =
            "crypto::hygiene::tests::a_hardened_process_dumps_no_core_and_is_not_dumpable";
        let child = Command::new(std::env::current_exe().unwrap())
            .args([this_test, "--exact", "--nocapture"])
            .env(IN_CHILD, "1")
            .output()
            .unwrap();
        let said = String::from_utf8(child.stdout).unwrap();
        assert!(child.status.success(), "{said}");
        for line in [
            "core Rlimit { current: Some(0), maximum: Some(0) }",
            "dumpable Ok(NotDumpable)",
            "held true true",
            "locked as claimed true",
        ] {
            assert!(said.contains(line), "{line:?} is missing in:\n{said}");
        }
    }
}
