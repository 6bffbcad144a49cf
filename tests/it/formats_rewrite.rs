//! Flattened files: the changed rules stand on their lines in the file's own words, and all else is as it was.

use proptest::prelude::*;
use tower_redirect::{
    Policy,
    rules::{Format, Rewritten, Rules},
    testing::{self, End},
};

fn rewritten(format: &str, text: &str) -> Rewritten {
    let format: Format = format.parse().unwrap();
    format.rewrite(text, &format.parse_lossy(text).rules.flatten())
}

/// Files of each format and what they become.
#[test]
fn files_in_their_own_words() {
    for (format, text, expected) in [
        // Status, comments and blanks of Netlify.
        (
            "netlify",
            "\u{feff}# first\r\n  /a\t/b  # x\r\n\r\n/b  /c  302! # y\r\n/c? nothing",
            "\u{feff}# first\r\n  /a\t/c 302  # x\r\n\r\n/b  /c  302! # y\r\n/c? nothing",
        ),
        (
            "netlify",
            "/a /b 301!\n/b /c 307!",
            "/a /c 302!\n/b /c 307!",
        ),
        (
            "netlify",
            "/a /b 302 Language=de,fr\n/b /c 301!",
            "/a /c 302 Language=de,fr\n/b /c 301!",
        ),
        (
            "netlify",
            "/a /b 302 Cookie=x,y\n/b /c 303!",
            "/a /c 303 Cookie=x,y\n/b /c 303!",
        ),
        // Placeholders.
        (
            "netlify",
            "/a/:post-id /b/:post-id\n/b/:x https://h.example/p/:x 301!",
            "/a/:post-id https://h.example/p/:post-id\n/b/:x https://h.example/p/:x 301!",
        ),
        (
            "netlify",
            "/q k=:key /b/1?v=:key\n/b/* /c/:splat 301!",
            "/q k=:key /c/1?v=:key\n/b/* /c/:splat 301!",
        ),
        (
            "netlify",
            "/a /b#here\n/b /c?x#top 301!",
            "/a /c?x#top\n/b /c?x#top 301!",
        ),
        // Cloudflare.
        (
            "cloudflare",
            "/a /b\n/b /c 301 # moved\n/c /d 308\n",
            "/a /d\n/b /d 301 # moved\n/c /d 308\n",
        ),
        (
            "cloudflare",
            "/a /b 301 #x\n/b /c/1\n/c/* https://d.example/p/:splat 303",
            "/a https://d.example/p/1 303 #x\n/b https://d.example/p/1 303\n/c/* https://d.example/p/:splat 303",
        ),
        // Maps.
        (
            "haproxy-map",
            "# moved\n /a  /b \n/b\thttps://c.example/x\n",
            "# moved\n /a  https://c.example/x \n/b\thttps://c.example/x\n",
        ),
        (
            "nginx-map",
            "/a /b; \"/x y\" '/b'; # two\n/b /c;\n/d /a$is_args$args;",
            "/a /c; \"/x y\" '/c'; # two\n/b /c;\n/d /c;",
        ),
        (
            "nginx-map",
            "map $uri $new {\n  ~^/r /b;\n  /b \"/c;d\";\n}\n",
            "map $uri $new {\n  ~^/r \"/c;d\";\n  /b \"/c;d\";\n}\n",
        ),
        (
            "nginx-map",
            "/a /b$is_args$args; /b /c?x$is_args$args;",
            "/a /c?x$is_args$args; /b /c?x$is_args$args;",
        ),
        // Documents.
        (
            "vercel-bulk",
            "destination,source,statusCode,query\n/b,/a,301,t\n\"/c,d\",/b\n",
            "destination,source,statusCode,query\n\"/c,d\",/a,302,f\n\"/c,d\",/b\n",
        ),
        (
            "vercel-bulk",
            "source,destination,permanent,statusCode\r\n/a,\"/b\"\r\n/b,/c,,303\r\n",
            "source,destination,permanent,statusCode\r\n/a,\"/c\",,303\r\n/b,/c,,303\r\n",
        ),
        (
            "vercel-bulk",
            "[{\"source\":\"/a\",\"destination\":\"/b\",\"query\":true},{\"source\":\"/b\",\"destination\":\"/c\",\
             \"statusCode\":303}]",
            "[{\"source\":\"/a\",\"destination\":\"/c\", \"statusCode\": 303,\"query\":false},{\"source\":\"/b\",\
             \"destination\":\"/c\",\"statusCode\":303}]",
        ),
        (
            "vercel-bulk",
            "{ \"source\": \"/a\", \"destination\": \"/b\", \"statusCode\": 308 }\n\n{ \"source\": \"/b\", \
             \"destination\": \"/c\" }\n",
            "{ \"source\": \"/a\", \"destination\": \"/c\", \"statusCode\": 307 }\n\n{ \"source\": \"/b\", \
             \"destination\": \"/c\" }\n",
        ),
        (
            "netlify-toml",
            "[build]\nx = 1\n[[redirects]]\nfrom = '/a/:id'\nto = '/b/:id' # x\n\n[[redirects]]\nfrom = \
             '/b/*'\nto = \"/c/:splat\"\nstatus = 302\nforce = true\n",
            "[build]\nx = 1\n[[redirects]]\nfrom = '/a/:id'\nto = \"/c/:id\"\nstatus = 302 # x\n\n[[redirects]]\nfrom = \
             '/b/*'\nto = \"/c/:splat\"\nstatus = 302\nforce = true\n",
        ),
        (
            "netlify-toml",
            "redirects = [{ from = '/a', to = '/b' }, { from = '/b', to = '/c', status = 303, force = true }]",
            "redirects = [{ from = '/a', to = \"/c\", status = 303 }, { from = '/b', to = '/c', status = 303, \
             force = true }]",
        ),
        // Apache: conditions, flags, quotes and line breaks stay.
        (
            "apache",
            "# moved\nRedirect 302 /b /e#f\nRedirectMatch ^/a$ /b\n RedirectMatch permanent\t^/c$ '/b' \n",
            "# moved\nRedirect 302 /b /e#f\nRedirectMatch ^/a$ /e#f\n RedirectMatch 302\t^/c$ \"/e#f\" \n",
        ),
        (
            "apache",
            "RewriteEngine On\nRewriteCond %{HTTP:X-A} =x\nRewriteRule  ^a/([^/]+)$  /b/$1?q=1 \\\n   [R=301,QSA,L]\n\
             RewriteRule ^c/(.*)$ \"/b/x?r\" [L,R]\nRewriteRule ^b/([^/]+)$ https://n.example/y/$1 [R=303,L]\n",
            "RewriteEngine On\nRewriteCond %{HTTP:X-A} =x\nRewriteRule  ^a/([^/]+)$  https://n.example/y/$1?q=1 \\\n   [R=303,QSA,L]\n\
             RewriteRule ^c/(.*)$ \"https://n.example/y/x?r\" [L,R=303]\nRewriteRule ^b/([^/]+)$ https://n.example/y/$1 [R=303,L]\n",
        ),
        (
            "apache",
            "RewriteEngine On\nRewriteRule ^a$ /b [R=301]\nRewriteRule ^b$ /c?d [R=301,QSA]\nRewriteRule ^x$ https://n.example/\n\
             RewriteRule ^e$ /x? [R]\n",
            "RewriteEngine On\nRewriteRule ^a$ /c?d&%{QUERY_STRING} [R=301]\nRewriteRule ^b$ /c?d [R=301,QSA]\nRewriteRule ^x$ https://n.example/\n\
             RewriteRule ^e$ https://n.example/? [R]\n",
        ),
        // Long names of flags, flags without brackets, and a target on a line of its own.
        (
            "apache",
            "RewriteEngine On\n\
             RewriteRule ^a$ /b [R,noescape]\n\
             RewriteRule ^b$ /c#d [R=302,NoEscape]\n\
             RewriteRule ^e$ /f [R,qsappend]\n\
             RewriteRule ^f$ /g?x [R=302,QSAppend]\n\
             RewriteRule ^h$ /i [redirect,qsdiscard]\n\
             RewriteRule ^i$ /j [R=303,qsd]\n",
            "RewriteEngine On\n\
             RewriteRule ^a$ /c#d [R,noescape]\n\
             RewriteRule ^b$ /c#d [R=302,NoEscape]\n\
             RewriteRule ^e$ /g?x [R,qsappend]\n\
             RewriteRule ^f$ /g?x [R=302,QSAppend]\n\
             RewriteRule ^h$ /j [R=303,qsdiscard]\n\
             RewriteRule ^i$ /j [R=303,qsd]\n",
        ),
        (
            "apache",
            "RewriteEngine On\nRewriteRule ^a$ \\\n /b [R=301]\nRewriteRule ^b$ /c?d [R=301,QSA]\n\
             RedirectMatch ^/e$ \\\n  /f\nRedirect /f \\\n  \"/g$1\"\n",
            "RewriteEngine On\nRewriteRule ^a$ \\\n /c?d&%{QUERY_STRING} [R=301]\nRewriteRule ^b$ /c?d [R=301,QSA]\n\
             RedirectMatch ^/e$ \\\n  /g\\$1\nRedirect /f \\\n  \"/g$1\"\n",
        ),
        // If one of two conditions is enough, the line is two rules.
        (
            "apache",
            "RewriteEngine On\nRewriteCond %{HTTP:X-A} =x [OR]\nRewriteCond %{HTTP:X-B} =x\n\
             RewriteRule ^a$ /b [R=301]\nRewriteRule ^b$ /c [R=301]\n",
            "RewriteEngine On\nRewriteCond %{HTTP:X-A} =x [OR]\nRewriteCond %{HTTP:X-B} =x\n\
             RewriteRule ^a$ /c [R=301]\nRewriteRule ^b$ /c [R=301]\n",
        ),
        // Firebase, with its comments.
        (
            "firebase",
            "// moved\n{ \"hosting\": { \"redirects\": [ /* two */ { \"destination\" : \"/b/:x\" , \"source\": \"/a/:x\" },\n\
             { \"source\": \"/b/:y\", \"destination\": \"https:\\/\\/n.example/c/:y\", \"type\": 302 } ] } } // end",
            "// moved\n{ \"hosting\": { \"redirects\": [ /* two */ { \"destination\" : \"https://n.example/c/:x\", \"type\": 302 , \"source\": \"/a/:x\" },\n\
             { \"source\": \"/b/:y\", \"destination\": \"https:\\/\\/n.example/c/:y\", \"type\": 302 } ] } } // end",
        ),
        (
            "firebase",
            "[{ \"regex\": \"^/a/([0-9]+)$\", \"destination\": \"/b\", \"type\": 307 },{ \"glob\": \"/b\", \"destination\": \"/c\" }]",
            "[{ \"regex\": \"^/a/([0-9]+)$\", \"destination\": \"/c\", \"type\": 302 },{ \"glob\": \"/b\", \"destination\": \"/c\" }]",
        ),
        // Vercel: a group without a name.
        (
            "vercel",
            "[ { \"source\": \"/e/(.*)\", \"destination\": \"/b/x?n=$1\" },\n  { \"source\": \"/a/:x\", \"destination\": \"/b/:x\", \"permanent\": true },\n\
             \x20 { \"source\": \"/b/:y\", \"destination\": \"/c/z/:y\" } ]",
            "[ { \"source\": \"/e/(.*)\", \"destination\": \"/c/z/x?n=$1\" },\n  { \"source\": \"/a/:x\", \"destination\": \"/c/z/:x\", \"permanent\": true },\n\
             \x20 { \"source\": \"/b/:y\", \"destination\": \"/c/z/:y\" } ]",
        ),
        // Native, with its spaces.
        (
            "native",
            "## moved\n/a/{x}  ->  /b/{x}   302 name=a # one\n/c -> \"/b/1\" name=b\n/b/{y} -> /d/{y}?e#f 301\n",
            "## moved\n/a/{x}  ->  /d/{x}?e#f   302 name=a # one\n/c -> /d/1?e#f 301 name=b\n/b/{y} -> /d/{y}?e#f 301\n",
        ),
        // The quote and the variable of nginx stay.
        (
            "nginx-map",
            "/a '/b'; ~^/e/[0-9]+$ /b$is_args$args; /b \"/c?x$is_args$args\";",
            "/a '/c?x'; ~^/e/[0-9]+$ /c?x$is_args$args; /b \"/c?x$is_args$args\";",
        ),
    ] {
        let got = rewritten(format, text);
        assert_eq!(got.text(), expected, "{format}");
        assert_eq!(got.not_rewritten(), [], "{format}: {text}");
        assert_eq!(rewritten(format, expected).text(), expected);
    }
}

