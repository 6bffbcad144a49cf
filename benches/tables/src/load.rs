//! From a text file to a table that is ready, beside a hand-written loader and the tests of servers.

use std::{
    collections::{HashMap, hash_map::Entry},
    env,
    error::Error,
    fs::{self, File},
    hint::black_box,
    io::{self, BufRead, BufReader, BufWriter, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

use http::HeaderValue;
use tower_redirect::rules::{Format, Rule, Rules, RulesBuilder};

use crate::{
    LOAD, heap,
    keys::{self, Kind},
    table::{Table, number, ratio},
};

/// A folder for the files of one run, gone when the run is over.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> io::Result<Self> {
        let path = env::temp_dir().join(format!("tower-redirect-tables-{}", std::process::id()));
        fs::create_dir_all(&path)?;
        Ok(Self(path))
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Nobody is left to be told.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Writes a map of so many exact rules: a line for each, `source target`, and a `;` behind it for nginx.
pub(crate) fn write_map(path: &Path, count: usize, end: &str) -> io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    for number in 0..count {
        let (source, target) = (keys::path(number), keys::target(Kind::Exact, number));
        writeln!(file, "{source} {target}{end}")?;
    }
    file.flush()
}

/// Loads a file and says how many rules it has.
type Loader = fn(&Path) -> usize;

/// What is loaded, and how.
const LOADERS: [(&str, Loader); 4] = [
    (NAIVE, |path| naive(path).len()),
    ("this crate, a rule a line", |path| by_line(path).len()),
    ("this crate, HAProxy's map", |path| {
        format(Format::HaproxyMap, path)
    }),
    ("this crate, Netlify's _redirects", |path| {
        format(Format::Netlify, path)
    }),
];

const NAIVE: &str = "HashMap<String, (u16, HeaderValue)>";

type Naive = HashMap<String, (u16, HeaderValue)>;

/// What is written by hand: a whole file in memory, a map of checked lines, an error for a duplicate.
fn naive(path: &Path) -> Naive {
    let text = fs::read_to_string(path).expect("the file is there");
    let mut rules = HashMap::new();
    for line in text.lines() {
        let (source, target) = line.split_once(' ').expect("two words");
        assert!(source.starts_with('/'), "{line}");
        let is_target = (target.starts_with('/') && !target.starts_with("//"))
            || target.starts_with("https://")
            || target.starts_with("http://");
        assert!(is_target, "{line}");
        let value = HeaderValue::from_str(target).expect("it can be sent");
        match rules.entry(source.to_owned()) {
            Entry::Vacant(entry) => {
                entry.insert((301, value));
            }
            Entry::Occupied(_) => panic!("{line} is there twice"),
        }
    }
    rules
}

/// Our builder, fed line by line.
pub(crate) fn by_line(path: &Path) -> Rules {
    let mut file = BufReader::new(File::open(path).expect("the file is there"));
    let mut line = String::new();
    let mut builder = RulesBuilder::default();
    while file.read_line(&mut line).expect("it can be read") > 0 {
        let (source, target) = line.trim_end().split_once(' ').expect("two words");
        builder = builder.rule(Rule::moved_permanently(source, target));
        line.clear();
    }
    builder.build().expect("the rules are right")
}

fn format(format: Format, path: &Path) -> usize {
    let parsed = format.load_lossy(path).expect("the file can be read");
    parsed.into_result().expect("the rules are right").len()
}

/// Loads a file and ends, for the sake of what it costs.
pub(crate) fn load(name: &str, file: &str) -> Result<(), Box<dyn Error>> {
    let loader = LOADERS.iter().find(|(own, _)| *own == name);
    let (_, load) = loader.ok_or("no such loader")?;
    black_box(load(Path::new(file)));
    Ok(())
}

/// Prints the tables of loading.
pub(crate) fn measure() -> Result<(), Box<dyn Error>> {
    for count in [100_000, 1_000_000] {
        let folder = Folder::new()?;
        let map = folder.file("rules.map");
        write_map(&map, count, "")?;
        let bytes = fs::metadata(&map)?.len() as f64 / count as f64;
        println!("\n## Loading {count} lines of {bytes:.0} bytes\n");
        let mut table = Table::new([
            "loader",
            "ms",
            "ms / by hand",
            "CPU s",
            "live B/rule",
            "peak B/rule",
            "live / by hand",
            "peak / by hand",
        ]);
        let mut by_hand: Option<[f64; 3]> = None;
        for (name, load) in LOADERS {
            let mut least = f64::INFINITY;
            for _ in 0..3 {
                let start = Instant::now();
                assert_eq!(load(&map), count, "{name}");
                least = least.min(start.elapsed().as_secs_f64() * 1e3);
            }
            let held = held(name, &map);
            let [live, peak] = [held.live, held.peak].map(|bytes| bytes as f64 / count as f64);
            let by_hand = *by_hand.get_or_insert([least, live, peak]);
            let program = env::current_exe()?;
            let cpu = cpu(Command::new(program).arg(LOAD).arg(name).arg(&map))?;
            table.row([
                name.to_owned(),
                number(Some(least), 1),
                ratio(Some(least), Some(by_hand[0])),
                number(Some(cpu), 3),
                number(Some(live), 1),
                number(Some(peak), 1),
                ratio(Some(live), Some(by_hand[1])),
                ratio(Some(peak), Some(by_hand[2])),
            ]);
        }
        for (name, command) in servers(&folder, &map, count)? {
            let mut command = command;
            let cells = match cpu(&mut command) {
                Ok(cpu) => number(Some(cpu), 3),
                Err(_) => number(None, 3),
            };
            let dash = || number(None, 0);
            table.row([
                name.to_owned(),
                dash(),
                dash(),
                cells,
                dash(),
                dash(),
                dash(),
                dash(),
            ]);
        }
        print!("{table}");
    }
    Ok(())
}

/// What a loader leaves, and the most that it held.
fn held(name: &str, map: &Path) -> heap::Held {
    let format =
        |format: Format| heap::held(|| format.load_lossy(map).map(|parsed| parsed.rules)).1;
    match name {
        NAIVE => heap::held(|| naive(map)).1,
        "this crate, HAProxy's map" => format(Format::HaproxyMap),
        "this crate, Netlify's _redirects" => format(Format::Netlify),
        _ => heap::held(|| by_line(map)).1,
    }
}

/// The tests of configuration of two servers with the same rules.
fn servers(folder: &Folder, map: &Path, count: usize) -> io::Result<Vec<(&'static str, Command)>> {
    let port = "127.0.0.1:1";
    let haproxy = folder.file("haproxy.cfg");
    fs::write(&haproxy, haproxy_config(port, map))?;
    let nginx_map = folder.file("nginx.map");
    write_map(&nginx_map, count, ";")?;
    let nginx = folder.file("nginx.conf");
    fs::write(&nginx, nginx_config(port, &nginx_map, folder))?;
    let mut test_haproxy = server("haproxy");
    test_haproxy.arg("-c").arg("-f").arg(&haproxy);
    let mut test_nginx = server("nginx");
    test_nginx.arg("-t").arg("-c").arg(&nginx);
    Ok(vec![("haproxy -c", test_haproxy), ("nginx -t", test_nginx)])
}

/// A server's program; Debian keeps them where not everybody looks.
pub(crate) fn server(name: &str) -> Command {
    let place = Path::new("/usr/sbin").join(name);
    Command::new(if place.exists() { place } else { name.into() })
}

/// HAProxy with a map: 301 where it has the path, else 200.
pub(crate) fn haproxy_config(address: &str, map: &Path) -> String {
    let map = map.display();
    format!(
        "global\n  nbthread 1\n  maxconn 1000\n\
         defaults\n  mode http\n  timeout client 30s\n  timeout http-keep-alive 30s\n  timeout http-request 30s\n\
         frontend f\n  bind {address}\n  \
         http-request redirect location %[path,map_str({map})] code 301 if {{ path,map_str({map}) -m found }}\n  \
         http-request return status 200 content-type text/plain string ok\n"
    )
}

/// nginx with a map: 301 where it has the path, else 200.
pub(crate) fn nginx_config(address: &str, map: &Path, folder: &Folder) -> String {
    let (map, pid) = (map.display(), folder.file("nginx.pid"));
    let temporary = folder.file("tmp");
    format!(
        "daemon off; master_process off; worker_processes 1; pid {}; error_log stderr crit;\n\
         events {{ worker_connections 1024; }}\n\
         http {{\n  access_log off; keepalive_requests 1000000000;\n  \
         client_body_temp_path {temporary}; proxy_temp_path {temporary}; fastcgi_temp_path {temporary};\n  \
         uwsgi_temp_path {temporary}; scgi_temp_path {temporary};\n  \
         map_hash_max_size 4194304; map_hash_bucket_size 256;\n  \
         map $uri $to {{ default \"\"; include {map}; }}\n  \
         server {{\n    listen {address};\n    if ($to) {{ return 301 $to; }}\n    \
         location / {{ return 200 \"ok\"; }}\n  }}\n}}\n",
        pid.display(),
        temporary = temporary.display(),
    )
}

/// The user and system time of a program, in seconds, where it ends well.
fn cpu(command: &mut Command) -> io::Result<f64> {
    let mut timed = Command::new("bash");
    // The shell's own clock tells thousandths.
    timed
        .arg("-c")
        .arg("TIMEFORMAT='%U %S'; time \"$@\" 2>/dev/null >/dev/null")
        .arg("time")
        .arg(command.get_program())
        .args(command.get_args())
        .stdout(Stdio::null());
    let output = timed.output()?;
    let text = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(io::Error::other(text.into_owned()));
    }
    let seconds: Option<f64> = text
        .split_whitespace()
        .map(|part| part.parse::<f64>().ok())
        .sum();
    seconds.ok_or_else(|| io::Error::other("no times"))
}
