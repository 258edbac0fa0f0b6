//! `read = "CASE WHEN feedback_useful THEN 4 ELSE 2 END"` → a [`Template`]: the same text, cut at its references to current columns.
//!
//! The rewriter puts the pieces into a statement and qualifies each column with the alias at hand, any number of times and at any
//! place where a column may stand. So the text must be one expression over one row: it is parsed, its tree is walked over a list of
//! known nodes (`references`), and the template is put together again with qualified columns and walked a second time. What is not
//! understood is refused, not guessed.

use sqlparser::ast::{Expr, SelectItem, SetExpr};

use super::references::{self, References};
use super::{Piece, Template};
use crate::sql::{self, LexOptions, Reason, Token, TokenKind, names};
use crate::text::Span;

/// What is wrong with an expression, and where in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct BadExpression {
    pub(super) at: Span,
    pub(super) what: Fault,
}

/// The kinds of [`BadExpression`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Fault {
    /// Not one expression; the message of the parser.
    Syntax(String),
    /// `t.column`.
    Qualified,
    /// Something that is more than an expression over one row: what, and what now.
    Forbidden(String, &'static str),
}

/// Cuts `text` at its column references; all that is wrong with it otherwise.
pub(super) fn cut(text: &str) -> Result<Template, Vec<BadExpression>> {
    let tokens = lex(text).map_err(|bad| vec![bad])?;
    let comments = line_comments(text, &tokens);
    if !comments.is_empty() {
        return Err(comments);
    }
    let found = walk(text).map_err(|bad| vec![bad])?;
    let template = pieces(text, &found);
    let bad = faults(found);
    if !bad.is_empty() {
        return Err(bad);
    }
    if survives(&template) {
        return Ok(template);
    }
    let what = Fault::Syntax("it means something else once its columns are qualified".into());
    Err(vec![BadExpression { at: Span::new(0, text.len()), what }])
}

fn lex(text: &str) -> Result<Vec<Token>, BadExpression> {
    let syntax =
        |at: usize, message: &str| BadExpression { at: character(text, at), what: Fault::Syntax(message.into()) };
    let tokens = sql::lex(text, LexOptions::default()).map_err(|error| syntax(error.at, error.message))?;
    if tokens.is_empty() {
        return Err(syntax(0, "there is no expression"));
    }
    let mut open = Vec::new();
    for token in &tokens {
        let at = token.span.start;
        match token.kind {
            TokenKind::Comma if open.is_empty() => return Err(syntax(at, "these are several expressions")),
            TokenKind::Semicolon => return Err(syntax(at, "an expression has no `;`")),
            TokenKind::LeftParen | TokenKind::LeftBracket => open.push(token),
            TokenKind::RightParen | TokenKind::RightBracket => {
                let opener =
                    if token.kind == TokenKind::RightParen { TokenKind::LeftParen } else { TokenKind::LeftBracket };
                if open.pop().is_none_or(|open| open.kind != opener) {
                    return Err(syntax(at, "this closes nothing"));
                }
            }
            _ => {}
        }
    }
    match open.pop() {
        Some(token) => Err(syntax(token.span.start, "this is not closed")),
        None => Ok(tokens),
    }
}

/// `--` would swallow what a statement has behind the expression. One inside of a block comment is refused with it.
fn line_comments(text: &str, tokens: &[Token]) -> Vec<BadExpression> {
    let starts = std::iter::once(0).chain(tokens.iter().map(|t| t.span.end));
    let ends = tokens.iter().map(|t| t.span.start).chain(std::iter::once(text.len()));
    let comment = |(start, end): (usize, usize)| {
        let at = start + text.get(start..end)?.find("--")?;
        let what = Fault::Forbidden("a `--` comment".into(), "write `/* … */`, or a comment of the file behind `#`");
        Some(BadExpression { at: Span::new(at, at + 2), what })
    };
    starts.zip(ends).filter_map(comment).collect()
}

/// What stands before the expression when it is parsed: in a select list words mean what they mean where it will be used.
const BEFORE: &str = "SELECT (";