/// What a format cannot say stays, and it is said why.
#[test]
fn what_stays_as_it_is() {
    for (format, text, expected, said) in [
        (
            "vercel-bulk",
            "source,destination,permanent\n/a,/b,t\n/b,/c\n/d,/c\n",
            "source,destination,permanent\n/a,/b,t\n/b,/c\n/d,/c\n",
            "line 2: /b (308 Permanent Redirect) becomes /c (307 Temporary Redirect), via line 3; not written, \
             because the file has no column `statusCode` for the new status",
        ),
        // Written so, the first line would say what the third one does, and the last copy counts.
        (
            "netlify",
            "/a /b 301!\n/b /c 301!\n/a /c 301!\n/x /b 301!\n",
            "/a /b 301!\n/b /c 301!\n/a /c 301!\n/x /c 301!\n",
            "line 1: /b (301 Moved Permanently) becomes /c (301 Moved Permanently), via line 2; not written, \
             because the file would mean something else",
        ),
        // The second line is left out for the loop that it closes, and would serve again.
        (
            "cloudflare",
            "/b /a\n/a /b\n/a /c\n/x /y\n/y /z\n",
            "/b /a\n/a /b\n/a /c\n/x /z\n/y /z\n",
            "",
        ),
        // The site would send it back.
        (
            "cloudflare",
            "/x/ /y\n/y /index.html\n/z /y\n",
            "/x/ /y\n/y /index.html\n/z /index.html\n",
            "line 1: /y (302 Found) becomes /index.html (302 Found), via line 2; not written, because the file \
             would mean something else",
        ),
    ] {
        let got = rewritten(format, text);
        let kept: Vec<_> = got
            .not_rewritten()
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            (got.text(), &*kept.join("\n")),
            (expected, said),
            "{format}"
        );
    }
}

