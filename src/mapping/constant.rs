//! `constant = "provider"`: the value that a legacy column always has.

use super::{Constant, codes};
use crate::text::toml::{Document, Shape, Table, Value};

/// The constant, when it is one and fits the declared type as far as the text can tell.
pub(super) fn read<'d>(
    document: &Document<'d>,
    body: &Table<'d>,
    value: &Value<'d>,
    type_name: Option<&str>,
) -> Option<Constant> {
    let constant = match &value.shape {
        Shape::String(text) if !text.value.contains('\0') => Constant::Text(text.value.to_owned()),
        Shape::Integer(number) => Constant::Integer(*number),
        Shape::Float(number) if number.is_finite() => Constant::Float(*number),
        Shape::Boolean(flag) => Constant::Boolean(*flag),
        Shape::String(_) => return wrong(document, value, "a text in Postgres holds no zero byte", "leave it out"),
        Shape::Float(_) => {
            let help = "write it as a string with its type: `constant = \"NaN\"`, `type = \"double precision\"`";
            return wrong(document, value, "this number has no literal in SQL", help);
        }
        Shape::TooBig(digits) => {
            let help = format!("write it as a string with its type: `constant = \"{digits}\"`, `type = \"numeric\"`");
            return wrong(document, value, "this number does not fit into 64 bits", &help);
        }
        Shape::Datetime(text) => {
            let help = format!("write it as a string with its type: `constant = \"{text}\"`, `type = \"timestamptz\"`");
            return wrong(document, value, "a date or time of TOML is no constant", &help);
        }
        Shape::Array(_) | Shape::Table(_) => {
            return body.wrong("constant", value, "a string, a number, `true` or `false`");
        }
    };
    let Some(name) = type_name.filter(|name| !fits(&constant, name)) else { return Some(constant) };
    wrong(document, value, &format!("this is no value of `{name}`"), "change the constant or its `type`")
}

fn wrong(document: &Document<'_>, value: &Value<'_>, message: &str, help: &str) -> Option<Constant> {
    document.error(codes::BAD_CONSTANT, value.span, message, "", help);
    None
}

/// False when `text` is surely no value of the type, or would be cut by it.
#[must_use]
pub fn is_value(text: &str, type_name: &str) -> bool {
    let length = type_name
        .strip_prefix("character varying(")
        .or_else(|| type_name.strip_prefix("character("))
        .and_then(|rest| rest.strip_suffix(')')?.parse().ok());
    fits(&Constant::Text(text.to_owned()), type_name) && length.is_none_or(|most: usize| text.chars().count() <= most)
}

/// False when the cast would surely fail on the server. Types that are not looked at here fit anything.
fn fits(constant: &Constant, type_name: &str) -> bool {
    let base = type_name.split('(').next().unwrap_or_default();
    let integer = matches!(base, "smallint" | "integer" | "bigint");
    let number = integer || matches!(base, "real" | "double precision" | "numeric");
    let only_text =
        base.ends_with("[]") || base.starts_with("timestamp") || matches!(base, "date" | "uuid" | "json" | "jsonb");
    match constant {
        Constant::Integer(value) if base == "smallint" => i16::try_from(*value).is_ok(),
        Constant::Integer(value) if base == "integer" => i32::try_from(*value).is_ok(),
        Constant::Text(text) if integer => text.trim().parse::<i64>().is_ok(),
        Constant::Text(text) if number => text.trim().parse::<f64>().is_ok(),
        Constant::Text(text) if base == "boolean" => {
            let word = text.trim().to_ascii_lowercase();
            ["true", "t", "yes", "y", "on", "1", "false", "f", "no", "n", "off", "0"].contains(&word.as_str())
        }
        Constant::Text(_) => true,
        Constant::Float(_) => !only_text && base != "boolean",
        // Postgres casts between booleans and `integer`, but no other number.
        Constant::Boolean(_) => !only_text && (!number || base == "integer"),
        Constant::Integer(_) => !only_text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_fit_their_types() {
        let text = |s: &str| Constant::Text(s.into());
        for (constant, name, fit) in [
            (text("1"), "integer", true),
            (text("x"), "integer", false),
            (text("1e3"), "numeric(10,2)", true),
            (text("x"), "mood", true),
            (text("yes"), "boolean", true),
            (text("maybe"), "boolean", false),
            (Constant::Integer(70_000), "smallint", false),
            (Constant::Integer(1), "text", true),
            (Constant::Integer(1), "boolean", true),
            (Constant::Integer(1), "date", false),
            (Constant::Integer(1), "integer[]", false),
            (Constant::Boolean(true), "numeric", false),
            (Constant::Boolean(true), "text", true),
            (Constant::Float(1.5), "integer", true),
            (Constant::Float(1.5), "timestamp with time zone", false),
        ] {
            assert_eq!(fits(&constant, name), fit, "{constant:?} as {name}");
        }
    }
}
