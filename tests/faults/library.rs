//! The library that makes calls fail.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// What happens at the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It finds no room.
    NoRoom,
    /// It finds room for half of its bytes, and the next one for none.
    Half,
    /// It fails with an input/output error.
    Broken,
    /// A call that reads fails so.
    Unreadable,
    /// The process is killed before it.
    KilledBefore,
    /// The process is killed after it.
    KilledAfter,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::NoRoom => "enospc",
            Self::Half => "short",
            Self::Broken => "eio",
            Self::Unreadable => "read",
            Self::KilledBefore => "kill-before",
            Self::KilledAfter => "kill-after",
        }
    }

    pub(crate) fn kills(self) -> bool {
        matches!(self, Self::KilledBefore | Self::KilledAfter)
    }
}

/// The compiled library; its file goes with it.
pub(crate) struct Library {
    folder: TempDir,
}

impl Library {
    /// Compiles it. Without a compiler there is none; in CI that is a failure.
    pub(crate) fn compiled() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let library = Self { folder };
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/faults/faults.c");
        let compiled = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-o"])
            .arg(library.path())
            .args([source, "-ldl"])
            .stdin(Stdio::null())
            .output();
        match compiled {
            Ok(output) => {
                let told = String::from_utf8_lossy(&output.stderr);
                assert!(output.status.success(), "{told}");
                Some(library)
            }
            Err(error) => {
                assert!(std::env::var_os("CI").is_none(), "no C compiler: {error}");
                eprintln!("SKIPPED: there is no C compiler ({error})");
                None
            }
        }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("faults.so")
    }
}
