//! The same text with other literals: whatever stands in them, a plan that is shared has to be the one that the text itself gets.

#![allow(dead_code, reason = "each test binary uses its own part of this")]

use std::sync::Arc;

use exonym::rewrite::{Cache, Context, Known, World, plan};
use exonym::sql::token::TokenKind;
use exonym::sql::{LexOptions, lex};

/// Strings that mean something to the rewriter, to the lexer or to nobody.
const STRINGS: [&str; 24] = [
    "''",
    "'x'",
    "'it''s'",
    "'2025-01-01'",
    "'2024-02-29'",
    "'2024-02-30'",
    "'1600-01-01'",
    "'infinity'",
    "'active'",
    "'activo'",
    "'4'",
    "'4.0'",
    "'-17'",
    "'größe €'",
    "'SELECT rating FROM feedback_log; --'",
    "'/* '",
    "'a'\n'b'",
    "'a' -- 'c'\n  'b'",
    "'$.consumption'",
    "'{\"a\": 1}'",
    "'consumption_log'",
    "'a string that is as long as the rest of the statement, or longer, so that every place behind it is another one'",
    "'search_path'",
    "'the Search_Path of'",
];
/// So many of them are like any other.
const TAME_STRINGS: usize = 22;

const NUMBERS: [&str; 12] =
    ["0", "1", "2", "3", "4", "10", "255", "123456789", "1234567890123", "98765432109876543210", "0x1F", "1e3"];
const TAME_NUMBERS: usize = 8;

const FRACTIONS: [&str; 6] = ["0.5", "4.0", "2.50", "1234567.000001", "5.", ".5"];
const TAME_FRACTIONS: usize = 4;

/// Random numbers, the same ones each time.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % most
    }

    fn one_of<'t>(&mut self, texts: &[&'t str]) -> &'t str {
        texts[self.below(texts.len())]
    }
}

/// The text with others in the place of some of its literals; mostly with some of the same form.
pub(crate) fn others(source: &str, dice: &mut Dice) -> String {
    let Ok(tokens) = lex(source, LexOptions::default()) else { return source.to_owned() };
    let (is_wild, kept) = (dice.below(4) == 0, [1, 3][dice.below(2)]);
    let mut text = String::new();
    let mut taken = 0;
    for token in &tokens {
        let own = token.text(source);
        let is_plain = own.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        let is_fraction = own.contains('.') != (is_wild && dice.below(6) == 0);
        let some = |all: &[&'static str], tame: usize| all[..if is_wild { all.len() } else { tame }].to_vec();
        let others = match token.kind {
            _ if dice.below(4) < kept - 1 => continue,
            TokenKind::String => some(&STRINGS, TAME_STRINGS),
            TokenKind::EscapeString => vec!["E'x'", "e'\\n'", "E'it\\'s'", "E'\\x73earch_path'"],
            TokenKind::Number if !is_plain && !is_wild => continue,
            TokenKind::Number if is_fraction => some(&FRACTIONS, TAME_FRACTIONS),
            TokenKind::Number => some(&NUMBERS, TAME_NUMBERS),
            _ => continue,
        };
        text.push_str(&source[taken..token.span.start]);
        text.push_str(dice.one_of(&others));
        taken = token.span.end;
    }
    text + &source[taken..]
}

/// Plans a text and `variants` of it with other literals by the cache, and each of them by itself. Gives how many were told by
/// others.
pub(crate) fn check(
    world: &World,
    context: &Arc<Context>,
    cache: &Cache,
    source: &str,
    variants: usize,
    dice: &mut Dice,
) -> usize {
    let all = (0..variants).map(|_| others(source, dice));
    let all: Vec<String> = std::iter::once(source.to_owned()).chain(all).collect();
    let told = all.iter().filter(|text| {
        let planned = cache.plan(world, context, text);
        let own = plan(world, context, &text[planned.core.clone()]);
        assert_eq!(*planned.plan, own, "{source}\n{text}\n{:?}", planned.known);
        planned.known == Known::Outline
    });
    told.count()
}
