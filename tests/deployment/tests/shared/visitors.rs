//! Visitors who ask without a pause, and take nothing but a set that was live, in the order of their lives.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

/// Nothing takes so long, unless it never comes.
const PATIENCE: Duration = Duration::from_secs(60);

/// One visitor, with one connection that is never opened again.
pub(crate) struct Visitor(BufReader<TcpStream>);

impl Visitor {
    pub(crate) fn of(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self(BufReader::new(stream))
    }

    /// Status and location of the answer.
    pub(crate) fn get(&mut self, target: &str) -> (u16, String) {
        let request = format!("GET {target} HTTP/1.1\r\nHost: site.example\r\n\r\n");
        self.0.get_mut().write_all(request.as_bytes()).unwrap();
        let status = self.line();
        let status = status.split(' ').nth(1).expect("a status").parse().unwrap();
        let (mut location, mut length) = (String::new(), 0);
        loop {
            let field = self.line();
            match field.split_once(": ") {
                Some(("location", value)) => value.clone_into(&mut location),
                Some(("content-length", value)) => length = value.parse().unwrap(),
                Some(_) => {}
                None => break,
            }
        }
        self.0.read_exact(&mut vec![0; length]).unwrap();
        (status, location)
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        assert!(line.ends_with("\r\n"), "the answer ends with {line:?}");
        line.trim_end().to_owned()
    }
}

/// Asks each machine for `/old`, which version n sends to `/n`, until this is dropped.
pub(crate) struct Visitors {
    stop: Arc<AtomicBool>,
    /// By machine: how many answers came, and the number of the version of the last one.
    heard: Vec<Arc<Heard>>,
    threads: Vec<JoinHandle<()>>,
}

#[derive(Default)]
struct Heard {
    answers: AtomicU64,
    version: AtomicU64,
}

impl Visitors {
    pub(crate) fn of(machines: &[SocketAddr]) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let heard: Vec<Arc<Heard>> = machines.iter().map(|_| Arc::default()).collect();
        let visit = |(machine, heard): (&SocketAddr, &Arc<Heard>)| {
            let (stop, heard) = (Arc::clone(&stop), Arc::clone(heard));
            let mut visitor = Visitor::of(*machine);
            thread::spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    let (status, location) = visitor.get("/old");
                    assert_eq!(status, 301, "to {location}");
                    let version = location.strip_prefix('/').unwrap_or_default();
                    let version = version.parse().expect("a version that was live");
                    let before = heard.version.swap(version, Ordering::Relaxed);
                    assert!(version >= before, "{version} answers after {before}");
                    heard.answers.fetch_add(1, Ordering::Relaxed);
                    // They are many, and do not keep the machine from what else it does.
                    thread::sleep(Duration::from_millis(1));
                }
            })
        };
        let threads = machines.iter().zip(&heard).map(visit).collect();
        Self {
            stop,
            heard,
            threads,
        }
    }

    /// Waits until every machine answers with this version.
    pub(crate) fn all_get(&self, version: u64) {
        self.wait(|heard| heard.version.load(Ordering::Relaxed) == version);
    }

    /// Waits until every machine has answered a hundred times more, all with this version.
    pub(crate) fn all_still_get(&self, version: u64) {
        let answers = |heard: &Arc<Heard>| heard.answers.load(Ordering::Relaxed);
        let before: Vec<u64> = self.heard.iter().map(answers).collect();
        for (heard, before) in self.heard.iter().zip(before) {
            self.wait_for(heard, |heard| answers(heard) > before + 100);
        }
        // None that came between was another, as they never go back.
        self.all_get(version);
        for heard in &self.heard {
            assert_eq!(heard.version.load(Ordering::Relaxed), version);
        }
    }

    /// Ends them, and says how many answers they got.
    pub(crate) fn leave(mut self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            thread.join().expect("a visitor was content");
        }
        let answers = |heard: &Arc<Heard>| heard.answers.load(Ordering::Relaxed);
        self.heard.iter().map(answers).sum()
    }

    fn wait(&self, until: impl Fn(&Arc<Heard>) -> bool) {
        for heard in &self.heard {
            self.wait_for(heard, &until);
        }
    }

    fn wait_for(&self, heard: &Arc<Heard>, until: impl Fn(&Arc<Heard>) -> bool) {
        let began = Instant::now();
        while !until(heard) {
            assert!(
                !self.threads.iter().any(JoinHandle::is_finished),
                "a visitor was not content"
            );
            let version = heard.version.load(Ordering::Relaxed);
            assert!(
                began.elapsed() < PATIENCE,
                "version {version} still answers"
            );
            thread::sleep(Duration::from_millis(2));
        }
    }
}

impl Drop for Visitors {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}
