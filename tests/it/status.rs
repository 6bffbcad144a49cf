//! What clients do on each status, row by row of `vectors/client-method-status.jsonl`, against what
//! this crate says of the status.

use std::collections::BTreeMap;

use http::{Method, Response, StatusCode, Version};
use serde_json::Value;
use tower_redirect::{
    LocalPath, Location, Policy, Redirect, Status, policy_fn,
    status::{Intent, MethodPromise},
    testing,
};

const ROWS: &str = include_str!("../vectors/client-method-status.jsonl");

#[test]
fn every_row_of_the_client_table_holds() {
    let mut counts = BTreeMap::<&str, usize>::new();
    let rows: Vec<Value> = ROWS
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    for row in &rows {
        let (input, expect) = (&row["input"], &row["expect"]);
        let kind = text(&row["kind"]);
        println!("{}: {input}", text(&row["id"]));
        match kind {
            "follow-method" => follow_method(input, expect),
            "follow-chain" => follow_chain(input, expect),
            "status-semantics" => status_semantics(input, expect),
            "status-selection" => status_selection(input, expect),
            "status-valid" => status_valid(input, expect),
            other => panic!("no test for rows of kind {other}"),
        }
        *counts.entry(kind).or_default() += 1;
    }
    println!("{counts:?}");
    let expected = [
        ("follow-chain", 12),
        ("follow-method", 89),
        ("status-selection", 5),
        ("status-semantics", 5),
        ("status-valid", 11),
    ];
    assert_eq!(counts, BTreeMap::from(expected));
    assert_eq!(counts.values().sum::<usize>(), 122);
}

/// [`Status::same_effect`] says yes only where no client of the table tells two statuses apart, and
/// no where one does.
#[test]
fn same_effect_is_what_all_clients_agree_on() {
    let mut told_apart = BTreeMap::<String, Vec<String>>::new();
    let mut agreed = 0;
    let table = method_table();
    for ((client, method), row) in &table {
        for (&one, next) in row {
            for (&other, other_next) in row {
                let method = Method::from_bytes(method.as_bytes()).unwrap();
                if next != other_next {
                    assert!(
                        !one.same_effect(other, &method),
                        "{client} tells {one} and {other} apart for {method}",
                    );
                    let pair = format!("{method} {} {}", one.as_u16(), other.as_u16());
                    told_apart.entry(pair).or_default().push(client.clone());
                } else if one.same_effect(other, &method) && one != other {
                    agreed += 1;
                }
            }
        }
    }
    // Go turns PUT and DELETE into GET on 301 and 302; that is why a 302 is no 307 for them.
    for pair in [
        "PUT 302 307",
        "DELETE 302 307",
        "PUT 301 308",
        "DELETE 301 308",
    ] {
        assert_eq!(told_apart[pair], ["go"], "{pair}");
    }
    assert!(!Status::Found.same_effect(Status::TemporaryRedirect, &Method::PUT));
    assert!(!Status::MovedPermanently.same_effect(Status::PermanentRedirect, &Method::DELETE));
    assert!(told_apart["POST 302 307"].len() >= 4, "{told_apart:?}");
    assert!(agreed > 0);

    // What is permanent is never the same as what is not, though clients follow both alike.
    for one in Status::ALL {
        for other in Status::ALL {
            for method in [Method::GET, Method::HEAD, Method::POST, Method::PUT] {
                let same = one.same_effect(other, &method);
                assert_eq!(same, other.same_effect(one, &method), "symmetric");
                assert!(!same || one.is_permanent() == other.is_permanent());
                assert!(one != other || same, "a status is the same as itself");
            }
        }
    }
}

/// The rows of `follow-method` by client and method.
fn method_table() -> BTreeMap<(String, String), BTreeMap<Status, String>> {
    let mut table = BTreeMap::<_, BTreeMap<_, _>>::new();
    for line in ROWS.lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        let input = &row["input"];
        if row["kind"] != "follow-method" {
            continue;
        }
        let Ok(status) = Status::try_from(code(&input["status"])) else {
            continue;
        };
        let key = (text(&input["client"]).into(), text(&input["method"]).into());
        let next = text(&row["expect"]["next_method"]).to_owned();
        let before = table.entry(key).or_default().insert(status, next.clone());
        assert!(before.is_none_or(|before| before == next), "{row}");
    }
    table
}

