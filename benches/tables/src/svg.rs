//! Charts as SVG, with logarithmic axes and colours for light and dark backgrounds.

use std::fmt::Write;

/// One line of a chart.
pub(crate) struct Curve {
    /// The name, at the end of the line.
    pub(crate) name: String,
    /// The index of its colour.
    pub(crate) colour: usize,
    /// Its points: x and y.
    pub(crate) points: Vec<(f64, f64)>,
}

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 420.0;
const LEFT: f64 = 82.0;
const RIGHT: f64 = 212.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 50.0;
const TEXT: &str = "#808080";
const COLOURS: [&str; 10] = [
    "#d9480f", "#f08c00", "#1c7ed6", "#2f9e44", "#ae3ec9", "#b08900", "#0c8599", "#e64980",
    "#5c7cfa", "#868e96",
];

/// Returns a chart of nanoseconds. The first curve is drawn last and thicker.
pub(crate) fn chart(title: &str, x_name: &str, y_name: &str, curves: &[Curve]) -> String {
    let points = || curves.iter().flat_map(|curve| &curve.points);
    let decades = |axis: fn(&(f64, f64)) -> f64| {
        let exponents = points().map(|point| axis(point).log10());
        let least = exponents.clone().fold(f64::INFINITY, f64::min).floor();
        let most = exponents.fold(f64::NEG_INFINITY, f64::max).ceil();
        (least, most.max(least + 1.0))
    };
    let (x_from, x_to) = decades(|point| point.0);
    let (y_from, y_to) = decades(|point| point.1);
    let x = |value: f64| LEFT + (value.log10() - x_from) / (x_to - x_from) * (WIDTH - LEFT - RIGHT);
    let y = |value: f64| {
        HEIGHT - BOTTOM - (value.log10() - y_from) / (y_to - y_from) * (HEIGHT - TOP - BOTTOM)
    };
    let mut out = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" style="max-width:{WIDTH}px" role="img" font-family="sans-serif" font-size="13" fill="{TEXT}">
<title>{title}</title>
<text x="{LEFT}" y="22" font-size="15">{title}</text>
"#
    );
    for exponent in x_from as i32..=x_to as i32 {
        let at = x(10_f64.powi(exponent));
        let (top, bottom) = (TOP, HEIGHT - BOTTOM);
        line(
            &mut out,
            &format!(
                r#"<path d="M{at:.1} {top}V{bottom}" stroke="{TEXT}" stroke-opacity=".25"/><text x="{at:.1}" y="{:.1}" text-anchor="middle">{}</text>"#,
                bottom + 18.0,
                short(exponent)
            ),
        );
    }
    for exponent in y_from as i32..=y_to as i32 {
        let at = y(10_f64.powi(exponent));
        let (left, right) = (LEFT, WIDTH - RIGHT);
        line(
            &mut out,
            &format!(
                r#"<path d="M{left} {at:.1}H{right}" stroke="{TEXT}" stroke-opacity=".25"/><text x="{:.1}" y="{:.1}" text-anchor="end">{}</text>"#,
                left - 8.0,
                at + 4.0,
                time(exponent)
            ),
        );
    }
    line(
        &mut out,
        &format!(
            r#"<text x="{:.1}" y="{:.1}" text-anchor="middle">{x_name}</text><text transform="translate(14 {:.1}) rotate(-90)" text-anchor="middle">{y_name}</text>"#,
            (LEFT + WIDTH - RIGHT) / 2.0,
            HEIGHT - 12.0,
            (TOP + HEIGHT - BOTTOM) / 2.0
        ),
    );
    // Names stand beside the ends of their curves. They move apart if they would overlap.
    let mut ends: Vec<(usize, f64, f64)> = curves
        .iter()
        .enumerate()
        .filter_map(|(at, curve)| curve.points.last().map(|end| (at, x(end.0), y(end.1))))
        .collect();
    ends.sort_by(|a, b| a.2.total_cmp(&b.2));
    let mut free = TOP;
    for (at, end_x, end_y) in ends {
        let text_y = (end_y + 4.0).max(free);
        free = text_y + 16.0;
        let text_x = WIDTH - RIGHT + 24.0;
        line(
            &mut out,
            &format!(
                r#"<path d="M{end_x:.1} {end_y:.1}L{:.1} {:.1}" stroke="{colour}" stroke-opacity=".4" stroke-dasharray="2 3" fill="none"/><text x="{text_x:.1}" y="{text_y:.1}" fill="{colour}">{}</text>"#,
                text_x - 4.0,
                text_y - 4.0,
                curves[at].name,
                colour = COLOURS[curves[at].colour % COLOURS.len()]
            ),
        );
    }
    for (at, curve) in curves.iter().enumerate().rev() {
        let colour = COLOURS[curve.colour % COLOURS.len()];
        let width = if at == 0 { 3.5 } else { 1.8 };
        let path: Vec<String> = curve
            .points
            .iter()
            .map(|point| format!("{:.1} {:.1}", x(point.0), y(point.1)))
            .collect();
        line(
            &mut out,
            &format!(
                r#"<path d="M{}" stroke="{colour}" stroke-width="{width}" fill="none" stroke-linejoin="round"/>"#,
                path.join("L")
            ),
        );
        for point in &path {
            let (at_x, at_y) = point.split_once(' ').unwrap_or_default();
            let dot = format!(r#"<circle cx="{at_x}" cy="{at_y}" r="{width}" fill="{colour}"/>"#);
            line(&mut out, &dot);
        }
    }
    out + "</svg>\n"
}

fn line(out: &mut String, text: &str) {
    // Writing to a `String` cannot fail.
    let _ = writeln!(out, "{text}");
}

/// Formats a power of ten: `10k`, `1M`.
fn short(exponent: i32) -> String {
    match exponent {
        6.. => format!("{}M", 10_i64.pow(exponent as u32 - 6)),
        3..6 => format!("{}k", 10_i64.pow(exponent as u32 - 3)),
        0..3 => 10_i64.pow(exponent as u32).to_string(),
        _ => format!("{}", 10_f64.powi(exponent)),
    }
}

/// Formats a power of ten in nanoseconds with its unit.
fn time(exponent: i32) -> String {
    let (unit, unit_exponent) = match exponent {
        9.. => ("s", 9),
        6..9 => ("ms", 6),
        3..6 => ("\u{b5}s", 3),
        _ => ("ns", 0),
    };
    format!("{} {unit}", 10_f64.powi(exponent - unit_exponent))
}
