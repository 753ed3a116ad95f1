//! The SQLite file that remembers every row, so that a killed run can resume.
//!
//! **Locking.** There is one writer: an OS lock on a file beside the checkpoint decides which, and
//! the lock ends with its process. A process that sends also holds a lease in the database itself,
//! which is visible through other names of the file and in copies of it. Readers (`status`) take no
//! lock; WAL lets them read while a run writes.
//!
//! **Durability.** `journal_mode=WAL` with `synchronous=FULL`: a COMMIT that returned is on disk.
//! Intents are committed before anything is sent; only [`Checkpoint::commit`] creates a
//! [`Durable`](crate::model::intent::Durable).
//! [`Durable`](crate::model::intent::Durable).
//!
//! **Failure.** A failed COMMIT is never retried on the same connection, because after a failed
//! fsync it is unknown what is on disk. The checkpoint refuses all further work in this process;
//! every write goes through `write.rs` to ensure that. A damaged or newer file is refused with an
//! explanation and left as it is.

mod audit;
mod authors;
mod batch;
mod claims;
mod codes;
mod connection;
mod create;
mod deleted;
mod doubt;
mod duplicates;
mod error;
mod fixes;
mod flight;
mod handle;
mod history;
mod identity;
mod lease;
mod load;
mod lock;
mod open;
mod place;
mod places;
mod process;
mod read_only;
mod recover;
mod requesters;
mod requests;
mod rescan;
mod results;
mod retry;
mod row_update;
mod rows;
mod schema;
mod settings;
mod shared;
mod since;
mod turnover;
mod verified;
mod verify_scope;
mod write;

pub use authors::{Author, AuthorIs};
pub use batch::{Attempt, Batch, Kind, NewIntent, Outcome};
pub use claims::{Claim, Name};
pub use error::CheckpointError;
pub use fixes::{Feed, Fixed, NamedRow, Naming, Refusal};
pub use flight::InFlight;
pub use handle::{Checkpoint, Reader};
pub use history::{RunEnd, RunId, RunNote};
pub use lease::AtWork;
pub use load::{Load, NewRow};
pub use place::{companion_of, files_of, one_name, sync_folder};
pub use places::Left;
pub use requesters::NoRequester;
pub use rescan::Rescan;
pub use results::{CreatedRow, LeftRow, Without};
pub use retry::{Retried, Selection};
pub use rows::{FirstRow, Outlook, PendingRow, ProblemRow};
pub use settings::Setting;
pub use shared::Shared;
pub use since::{Since, SinceRow};
pub use turnover::Replaced;
pub use verified::{Compared, SentRow, Verification, VerifiedRow};
pub use verify_scope::Scope;

#[cfg(test)]
mod batch_tests;
#[cfg(test)]
mod delta_tests;
#[cfg(test)]
mod fixes_tests;
#[cfg(test)]
mod fixture_tests;
#[cfg(test)]
mod lease_tests;
#[cfg(test)]
mod open_tests;
#[cfg(test)]
mod retry_tests;
#[cfg(test)]
mod shared_tests;
#[cfg(test)]
mod verified_tests;
#[cfg(test)]
mod write_tests;
