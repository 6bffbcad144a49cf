//! Hosts with canonical hosts of their own, the scheme of a host, and hosts that aren't configured.

use super::*;

fn pairs() -> CanonicalHost {
    CanonicalHost::from_pairs([
        ("www.example.com", "example.com"),
        ("example.net", "example.com"),
        ("shop.example", "www.shop.example:8443"),
        ("*.shop.example", "www.shop.example:8443"),
        ("api.example", "api.example"),
    ])
    .unwrap()
}

#[test]
fn r6_each_alias_is_redirected_to_its_own_canonical_host() {
    let policies = [
        Canonical::on(pairs()),
        Canonical::on(pairs()).https(SchemeSource::extension::<Encrypted>()),
    ];
    for (n, policy) in policies.iter().enumerate() {
        for (host, location) in [
            ("www.example.com", Some("https://example.com/a?b")),
            ("WWW.Example.com.:80", Some("https://example.com/a?b")),
            ("example.net:443", Some("https://example.com/a?b")),
            ("example.com", None),
            ("EXAMPLE.com:443", None),
            ("example.com.", Some("https://example.com/a?b")),
            ("shop.example", Some("https://www.shop.example:8443/a?b")),
            ("de.shop.example", Some("https://www.shop.example:8443/a?b")),
            (
                "www.shop.example",
                Some("https://www.shop.example:8443/a?b"),
            ),
            ("www.shop.example:8443", None),
            ("api.example", None),
            ("api.example:8080", Some("https://api.example/a?b")),
        ] {
            let get = || testing::get("/a?b").header("host", host);
            let answer = get().extension(Encrypted).through(policy);
            match location {
                Some(location) => answer.assert_redirect(location),
                None => answer.assert_pass(),
            };
            if n == 1 {
                let name = host.to_ascii_lowercase();
                let name = name.trim_end_matches(":443");
                let plaintext = get().through(policy);
                plaintext.assert_enforced_at(location, name);
            }
            if let Some(location) = location {
                let journey = testing::follow(&policy.with(Status::Found), get());
                journey.assert_hops(1).assert_arrives_at(location);
            }
        }
        for stranger in [
            "stranger.example",
            "10.0.0.7",
            "example.org",
            "www.api.example",
        ] {
            testing::get("/")
                .header("host", stranger)
                .through(policy)
                .assert_refused(StatusCode::MISDIRECTED_REQUEST);
        }
        testing::get("/")
            .through(policy)
            .assert_refused(StatusCode::BAD_REQUEST);
    }
    let unknown = pairs().unknown_host(UnknownHost::Redirect).unwrap();
    testing::get("/")
        .header("host", "10.0.0.7")
        .through(&unknown)
        .assert_redirect("https://example.com/");
}

/// What `assert_enforced` says of a location, for a policy without a status.
trait AssertEnforcedAt {
    fn assert_enforced_at(self, location: Option<&str>, name: &str);
}

impl AssertEnforcedAt for testing::TestDecision<Location> {
    fn assert_enforced_at(self, location: Option<&str>, name: &str) {
        let expected = format!("https://{name}/a?b");
        self.assert_enforced(location.unwrap_or(&expected));
    }
}

#[test]
fn a_map_of_hosts_that_cannot_be_right_is_an_error() {
    let error =
        |pairs: &[(&str, &str)]| CanonicalHost::from_pairs(pairs.iter().copied()).unwrap_err();
    for (pairs, message) in [
        (
            &[][..],
            "no pairs of an alias and its canonical host; list at least one",
        ),
        (
            &[("a.example", "b.example"), ("b.example", "c.example")],
            "invalid alias `b.example`: it is the canonical host of another alias; pair that alias with \
             the host at the end",
        ),
        (
            &[("a.example", "b.example"), ("b.example", "a.example")],
            "invalid alias `a.example`: it is the canonical host of another alias; pair that alias with \
             the host at the end",
        ),
        (
            &[("a.example", "b.example"), ("A.example", "c.example")],
            "invalid host `A.example`: it is already listed with another canonical host; list it once",
        ),
        (
            &[("a.example", "b.example"), ("c.example", "b.example:8080")],
            "invalid host `b.example:8080`: it is already listed with another scheme or port; list it once",
        ),
        (&[("a.example", "*.b.example")], "no pairs"),
        (&[("a b", "b.example")], "host `a b`, byte 1"),
    ] {
        let text = error(pairs).to_string();
        if message == "no pairs" {
            assert!(text.contains("a wildcard isn't one host"), "{text}");
        } else {
            assert!(text.starts_with(message), "{text}");
        }
    }
    let twice = [("a.example", "b.example"), ("A.example", "b.example")];
    testing::get("/x")
        .header("host", "a.example")
        .through(&CanonicalHost::from_pairs(twice).unwrap())
        .assert_redirect("https://b.example/x");
}

