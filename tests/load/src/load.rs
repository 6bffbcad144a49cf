//! Requests, and changes while they are answered.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc::{self, Receiver},
    },
    thread,
    time::{Duration, Instant},
};

use tower_redirect::{
    live::{
        ReloadHandle, Reloadable,
        watch::{Reload, Watcher},
    },
    rules::{Format, Rules, netlify},
};

use crate::{
    Extent,
    client::Connection,
    files::{Expected, Kind, Source},
    server::Server,
    version::Versions,
};

const FILES: usize = 4;
const CLIENTS: usize = 4;
/// Each client has so many requests on the way at once.
const CONNECTIONS: usize = 8;
/// Far more than any report takes.
const LONG: Duration = Duration::from_secs(30);

/// What the clients found.
#[derive(Default)]
struct Requests {
    sent: AtomicUsize,
    failed: AtomicUsize,
    never_live: AtomicUsize,
    /// The first few of either, to look at.
    examples: Mutex<Vec<String>>,
}

impl Requests {
    fn note(&self, count: &AtomicUsize, example: String) {
        count.fetch_add(1, Ordering::SeqCst);
        let mut examples = self.examples.lock().expect("a lock");
        if examples.len() < 10 {
            examples.push(example);
        }
    }
}

/// How often a kind of change was reported as it had to be, and the slowest time from the change to that.
type Reports = BTreeMap<Kind, (usize, Duration)>;

/// Prints what was done, and says whether every claim holds.
pub(crate) fn run(extent: &Extent) -> bool {
    let folder = tempfile::tempdir().expect("a folder");
    let mut sets = Vec::new();
    let mut policies = Vec::new();
    for at in 0..=FILES {
        let most = if at < FILES {
            extent.changes
        } else {
            extent.updates
        };
        let versions = Arc::new(Versions::new(format!("/s{at}"), most));
        let rules = netlify::parse(&versions.text(0)).expect("rules");
        let (policy, handle) = Reloadable::new(rules);
        policies.push(policy);
        sets.push((versions, handle));
    }
    let server = Server::start(policies);
    let all: Vec<_> = sets
        .iter()
        .map(|(versions, _)| Arc::clone(versions))
        .collect();
    let (by_handle, by_handle_to) = sets.pop().expect("a set");

    let (requests, done) = (Requests::default(), AtomicBool::new(false));
    let begin = Instant::now();
    let mut reports = Reports::new();
    let mut extra = 0;
    thread::scope(|scope| {
        for client in 0..CLIENTS {
            let (all, requests, done) = (&all, &requests, &done);
            scope.spawn(move || ask(client, server.address, all, extent, requests, done));
        }
        let files: Vec<_> = (sets.iter().enumerate())
            .map(|(at, (versions, handle))| {
                let folder = folder.path().join(at.to_string());
                let source = Source::new(&folder, at % 2 == 1, versions);
                let requests = &requests;
                scope.spawn(move || change(&source, versions, handle, extent, requests))
            })
            .collect();
        update(&by_handle, &by_handle_to, extent, &requests);
        for file in files {
            let (own, own_extra) = file.join().expect("a thread that changes a file");
            extra += own_extra;
            for (kind, (count, slowest)) in own {
                let all = reports.entry(kind).or_default();
                *all = (all.0 + count, all.1.max(slowest));
            }
        }
        done.store(true, Ordering::SeqCst);
    });
    print(extent, &requests, &reports, extra, begin.elapsed())
}

/// A client: asks until enough was asked and every change is over.
fn ask(
    client: usize,
    address: SocketAddr,
    sets: &[Arc<Versions>],
    extent: &Extent,
    requests: &Requests,
    done: &AtomicBool,
) {
    let open = || Connection::open(address).expect("a connection");
    let mut connections: Vec<_> = (0..CONNECTIONS).map(|_| open()).collect();
    let mut turn = client;
    while requests.sent.load(Ordering::Relaxed) < extent.requests || !done.load(Ordering::Relaxed) {
        let mut asked = Vec::with_capacity(CONNECTIONS);
        for connection in &mut connections {
            turn += 1;
            // One more than there are sets: a path that none of them answers.
            let set = sets.get(turn % (sets.len() + 1));
            let since = set.map(|set| set.live());
            let sent = connection.ask(set.map_or("/none", |set| &set.source));
            asked.push((set, since, sent));
        }
        requests.sent.fetch_add(CONNECTIONS, Ordering::Relaxed);
        for (connection, (set, since, sent)) in connections.iter_mut().zip(asked) {
            let answer = sent.and_then(|()| connection.answer());
            match (answer, set.zip(since)) {
                (Ok(answer), Some((set, since))) if answer.status == 302 => {
                    let location = answer.location.unwrap_or_default();
                    if let Some(wrong) = set.wrong(since, &location) {
                        requests.note(&requests.never_live, wrong);
                    }
                }
                (Ok(answer), None) if answer.status == 200 => {}
                (answer, _) => {
                    requests.note(&requests.failed, format!("{answer:?}"));
                    *connection = open();
                }
            }
        }
    }
}

/// A report of the watcher, and when it came.
enum Told {
    Good,
    Bad(String),
    Lost,
}

impl Told {
    fn is(&self, expected: Expected) -> bool {
        match (self, expected) {
            (Self::Good, Expected::Good) | (Self::Lost, Expected::Lost) => true,
            (Self::Bad(error), Expected::Bad(part)) => error.contains(part),
            _ => false,
        }
    }
}