/// The references of the one expression that `text` is. Its brackets are known to be balanced, so nothing in it gets out of ours.
fn walk(text: &str) -> Result<References, BadExpression> {
    let wrapped = format!("{BEFORE}{text})");
    let own = |at: usize| at.saturating_sub(BEFORE.len()).min(text.len());
    let syntax =
        |at: usize, message: String| BadExpression { at: character(text, own(at)), what: Fault::Syntax(message) };
    let tokens =
        sql::lex(&wrapped, LexOptions::default()).map_err(|error| syntax(error.at, error.message.to_owned()))?;
    sql::parse::with_stack(tokens.len(), || {
        let query = sql::parse::query(&wrapped, &tokens).map_err(|error| {
            let at = error.at.unwrap_or(wrapped.len());
            let message = match error.reason {
                Reason::TooLarge | Reason::TooDeep => error.message,
                Reason::Grammar if own(at) >= text.trim_end().len() => "it ends too early".into(),
                Reason::Grammar => "this cannot stand here".into(),
            };
            syntax(at, message)
        })?;
        let SetExpr::Select(select) = &*query.body else { return Err(syntax(0, "this is no expression".into())) };
        let mut found = References::default();
        match select.projection.as_slice() {
            [SelectItem::UnnamedExpr(Expr::Nested(expr))] => references::collect(expr, &mut found),
            [SelectItem::UnnamedExpr(expr @ Expr::Subquery(_))] => references::collect(expr, &mut found),
            _ => return Err(syntax(0, "this is no expression".into())),
        }
        let shift = |span: &mut Span| *span = Span::new(own(span.start), own(span.end));
        found.columns.iter_mut().for_each(|(span, _)| shift(span));
        found.qualified.iter_mut().for_each(shift);
        found.forbidden.iter_mut().for_each(|(span, ..)| shift(span));
        found.columns.sort_unstable_by_key(|(span, _)| span.start);
        Ok(found)
    })
}

fn faults(found: References) -> Vec<BadExpression> {
    let qualified = found.qualified.into_iter().map(|at| BadExpression { at, what: Fault::Qualified });
    let forbidden =
        found.forbidden.into_iter().map(|(at, what, help)| BadExpression { at, what: Fault::Forbidden(what, help) });
    let mut all: Vec<_> = qualified.chain(forbidden).collect();
    all.sort_by_key(|bad| bad.at);
    all
}

fn pieces(text: &str, found: &References) -> Template {
    let mut pieces = Vec::new();
    let mut taken = 0;
    for (span, name) in &found.columns {
        if span.start > taken {
            pieces.push(Piece::Text(text[taken..span.start].to_owned()));
        }
        pieces.push(Piece::Column(name.clone()));
        taken = span.end;
    }
    if taken < text.len() {
        pieces.push(Piece::Text(text[taken..].to_owned()));
    }
    Template { pieces }
}

/// Puts the template together as the rewriter does, and finds the same columns in it again.
fn survives(template: &Template) -> bool {
    let mut sql = String::new();
    let mut columns = 0;
    for piece in &template.pieces {
        match piece {
            Piece::Text(text) => sql.push_str(text),
            Piece::Column(name) => {
                columns += 1;
                sql.push_str("source.");
                sql.push_str(&names::quote(name));
            }
        }
    }
    lex(&sql).is_ok()
        && walk(&sql).is_ok_and(|again| {
            again.columns.is_empty() && again.qualified.len() == columns && again.forbidden.is_empty()
        })
}