#[test]
fn one_redirect_leads_to_the_same_host_on_another_scheme_or_port() {
    let hosts = |list: [&str; 2], scheme| CanonicalHost::one_of(list).unwrap().scheme(scheme);
    let default = ["example.com", "*.example.com"];
    let other = ["example.com:8443", "*.example.com:8443"];
    let (http, https) = (HttpScheme::Http, HttpScheme::Https);
    for (host, known, asked, location) in [
        (
            hosts(default, https),
            Some(http),
            "a.example.com",
            Some("https://a.example.com/x"),
        ),
        (
            hosts(default, https),
            Some(http),
            "a.example.com:8080",
            Some("https://a.example.com/x"),
        ),
        (
            hosts(default, https),
            Some(https),
            "a.example.com:8080",
            Some("https://a.example.com/x"),
        ),
        (
            hosts(default, https),
            Some(https),
            "A.example.com:443",
            None,
        ),
        // Whether it is http or https isn't known.
        (hosts(default, https), None, "a.example.com", None),
        (
            hosts(default, https),
            None,
            "a.example.com:8080",
            Some("https://a.example.com/x"),
        ),
        (
            hosts(other, https),
            Some(http),
            "a.example.com:8443",
            Some("https://a.example.com:8443/x"),
        ),
        (
            hosts(other, https),
            Some(https),
            "example.com",
            Some("https://example.com:8443/x"),
        ),
        (hosts(other, https), Some(https), "example.com:8443", None),
        (
            hosts(default, http),
            Some(https),
            "example.com",
            Some("http://example.com/x"),
        ),
        (hosts(default, http), Some(http), "example.com:80", None),
    ] {
        let mut request = testing::get("/x").header("host", asked);
        if let Some(known) = known {
            request = request.scheme(known);
        }
        let answer = request.clone().through(&host);
        match location {
            Some(location) => answer.assert_redirect(location),
            None => answer.assert_pass(),
        };
        let hops = usize::from(location.is_some());
        testing::follow(&host.with(Status::Found), request).assert_hops(hops);
    }
    // Enforcing https takes precedence, and doesn't loop.
    let policy = Canonical::on(hosts(default, http)).https(SchemeSource::tls_listener());
    testing::get("/x")
        .header("host", "example.com")
        .through(&policy)
        .assert_pass();
}

#[test]
fn canonical_knows_the_scheme_of_a_listener_without_enforcing_https() {
    let host = CanonicalHost::with_aliases("example.com", ["www.example.com"]).unwrap();
    let canonical = Canonical::on(host).trim_trailing_slash();
    for (source, scheme) in [
        (SchemeSource::plaintext_listener(), "http"),
        (SchemeSource::tls_listener(), "https"),
    ] {
        let rules = LocalPath::from_static("/new").when(|request| request.path() == "/old");
        let both = [
            canonical.clone().scheme_from(source.clone()).boxed(),
            canonical.clone().then(rules).scheme_from(source).boxed(),
        ];
        for (n, policy) in both.iter().enumerate() {
            let layer = RedirectLayer::permanent(policy);
            let get = |host, path: &str| {
                testing::get(path)
                    .header("host", host)
                    .through_layer(&layer)
            };
            get("www.example.com", "/a/").assert_redirect(&format!("{scheme}://example.com/a"));
            get("example.com", "/a/").assert_redirect("/a");
            get("example.com", "/a").assert_pass();
            if n == 1 {
                let location = format!("{scheme}://example.com/new");
                get("www.example.com", "/old/").assert_redirect(&location);
                get("example.com", "/old").assert_redirect("/new");
            }
        }
    }
}

