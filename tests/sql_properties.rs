//! What holds for `sql` whatever the text is.

use exonym::sql::{LexOptions, Token, lex, parse, split};
use proptest::prelude::*;

/// Pieces that meet badly: quotes, comment marks, operators, keywords, letters of more than one byte.
const PIECES: &[&str] = &[
    "'",
    "''",
    "\"",
    "\\",
    "$$",
    "$a$",
    "$1",
    "--",
    "/*",
    "*/",
    "\n",
    " ",
    "\t",
    "E'",
    "U&'",
    "U&\"",
    "B'",
    "X'",
    "N'",
    "uescape",
    "'!'",
    "(",
    ")",
    "[",
    "]",
    ",",
    ";",
    ".",
    "..",
    ":",
    "::",
    ":=",
    "=>",
    "+",
    "-",
    "*",
    "/",
    "<",
    ">",
    "=",
    "@",
    "~",
    "!",
    "#",
    "&",
    "|",
    "?",
    "%",
    "^",
    "`",
    "0",
    "1",
    "0x1F",
    "1_0",
    "1e5",
    ".5",
    "a",
    "b",
    "ä",
    "名",
    "\u{a0}",
    "select",
    "from",
    "where",
    "case",
    "end",
    "as",
    "only",
    "interval",
    "date",
    "timestamp",
    "time",
    "zone",
    "at",
    "with",
    "without",
    "collate",
    "any",
    "all",
    "operator",
    "for",
    "no",
    "key",
    "update",
    "share",
    "of",
    "trim",
    "both",
    "variadic",
    "overriding",
    "system",
    "value",
    "isnull",
    "local",
    "like",
    "ilike",
    "not",
    "current",
    "on",
    "conflict",
    "current_schema",
    "exclude",
    "ties",
    "normalize",
    "nfc",
    "xmlparse",
    "content",
    "document",
    "check",
    "option",
    "create",
    "view",
    "copy",
    "explain",
    "prepare",
    "declare",
    "between",
    "and",
    "range",
    "rows",
    "preceding",
    "values",
    "row",
    "table",
    "union",
    "insert",
    "into",
    "set",
    "delete",
    "merge",
    "using",
    "join",
    "left",
    "exists",
    "extract",
    "grouping",
    "sets",
    "begin",
    "atomic",
    "function",
];

fn soup() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(PIECES);
    let gap = prop::sample::select(&["", " ", " ", " ", "\n"][..]);
    prop::collection::vec((piece, gap), 0..40)
        .prop_map(|pieces| pieces.into_iter().flat_map(|(piece, gap)| [piece, gap]).collect())
}

fn options() -> impl Strategy<Value = LexOptions> {
    any::<bool>().prop_map(|standard_conforming_strings| LexOptions { standard_conforming_strings })
}

/// White space and comments, and nothing else.
fn is_blank(mut text: &str) -> bool {
    loop {
        text = text.trim_start_matches([' ', '\t', '\n', '\r', '\u{b}', '\u{c}']);
        if let Some(rest) = text.strip_prefix("--") {
            text = rest.find(['\n', '\r']).map_or("", |end| &rest[end..]);
        } else if text.starts_with("/*") {
            let mut depth = 0;
            let mut at = 0;
            loop {
                let rest = &text.as_bytes()[at..];
                let step = if rest.starts_with(b"/*") {
                    1
                } else if rest.starts_with(b"*/") {
                    -1
                } else {
                    0
                };
                depth += step;
                at += if step == 0 { 1 } else { 2 };
                if depth == 0 {
                    break;
                }
                if at >= text.len() {
                    return false;
                }
            }
            text = &text[at..];
        } else {
            return text.is_empty();
        }
    }
}

fn check_tokens(source: &str, tokens: &[Token]) -> Result<(), TestCaseError> {
    let mut end = 0;
    for token in tokens {
        prop_assert!(token.span.start < token.span.end, "an empty token in {source:?}");
        let gap = source.get(end..token.span.start);
        prop_assert!(gap.is_some_and(is_blank), "{gap:?} between tokens of {source:?}");
        prop_assert!(
            source.get(token.span.start..token.span.end).is_some(),
            "{token:?} cuts a character of {source:?}"
        );
        end = token.span.end;
    }
    let gap = source.get(end..);
    prop_assert!(gap.is_some_and(is_blank), "{gap:?} behind the tokens of {source:?}");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, ..ProptestConfig::default() })]

    #[test]
    fn tokens_are_ordered_and_cover_all_but_blanks(source in prop_oneof![soup(), any::<String>()], options in options()) {
        if let Ok(tokens) = lex(&source, options) {
            check_tokens(&source, &tokens)?;
            for token in &tokens {
                if let Some(name) = token.ident(&source) {
                    prop_assert!(name.len() <= 63);
                }
                // Must not panic, whatever is in it.
                let _ = token.string_value(&source);
            }
        }
    }

    #[test]
    fn a_statement_lexes_alone_as_it_did_in_its_text(source in soup(), options in options()) {
        let Ok(tokens) = lex(&source, options) else { return Ok(()) };
        let mut end = 0;
        for range in split::statements(&source, &tokens) {
            prop_assert!(range.start < range.end && end <= range.start && range.end <= tokens.len());
            end = range.end;
            let statement = &tokens[range];
            let start = statement[0].span.start;
            let text = &source[start..statement[statement.len() - 1].span.end];
            let alone = lex(text, options).expect("a part between tokens lexes");
            let moved: Vec<_> = alone.iter().map(|t| (t.kind, t.span.start + start, t.span.end + start)).collect();
            let whole: Vec<_> = statement.iter().map(|t| (t.kind, t.span.start, t.span.end)).collect();
            prop_assert_eq!(moved, whole);
        }
    }

    #[test]
    fn parsing_survives_any_tokens(source in soup(), head in prop::sample::select(&["", "select ", "create view v as select ", "copy ("][..])) {
        let source = format!("{head}{source}");
        let Ok(tokens) = lex(&source, LexOptions::default()) else { return Ok(()) };
        parse::with_stack(tokens.len(), || {
            let results = [
                parse::statement(&source, &tokens).err(),
                parse::query(&source, &tokens).err(),
                parse::expression(&source, &tokens).err(),
            ];
            for error in results.into_iter().flatten() {
                prop_assert!(error.at.is_none_or(|at| tokens.iter().any(|t| t.span.start == at)), "{error:?} in {source:?}");
            }
            Ok(())
        })?;
    }
}
