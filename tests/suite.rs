//! All tests of the program but the simulation, which is also run optimised, and those of memory, which
//! measure their own process.
//!
//! They are one binary, because each further one would link the whole program once more, and because
//! tests that wait for a process leave the machine to those that compute.

mod architecture;
mod blns;
mod certificates;
mod command;
mod damage;
mod deaths;
mod docs;
mod export;
mod faults;
mod fixed;
mod full_disk;
mod help;
mod histories;
mod imports;
mod init;
mod kills;
mod logs;
mod outputs;
mod overlaps;
mod power;
mod progress;
mod proxies;
mod recover;
mod report;
mod retry;
mod sandbox;
mod source;
mod support;
mod terminals;
mod tokens;
mod verify;
mod wire;