/// Changes a file so that the changes are spread over the requests, each when the one before was reported.
fn change(
    source: &Source,
    versions: &Arc<Versions>,
    handle: &ReloadHandle<Rules>,
    extent: &Extent,
    requests: &Requests,
) -> (Reports, usize) {
    let (_watcher, told) = watch(source, versions, handle);
    let mut extra = 0;
    extra += wait(&told, Expected::Good).0;
    let mut reports = Reports::new();
    for number in 1..=extent.changes {
        let turn = number * (extent.requests / extent.changes);
        while requests.sent.load(Ordering::Relaxed) < turn.min(extent.requests * 9 / 10) {
            thread::sleep(Duration::from_millis(1));
        }
        let kind = source.kind(number);
        source.change(kind, number, versions);
        let begin = Instant::now();
        let (others, at) = wait(&told, kind.expected());
        extra += others;
        let report = reports.entry(kind).or_default();
        *report = (
            report.0 + 1,
            report.1.max(at.saturating_duration_since(begin)),
        );
    }
    (reports, extra)
}

/// Watches as anybody does, with nothing changed of what is set; versions are noted as they are read.
fn watch(
    source: &Source,
    versions: &Arc<Versions>,
    handle: &ReloadHandle<Rules>,
) -> (Watcher, Receiver<(Told, Instant)>) {
    let (sender, told) = mpsc::channel();
    let reader = Arc::clone(versions);
    let versions = Arc::clone(versions);
    let watcher = handle
        .watch(
            source.path(),
            move |path| -> Result<_, Box<dyn std::error::Error + Send + Sync>> {
                let rules = Format::Netlify.load_lossy(path)?.into_result()?;
                reader.may_serve(reader.of(&rules));
                Ok(rules)
            },
        )
        .on_reload(move |reload| {
            let told = match reload {
                Reload::Good { .. } => {
                    versions.serves();
                    Told::Good
                }
                Reload::Bad { error, .. } => Told::Bad(error.to_string()),
                Reload::Lost { .. } => Told::Lost,
                // It is read as it was before.
                Reload::Back { .. } => Told::Good,
                other => unreachable!("{other}"),
            };
            // Nobody listens where all is done.
            let _ = sender.send((told, Instant::now()));
        })
        .start()
        .expect("a thread");
    (watcher, told)
}

/// Waits for a report. On a busy machine, what a writer does in two steps may be reported as two; those that
/// come before are counted.
fn wait(told: &Receiver<(Told, Instant)>, expected: Expected) -> (usize, Instant) {
    let mut others = 0;
    loop {
        let (told, at) = told
            .recv_timeout(LONG)
            .unwrap_or_else(|_| panic!("{expected:?} was not reported in {LONG:?}"));
        if told.is(expected) {
            return (others, at);
        }
        others += 1;
    }
}

/// Changes a set by its handle; every fifth change fails.
fn update(versions: &Versions, handle: &ReloadHandle<Rules>, extent: &Extent, requests: &Requests) {
    for number in 1..=extent.updates {
        let turn = number * (extent.requests / extent.updates);
        while requests.sent.load(Ordering::Relaxed) < turn.min(extent.requests * 9 / 10) {
            thread::sleep(Duration::from_micros(200));
        }
        let mut text = versions.text(number);
        if number.is_multiple_of(5) {
            text.push_str("/no-target\n");
        }
        let updated = handle.try_update(|_| {
            netlify::parse(&text).inspect(|rules| versions.may_serve(versions.of(rules)))
        });
        assert_eq!(
            updated.is_err(),
            number.is_multiple_of(5),
            "change {number}"
        );
        versions.serves();
    }
}

fn print(
    extent: &Extent,
    requests: &Requests,
    reports: &Reports,
    extra: usize,
    took: Duration,
) -> bool {
    println!("| change of a watched file | times | slowest report |");
    println!("|---|--:|--:|");
    let (mut good, mut bad, mut slowest) = (0, 0, Duration::ZERO);
    for (kind, (count, slow)) in reports {
        println!("| {kind} | {count} | {} ms |", slow.as_millis());
        if kind.is_good() {
            good += count;
        } else {
            bad += count;
            slowest = slowest.max(*slow);
        }
    }
    let sent = requests.sent.load(Ordering::SeqCst);
    let failed = requests.failed.load(Ordering::SeqCst);
    let never_live = requests.never_live.load(Ordering::SeqCst);
    let refused = extent.updates / 5;
    println!();
    println!(
        "reloads of watched files: {}, {good} good, {bad} bad",
        good + bad
    );
    println!(
        "bad ones reported: {bad} of {bad}, the slowest after {} ms",
        slowest.as_millis()
    );
    println!("reports of half a change, beside these: {extra}");
    println!(
        "changes by the handle: {}, {refused} of them refused",
        extent.updates
    );
    println!("requests: {sent} in {:.1} s", took.as_secs_f64());
    println!("failed requests: {failed}");
    println!("answers of sets that were not live: {never_live}");
    for example in requests.examples.lock().expect("a lock").iter() {
        println!("  {example}");
    }
    println!();
    let in_time = extent.report.is_none_or(|report| slowest < report);
    if !in_time {
        println!("a bad set was reported late");
    }
    failed == 0 && never_live == 0 && in_time && sent >= extent.requests
}