/// The character at byte `at`, for a caret.
fn character(text: &str, at: usize) -> Span {
    let at = (0..=at.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
    Span::new(at, at + text[at..].chars().next().filter(|c| !c.is_control()).map_or(0, char::len_utf8))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Columns in braces.
    fn shown(text: &str) -> String {
        match cut(text) {
            Ok(template) => template.pieces.iter().fold(String::new(), |out, piece| match piece {
                Piece::Text(text) => out + text,
                Piece::Column(name) => out + "{" + name + "}",
            }),
            Err(bad) => format!("{bad:?}"),
        }
    }

    #[test]
    fn expressions_are_cut_at_their_columns_and_nowhere_else() {
        for (text, cut) in [
            ("feedback_useful", "{feedback_useful}"),
            (
                "CASE WHEN useful THEN 4 WHEN NOT useful THEN 2 ELSE 3 END",
                "CASE WHEN {useful} THEN 4 WHEN NOT {useful} THEN 2 ELSE 3 END",
            ),
            ("\"Größe\" * FACTOR /* x */ / 1e3", "{Größe} * {factor} /* x */ / 1e3"),
            ("date(timestamp AT TIME ZONE 'UTC')", "date({timestamp} AT TIME ZONE 'UTC')"),
            ("EXTRACT(epoch FROM epoch)::int", "EXTRACT(epoch FROM {epoch})::int"),
            ("timestamp '2025-01-01' + interval '1 day' * n", "timestamp '2025-01-01' + interval '1 day' * {n}"),
            ("make_interval(days => days, hours := hours)", "make_interval(days => {days}, hours := {hours})"),
            (
                "coalesce(payload #>> '{a,b}', note, current_user, user, 'x')",
                "coalesce({payload} #>> '{a,b}', {note}, current_user, user, 'x')",
            ),
            ("(comp).rating + arr[idx]", "({comp}).rating + {arr}[{idx}]"),
            ("current_date - \"current_date\"", "current_date - {current_date}"),
            ("normalize(name, NFC) || nfc", "normalize({name}, NFC) || {nfc}"),
            (
                "a IN (b, 1) AND c BETWEEN d AND e OR f LIKE g ESCAPE '!'",
                "{a} IN ({b}, 1) AND {c} BETWEEN {d} AND {e} OR {f} LIKE {g} ESCAPE '!'",
            ),
            (
                "trim(both x from y) || substring(z from 1 for n) || position(a in b)",
                "trim(both {x} from {y}) || substring({z} from 1 for {n}) || position({a} in {b})",
            ),
            ("x = ANY (tags) AND ARRAY[p, 1] && q", "{x} = ANY ({tags}) AND ARRAY[{p}, 1] && {q}"),
            ("cast(v AS numeric(10,2)) COLLATE \"C\"", "cast({v} AS numeric(10,2)) COLLATE \"C\""),
            ("value::double precision", "{value}::double precision"),
        ] {
            assert_eq!(shown(text), cut, "{text}");
        }
    }

    #[test]
    fn what_is_more_than_an_expression_over_one_row_is_refused() {
        for (text, under) in [
            ("", ""),
            ("a b", "b"),
            ("a; b", ";"),
            ("a) + (b", ")"),
            ("a, b", ","),
            ("t.a", "t.a"),
            ("s.t.a + 1", "s.t.a"),
            ("t.a[1]", "t.a"),
            ("sum(a)", "sum"),
            ("my.agg(a) FILTER (WHERE b)", "my.agg"),
            ("f(DISTINCT a)", "f"),
            ("f(a ORDER BY b)", "f"),
            ("rank() OVER (ORDER BY a)", "rank"),
            ("count(*)", "count"),
            ("a + unnest(b)", "unnest"),
            ("random() + a", "random"),
            ("$1 + a", "$1"),
            ("'it", "'"),
            ("a /* b", "/"),
            ("a -- b", "--"),
            ("/* -- */ a", "--"),
        ] {
            let bad = cut(text).expect_err(text);
            assert_eq!(bad[0].at.text(text), under, "{text}: {:?}", bad[0].what);
        }
        for text in [
            "(SELECT 1)",
            "a IN (SELECT b FROM c)",
            "EXISTS (SELECT 1)",
            "ARRAY(SELECT 1)",
            "x = ANY (SELECT 1)",
            "DEFAULT",
            "*",
        ] {
            assert!(cut(text).is_err(), "{text} became {}", shown(text));
        }
    }
}
