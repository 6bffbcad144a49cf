//! The time a request takes, with no reload and with one after the other of 100,000 rules.

use std::{
    fs,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use tower_redirect::{
    live::{Reloadable, watch::Reload},
    rules::{Format, netlify},
};

use crate::{Extent, client::Connection, server::Server};

const RULES: usize = 100_000;
const CLIENTS: usize = 2;

pub(crate) fn run(extent: &Extent) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("_redirects");
    let beside = folder.path().join("beside");
    let texts = [text(0), text(1)];
    fs::write(&path, &texts[0]).expect("a file");
    let (policy, handle) = Reloadable::new(netlify::parse(&texts[0]).expect("rules"));
    let server = Server::start(policy);
    let (sender, told) = mpsc::channel();
    let _watcher = handle
        .watch_rules(&path, Format::Netlify)
        // Otherwise most of the time would be spent in waiting.
        .settle(Duration::from_millis(10))
        .on_reload(move |reload| {
            assert!(matches!(reload, Reload::Good { .. }), "{reload}");
            let _ = sender.send(());
        })
        .start()
        .expect("a thread");
    told.recv().expect("a report");

    let (mut still, mut moving) = (Vec::new(), Vec::new());
    let mut reloads = 0;
    // In turn, so that what else the machine does falls on both.
    for _ in 0..extent.rounds {
        still.extend(measure(&server, extent.latency));
        thread::scope(|scope| {
            let measured = scope.spawn(|| measure(&server, extent.latency));
            while !measured.is_finished() {
                reloads += 1;
                fs::write(&beside, &texts[reloads % 2]).expect("a file");
                fs::rename(&beside, &path).expect("a file");
                told.recv().expect("a report");
            }
            moving.extend(measured.join().expect("clients"));
        });
    }
    println!("{RULES} rules, {CLIENTS} connections, a request after the other:");
    println!();
    println!("| | requests | reloads | p50 | p99 | p99.9 | slowest |");
    println!("|---|--:|--:|--:|--:|--:|--:|");
    row("no reload", 0, still);
    row("reload after reload", reloads, moving);
}

/// 100,000 rules, another set for each number.
fn text(number: usize) -> String {
    let mut text = String::with_capacity(RULES * 32);
    for rule in 0..RULES {
        text.push_str(&format!("/old/{rule} /new/{number}/{rule} 302!\n"));
    }
    text
}

fn measure(server: &Server, requests: usize) -> Vec<Duration> {
    let clients = thread::scope(|scope| {
        let ask = |client: usize| {
            let mut connection = Connection::open(server.address).expect("a connection");
            let mut times = Vec::with_capacity(requests / CLIENTS);
            for number in 0..requests / CLIENTS {
                let path = format!("/old/{}", (number * 7919 + client) % RULES);
                let begin = Instant::now();
                connection.ask(&path).expect("a request");
                let answer = connection.answer().expect("an answer");
                times.push(begin.elapsed());
                assert_eq!(answer.status, 302);
            }
            times
        };
        let threads: Vec<_> = (0..CLIENTS)
            .map(|client| scope.spawn(move || ask(client)))
            .collect();
        let join = |thread: thread::ScopedJoinHandle<'_, _>| thread.join().expect("a client");
        threads.into_iter().map(join).collect::<Vec<_>>()
    });
    clients.into_iter().flatten().collect()
}

fn row(name: &str, reloads: usize, mut times: Vec<Duration>) {
    times.sort_unstable();
    let micros = |per_mille: usize| times[(times.len() - 1) * per_mille / 1000].as_micros();
    println!(
        "| {name} | {} | {reloads} | {} µs | {} µs | {} µs | {} µs |",
        times.len(),
        micros(500),
        micros(990),
        micros(999),
        micros(1000),
    );
}
