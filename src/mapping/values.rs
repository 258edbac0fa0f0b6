//! `values = { active = "activo" }`: which current value each legacy one is.
//!
//! What the map does not have is read as it is. No two legacy values may stand for one current value: nobody could say which of them is read.

use super::{codes, constant};
use crate::text::toml::{Document, Shape, Table};

/// A legacy value and the current one that it is, both as texts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pair {
    /// What services know.
    pub legacy: String,
    /// What the column holds.
    pub current: String,
}

/// The pairs in the order of the file; none when something is wrong with them.
pub(super) fn read<'d>(
    document: &Document<'d>,
    body: &Table<'d>,
    map: &Table<'d>,
    type_name: Option<&str>,
) -> Option<Vec<Pair>> {
    let mut pairs: Vec<Pair> = Vec::new();
    let mut sound = true;
    for entry in map.entries() {
        let mut wrong = |span, message: String, label: &str, help: &str| {
            document.error(codes::BAD_VALUES, span, message, label, help);
            sound = false;
        };
        let current = match &entry.value.shape {
            Shape::String(text) => text.value.to_owned(),
            Shape::Integer(number) => number.to_string(),
            Shape::Float(number) if number.is_finite() => {
                entry.value.span.text(&document.source().text).replace('_', "")
            }
            Shape::Boolean(flag) => flag.to_string(),
            _ => {
                let _: Option<()> = body.wrong("values", &entry.value, "a string, a number, `true` or `false`");
                sound = false;
                continue;
            }
        };
        if entry.key.contains('\0') || current.contains('\0') {
            wrong(entry.span, "a value holds a zero byte".into(), "", "a text in Postgres has none");
        }
        if let Some(name) = type_name.filter(|name| !constant::is_value(entry.key, name)) {
            let message = format!("`{}` is no value of `{name}`", entry.key);
            wrong(entry.span, message, "a legacy value", "change the value or the column's `type`");
        }
        if let Some(first) = pairs.iter().find(|p| p.current == current) {
            let message = format!("`{}` and `{}` both stand for `{current}`", first.legacy, entry.key);
            let help =
                "keep the one that `SELECT` is to give; a column that is more than such a map is written as `read`";
            wrong(entry.value.span, message, "which of them is read?", help);
        }
        pairs.push(Pair { legacy: entry.key.to_owned(), current });
    }
    if pairs.is_empty() && sound {
        let help = "write a current value for each legacy one: `values = { active = \"activo\" }`";
        document.error(codes::BAD_VALUES, map.span, "`values` is empty", "", help);
        return None;
    }
    sound.then_some(pairs)
}