#[test]
fn r11_unknown_hosts_pass_in_plaintext_only_if_the_name_of_the_method_says_so() {
    let source = SchemeSource::extension::<Encrypted>;
    let open = HttpsEnforcement::new(source()).dangerously_pass_unknown_hosts();
    let https = Https::new(["example.com", "*.example.org"], open.clone()).unwrap();
    let get = |host: &str| testing::get("/a").header("host", host);
    for unknown in ["customer.example", "10.0.0.7:8080", "example.org", "[::1]"] {
        get(unknown).through(&https).assert_pass();
        get(unknown)
            .extension(Encrypted)
            .through(&https)
            .assert_pass();
        // Without it, plaintext is refused, even if other requests for the host pass.
        let pass = CanonicalHost::new("example.com")
            .unwrap()
            .unknown_host(UnknownHost::Pass)
            .unwrap();
        get(unknown)
            .through(&Https::on(pass, source()))
            .assert_refused(StatusCode::MISDIRECTED_REQUEST);
    }
    for known in ["example.com", "EXAMPLE.com.:80", "a.example.org"] {
        assert!(matches!(
            get(known).through(&https).decision().kind(),
            tower_redirect::policy::DecisionKind::Enforce(_)
        ));
    }
    for invalid in ["a b", "", "user@customer.example", "customer.example:x"] {
        get(invalid)
            .through(&https)
            .assert_refused(StatusCode::BAD_REQUEST);
    }
    get("a.example")
        .header("host", "b.example")
        .through(&https)
        .assert_refused(StatusCode::BAD_REQUEST);
    testing::get("/")
        .through(&https)
        .assert_refused(StatusCode::BAD_REQUEST);
    // A host to redirect to is stronger.
    let redirects = Https::on(CanonicalHost::new("example.com").unwrap(), open);
    get("customer.example")
        .through(&redirects)
        .assert_redirect("https://example.com/a");
}

/// A condition on the host holds in every form of the request, and on the host that a proxy forwards.
#[test]
fn conditions_on_the_host_hold_in_every_form() {
    let policy = LocalPath::from_static("/h").when(|request| request.host() == "h.example");
    for request in [
        testing::get("/").header("host", "H.example:80"),
        testing::get("/").header("host", "h.example."),
        testing::get("http://h.example:8080/").header("host", "h.example:8080"),
        testing::get("https://H.EXAMPLE/").version(Version::HTTP_2),
    ] {
        request.through(&policy).assert_redirect("/h");
    }
    for request in [
        testing::get("/"),
        testing::get("/").header("host", "g.example"),
        testing::get("/").header("host", "h.example:x"),
        testing::get("/")
            .header("host", "h.example")
            .header("host", "h.example"),
        testing::get("http://h.example/").header("host", "g.example"),
        testing::get("https://user@h.example/").version(Version::HTTP_2),
    ] {
        assert_eq!(
            request.head().host().is_valid(),
            request.head().authority() == Some("g.example")
        );
        request.clone().through(&policy).assert_pass();
        let protected =
            LocalPath::from_static("/h").when(|request| request.host().may_be("h.example"));
        let is_for_g = request.head().host() == "g.example";
        assert_eq!(request.through(&protected).decision().is_pass(), is_for_g);
    }
    let proxies = TrustedProxies::dangerously_any_peer()
        .header(ForwardedHeader::Forwarded)
        .and_host();
    let trusting = policy.trusting(proxies);
    let get = |forwarded| {
        testing::get("/")
            .header("host", "backend")
            .header("forwarded", forwarded)
    };
    get("host=\"H.example:8443\"")
        .through(&trusting)
        .assert_redirect("/h");
    get("host=\"h.example h\"").through(&trusting).assert_pass();
    get("host=g.example").through(&trusting).assert_pass();
}