/// A map whose caller named another status is written all the same, and another text is left alone.
#[test]
fn texts_that_the_rules_are_not_of() {
    use tower_redirect::{Status, rules::haproxy_map};
    let text = "/a /b\n/b /c\n";
    let flattened = haproxy_map::parse(text, Status::Found).unwrap().flatten();
    let got = Format::HaproxyMap.rewrite(text, &flattened);
    assert_eq!(
        (got.text(), got.not_rewritten().len()),
        ("/a /c\n/b /c\n", 0)
    );
    for other in [
        "",
        "/a /x\n/b /c\n",
        "/b /c\n/a /b\n",
        "\n/a /b\n/b /c\n",
        "{}[,\n",
    ] {
        for format in Format::all() {
            let got = format.rewrite(other, &flattened);
            assert_eq!(
                (got.text(), got.not_rewritten().len()),
                (other, 1),
                "{format}: {other}"
            );
        }
    }
}

/// In this format, every target names its host.
#[test]
fn bulk_csv_is_not_flattened() {
    let text = "a.example/a,https://a.example/b\na.example/b,https://a.example/c\n";
    let rules = Format::BulkCsv.parse(text).unwrap();
    let flattened = rules.flatten();
    assert_eq!(flattened.changes(), []);
    assert_eq!(Format::BulkCsv.rewrite(text, &flattened).text(), text);
}

