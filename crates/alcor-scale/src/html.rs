//! A run as one page that needs nothing but itself: tables, and plots drawn by hand in SVG.

mod plot;

use crate::report::{Report, Stretch};
use crate::switches::RealLook;
use crate::timeline::Look;
use plot::{Line, plot, plot_over};
use std::fmt::Write;

const STYLE: &str = "body{font:15px/1.45 system-ui,sans-serif;max-width:62em;margin:2em auto;padding:0 1em;\
color:#1b1f24;background:#fff}h1{font-size:1.5em}h2{font-size:1.1em;margin-top:2em}table{border-collapse:collapse}\
td{padding:.15em .9em .15em 0;border-bottom:1px solid #e4e7eb}td.n{text-align:right;font-variant-numeric:tabular-nums}\
svg{width:100%;height:auto}.bad{color:#b3261e}.good{color:#1a7f37}small{color:#59636e}\
@media(prefers-color-scheme:dark){body{color:#e6e9ec;background:#14171a}td{border-color:#30363d}}";

/// The page.
pub fn page(report: &Report) -> String {
    let name = escape(&report.scenario.name);
    let mut page = format!(
        "<!doctype html><html lang=en><meta charset=utf-8><title>Alcor scale: {name}</title>\
         <meta name=viewport content=\"width=device-width\"><style>{STYLE}</style><h1>Alcor scale: {name}</h1>"
    );
    let parts = [
        verdict(report),
        setting(report),
        figures(report),
        first_pings(report),
        plots(report),
    ];
    page.extend(parts);
    page.push_str("</html>\n");
    page
}

fn verdict(report: &Report) -> String {
    let it = &report.verdict;
    let class = if report.is_right() { "good" } else { "bad" };
    let mut text = format!(
        "<p class={class}>{} differences: {} hosts compared goal by goal ({} goals), {} random pairs put to the \
         oracle ({} reach each other), {} switches compared flow by flow ({} flows).</p>",
        it.differences, it.hosts, it.goals, it.pairs, it.reaching, it.switches, it.flows
    );
    for told in &it.told {
        let _ = write!(text, "<p class=bad>{}</p>", escape(told));
    }
    text
}

fn setting(report: &Report) -> String {
    let scenario = toml::to_string(&report.scenario).unwrap_or_default();
    let machine = serde_json::to_string(&report.machine).unwrap_or_default();
    format!(
        "<p><small>{}<br>load averages before {} and after {}</small></p>\
         <details><summary>Scenario</summary><pre>{}</pre></details>",
        escape(&machine),
        report.load[0],
        report.load[1],
        escape(&scenario)
    )
}

fn figures(report: &Report) -> String {
    let mut table = String::from("<h2>Figures</h2><table>");
    for figure in &report.figures.0 {
        let _ = write!(
            table,
            "<tr><td>{}<td class=n>{}<td>{}",
            escape(&figure.what),
            short(figure.value),
            figure.unit
        );
    }
    table.push_str("</table>");
    table
}

/// How many of the first pings took no longer than so long; and what real hosts take.
fn first_pings(report: &Report) -> String {
    let Some(pings) = &report.first_pings else {
        return String::new();
    };
    let line = |name, color, times: &[f64]| Line {
        name,
        color,
        points: (1_u32..)
            .zip(times)
            .map(|(number, took)| {
                let part = 100.0 * f64::from(number) / crate::phases::count(times.len());
                (part, *took)
            })
            .collect(),
    };
    let lines = [
        line("one by one", "#1a7f37", &pings.one_by_one),
        line("all at once", "#b3261e", &pings.at_once),
    ];
    let real = |name, color, value: fn(&RealLook) -> f64| Line {
        name,
        color,
        points: report
            .timeline
            .iter()
            .filter_map(|look| Some((look.at, value(look.real.as_ref()?))))
            .collect(),
    };
    let title = "First pings to cold neighbours, ms: so many of 100 took no longer";
    [
        plot_over("%", title, &lines),
        plot(
            "Memory of all real hosts, MiB",
            &[
                real("agents", "#0969da", |look| mib(look.agents_memory)),
                real("switches", "#bf8700", |look| mib(look.switches_memory)),
            ],
        ),
    ]
    .concat()
}

fn plots(report: &Report) -> String {
    let looks = &report.timeline;
    let of = |name, color, value: fn(&Look) -> f64| Line {
        name,
        color,
        points: looks.iter().map(|look| (look.at, value(look))).collect(),
    };
    let rate = Line {
        name: "ports a second",
        color: "#0969da",
        points: rates(looks),
    };
    [
        plot("Ports made by the API, a second", &[rate]),
        plot(
            "From the call to the own host's word, ms",
            &latencies(&report.own),
        ),
        plot(
            "From the call to the last host's word, ms",
            &latencies(&report.everywhere),
        ),
        plot(
            "Processor, cores",
            &[
                of("region", "#0969da", |look| look.region_cores),
                of("driver", "#bf8700", |look| look.driver_cores),
                of("others", "#8c959f", |look| look.other_cores),
            ],
        ),
        plot(
            "Memory, MiB",
            &[
                of("region", "#0969da", |look| mib(look.region_memory)),
                of("driver", "#bf8700", |look| mib(look.driver_memory)),
            ],
        ),
        plot(
            "Goals held by all hosts",
            &[of("goals", "#1a7f37", |look| {
                crate::phases::count(look.seen.goals)
            })],
        ),
        plot(
            "Hosts",
            &[
                of("sessions", "#0969da", |look| {
                    crate::phases::count(look.seen.sessions)
                }),
                of("complete", "#1a7f37", |look| {
                    crate::phases::count(look.seen.complete)
                }),
            ],
        ),
    ]
    .concat()
}

fn rates(looks: &[Look]) -> Vec<(f64, f64)> {
    let pairs = looks.windows(2);
    pairs
        .map(|pair| {
            let made = pair[1].created.saturating_sub(pair[0].created);
            let wall = (pair[1].at - pair[0].at).max(0.001);
            (pair[1].at, crate::phases::count(made) / wall)
        })
        .collect()
}

fn latencies(stretches: &[Stretch]) -> [Line<'static>; 3] {
    let of = |name, color, value: fn(&Stretch) -> f64| Line {
        name,
        color,
        points: stretches.iter().map(|it| (it.at, value(it))).collect(),
    };
    [
        of("p50", "#1a7f37", |it| it.p50),
        of("p95", "#bf8700", |it| it.p95),
        of("p99", "#b3261e", |it| it.p99),
    ]
}

fn mib(bytes: u64) -> f64 {
    crate::phases::count(bytes) / f64::from(1 << 20)
}

/// A number with at most four digits that matter.
pub(crate) fn short(value: f64) -> String {
    match value.abs() {
        it if it >= 100.0 => grouped(value),
        it if it >= 10.0 => format!("{value:.1}"),
        it if it > 0.0 => format!("{value:.2}"),
        _ => "0".to_owned(),
    }
}

fn grouped(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        assert_eq!(short(1_234_567.8), "1,234,568");
        assert_eq!(short(99.96), "100.0");
        assert_eq!(short(0.123), "0.12");
        assert_eq!(short(0.0), "0");
    }
}
