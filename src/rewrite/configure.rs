//! `set_config`: what the calls of it in a statement do to the names of the session. For [`super::effect`].
//!
//! What cannot be read off the text may be anything. Two statements with which `pg_dump` begins are known word by word.

use super::plan::{Effect, Identity};
use crate::sql::token::{Token, TokenKind};

/// What the calls of `set_config` in a statement, and updates of `pg_settings`, do to the names of the session.
pub(super) fn configures(source: &str, tokens: &[Token]) -> Effect {
    let is = |at: usize, word: &str| tokens.get(at).is_some_and(|t| t.is_keyword(source, word));
    let kind = |at: usize| tokens.get(at).map(|t| t.kind);
    let named = |name: &str| tokens.iter().any(|t| t.ident(source).as_deref() == Some(name));
    if named("pg_settings") && (0..tokens.len()).any(|at| is(at, "update")) {
        return Effect::Unsure;
    }
    if sets_a_harmless_one(source, tokens) {
        return Effect::None;
    }
    if let Some(local) = empties_the_path(source, tokens) {
        return if local { Effect::LocalSearchPath(Vec::new()) } else { Effect::SearchPath(Vec::new()) };
    }
    let mut found = Vec::new();
    let mut arguments = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        if token.ident(source).as_deref() != Some("set_config") || kind(at + 1) != Some(TokenKind::LeftParen) {
            continue;
        }
        let local = kind(at + 3) == Some(TokenKind::Comma)
            && kind(at + 5) == Some(TokenKind::Comma)
            && is(at + 6, "true")
            && kind(at + 7) == Some(TokenKind::RightParen);
        let plain = kind(at + 3) == Some(TokenKind::Comma);
        let setting = tokens.get(at + 2).filter(|_| plain).and_then(|t| t.string_value(source));
        arguments.push(at + 2);
        let role = |which| Effect::Role { which, other: true, local };
        found.push(match setting.map(|s| s.to_ascii_lowercase()).as_deref() {
            Some("role") => role(Identity::Role),
            Some("session_authorization") => role(Identity::Session),
            // A name that is put together may be any.
            Some("search_path") | None if local => Effect::LocalUnsure,
            Some("search_path") | None => Effect::Unsure,
            Some(_) => continue,
        });
    }
    // In a string it may be a part of anything that is executed.
    if (0..tokens.len()).any(|at| !arguments.contains(&at) && names_search_path(source, tokens[at])) {
        return Effect::Unsure;
    }
    let is_local = |e: &Effect| matches!(e, Effect::LocalUnsure | Effect::Role { local: true, .. });
    match found.len() {
        0 | 1 => found.pop().unwrap_or_default(),
        _ if found.iter().all(is_local) => Effect::LocalUnsure,
        _ => Effect::Unsure,
    }
}

/// `SELECT pg_catalog.set_config('search_path', '', false)`, as `pg_dump` and its like begin; true for a transaction's.
fn empties_the_path(source: &str, tokens: &[Token]) -> Option<bool> {
    let is = |at: usize, word: &str| tokens.get(at).is_some_and(|t| t.is_keyword(source, word));
    let called = if is(1, "pg_catalog") && tokens.get(2)?.kind == TokenKind::Dot { 3 } else { 1 };
    let [name, open, setting, first, value, second, local, close] = tokens.get(called..)? else { return None };
    let is_call = is(0, "select")
        && name.is_keyword(source, "set_config")
        && open.kind == TokenKind::LeftParen
        && first.kind == TokenKind::Comma
        && second.kind == TokenKind::Comma
        && close.kind == TokenKind::RightParen;
    let is_empty = setting.text(source) == "'search_path'" && value.text(source) == "''";
    let is_local = local.is_keyword(source, "true");
    (is_call && is_empty && (is_local || local.is_keyword(source, "false"))).then_some(is_local)
}

/// `SELECT set_config(name, 'x', false) FROM pg_settings WHERE name = 'y'`, where `pg_dump` does not know whether the server has `y`.
fn sets_a_harmless_one(source: &str, tokens: &[Token]) -> bool {
    const AROUND: &str = "select set_config ( name , ? , false ) from pg_settings where name = ?";
    let mut strings = Vec::new();
    let mut is_it = tokens.len() == AROUND.split(' ').count();
    for (token, expected) in tokens.iter().zip(AROUND.split(' ')) {
        if expected == "?" {
            strings.push(plain_string(token.text(source)));
        } else {
            is_it &= token.text(source).eq_ignore_ascii_case(expected);
        }
    }
    let harmless = |name: &Option<String>| {
        let is = |word: &&str| name.as_deref() == Some(*word);
        name.is_some() && !["search_path", "role", "session_authorization"].iter().any(is)
    };
    is_it && strings.last().is_some_and(harmless)
}

/// The value of a plain literal without escapes.
pub(super) fn plain_string(text: &str) -> Option<String> {
    let inner = text.strip_prefix('\'')?.strip_suffix('\'')?;
    (!inner.contains(['\'', '\\'])).then(|| inner.to_owned())
}

fn names_search_path(source: &str, token: Token) -> bool {
    let is_text = matches!(
        token.kind,
        TokenKind::String | TokenKind::EscapeString | TokenKind::UnicodeString | TokenKind::DollarString
    );
    is_text && names_setting(token.text(source))
}

/// True for the text of a literal that names the search path.
#[must_use]
pub fn names_setting(text: &str) -> bool {
    const SETTING: &[u8] = b"search_path";
    let bytes = text.as_bytes();
    let around = |at: usize| at.checked_sub(6).and_then(|start| bytes.get(start..start + SETTING.len()));
    let is_there = |(at, _): (usize, &str)| around(at).is_some_and(|found| found.eq_ignore_ascii_case(SETTING));
    bytes.len() > SETTING.len() && text.match_indices('_').any(is_there)
}