#[test]
fn redirects_of_vercel_and_next() {
    for (format, text, expected) in [
        (
            Format::Vercel,
            r#"{ "a": 1, "redirects": [
  { "destination": "/b/:p?q=\u0031" , "source": "/a/:p", "permanent": true },
  {"source":"/b/:p","destination":"/c/:p","permanent":false},
  { "source": "/x{y}", "destination": "/b/1", "statusCode": 301 } ] }"#,
            r#"{ "a": 1, "redirects": [
  { "destination": "/c/:p?q=1" , "source": "/a/:p", "permanent": false },
  {"source":"/b/:p","destination":"/c/:p","permanent":false},
  { "source": "/x{y}", "destination": "/c/1", "statusCode": 302 } ] }"#,
        ),
        (
            Format::Vercel,
            r#"{"redirects":[{"source":"/a","destination":"/b"},{"source":"/b","destination":"/c","statusCode":302}]}"#,
            r#"{"redirects":[{"source":"/a","destination":"/c", "statusCode": 302},{"source":"/b","destination":"/c","statusCode":302}]}"#,
        ),
        (
            Format::Next,
            r#"[{"source":"/a/:b","destination":"/b/:b","permanent":true},{"source":"/b/:b","destination":"https://n.example:8443/c/:b","permanent":true}]"#,
            r#"[{"source":"/a/:b","destination":"https://n.example:8443/c/:b","permanent":true},{"source":"/b/:b","destination":"https://n.example:8443/c/:b","permanent":true}]"#,
        ),
    ] {
        let flattened = format.parse(text).unwrap().flatten();
        let rewritten = format.rewrite(text, &flattened);
        assert_eq!(rewritten.text(), expected, "{flattened}");
        assert_eq!(rewritten.not_rewritten(), []);
    }
    // A status that `permanent` can't express.
    let text = r#"{"redirects":[{"source":"/a","destination":"/b","permanent":true},{"source":"/b","destination":"/c","statusCode":303}]}"#;
    let flattened = Format::Vercel.parse(text).unwrap().flatten();
    let rewritten = Format::Vercel.rewrite(text, &flattened);
    assert_eq!(rewritten.text(), text);
    let reason = rewritten.not_rewritten()[0].reason();
    assert_eq!(reason, "`permanent` can't express the new status");
}

