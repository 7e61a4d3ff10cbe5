//! A line plot in SVG.

use super::short;
use std::fmt::Write;

const WIDTH: f64 = 900.0;
const HEIGHT: f64 = 220.0;
/// Room for the labels on the left and below.
const LEFT: f64 = 70.0;
const BELOW: f64 = 24.0;

/// A line of a plot.
pub(super) struct Line<'a> {
    /// What it is.
    pub(super) name: &'a str,
    /// As CSS has it.
    pub(super) color: &'a str,
    /// Seconds or what else it is over, and values.
    pub(super) points: Vec<(f64, f64)>,
}

/// A plot of these lines over time, under a title.
pub(super) fn plot(title: &str, lines: &[Line<'_>]) -> String {
    plot_over("s", title, lines)
}

/// A plot of these lines over something else.
pub(super) fn plot_over(unit: &str, title: &str, lines: &[Line<'_>]) -> String {
    let points = || lines.iter().flat_map(|line| &line.points);
    let most = |values: &mut dyn Iterator<Item = f64>| values.fold(0.0, f64::max);
    let (long, high) = (
        most(&mut points().map(|point| point.0)).max(1.0),
        round_up(most(&mut points().map(|point| point.1))),
    );
    let mut svg = format!(
        "<h2>{title}</h2><svg viewBox=\"0 0 {WIDTH} {}\" role=img aria-label=\"{title}\" \
         font-size=12 fill=currentColor>",
        HEIGHT + BELOW
    );
    for part in 0..=4 {
        let value = high * f64::from(part) / 4.0;
        let y = HEIGHT - (HEIGHT - 16.0) * f64::from(part) / 4.0;
        let _ = write!(
            svg,
            "<line x1={LEFT} x2={WIDTH} y1={y} y2={y} stroke=currentColor stroke-opacity=.15 />\
             <text x={} y={} text-anchor=end>{}</text>",
            LEFT - 6.0,
            y + 4.0,
            short(value)
        );
    }
    for part in 0..=6 {
        let at = long * f64::from(part) / 6.0;
        let x = LEFT + (WIDTH - LEFT - 20.0) * f64::from(part) / 6.0;
        let y = HEIGHT + BELOW - 6.0;
        let _ = write!(
            svg,
            "<text x={x} y={y} text-anchor=middle>{at:.0} {unit}</text>"
        );
    }
    for (number, line) in lines.iter().enumerate() {
        svg.push_str(&draw(line, long, high));
        let x = LEFT + 20.0 + 110.0 * f64::from(u32::try_from(number).unwrap_or_default());
        let _ = write!(
            svg,
            "<text x={x} y=12 fill=\"{}\">{}</text>",
            line.color, line.name
        );
    }
    svg.push_str("</svg>");
    svg
}

fn draw(line: &Line<'_>, long: f64, high: f64) -> String {
    let mut path = String::new();
    for (number, (at, value)) in line.points.iter().enumerate() {
        let x = LEFT + (WIDTH - LEFT - 20.0) * at / long;
        let y = HEIGHT - (HEIGHT - 16.0) * value / high;
        let step = if number == 0 { 'M' } else { 'L' };
        let _ = write!(path, "{step}{x:.1} {y:.1}");
    }
    format!(
        "<path d=\"{path}\" fill=none stroke=\"{}\" stroke-width=1.6 />",
        line.color
    )
}

/// The next number of 1, 2 or 5 and zeros.
fn round_up(value: f64) -> f64 {
    if value <= 0.0 || !value.is_finite() {
        return 1.0;
    }
    let power = 10_f64.powf(value.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].into_iter();
    let mut fitting = steps.map(|step| step * power).filter(|step| *step >= value);
    fitting.next().unwrap_or(10.0 * power)
}

#[cfg(test)]
mod tests {
    use super::round_up;

    #[test]
    fn axes_end_at_round_numbers() {
        let near = |value, wanted: f64| (round_up(value) - wanted).abs() < 1e-9;
        assert!(near(0.0, 1.0) && near(3.0, 5.0) && near(1_000.0, 1_000.0) && near(0.07, 0.1));
    }
}
