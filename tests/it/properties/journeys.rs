//! (d) Journeys of several redirects.

use super::*;

/// From one of a few paths to one of a few places, so that chains and loops are common.
type Rules = Vec<(&'static str, Status, &'static str)>;

const PATHS: &[&str] = &["/a", "/b", "/a/b", "/a/", "/", "/c"];

const PLACES: &[&str] = &[
    "/a",
    "/b",
    "/a/b",
    "/a/",
    "/",
    "/c",
    "/b?x=1",
    "/a?x=1#one",
    "/c#two",
    "/b#",
    "./b",
    "../c",
    "./",
    "../../a#three",
    "?y=2",
    "?",
    "./.././b",
    "/a?it's",
    "https://app.example/a",
    "https://app.example/b#four",
    "http://app.example/b",
    "http://app.example/a?x=1",
    "https://other.example/a",
    "https://other.example:8443/a/b",
    "https://app.example:8443/",
    "https://192.0.2.1/c",
];

fn rules() -> impl Strategy<Value = Rules> {
    vec(
        (
            select(PATHS),
            select(Status::ALL.as_slice()),
            select(PLACES),
        ),
        0..6,
    )
}

proptest! {
    #![proptest_config(config(1))]

    #[test]
    fn follow_walks_as_a_browser_does(
        rules in rules(), method in method(), start in select(PATHS),
        tail in select(&["", "?x=1", "#start", "?x=1#start", "#"][..]), twenty in any::<bool>(),
    ) {
        let target = format!("{start}{tail}");
        let policy = policy_for(rules.clone());
        let request = testing::request(method.clone(), &target).header("host", "app.example");
        let journey = testing::follow(&policy, request);

        let mut page = Url::parse(&format!("{SITE}{target}")).unwrap();
        let mut method = method;
        let mut hops = Vec::new();
        let end = loop {
            let rule = rules.iter().find(|(from, ..)| *from == page.path());
            let Some(&(_, status, to)) = rule else {
                break End::Arrived;
            };
            let mut next = page.join(to).unwrap();
            // Some clients leave an empty query out, and would come back.
            let address = |url: &Url| url[Position::BeforeHost..Position::AfterQuery].to_owned();
            let (to_page, from_page) = (address(&next), address(&page));
            // Nobody but a policy can know the scheme, so that it does not tell pages apart.
            let same = to_page == from_page || to_page.strip_suffix('?') == Some(&from_page);
            if same && (status != Status::SeeOther || is_read(&method)) {
                break End::Arrived;
            }
            if hops.len() == 20 {
                break End::TooManyRedirects;
            }
            if next.fragment().is_none() {
                next.set_fragment(page.fragment());
            }
            hops.push((method.clone(), page.to_string(), status, to));
            method = status.next_method(&method);
            page = next;
        };
        prop_assert_eq!(journey.hops().len(), hops.len(), "{}", journey);
        for (hop, (method, address, status, to)) in journey.hops().iter().zip(&hops) {
            prop_assert_eq!(&hop.method, method);
            prop_assert_eq!(spelled(&hop.url), address.as_str());
            prop_assert_eq!(hop.status, *status);
            prop_assert_eq!(hop.location.as_str(), *to);
        }
        prop_assert_eq!(journey.end(), &end);
        prop_assert_eq!(journey.method(), &method);
        prop_assert_eq!(spelled(journey.url()), page.as_str());

        // Without an origin, the same way as long as all places are on the site.
        if twenty && rules.iter().all(|(_, _, to)| !to.starts_with("http")) {
            let request = testing::request(
                hops.first().map_or(&method, |(method, ..)| method).clone(),
                &target,
            );
            let bare = testing::follow(&policy, request);
            prop_assert_eq!(bare.hops().len(), hops.len());
            prop_assert_eq!(spelled(&format!("{SITE}{}", bare.url())), page.as_str());
        }
    }
}

fn policy_for(rules: Rules) -> impl Policy<Target = Redirect> {
    policy_fn(move |request| {
        let (_, status, to) = *rules.iter().find(|(from, ..)| *from == request.path())?;
        Some(Redirect::new(status, Location::from_static(to)))
    })
}

/// As browsers spell it: `'` in a query is encoded.
fn spelled(address: &str) -> String {
    Url::parse(address).map_or_else(|error| format!("{address}: {error}"), Url::into)
}