/// One rule, written in each format that is rewritten.
#[derive(Clone, Debug)]
struct Line {
    from: &'static str,
    to: &'static str,
    status: Option<u16>,
    odd: bool,
}

const FORMATS: [&str; 12] = [
    "netlify",
    "cloudflare",
    "haproxy-map",
    "nginx-map",
    "vercel-bulk",
    "vercel-bulk",
    "netlify-toml",
    "apache",
    "firebase",
    "native",
    "vercel",
    "next",
];

fn has_marks(text: &str) -> bool {
    text.contains([':', '*']) && !text.starts_with("https://h")
}

impl Line {
    /// The rule in the format of this number; nothing, where it has none.
    fn write(&self, format: usize) -> Option<String> {
        let Self {
            from,
            to,
            status,
            odd,
        } = self;
        let code = status.map(|code| code.to_string()).unwrap_or_default();
        if (2..=5).contains(&format)
            && (has_marks(from) || to.contains(":x") || to.contains(":splat"))
        {
            return None;
        }
        Some(match format {
            0 if *odd && status.is_some() => format!("{from}\t {to}  {code}! # odd"),
            0 => format!("{from} {to} {code}"),
            1 if *odd => format!("  {from}   {to} {code} # odd"),
            1 => format!("{from} {to} {code}"),
            2 if *odd => format!(" {from}\t{to} "),
            2 => format!("{from} {to}"),
            3 if *odd => format!("{from} \"{to}\"; # odd"),
            3 => format!("{from} {to}$is_args$args;"),
            4 => format!("{from},{to},{code},{}", if *odd { "t" } else { "" }),
            5 => {
                let status = status
                    .map(|code| format!(",\"statusCode\":{code}"))
                    .unwrap_or_default();
                format!(
                    "{{\"source\":\"{from}\",\"destination\":\"{to}\",\"query\":{odd}{status}}}"
                )
            }
            7 => {
                let regex = from.replace(":x", "([^/]+)").replace('*', "(.*)");
                let flags = match status {
                    Some(code) if *odd => format!("L,R={code},QSA"),
                    Some(code) => format!("R={code}"),
                    None => "R".to_owned(),
                };
                let to = to.replace(":x", "$1").replace(":splat", "$1");
                let quote = if *odd { "\"" } else { "" };
                let pattern = regex.trim_start_matches('/');
                format!("RewriteRule ^{pattern}$\t{quote}{to}{quote}  [{flags},NE]")
            }
            8 => {
                let status = status.map(|code| format!(",\n\"type\":{code}"));
                let (from, status) = (from.replace('*', ":splat*"), status.unwrap_or_default());
                format!("/* , */{{\"source\":\"{from}\",\"destination\":\"{to}\"{status}}}")
            }
            9 => {
                let from = from.replace(":x", "{x}").replace('*', "{*splat}");
                let to = to.replace(":x", "{x}").replace(":splat", "{splat}");
                let options = if *odd { " query=target-wins # odd" } else { "" };
                format!("{from}  -> {to} {code}{options}")
            }
            // An error costs the whole file.
            10 | 11 if to.contains(":x") && !from.contains(":x") => return None,
            10 | 11 if to.contains(":splat") && !from.contains('*') => return None,
            10 | 11 => {
                let status = match status {
                    Some(307) if *odd => ", \"permanent\": false".to_owned(),
                    Some(308) if *odd => ", \"permanent\": true".to_owned(),
                    Some(code) => format!(", \"statusCode\": {code}"),
                    None if format == 10 => String::new(),
                    None => ", \"permanent\": true".to_owned(),
                };
                let from = from.replace('*', if *odd { ":splat*" } else { ":splat(.*)" });
                let to = to.replace('(', "\\\\(").replace(')', "\\\\)");
                format!("{{\"source\":\"{from}\",\"destination\": \"{to}\"{status}}}")
            }
            _ => {
                let status = status
                    .map(|code| format!("status = {code} # s\n"))
                    .unwrap_or_default();
                format!("[[redirects]]\nfrom = '{from}'\n{status}to = \"{to}\" # t\nforce = {odd}")
            }
        })
    }
}

