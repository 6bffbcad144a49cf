//! Loading a rule file, beside a handwritten loader and the configuration tests of two servers.

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

/// A folder for the files of one run. It is deleted on drop.
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
        // The results are printed already. A folder that stays is harmless.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Writes a map of exact rules, one line each: `source target`, then `end`, which is `;` for nginx.
pub(crate) fn write_map(path: &Path, count: usize, end: &str) -> io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    for number in 0..count {
        let (source, target) = (keys::path(number), keys::target(Kind::Exact, number));
        writeln!(file, "{source} {target}{end}")?;
    }
    file.flush()
}

/// Loads a file and returns the number of its rules.
type Loader = fn(&Path) -> usize;

/// All loaders.
const LOADERS: [(&str, Loader); 4] = [
    (HANDWRITTEN, |path| handwritten(path).len()),
    ("this crate, one rule per line", |path| by_line(path).len()),
    ("this crate, HAProxy's map", |path| {
        format(Format::HaproxyMap, path)
    }),
    ("this crate, Netlify's _redirects", |path| {
        format(Format::Netlify, path)
    }),
];

const HANDWRITTEN: &str = "HashMap<String, (u16, HeaderValue)>";

/// The handwritten loader: reads the whole file, checks each line, rejects duplicates.
fn handwritten(path: &Path) -> HashMap<String, (u16, HeaderValue)> {
    let text = fs::read_to_string(path).expect("the file exists");
    let mut rules = HashMap::new();
    for line in text.lines() {
        let (source, target) = line.split_once(' ').expect("the line has two words");
        assert!(source.starts_with('/'), "{line}");
        let is_target = (target.starts_with('/') && !target.starts_with("//"))
            || target.starts_with("https://")
            || target.starts_with("http://");
        assert!(is_target, "{line}");
        let value = HeaderValue::from_str(target).expect("the bytes are valid");
        match rules.entry(source.to_owned()) {
            Entry::Vacant(entry) => {
                entry.insert((301, value));
            }
            Entry::Occupied(_) => panic!("duplicate: {line}"),
        }
    }
    rules
}

/// Reads the file line by line into a `RulesBuilder` of this crate.
pub(crate) fn by_line(path: &Path) -> Rules {
    let mut file = BufReader::new(File::open(path).expect("the file exists"));
    let mut line = String::new();
    let mut builder = RulesBuilder::default();
    while file.read_line(&mut line).expect("the file can be read") > 0 {
        let (source, target) = line
            .trim_end()
            .split_once(' ')
            .expect("the line has two words");
        builder = builder.rule(Rule::moved_permanently(source, target));
        line.clear();
    }
    builder.build().expect("the rules are valid")
}

fn format(format: Format, path: &Path) -> usize {
    let parsed = format.load_lossy(path).expect("the file can be read");
    parsed.into_result().expect("the rules are valid").len()
}

/// Loads a file and returns, so the caller can measure the process.
pub(crate) fn load(name: &str, file: &str) -> Result<(), Box<dyn Error>> {
    let loader = LOADERS.iter().find(|(own, _)| *own == name);
    let (_, load) = loader.ok_or("unknown loader")?;
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
            "ms / handwritten",
            "CPU s",
            "live B/rule",
            "peak B/rule",
            "live / handwritten",
            "peak / handwritten",
        ]);
        let mut handwritten_figures: Option<[f64; 3]> = None;
        for (name, load) in LOADERS {
            let mut least = f64::INFINITY;
            for _ in 0..3 {
                let start = Instant::now();
                assert_eq!(load(&map), count, "{name}");
                least = least.min(start.elapsed().as_secs_f64() * 1e3);
            }
            let memory = memory(name, &map);
            let [live, peak] = [memory.live, memory.peak].map(|bytes| bytes as f64 / count as f64);
            let handwritten_figures = *handwritten_figures.get_or_insert([least, live, peak]);
            let program = env::current_exe()?;
            let cpu = cpu(Command::new(program).arg(LOAD).arg(name).arg(&map))?;
            table.row([
                name.to_owned(),
                number(Some(least), 1),
                ratio(Some(least), Some(handwritten_figures[0])),
                number(Some(cpu), 3),
                number(Some(live), 1),
                number(Some(peak), 1),
                ratio(Some(live), Some(handwritten_figures[1])),
                ratio(Some(peak), Some(handwritten_figures[2])),
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

/// Returns the memory of what a loader builds.
fn memory(name: &str, map: &Path) -> heap::Memory {
    let format =
        |format: Format| heap::measure(|| format.load_lossy(map).map(|parsed| parsed.rules)).1;
    match name {
        HANDWRITTEN => heap::measure(|| handwritten(map)).1,
        "this crate, HAProxy's map" => format(Format::HaproxyMap),
        "this crate, Netlify's _redirects" => format(Format::Netlify),
        _ => heap::measure(|| by_line(map)).1,
    }
}

/// Returns the configuration tests of two servers with the same rules.
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

/// Returns the program of a server. Debian keeps servers in `/usr/sbin`, which may not be in
/// `PATH`.
pub(crate) fn server(name: &str) -> Command {
    let path = Path::new("/usr/sbin").join(name);
    Command::new(if path.exists() { path } else { name.into() })
}

/// Returns a configuration of HAProxy: 301 if the map has the path, otherwise 200.
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

/// Returns a configuration of nginx: 301 if the map has the path, otherwise 200.
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

/// Runs a program and returns its user and system time in seconds.
fn cpu(command: &mut Command) -> io::Result<f64> {
    let mut timed = Command::new("bash");
    // The clock of bash has milliseconds.
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
    seconds.ok_or_else(|| io::Error::other("bash printed no times"))
}