fn follow_method(input: &Value, expect: &Value) {
    let client = text(&input["client"]);
    let method = Method::from_bytes(text(&input["method"]).as_bytes()).unwrap();
    let next = Method::from_bytes(text(&expect["next_method"]).as_bytes()).unwrap();
    let number = code(&input["status"]);
    let status = match Status::try_from(number) {
        Ok(status) => status,
        Err(error) => {
            // One client follows 300; it is no redirect, and no server of this crate sends it.
            assert_eq!((client, number), ("follow-redirects", 300));
            assert_eq!(error.code(), number);
            let message = error.to_string();
            assert!(message.contains("a choice of URLs"), "{message}");
            return;
        }
    };

    // What one client does.
    if client == "fetch" {
        assert_eq!(status.next_method(&method), next);
    } else if client == "go" {
        assert_eq!(go(status, &method), next, "the rule of Go in this file");
    }

    // What all clients do.
    if method == Method::GET || method == Method::HEAD {
        assert_eq!(next, method, "every status keeps GET and HEAD");
    }
    match status {
        Status::TemporaryRedirect | Status::PermanentRedirect => {
            assert_eq!(next, method, "307 and 308 keep every method");
        }
        Status::SeeOther => {
            assert!(next == Method::GET || next == Method::HEAD && method == Method::HEAD);
        }
        Status::MovedPermanently | Status::Found => {
            if method == Method::POST {
                assert_eq!(next, Method::GET, "301 and 302 turn POST into GET");
            }
        }
    }

    // What the specification allows; Go goes beyond it, which the documentation says of "some
    // clients".
    let beyond = match status.method_promise(&method) {
        MethodPromise::Unchanged => next != method,
        MethodPromise::MayBecomeGet => next != method && next != Method::GET,
        MethodPromise::Retrieval => next != Method::GET && next != Method::HEAD,
    };
    let reads = method == Method::GET || method == Method::HEAD || method == Method::POST;
    let by_301_or_302 = matches!(status, Status::MovedPermanently | Status::Found);
    assert_eq!(beyond, client == "go" && by_301_or_302 && !reads);

    // A changed method leaves the body behind, an unchanged one keeps it.
    if expect["body_dropped"] == true {
        assert_ne!(status.next_method(&method), method);
    }
    if expect["body_kept"] == true {
        assert_eq!(status.next_method(&method), method);
    }
    let next_in_test = testing::follow(&to(status, "/next"), testing::request(method.clone(), "/"));
    if expect["headers_dropped"].is_array() {
        assert_ne!(next_in_test.method(), &method);
    }
    if client != "go" {
        assert_eq!(next_in_test.method(), &next, "testing::follow is a browser");
    }
}

/// The rule of Go's `net/http` (`redirectBehavior`).
fn go(status: Status, method: &Method) -> Method {
    match status {
        Status::TemporaryRedirect | Status::PermanentRedirect => method.clone(),
        _ if *method == Method::HEAD => Method::HEAD,
        _ => Method::GET,
    }
}

