//! What the demo writes: statements with their edits, rows as a table, counters.
//!
//! Everything here is text with colours in it; whoever prints it takes them out where nobody sees them.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use crate::text::{SourceMap, Span};

/// Headings.
pub const TITLE: Style = Style::new().bold();
/// What is said beside.
pub const ASIDE: Style = Style::new().dimmed();
/// What a client wrote and the server does not see.
pub const LEGACY: Style = AnsiColor::Red.on_default().bold();
/// What the server sees instead.
pub const CURRENT: Style = AnsiColor::Green.on_default().bold();

/// `text` in a style.
#[must_use]
pub fn styled(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// A statement before and after, the edits in colour, indented.
#[must_use]
pub fn statement(sql: &str, sent: &str, map: &SourceMap) -> String {
    let (before, after): (Vec<Span>, Vec<Span>) = map.pairs().iter().copied().unzip();
    let mut out = String::new();
    for (word, text, spans, style) in [("before", sql, before, LEGACY), ("after", sent, after, CURRENT)] {
        let _ = writeln!(out, "  {}", styled(ASIDE, word));
        for line in marked(text, &spans, style).lines() {
            let _ = writeln!(out, "    {line}");
        }
    }
    out
}

/// `text` with each of `spans` in colour. A span over several lines is closed and opened again at each line end.
fn marked(text: &str, spans: &[Span], style: Style) -> String {
    let mut out = String::new();
    let mut taken = 0;
    for span in spans.iter().filter(|span| !span.is_empty()) {
        out.push_str(&text[taken..span.start]);
        let lines: Vec<String> = span.text(text).split('\n').map(|line| styled(style, line)).collect();
        out.push_str(&lines.join("\n"));
        taken = span.end;
    }
    out.push_str(&text[taken..]);
    out
}

/// Rows under their column names, numbers to the right. At most `limit` rows are drawn; how many there are is always said.
#[must_use]
pub fn table(columns: &[String], rows: &[Vec<Option<String>>], limit: usize) -> String {
    let shown = &rows[..rows.len().min(limit)];
    let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "null".into()).replace('\n', "⏎");
    let column = |i: usize| shown.iter().filter_map(move |row| row.get(i));
    let widths: Vec<usize> = columns
        .iter()
        .enumerate()
        .map(|(i, name)| column(i).map(|v| width(&text(v))).chain([width(name)]).max().unwrap_or_default())
        .collect();
    let right: Vec<bool> =
        (0..columns.len()).map(|i| column(i).flatten().all(|value| value.parse::<f64>().is_ok())).collect();

    let mut out = String::new();
    let names: Vec<String> = columns.iter().enumerate().map(|(i, name)| pad(name, widths[i], right[i])).collect();
    let _ = writeln!(out, "    {}", styled(TITLE, names.join(" │ ").trim_end()));
    let rules: Vec<String> = widths.iter().map(|width| "─".repeat(*width)).collect();
    let _ = writeln!(out, "    {}", styled(ASIDE, &rules.join("─┼─")));
    for row in shown {
        let cells: Vec<String> = row
            .iter()
            .enumerate()
            .map(|(i, value)| {
                let cell = pad(&text(value), widths[i], right[i]);
                if value.is_none() { styled(ASIDE, &cell) } else { cell }
            })
            .collect();
        let _ = writeln!(out, "    {}", cells.join(" │ ").trim_end());
    }
    let count = match (rows.len(), rows.len() - shown.len()) {
        (1, _) => "1 row".to_owned(),
        (all, 0) => format!("{all} rows"),
        (all, more) => format!("{all} rows, {more} of them not shown"),
    };
    let _ = writeln!(out, "    {}", styled(ASIDE, &format!("({count})")));
    out
}

fn width(text: &str) -> usize {
    text.chars().count()
}

fn pad(text: &str, to: usize, right: bool) -> String {
    let space = " ".repeat(to.saturating_sub(width(text)));
    if right { format!("{space}{text}") } else { format!("{text}{space}") }
}

/// One line of Prometheus's text format: labels in their order, and the value.
#[derive(Clone, PartialEq, Debug)]
pub struct Sample {
    /// Name and value of each label.
    pub labels: Vec<(String, String)>,
    /// The number as it stands there.
    pub value: String,
}

impl Sample {
    /// The label of that name, or nothing.
    #[must_use]
    pub fn label(&self, name: &str) -> &str {
        self.labels.iter().find(|(label, _)| label == name).map_or("", |(_, value)| value)
    }
}

/// The samples of one metric in a page of `/metrics`, in its order.
#[must_use]
pub fn samples(page: &str, metric: &str) -> Vec<Sample> {
    page.lines()
        .filter_map(|line| {
            let (labels, value) = line.strip_prefix(metric)?.strip_prefix('{')?.rsplit_once("} ")?;
            Some(Sample { labels: split_labels(labels), value: value.trim().to_owned() })
        })
        .collect()
}

fn split_labels(mut text: &str) -> Vec<(String, String)> {
    let mut labels = Vec::new();
    while let Some((name, rest)) = text.split_once("=\"") {
        let mut value = String::new();
        let mut chars = rest.char_indices();
        let mut end = rest.len();
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    end = at + 1;
                    break;
                }
                '\\' => match chars.next() {
                    Some((_, 'n')) => value.push('\n'),
                    Some((_, other)) => value.push(other),
                    None => {}
                },
                other => value.push(other),
            }
        }
        labels.push((name.to_owned(), value));
        text = rest[end..].trim_start_matches(',');
    }
    labels
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Edit, Edits};

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    #[test]
    fn edits_are_in_colour_and_nothing_else_changes() {
        let sql = "SELECT a\nFROM t";
        let mut edits = Edits::new();
        edits.push(Edit { span: Span::new(7, 8), text: "t.b\n AS a".into() }).expect("one edit");
        let spliced = edits.splice(sql);
        let shown = statement(sql, &spliced.sql, &spliced.map);
        assert!(shown.contains(&styled(LEGACY, "a")) && shown.contains(&styled(CURRENT, "t.b")));
        assert_eq!(
            plain(&shown),
            "  before\n    SELECT a\n    FROM t\n  after\n    SELECT t.b\n     AS a\n    FROM t\n"
        );
    }

    #[test]
    fn numbers_stand_to_the_right_and_null_is_said() {
        let row = |a: &str, b: Option<&str>| vec![Some(a.to_owned()), b.map(str::to_owned)];
        let rows = [row("ñandú", Some("1.5")), row("x\ny", None), row("z", Some("20"))];
        let shown = table(&["name".into(), "kwh".into()], &rows, 2);
        assert_eq!(
            plain(&shown),
            "    name  │  kwh\n    ──────┼─────\n    ñandú │  1.5\n    x⏎y   │ null\n    (3 rows, 1 of them not shown)\n"
        );
    }

    #[test]
    fn samples_are_read_with_their_escapes() {
        let page =
            "# HELP x y\nx_total{a=\"1\",b=\"say \\\"}, \\\\\"} 3\nx_total_other{a=\"2\"} 4\nx_total{a=\"2\"} 5\n";
        let found = samples(page, "x_total");
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].label("a"), found[0].label("b"), found[0].value.as_str()), ("1", "say \"}, \\", "3"));
        assert_eq!(found[1].label("c"), "");
    }
}
