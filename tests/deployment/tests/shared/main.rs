//! The example `shared`: two machines and one Redis, which is ended, hangs, and returns.

#![forbid(unsafe_code)]

use std::{fs, net::SocketAddr, sync::OnceLock};

use tower_redirect_deployment::{Example, Redis};

mod visitors;

use visitors::{Visitor, Visitors};

/// Longer than any test runs: what arrives has come by a message, or by the return of the connection.
const NEVER: &str = "86400";
/// What is said once each time that Redis is lost.
const LOST: &str = "Redis can't be read";
/// What is said once each time that it returns.
const BACK: &str = "Redis is back";

fn machine(redis: &Redis, every: &str, more: &[&str]) -> Example {
    static PROGRAM: OnceLock<String> = OnceLock::new();
    let program = PROGRAM.get_or_init(|| Example::build("example-shared"));
    let url = redis.url();
    let most = ["--redis", &url, "--every", every, "--listen", "127.0.0.1:0"];
    Example::start(program, &[&most[..], more].concat())
}

/// Two machines that serve version 1, and their visitors.
fn site(redis: &Redis, every: &str) -> ([Example; 2], Visitors) {
    store(redis, "1", b"/old /1\n");
    let machines = [(); 2].map(|()| machine(redis, every, &[]));
    let addresses: Vec<SocketAddr> = machines.iter().map(Example::address).collect();
    let visitors = Visitors::of(&addresses);
    visitors.all_get(1);
    (machines, visitors)
}

fn store(redis: &Redis, version: &str, rules: &[u8]) {
    redis.ask(&["hset", "redirects", "version", version, "rules"], rules);
}

fn tell(redis: &Redis) {
    redis.ask(&["publish", "redirects"], b"");
}

/// What an editor does.
fn publish(redis: &Redis, version: u64) {
    let rules = format!("/old /{version}\n");
    store(redis, &version.to_string(), rules.as_bytes());
    tell(redis);
}

fn all_say(machines: &[Example], words: &str, times: usize) {
    for machine in machines {
        machine.hear(words);
        let said = machine.said();
        assert_eq!(said.matches(words).count(), times, "{words:?} in:\n{said}");
    }
}

#[test]
fn all_follow_and_the_end_of_redis_fails_no_request() {
    let mut redis = Redis::start();
    let (machines, visitors) = site(&redis, NEVER);
    for version in 2..10 {
        publish(&redis, version);
        visitors.all_get(version);
    }

    // Ended right after it has acknowledged a version, which not every machine may have read by then.
    publish(&redis, 10);
    redis.kill();
    all_say(&machines, LOST, 1);

    // It returns with what it had.
    redis.start_again();
    assert_eq!(redis.ask(&["hget", "redirects"], b"version"), "10\n");
    all_say(&machines, BACK, 1);
    visitors.all_get(10);
    visitors.all_still_get(10);
    publish(&redis, 11);
    visitors.all_get(11);

    // Changed while no machine was connected, and nobody is told afterwards.
    redis.kill();
    for machine in &machines {
        machine.hear(LOST);
    }
    redis.start_elsewhere(|redis| publish(redis, 12));
    visitors.all_still_get(11);
    redis.start_again();
    visitors.all_get(12);
    publish(&redis, 13);
    visitors.all_get(13);

    all_say(&machines, LOST, 2);
    all_say(&machines, BACK, 2);
    println!("{} answers, none failed", visitors.leave());
}

