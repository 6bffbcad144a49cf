//! Sets are changed under load: no request fails, no answer is of a set that was not live, and each bad set
//! is reported.
//!
//! ```text
//! cargo run --release -p tower-redirect-load            # a minute or two
//! cargo run --release -p tower-redirect-load -- quick   # seconds
//! ```
//!
//! A server on loopback asks four sets that are read from watched files, and one that its handle changes.
//! The files are changed in every way that files are: written in place, renamed over, deleted,
//! swapped by a link, cut off, emptied, filled with what is no rule. Each version of a set has a number in
//! its target. Clients ask on connections that are kept, and hold each answer against the versions that were
//! live while they waited.
//!
//! Then 100,000 rules are read again and again while requests are served, and the time that a request
//! takes stands beside that of no reload.
//!
//! Ends with 1 where a claim does not hold. That a bad set is reported within a second is a claim of the
//! whole run only.

use std::{process::ExitCode, time::Duration};

mod client;
mod files;
mod latency;
mod load;
mod server;
mod version;

/// How much is done.
struct Extent {
    /// Changes of each of the four files; every fifth is bad.
    changes: usize,
    /// Changes by the handle.
    updates: usize,
    requests: usize,
    /// Requests of each row of the table of latencies in a round, and the rounds.
    latency: usize,
    rounds: usize,
    /// How long a report of a bad set may take.
    report: Option<Duration>,
}

const WHOLE: Extent = Extent {
    changes: 250,
    updates: 20_000,
    requests: 1_000_000,
    latency: 100_000,
    rounds: 4,
    report: Some(Duration::from_secs(1)),
};

const QUICK: Extent = Extent {
    changes: 30,
    updates: 2_000,
    requests: 50_000,
    latency: 5_000,
    rounds: 2,
    report: None,
};

fn main() -> ExitCode {
    let extent = match std::env::args().nth(1).as_deref() {
        None => WHOLE,
        Some("quick") => QUICK,
        Some(other) => {
            eprintln!("{other}: is not known; say nothing, or `quick`");
            return ExitCode::FAILURE;
        }
    };
    let holds = load::run(&extent);
    latency::run(&extent);
    if holds {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