fn line() -> impl Strategy<Value = Line> {
    let from = prop::sample::select(vec![
        "/a", "/b", "/c", "/d", "/a/:x", "/b/:x", "/c/*", "/d/*", "/a/1", "/b/1",
    ]);
    let to = prop::sample::select(vec![
        "/a",
        "/b",
        "/c",
        "/d",
        "/a/1",
        "/b/1",
        "/c/1",
        "/b/:x",
        "/c/:x",
        "/d/:splat",
        "/b?q",
        "/c#f",
        "/d?r=1#g",
        "https://h.example/x;y",
        "https://h.example/:x",
        "/d/(e)'",
    ]);
    let status = prop::option::of(prop::sample::select(vec![301, 302, 303, 307, 308]));
    (from, to, status, any::<bool>()).prop_map(|(from, to, status, odd)| Line {
        from,
        to,
        status,
        odd,
    })
}

const REQUESTS: [&str; 14] = [
    "/a",
    "/b",
    "/c",
    "/d",
    "/a/1",
    "/b/1",
    "/c/1",
    "/d/1",
    "/a/z",
    "/b/z?w",
    "/c/y/z",
    "/d/y/z?q=1",
    "/a?q",
    "/b?r=2",
];

fn answers(rules: &Rules, target: &str) -> String {
    format!("{:?}", rules.decide(&testing::get(target).head()))
}

proptest! {
    #![proptest_config(crate::cases::config(2))]

    /// The file without chains answers like the table without chains, and is the same where nothing changed.
    #[test]
    fn what_is_written_means_what_is_flattened(
        lines in prop::collection::vec(line(), 1..8),
        format in 0..FORMATS.len(),
    ) {
        let written: Vec<_> = lines.iter().filter_map(|line| line.write(format)).collect();
        let text = match format {
            4 => format!("source,destination,statusCode,query\n{}\n", written.join("\n")),
            5 | 8 | 10 | 11 => format!("[{}]", written.join(",\n")),
            7 => format!("RewriteEngine On\n{}\n", written.join("\n# between\n")),
            _ => written.join("\n# between\n"),
        };
        let format: Format = FORMATS[format].parse().unwrap();
        let parsed = format.parse_lossy(&text);
        let rules = parsed.rules;
        let flattened = rules.flatten();
        let got = format.rewrite(&text, &flattened);
        let again = format.parse_lossy(got.text()).rules;
        let told = || format!("{text}\n--\n{flattened}\n--\n{}\n--\n{:?}", got.text(), got.not_rewritten());
        prop_assert_eq!(again.len(), rules.len(), "{}", told());
        prop_assert!(got.not_rewritten().len() <= flattened.changes().len());
        if flattened.changes().len() == got.not_rewritten().len() {
            prop_assert_eq!(got.text(), &text);
        }
        for request in REQUESTS {
            if got.not_rewritten().is_empty() {
                let expected = answers(flattened.rules(), request);
                prop_assert_eq!(answers(&again, request), expected, "{}: {}", request, told());
            }
            let before = testing::follow(&rules, testing::get(request));
            let after = testing::follow(&again, testing::get(request));
            prop_assert_eq!(before.end(), after.end(), "{}: {}", request, told());
            // Rules that wait for a 404 may form a loop, which has no last URL.
            if *before.end() != End::TooManyRedirects {
                prop_assert_eq!(before.url(), after.url(), "{}: {}", request, told());
            }
        }
        // A second time there is nothing to be done, but for what was kept.
        if got.not_rewritten().is_empty() {
            prop_assert!(again.flatten().changes().is_empty(), "{}", told());
        }
        // Where two lines would be copies of each other, text a placeholder, and where a rule that another one
        // hides would be a loop by itself.
        for kept in got.not_rewritten() {
            prop_assert!(flattened.changes().contains(kept.change()));
            // A flag or an option keeps what it says about the query of the request.
            let is_of_query = matches!(format, Format::Apache | Format::Native);
            if parsed.findings.has_errors() || is_of_query && lines.iter().any(|line| line.odd) {
                continue;
            }
            let mut sources: Vec<_> = lines.iter().map(|line| line.from).collect();
            sources.sort_unstable();
            let is_twice = sources.windows(2).any(|two| two[0] == two[1]);
            let is_of_status = kept.reason() == "`permanent` can't express the new status";
            let is_known = is_twice || is_of_status || kept.change().target().contains("/:");
            prop_assert!(is_known, "{}", told());
        }
    }
}
