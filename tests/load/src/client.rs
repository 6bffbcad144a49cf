//! A connection that is kept.

use std::{
    io::{self, ErrorKind, Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) location: Option<String>,
}

impl Connection {
    pub(crate) fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        Ok(Self {
            stream,
            buffer: Vec::with_capacity(1024),
        })
    }

    pub(crate) fn ask(&mut self, path: &str) -> io::Result<()> {
        let request = format!("GET {path} HTTP/1.1\r\nhost: app.example\r\n\r\n");
        self.stream.write_all(request.as_bytes())
    }

    pub(crate) fn answer(&mut self) -> io::Result<Answer> {
        self.buffer.clear();
        loop {
            let mut part = [0; 1024];
            let count = self.stream.read(&mut part)?;
            if count == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            self.buffer.extend_from_slice(&part[..count]);
            if let Some(answer) = read(&self.buffer)? {
                return Ok(answer);
            }
        }
    }
}

/// The answer, if it is there as a whole. None of them has a body here.
fn read(bytes: &[u8]) -> io::Result<Option<Answer>> {
    let text = std::str::from_utf8(bytes).map_err(io::Error::other)?;
    let Some(head) = text.strip_suffix("\r\n\r\n") else {
        return Ok(None);
    };
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.get(9..12));
    let status = status.and_then(|status| status.parse().ok());
    let mut answer = Answer {
        status: status.ok_or_else(|| io::Error::other(text.to_owned()))?,
        location: None,
    };
    let mut length = None;
    for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
        if name.eq_ignore_ascii_case("location") {
            answer.location = Some(value.to_owned());
        } else if name.eq_ignore_ascii_case("content-length") {
            length = Some(value);
        }
    }
    if length == Some("0") {
        Ok(Some(answer))
    } else {
        Err(io::Error::other(text.to_owned()))
    }
}
