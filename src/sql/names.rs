//! Names as Postgres stores them, and names as they are safely written.

use std::borrow::Cow;

use sqlparser::ast::Ident;

use super::token::{fold, truncate};
use super::words::{self, Class};

/// The name that `ident` stands for: folded when unquoted, exact when quoted, cut to 63 bytes.
#[must_use]
pub fn ident(ident: &Ident) -> Cow<'_, str> {
    truncate(if ident.quote_style.is_none() { fold(&ident.value) } else { Cow::Borrowed(&ident.value) })
}

/// `name` as it may stand for a column, a table, a label or an alias, quoted where it must be.
#[must_use]
pub fn quote(name: &str) -> Cow<'_, str> {
    if is_plain(name) { Cow::Borrowed(name) } else { Cow::Owned(format!("\"{}\"", name.replace('"', "\"\""))) }
}

/// `text` as a string literal that means the same whatever `standard_conforming_strings` is.
#[must_use]
pub fn quote_string(text: &str) -> String {
    let doubled = text.replace('\'', "''");
    if doubled.contains('\\') { format!("E'{}'", doubled.replace('\\', "\\\\")) } else { format!("'{doubled}'") }
}

/// True when `name` needs no quotes in any place. Keywords are quoted even where the grammar would let them pass: an unreserved
/// one may still not follow an expression without `AS` (`SELECT 1 year`), and a later server may reserve more.
fn is_plain(name: &str) -> bool {
    let starts = name.bytes().next().is_some_and(|b| b.is_ascii_lowercase() || b == b'_');
    let continues = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    starts && continues && !matches!(words::known(name).class, Some(class) if !is_harmless(name, class))
}

/// Unreserved keywords that are common column names and mean nothing in a query wherever a name may stand, so that rewritten
/// SQL stays readable. Each is a bare label too.
fn is_harmless(name: &str, class: Class) -> bool {
    const HARMLESS: [&str; 13] = [
        "action", "class", "comment", "content", "data", "document", "label", "location", "name", "owner", "type",
        "value", "version",
    ];
    class == Class::Unreserved && HARMLESS.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn idents_fold_only_without_quotes() {
        assert_eq!(ident(&Ident::new("Rating")), "rating");
        assert_eq!(ident(&Ident::with_quote('"', "Rating")), "Rating");
        assert_eq!(ident(&Ident::new("ÄB")), "Äb");
        let long = format!("{}ä", "a".repeat(62));
        assert_eq!(ident(&Ident::new(long)), "a".repeat(62));
    }

    #[test]
    fn names_are_quoted_when_in_doubt() {
        for (name, written) in [
            ("kwh_consumed", "kwh_consumed"),
            ("_x1", "_x1"),
            ("name", "name"),
            ("Kwh", "\"Kwh\""),
            ("1a", "\"1a\""),
            ("a b", "\"a b\""),
            ("a$b", "\"a$b\""),
            ("größe", "\"größe\""),
            ("a\"b", "\"a\"\"b\""),
            ("user", "\"user\""),
            ("order", "\"order\""),
            ("timestamp", "\"timestamp\""),
            ("year", "\"year\""),
            ("over", "\"over\""),
            ("left", "\"left\""),
            ("interval", "\"interval\""),
            ("system_user", "\"system_user\""),
            ("", "\"\""),
        ] {
            assert_eq!(quote(name), written);
        }
    }

    #[test]
    fn strings_do_not_depend_on_the_setting() {
        assert_eq!(quote_string("it's"), "'it''s'");
        assert_eq!(quote_string("a\\b'c"), "E'a\\\\b''c'");
        assert_eq!(quote_string(""), "''");
    }
}