fn follow_chain(input: &Value, expect: &Value) {
    assert_eq!(
        text(&input["client"]),
        "go",
        "the rule for another client is missing"
    );
    let expected: Vec<(&str, &str)> = expect["requests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|request| (text(&request["method"]), text(&request["path"])))
        .collect();

    // As Go walks.
    let server = chain_server();
    let mut method = Method::from_bytes(text(&input["method"]).as_bytes()).unwrap();
    let mut address = text(&input["request"]).to_owned();
    let mut walked = vec![(method.to_string(), address.clone())];
    loop {
        let request = testing::request(method.clone(), &address);
        let Some(redirect) = server.decide(&request.head()).into_target() else {
            break;
        };
        method = go(redirect.status(&method, Version::HTTP_11), &method);
        address = redirect.location().to_string();
        walked.push((method.to_string(), address.clone()));
    }
    let walked: Vec<(&str, &str)> = walked
        .iter()
        .map(|(method, address)| (method.as_str(), address.as_str()))
        .collect();
    assert_eq!(walked, expected);

    // As a browser walks: the same addresses, and the same methods from the first GET on.
    let first = Method::from_bytes(text(&input["method"]).as_bytes()).unwrap();
    let journey = testing::follow(&server, testing::request(first, text(&input["request"])));
    let mut browsed: Vec<(&str, &str)> = journey
        .hops()
        .iter()
        .map(|hop| (hop.method.as_str(), hop.url.as_str()))
        .collect();
    browsed.push((journey.method().as_str(), journey.url()));
    assert_eq!(browsed.len(), expected.len());
    for ((browser, address), (go, expected)) in browsed.into_iter().zip(expected) {
        assert_eq!(address, expected);
        assert!(browser == go || browser == "DELETE" && go == "GET");
    }
}

/// Answers `?code=C&next=N,…` with status C, and the location `?code=N&next=…`, or `/`.
fn chain_server() -> impl Policy<Target = Redirect> {
    policy_fn(|request| {
        let query = request.query()?;
        let (code, next) = match query.split_once("&next=") {
            Some((code, next)) => (code, Some(next)),
            None => (query, None),
        };
        let code: u16 = code.strip_prefix("code=")?.parse().ok()?;
        // 304 and 305 are no redirects, so that nobody is sent anywhere.
        let status = Status::try_from(code).ok()?;
        let root = LocalPath::from_static("/");
        let location = match next.map(|next| next.split_once(',').unwrap_or((next, ""))) {
            None => root,
            Some((code, "")) => root
                .append_encoded_query(Some(&format!("code={code}")))
                .ok()?,
            Some((code, rest)) => {
                let query = format!("code={code}&next={rest}");
                root.append_encoded_query(Some(&query)).ok()?
            }
        };
        Some(Redirect::new(status, location))
    })
}

fn status_semantics(input: &Value, expect: &Value) {
    let status = Status::try_from(code(&input["status"])).unwrap();
    assert_eq!(expect["permanent"], status.is_permanent());
    // RFC 9110 §15.1: what may be kept without being told for how long is what is permanent.
    assert_eq!(expect["heuristically_cacheable"], status.is_permanent());
    let (promise, of_put) = match text(&expect["method_on_follow"]) {
        "may-change POST to GET" => (MethodPromise::MayBecomeGet, MethodPromise::Unchanged),
        "retrieval (GET or HEAD)" => (MethodPromise::Retrieval, MethodPromise::Retrieval),
        "must not change" => (MethodPromise::Unchanged, MethodPromise::Unchanged),
        other => panic!("no test for {other:?}"),
    };
    assert_eq!(status.method_promise(&Method::POST), promise);
    assert_eq!(status.method_promise(&Method::PUT), of_put);
    // What a browser does is allowed.
    for method in [
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::PUT,
        Method::OPTIONS,
    ] {
        let next = status.next_method(&method);
        let allowed = match status.method_promise(&method) {
            MethodPromise::Unchanged => next == method,
            MethodPromise::MayBecomeGet => next == method || next == Method::GET,
            MethodPromise::Retrieval => next == Method::GET || next == Method::HEAD,
        };
        assert!(allowed, "{status} {method} -> {next}");
    }
}

fn status_selection(input: &Value, expect: &Value) {
    let expected = Status::try_from(code(&expect["status"])).unwrap();
    if input["indirect_response"] == true {
        assert_eq!(Intent::SeeOther.strict_status(), expected);
        let status = Intent::SeeOther.status(&Method::POST, Version::HTTP_11);
        assert_eq!(status, expected);
        return;
    }
    let intent = match input["permanent"].as_bool().unwrap() {
        true => Intent::Permanent,
        false => Intent::Temporary,
    };
    if input["preserve_method"] == true {
        assert_eq!(intent.strict_status(), expected);
        for method in [Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS] {
            assert_eq!(intent.status(&method, Version::HTTP_11), expected);
            assert_eq!(expected.next_method(&method), method);
        }
    } else {
        // Where there is nothing to preserve, the older code is understood by more clients.
        for method in [Method::GET, Method::HEAD] {
            assert_eq!(intent.status(&method, Version::HTTP_11), expected);
        }
        assert_eq!(expected.next_method(&Method::POST), Method::GET);
    }
}

fn status_valid(input: &Value, expect: &Value) {
    let location = Location::from_config(text(&input["url"]));
    let status = match &input["status"] {
        // The default of Fetch is what a temporary redirect is for a GET.
        Value::Null => Ok(Intent::Temporary.status(&Method::GET, Version::HTTP_11)),
        number => {
            let number = code(number);
            let code = StatusCode::from_u16(number).unwrap();
            assert_eq!(Status::try_from(number), Status::try_from(code));
            Status::try_from(number)
        }
    };
    if expect["error"] == true {
        assert!(location.is_err() || status.is_err());
        if let Err(error) = status {
            let message = error.to_string();
            assert!(message.starts_with(&format!("{} isn't a redirect status: ", error.code())));
        }
        return;
    }
    let response = Response::<()>::from(Redirect::new(status.unwrap(), location.unwrap()));
    assert_eq!(expect["status"], response.status().as_u16());
    assert_eq!(text(&expect["location"]), response.headers()["location"]);
}

/// 304 and 305, which clients of the table do not follow, and the other numbers of the class.
#[test]
fn what_is_no_redirect_says_why() {
    for (number, why) in [
        (300, "offers a choice"),
        (304, "cached copy"),
        (305, "deprecated"),
        (306, "reserved"),
        (309, "no redirect has this status"),
        (399, "no redirect has this status"),
        (200, "isn't a 3xx status"),
        (0, "isn't a 3xx status"),
        (999, "isn't a 3xx status"),
    ] {
        let error = Status::try_from(number).unwrap_err();
        assert_eq!(error.code(), number);
        assert!(error.to_string().contains(why), "{error}");
    }
}

fn to(status: Status, address: &'static str) -> impl Policy<Target = Redirect> {
    LocalPath::from_static(address).with(status)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn code(value: &Value) -> u16 {
    value.as_u64().unwrap().try_into().unwrap()
}
