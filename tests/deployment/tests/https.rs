//! The example `https` on two listeners, asked with `curl --insecure -L`.

#![forbid(unsafe_code)]

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    time::Duration,
};

use tower_redirect_curl::curl;

#[path = "../../../examples/https/src/app.rs"]
mod app;

/// The ports of plaintext and of TLS.
fn open() -> (u16, u16) {
    let [plaintext, tls] = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    let ports = [&plaintext, &tls].map(|listener| listener.local_addr().unwrap().port());
    tokio::spawn(async move {
        app::serve(plaintext, tls)
            .await
            .map_err(|error| error.to_string())
    });
    (ports[0], ports[1])
}

#[tokio::test(flavor = "multi_thread")]
async fn curl_is_sent_to_https_in_one_hop_and_arrives() {
    let (plaintext, tls) = open();
    let asked = format!("http://localhost:{plaintext}/hello/?a=%2F//b");
    let page = format!("https://localhost:{tls}/hello?a=%2F//b");
    for (arguments, statuses, text) in [
        (&[][..], [307, 200], "hello over TLS: GET \n"),
        (&["-d", "text"], [307, 200], "hello over TLS: POST text\n"),
        (
            &["-X", "PUT", "-d", "text"],
            [307, 200],
            "hello over TLS: PUT text\n",
        ),
        (&["--http1.1"], [307, 200], "hello over TLS: GET \n"),
        (
            &["--http1.0", "--no-alpn"],
            [307, 200],
            "hello over TLS: GET \n",
        ),
    ] {
        let run = curl(&[&["--insecure", "--location"][..], arguments, &[&asked]].concat()).await;
        assert_eq!(run.statuses, statuses, "{arguments:?}");
        assert_eq!(
            (run.end.url, run.text.as_str()),
            (page.clone(), text),
            "{arguments:?}"
        );
    }
    let head = curl(&["--insecure", "--location", "--head", &asked]).await;
    assert_eq!((head.end.redirects, head.end.status), (1, 200));
}

#[tokio::test(flavor = "multi_thread")]
async fn hsts_is_sent_over_tls_and_only_there() {
    let (plaintext, tls) = open();
    let over_tls = curl(&[
        "--insecure",
        "--head",
        &format!("https://localhost:{tls}/hello"),
    ])
    .await;
    assert!(
        over_tls
            .text
            .contains("strict-transport-security: max-age="),
        "{}",
        over_tls.text
    );
    let redirect = curl(&["--head", &format!("http://localhost:{plaintext}/hello")]).await;
    assert!(
        !redirect.text.contains("strict-transport-security"),
        "{}",
        redirect.text
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tls_side_has_one_address_too() {
    let (_, tls) = open();
    let run = curl(&[
        "--insecure",
        "--location",
        &format!("https://localhost:{tls}/hello/"),
    ])
    .await;
    assert_eq!(run.statuses, [307, 200]);
}

/// The answer to bytes on the plaintext port.
fn raw(port: u16, request: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    // The head is enough; a server may leave the connection open.
    while !answer.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut buffer).unwrap() {
            0 => break,
            n => answer.extend_from_slice(&buffer[..n]),
        }
    }
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_gets_through_in_plaintext() {
    let (port, tls) = open();
    let host = "host: localhost\r\n";
    let answers = tokio::task::spawn_blocking(move || {
        [
            (
                "GET /hello HTTP/1.1",
                "host: stranger.example\r\n".to_owned(),
                421,
            ),
            (
                "GET /hello HTTP/1.1",
                format!("{host}host: stranger.example\r\n"),
                400,
            ),
            (
                "GET /hello HTTP/1.1",
                "host: localhost@stranger.example\r\n".to_owned(),
                400,
            ),
            (
                "GET http://stranger.example/hello HTTP/1.1",
                host.to_owned(),
                400,
            ),
            ("GET https://localhost/hello HTTP/1.1", host.to_owned(), 307),
            ("GET /a/../hello HTTP/1.1", host.to_owned(), 400),
            ("OPTIONS * HTTP/1.1", host.to_owned(), 400),
            ("CONNECT localhost:80 HTTP/1.1", host.to_owned(), 400),
            (
                "OPTIONS /hello HTTP/1.1",
                format!(
                    "{host}origin: https://a.example\r\naccess-control-request-method: PUT\r\n"
                ),
                400,
            ),
            (
                "GET /hello HTTP/1.1",
                format!("{host}connection: upgrade\r\nupgrade: websocket\r\n"),
                400,
            ),
            ("GET /hello HTTP/1.0", String::new(), 400),
            (
                "GET /hello HTTP/1.1",
                format!("{host}x-forwarded-proto: https\r\n"),
                307,
            ),
        ]
        .map(|(line, headers, status)| {
            let request = format!("{line}\r\n{headers}\r\n");
            (raw(port, &request), request, status)
        })
    });
    for (answer, request, status) in answers.await.unwrap() {
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}"))
                || answer.starts_with(&format!("HTTP/1.0 {status}")),
            "{request}{answer}"
        );
        assert!(!answer.contains("hello over TLS"), "{request}{answer}");
        let location = answer
            .lines()
            .find_map(|line| line.strip_prefix("location: "));
        let expected = (status == 307).then(|| format!("https://localhost:{tls}/hello"));
        assert_eq!(location.map(str::to_owned), expected, "{request}{answer}");
    }
}
