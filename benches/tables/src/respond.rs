//! A redirect to a target with captures: what finding and writing it costs, beside `format!`.

use std::{error::Error, hint::black_box, io};

use http::{HeaderValue, Request, Response, StatusCode, header};
use tower_redirect::{
    Decision, Policy, RequestHead,
    rules::{Rule, Rules},
};

use crate::{
    RESPOND, callgrind, heap,
    table::{Table, number, ratio},
};

const COUNT: usize = 1_000;
const HIT: &str = "/blog/2019/how-we-moved-the-garden";
const MISS: &str = "/news/2019/how-we-moved-the-garden";
const TARGET: &str = "https://www.example.com/articles/how-we-moved-the-garden?from=2019";

/// One way to do it.
struct Case {
    name: &'static str,
    work: Box<dyn Fn()>,
}

fn cases() -> [Case; 5] {
    let rules = || -> &'static Rules {
        let target = "https://www.example.com/articles/{slug}?from={year}";
        let rule = Rule::moved_permanently("/blog/{year}/{slug}", target);
        Box::leak(Box::new(Rules::new([rule]).expect("the rule is right")))
    };
    let ask = |path: &'static str| -> RequestHead<'static> {
        let request = Request::get(path).body(()).expect("it is a path");
        RequestHead::new(Box::leak(Box::new(request)))
    };
    let (table, hit, miss) = (rules(), ask(HIT), ask(MISS));
    let case = |name, work: Box<dyn Fn()>| Case { name, work };
    [
        case(
            "format! and HeaderValue::from_str",
            Box::new(|| {
                black_box(formatted(
                    black_box("how-we-moved-the-garden"),
                    black_box("2019"),
                ));
            }),
        ),
        case(
            "the same, in a response",
            Box::new(|| {
                let value = formatted(black_box("how-we-moved-the-garden"), black_box("2019"));
                let mut response = Response::new(());
                *response.status_mut() = StatusCode::MOVED_PERMANENTLY;
                response.headers_mut().insert(header::LOCATION, value);
                black_box(response);
            }),
        ),
        case(
            "this crate, no rule",
            Box::new(move || {
                assert!(matches!(black_box(table.decide(&miss)), Decision::Pass));
            }),
        ),
        case(
            "this crate, found and written",
            Box::new(move || {
                assert!(matches!(
                    black_box(table.decide(&hit)),
                    Decision::Redirect(_)
                ));
            }),
        ),
        case(
            "the same, in a response",
            Box::new(move || {
                if let Decision::Redirect(redirect) = table.decide(&hit) {
                    black_box(Response::<()>::from(redirect));
                }
            }),
        ),
    ]
}

#[inline(never)]
fn formatted(slug: &str, year: &str) -> HeaderValue {
    let target = format!("https://www.example.com/articles/{slug}?from={year}");
    HeaderValue::from_str(&target).expect("it can be sent")
}

/// Prints the table.
pub(crate) fn measure() -> Result<(), Box<dyn Error>> {
    println!("\n## A target with two captures\n\nIt is `{TARGET}`.\n");
    let cases = cases();
    let counted = counts(cases.len())?;
    let mut table = Table::new(["how", "instr", "instr / format!, in a response", "allocs"]);
    for (case, instructions) in cases.iter().zip(&counted) {
        (case.work)();
        let calls = heap::calls(|| (0..COUNT).for_each(|_| (case.work)()));
        table.row([
            case.name.to_owned(),
            number(*instructions, 0),
            ratio(*instructions, counted[1]),
            number(Some(calls as f64 / COUNT as f64), 2),
        ]);
    }
    print!("{table}");
    Ok(())
}

fn counts(cases: usize) -> io::Result<Vec<Option<f64>>> {
    if !callgrind::is_available() {
        return Ok(vec![None; cases]);
    }
    let marks = callgrind::between_marks(&[RESPOND])?;
    let (stretches, _) = marks.as_chunks::<3>();
    let each = |[_, once, twice]: &[u64; 3]| Some((twice - once) as f64 / COUNT as f64);
    Ok(stretches.iter().map(each).collect())
}

/// Does each so many times and twice as many, under callgrind.
pub(crate) fn counted() {
    for case in cases() {
        (case.work)();
        callgrind::set_mark();
        (0..COUNT).for_each(|_| (case.work)());
        callgrind::set_mark();
        (0..2 * COUNT).for_each(|_| (case.work)());
        callgrind::set_mark();
    }
}
