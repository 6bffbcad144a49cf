//! nginx with the maps of many files, and a server that redirects to what a map has for the request.

use std::{
    fmt::Write as _,
    fs,
    io::BufReader,
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use tempfile::TempDir;

use crate::{
    answer::{Answer, Request},
    compare::{Answers, Engine},
    http,
};

pub struct Nginx {
    program: PathBuf,
}

impl Nginx {
    /// Says what is missing, if something is.
    pub fn find() -> Result<Self, &'static str> {
        // Debian keeps servers in /usr/sbin, which isn't in everybody's PATH.
        for program in ["nginx", "/usr/sbin/nginx"] {
            let mut command = Command::new(program);
            if command.arg("-v").stderr(Stdio::null()).status().is_ok() {
                return Ok(Self {
                    program: program.into(),
                });
            }
        }
        Err("install nginx-light")
    }

    fn command(&self, folder: &Path) -> Command {
        let mut command = Command::new(&self.program);
        command
            .arg("-p")
            .arg(folder)
            .args(["-e", "stderr", "-c", "nginx.conf"]);
        command
    }

    /// Writes the files that nginx accepts, and returns its error about each of the others.
    fn configure(&self, folder: &Path, files: &[(String, &[Request])]) -> Vec<Option<String>> {
        let mut errors = vec![None; files.len()];
        for (at, (text, _)) in files.iter().enumerate() {
            fs::write(folder.join(format!("{at}.conf")), renamed(text, at)).expect("written");
        }
        loop {
            let accepted = (0..files.len()).filter(|at| errors[*at].is_none());
            fs::write(folder.join("nginx.conf"), configuration(folder, accepted)).expect("written");
            let output = self.command(folder).arg("-t").output().expect("nginx runs");
            if output.status.success() {
                return errors;
            }
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            // nginx: [emerg] … in /tmp/x/12.conf:3
            let name = said
                .split('/')
                .filter_map(|name| name.split_once(".conf:")?.0.parse().ok())
                .next();
            let at: usize = name.unwrap_or_else(|| panic!("no file in {said}"));
            assert!(errors[at].is_none(), "{said}");
            errors[at] = Some(said);
        }
    }
}

/// The map with another variable, and a map with the same keys whose values are the numbers of the entries.
fn renamed(text: &str, at: usize) -> String {
    let (head, rest) = text
        .split_once(" $new {\n")
        .expect("the map of a file sets `$new`");
    let mut out = format!("{head} $new{at} {{\n{rest}\n{head} $entry{at} {{\n");
    for (index, line) in rest.lines().enumerate() {
        let number = index + 1;
        match key(line.trim()) {
            Some("hostnames;" | "volatile;") => writeln!(out, "{line}").unwrap(),
            Some(key) => writeln!(out, "{key} {number};").unwrap(),
            None => {}
        }
    }
    out.push_str("}\n");
    out
}

/// The first word of an entry.
fn key(entry: &str) -> Option<&str> {
    let quote = entry.chars().next().filter(|c| "\"'".contains(*c));
    let end = match quote {
        Some(quote) => entry[1..].find(quote)? + 2,
        None => entry.find(char::is_whitespace).unwrap_or(entry.len()),
    };
    let key = &entry[..end];
    (!key.is_empty() && !key.starts_with(['#', '}'])).then_some(key)
}

fn configuration(folder: &Path, files: impl Iterator<Item = usize>) -> String {
    let socket = folder.join("socket");
    let socket = socket.display();
    let (mut includes, mut locations, mut entries) = (String::new(), String::new(), String::new());
    for at in files {
        writeln!(includes, "include {at}.conf;").unwrap();
        writeln!(locations, "{at} $new{at};").unwrap();
        writeln!(entries, "{at} $entry{at};").unwrap();
    }
    format!(
        "daemon off; master_process off; pid nginx.pid;
        events {{ }}
        http {{
            access_log off; map_hash_bucket_size 256; variables_hash_max_size 65536; variables_hash_bucket_size 256;
            client_body_temp_path t; proxy_temp_path t; fastcgi_temp_path t; uwsgi_temp_path t; scgi_temp_path t;
            {includes}
            map $http_x_file $new {{ {locations} }}
            map $http_x_file $entry {{ {entries} }}
            server {{
                listen unix:{socket}; absolute_redirect off; keepalive_requests 1000000;
                add_header x-entry $entry always;
                if ($new) {{ return 301 $new; }}
                return 204;
            }}
        }}"
    )
}

impl Engine for Nginx {
    fn ask(&mut self, files: &[(String, &[Request])]) -> Vec<Answers> {
        let folder = tempfile::tempdir().expect("a folder");
        let errors = self.configure(folder.path(), files);
        let server = Server::start(self.command(folder.path()), folder);
        let mut connection = server.connect();
        let answers = errors.into_iter().zip(files).enumerate();
        answers
            .map(|(at, (error, (_, requests)))| match error {
                Some(error) => Err(error),
                None => Ok(requests
                    .iter()
                    .map(|request| get(&mut connection, at, request))
                    .collect()),
            })
            .collect()
    }
}

/// It ends when it is dropped.
struct Server {
    process: Child,
    folder: TempDir,
}

impl Server {
    fn start(mut command: Command, folder: TempDir) -> Self {
        let process = command.stderr(Stdio::null()).spawn().expect("nginx starts");
        Self { process, folder }
    }

    fn connect(&self) -> BufReader<UnixStream> {
        // It has checked its configuration, so it listens soon.
        for _ in 0..6_000 {
            match UnixStream::connect(self.folder.path().join("socket")) {
                Ok(stream) => return BufReader::new(stream),
                Err(_) => thread::sleep(Duration::from_millis(5)),
            }
        }
        panic!("nginx doesn't listen");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn get(connection: &mut BufReader<UnixStream>, file: usize, request: &Request) -> Answer {
    let response = http::get(connection, request, &format!("x-file: {file}\r\n"));
    let rule = response
        .header("x-entry")
        .and_then(|entry| entry.parse().ok());
    Answer::new(response.status, response.header("location"), rule, request)
}
