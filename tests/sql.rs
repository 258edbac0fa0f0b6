//! Case files of `sql`: what a text lexes into, and what tree it becomes.
//!
//! A file in `tests/sql` is a list of cases: a title behind `#`, the SQL, `----`, what is expected, and an empty line.
//! `UPDATE=1 cargo test --test sql` writes what is found into the files. Trees are shown as sqlparser prints them, which is for the
//! reader's eyes only; that every name of a tree stands at its place in the text is checked for each case.

use std::fmt::Write as _;
use std::{env, fs};

use exonym::sql::{LexOptions, Token, TokenKind, lex, parse, split};

/// Runs `found` over the SQL of each case in `file`.
fn check(file: &str, found: impl Fn(&str) -> String) {
    let path = format!("{}/tests/sql/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(&path).expect("the case file");
    let mut written = String::new();
    let mut wrong = String::new();
    for case in text.split("\n\n").map(str::trim).filter(|case| !case.is_empty()) {
        let (title, rest) = case.split_once('\n').expect("a title and SQL");
        let (sql, expected) = rest.split_once("\n----").unwrap_or((rest, ""));
        let found = found(sql);
        if found != expected.trim() {
            writeln!(wrong, "{title}\n{sql}\nexpected:\n{}\nfound:\n{found}\n", expected.trim()).expect("a string");
        }
        write!(written, "{title}\n{sql}\n----\n{found}\n\n").expect("a string");
    }
    if env::var_os("UPDATE").is_some() {
        fs::write(&path, format!("{}\n", written.trim_end())).expect("the case file can be written");
    } else {
        assert!(wrong.is_empty(), "{file}\n\n{wrong}");
    }
}

fn tokens(sql: &str, options: LexOptions) -> String {
    let tokens = match lex(sql, options) {
        Ok(tokens) => tokens,
        Err(error) => return format!("error at {}: {error}", error.at),
    };
    let mut out = String::new();
    for token in tokens {
        let text = token.text(sql).replace('\n', "⏎");
        write!(out, "{:?} {text}", token.kind).expect("a string");
        let value = token
            .ident(sql)
            .or_else(|| token.string_value(sql))
            .filter(|value| token.kind != TokenKind::Word || *value != text);
        if let Some(value) = value {
            write!(out, " → {}", value.escape_debug()).expect("a string");
        }
        out.push('\n');
    }
    out.trim_end().to_owned()
}

fn tree(sql: &str) -> String {
    let tokens = lex(sql, LexOptions::default()).expect("lexes");
    let mut out = String::new();
    for range in split::statements(sql, &tokens) {
        let statement = &tokens[range];
        let line = parse::with_stack(statement.len(), || match parse::statement(sql, statement) {
            Ok(tree) => {
                check_places(sql, statement, &format!("{tree:?}"));
                // Marks, which are no text.
                tree.to_string().replace('\0', "␀")
            }
            Err(error) => {
                let at = error.at.map_or_else(|| "the end".to_owned(), |at| at.to_string());
                format!("{:?} at {at}: {error}", error.reason)
            }
        });
        writeln!(out, "{line}").expect("a string");
    }
    out.trim_end().to_owned()
}

/// Each place in the tree begins and ends where a token does.
fn check_places(sql: &str, tokens: &[Token], tree: &str) {
    for place in tree.split("Span(Location(1,").skip(1) {
        let mut numbers = place.split(|c: char| !c.is_ascii_digit()).filter_map(|number| number.parse::<usize>().ok());
        let (Some(start), Some(_line), Some(end)) = (numbers.next(), numbers.next(), numbers.next()) else { continue };
        let begins = tokens.iter().any(|token| token.span.start == start - 1);
        let ends = tokens.iter().any(|token| token.span.end == end - 1);
        assert!(begins && ends, "{sql}: nothing stands at {}..{}", start - 1, end - 1);
    }
}

#[test]
fn texts_lex_as_postgres_does() {
    check("tokens.txt", |sql| tokens(sql, LexOptions::default()));
}

#[test]
fn texts_lex_as_postgres_does_without_standard_conforming_strings() {
    check("tokens_nonconforming.txt", |sql| tokens(sql, LexOptions { standard_conforming_strings: false }));
}

#[test]
fn statements_become_the_tree_that_postgres_makes() {
    check("trees.txt", tree);
}

#[test]
fn what_sqlparser_misreads_or_does_not_know() {
    check("shims.txt", tree);
}
