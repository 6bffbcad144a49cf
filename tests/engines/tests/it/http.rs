//! HTTP/1.1, as far as the servers need it.

use std::{
    fmt::Write as _,
    io::{self, BufRead, BufReader, Read, Write},
};

use crate::answer::Request;

/// Sends a request with more header lines, and reads the response.
pub fn get<S: Read + Write>(
    connection: &mut BufReader<S>,
    request: &Request,
    more: &str,
) -> Response {
    let mut head = format!(
        "GET {} HTTP/1.1\r\nhost: {}\r\n{more}",
        request.target, request.host
    );
    for (name, value) in &request.headers {
        write!(head, "{name}: {value}\r\n").unwrap();
    }
    head.push_str("\r\n");
    connection
        .get_mut()
        .write_all(head.as_bytes())
        .expect("the server reads");
    Response::read(connection).expect("the server answers")
}

/// What a server answers, without the body.
pub struct Response {
    pub status: u16,
    headers: Vec<(String, String)>,
}

impl Response {
    fn read(connection: &mut impl BufRead) -> io::Result<Self> {
        let mut line = Vec::new();
        connection.read_until(b'\n', &mut line)?;
        let first = String::from_utf8_lossy(&line).into_owned();
        let status = first
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok());
        let status = status.unwrap_or_else(|| panic!("no response: {first:?}"));
        let mut headers = Vec::new();
        loop {
            line.clear();
            connection.read_until(b'\n', &mut line)?;
            let text = String::from_utf8_lossy(&line);
            let Some((name, value)) = text.split_once(':') else {
                break;
            };
            let value = value
                .strip_prefix(' ')
                .unwrap_or(value)
                .trim_end_matches(['\r', '\n']);
            headers.push((name.to_ascii_lowercase(), value.to_owned()));
        }
        let response = Self { status, headers };
        let length = response
            .header("content-length")
            .and_then(|length| length.parse().ok());
        let mut body = vec![0; length.unwrap_or_default()];
        connection.read_exact(&mut body)?;
        Ok(response)
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let header = self.headers.iter().find(|header| header.0 == name);
        header.map(|header| header.1.as_str())
    }
}