#[test]
fn what_is_bad_replaces_nothing() {
    let redis = Redis::start();
    let (machines, visitors) = site(&redis, NEVER);
    let bad: [(&str, &[u8]); 6] = [
        ("half", b"/old /2\n/ol"),
        ("loop", b"/old /b 301!\n/b /old 301!\n"),
        ("empty", b""),
        ("blank", b" \n\n"),
        ("bytes", b"/old /2\n/\xff /2\n"),
        ("other format", br#"{ "redirects": [] }"#),
    ];
    for (version, rules) in bad {
        store(&redis, version, rules);
        tell(&redis);
        let words = format!("version {version:?} rejected, keeping the previous rule: {version}:");
        all_say(&machines, &words, 1);
        visitors.all_still_get(1);
    }

    // A key that was lost, and one that is no hash.
    redis.ask(&["del"], b"redirects");
    tell(&redis);
    all_say(&machines, "version \"\" rejected", 1);
    redis.ask(&["set", "redirects"], b"/old /2\n");
    tell(&redis);
    all_say(&machines, "WRONGTYPE", 1);
    visitors.all_still_get(1);
    redis.ask(&["del"], b"redirects");
    all_say(&machines, BACK, 1);

    publish(&redis, 2);
    visitors.all_get(2);
    visitors.leave();

    // No redirect at all, which is meant.
    store(&redis, "none", b"# The site is as it was.\n");
    tell(&redis);
    all_say(&machines, "version \"none\": 0 rules active", 1);
    for machine in &machines {
        let answer = Visitor::of(machine.address()).get("/old");
        assert_eq!(answer, (404, String::new()));
    }
}

#[test]
fn what_nobody_was_told_of_arrives() {
    let redis = Redis::start();
    let (machines, visitors) = site(&redis, "1");
    store(&redis, "2", b"/old /2\n");
    visitors.all_get(2);

    // It hangs: connections stay, and no answer comes.
    redis.freeze();
    all_say(&machines, LOST, 1);
    visitors.all_still_get(2);
    redis.thaw();
    all_say(&machines, BACK, 1);
    store(&redis, "3", b"/old /3\n");
    visitors.all_get(3);
    visitors.leave();
}

#[test]
fn a_start_without_redis() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("copy");
    let copy = ["--copy", path.to_str().unwrap()];
    let mut redis = Redis::start();
    publish(&redis, 1);
    let first = machine(&redis, NEVER, &copy);
    let visitors = Visitors::of(&[first.address()]);
    visitors.all_get(1);
    publish(&redis, 2);
    visitors.all_get(2);
    store(&redis, "bad", b"/old");
    tell(&redis);
    first.hear("version \"bad\" rejected");
    visitors.leave();
    drop(first);
    redis.kill();

    // The last good ones, of the copy; without it none.
    let second = machine(&redis, NEVER, &copy);
    second.hear(LOST);
    let visitors = Visitors::of(&[second.address()]);
    visitors.all_still_get(2);
    let bare = machine(&redis, NEVER, &[]);
    let mut visitor = Visitor::of(bare.address());
    assert_eq!(visitor.get("/old"), (404, String::new()));

    // A copy that is not whole is no reason not to start.
    let whole = fs::read_to_string(&path).unwrap();
    assert!(whole.ends_with("\n/old /2\n"), "{whole:?}");
    fs::write(&path, whole.strip_suffix("2\n").unwrap()).unwrap();
    let spoiled = machine(&redis, NEVER, &copy);
    let answer = Visitor::of(spoiled.address()).get("/old");
    assert_eq!(answer, (404, String::new()));
    spoiled.hear("the copy isn't used");
    // Nor is a folder that nobody has made, and it is said before a copy is missed.
    let nowhere = folder.path().join("nowhere/copy");
    let nowhere = machine(&redis, NEVER, &["--copy", nowhere.to_str().unwrap()]);
    nowhere.hear("its folder doesn't exist, so no copy can be saved; create it");
    drop(nowhere);

    redis.start_again();
    for machine in [&second, &bare, &spoiled] {
        machine.hear("version \"bad\" rejected");
    }
    publish(&redis, 3);
    visitors.all_get(3);
    visitors.leave();
    for machine in [&bare, &spoiled] {
        machine.hear("version \"3\": 1 rule active");
    }
    assert_eq!(visitor.get("/old"), (301, "/3".to_owned()));
    let whole = fs::read_to_string(&path).unwrap();
    assert!(whole.ends_with("\n/old /3\n"), "{whole:?}");
}

#[cfg(unix)]
#[test]
fn a_copy_is_a_file_of_this_process_alone() {
    use std::{
        os::unix::fs::{PermissionsExt, symlink},
        process::Command,
    };

    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let (path, other) = (at("copy"), at("other"));
    let copy = ["--copy", path.to_str().unwrap()];
    let redis = Redis::start();

    // A pipe is never read to its end.
    assert!(
        Command::new("mkfifo")
            .arg(&path)
            .status()
            .unwrap()
            .success()
    );
    let first = machine(&redis, NEVER, &copy);
    first.hear("Stop with Ctrl-C.");
    first.hear("not a regular file");
    fs::remove_file(&path).unwrap();

    // What links lead to is neither read nor written.
    fs::write(&other, "/old /other\n").unwrap();
    for link in ["copy", "copy.new"] {
        symlink(&other, at(link)).unwrap();
    }
    let second = machine(&redis, NEVER, &copy);
    second.hear("not a regular file");
    for machine in [&first, &second] {
        machine.hear("Stop with Ctrl-C.");
    }
    publish(&redis, 1);
    for machine in [&first, &second] {
        machine.hear("version \"1\": 1 rule active");
    }
    assert_eq!(fs::read_to_string(&other).unwrap(), "/old /other\n");
    let about = fs::symlink_metadata(&path).unwrap();
    assert!(about.is_file());
    assert_eq!(about.permissions().mode() & 0o777, 0o600);
    let mut names: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["copy", "copy.new", "other"]);
}

#[test]
fn what_is_long_or_strange_is_neither_read_nor_printed() {
    let redis = Redis::start();
    let (machines, visitors) = site(&redis, "1");

    // With an error in each line, the name would be said a thousand times.
    let long = "x".repeat(1 << 20);
    redis.ask(
        &["hset", "redirects", "rules", "/old\n", "version"],
        long.as_bytes(),
    );
    tell(&redis);
    all_say(
        &machines,
        "`version` has 1048576 bytes; publish at most 64",
        1,
    );

    store(&redis, "many", &vec![b'#'; (64 << 20) + 1]);
    tell(&redis);
    all_say(
        &machines,
        "`rules` has 67108865 bytes; publish at most 67108864",
        1,
    );

    store(&redis, "\u{1b}[2J\u{202e}", b"/old\n");
    tell(&redis);
    let words =
        r#"version "\u{1b}[2J\u{202e}" rejected, keeping the previous rule: \u{1b}[2J\u{202e}:1:1"#;
    all_say(&machines, words, 1);
    visitors.all_still_get(1);

    publish(&redis, 2);
    visitors.all_get(2);
    visitors.leave();
    for machine in &machines {
        assert!(!machine.said().contains(['\u{1b}', '\u{202e}']));
    }
}
