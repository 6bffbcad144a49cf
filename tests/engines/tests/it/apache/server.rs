//! Apache with many sites, each of which has its own address, its own folder and its own `.htaccess`.

use std::{
    fmt::Write as _,
    fs,
    io::BufReader,
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use crate::{
    answer::{Answer, Decision, Request},
    compare::{Answers, Engine},
    http,
};

pub struct Apache {
    program: PathBuf,
}

/// Where Debian has the modules.
const MODULES: &str = "/usr/lib/apache2/modules";

impl Apache {
    /// Says what is missing, if something is.
    pub fn find() -> Result<Self, &'static str> {
        // Debian keeps servers in /usr/sbin, which isn't in everybody's PATH.
        for program in ["apache2", "/usr/sbin/apache2"] {
            let mut command = Command::new(program);
            if command.arg("-v").stdout(Stdio::null()).status().is_ok() {
                return Ok(Self {
                    program: program.into(),
                });
            }
        }
        Err("install apache2-bin")
    }
}

/// Every address of 127.0.0.0/8 is one of this machine, and of nobody else.
fn address(site: usize, port: u16) -> SocketAddr {
    let number = u32::try_from(site).expect("few sites") + 256;
    let ip = Ipv4Addr::from_bits(Ipv4Addr::LOCALHOST.to_bits() + number);
    (ip, port).into()
}

/// A page answers whatever no rule redirects: the status of the server, which any path has.
fn configuration(folder: &Path, sites: usize, port: u16) -> String {
    let root = folder.display();
    let mut out = format!(
        "ServerRoot {root}\nPidFile {root}/pid\nErrorLog {root}/log\nLogLevel alert\n\
         User www-data\nGroup www-data\nServerName site.example:80\nUseCanonicalName Off\n\
         KeepAlive Off\n"
    );
    for module in [
        "mpm_event",
        "authz_core",
        "alias",
        "rewrite",
        "dir",
        "status",
        "setenvif",
    ] {
        writeln!(out, "LoadModule {module}_module {MODULES}/mod_{module}.so").unwrap();
    }
    writeln!(
        out,
        "<Directory {root}>\nAllowOverride All\nRequire all granted\nDirectoryIndex disabled\nSetHandler server-status\n</Directory>"
    )
    .unwrap();
    for site in 0..sites {
        let address = address(site, port);
        writeln!(out, "Listen {address}").unwrap();
        writeln!(
            out,
            "<VirtualHost {address}>\nDocumentRoot {root}/{site}\nServerName site.example:80\n</VirtualHost>"
        )
        .unwrap();
    }
    out
}

impl Engine for Apache {
    fn ask(&mut self, files: &[(String, &[Request])]) -> Vec<Answers> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path();
        // Apache reads the folder as another user if root starts it.
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("permissions");
        for (site, (text, _)) in files.iter().enumerate() {
            let site = path.join(site.to_string());
            fs::create_dir(&site).expect("a folder");
            fs::write(site.join(".htaccess"), text).expect("written");
        }
        let port = TcpListener::bind(address(0, 0)).and_then(|listener| listener.local_addr());
        let port = port.expect("a free port").port();
        let conf = path.join("apache2.conf");
        fs::write(&conf, configuration(path, files.len(), port)).expect("written");
        let _server = Server::start(&self.program, &conf);
        let sites = files.iter().enumerate();
        sites
            .map(|(site, (_, requests))| ask(address(site, port), requests))
            .collect()
    }
}

/// It ends when it is dropped, and also if the test is killed, because that closes its standard input.
struct Server(Child);

impl Server {
    fn start(program: &Path, configuration: &Path) -> Self {
        // `-X` keeps Apache in one process.
        let process = Command::new("sh")
            .args(["-c", "\"$0\" -X -f \"$1\" & read -r _; kill -9 $!"])
            .arg(program)
            .arg(configuration)
            .stdin(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        Self(process.expect("apache2 starts"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

fn ask(address: SocketAddr, requests: &[Request]) -> Answers {
    let answers = requests.iter().map(|request| {
        let response = http::get(&mut BufReader::new(connect(address)), request, "");
        let location = response.header("location");
        Answer::new(response.status, location, None, request)
    });
    let answers: Vec<_> = answers.collect();
    // A mistake in the file is an error of every request.
    let failed = |answer: &Answer| answer.decision == Decision::Refuse(500);
    match answers.iter().all(failed) {
        true => Err("500 Internal Server Error".to_owned()),
        false => Ok(answers),
    }
}

fn connect(address: SocketAddr) -> TcpStream {
    for _ in 0..6_000 {
        match TcpStream::connect(address) {
            Ok(stream) => return stream,
            Err(_) => thread::sleep(Duration::from_millis(5)),
        }
    }
    panic!("apache2 doesn't listen");
}
