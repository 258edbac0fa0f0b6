//! Postgres's dialect of sqlparser, with a short way for what most expressions begin with.
//!
//! sqlparser tries each expression as a data type first (`date '2025-01-01'`), and gives up with an error that it has to write
//! down. `feed` knows which words are nothing but names, so for these, and for literals, that attempt can be left out: it takes a
//! quarter off the time of a parse. Everything else is [`PostgreSqlDialect`]'s own.
//!
//! sqlparser remembers where an attempt failed, so that trying two ways at each of fifty levels does not take 2⁵⁰ steps. What
//! comes the short way is not remembered; so nothing may that can also begin a query: no `(SELECT`, no `VALUES`.

use std::any::TypeId;

use sqlparser::ast::Expr;
use sqlparser::dialect::{Dialect, PostgreSqlDialect, Precedence};
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::Token;

use super::feed::Goal;

/// Postgres, on the short way.
#[derive(Debug)]
pub(super) struct Postgres(Goal);

/// The dialect for what is to be parsed.
pub(super) const fn of(goal: Goal) -> &'static Postgres {
    match goal {
        Goal::Statement => &Postgres(Goal::Statement),
        Goal::Query => &Postgres(Goal::Query),
    }
}

const BASE: PostgreSqlDialect = PostgreSqlDialect {};

/// Answers that are the base's own.
macro_rules! as_the_base {
    ($($question:ident),* $(,)?) => {
        $(fn $question(&self) -> bool {
            BASE.$question()
        })*
    };
}

impl Dialect for Postgres {
    fn dialect(&self) -> TypeId {
        BASE.dialect()
    }

    fn parse_prefix(&self, parser: &mut Parser<'_>) -> Option<Result<Expr, ParserError>> {
        let [first, second] = parser.peek_tokens_ref::<2>();
        match &first.token {
            Token::Word(word) => match (word.keyword, &second.token) {
                (Keyword::NoKeyword, Token::LParen) => Some(call(parser)),
                (Keyword::NoKeyword, next) if ends_a_name(next) => {
                    Some(parser.parse_identifier().map(Expr::Identifier))
                }
                (Keyword::NULL | Keyword::TRUE | Keyword::FALSE, _) => Some(parser.parse_value().map(Expr::Value)),
                (Keyword::EXISTS, Token::LParen) => {
                    parser.advance_token();
                    Some(parser.parse_exists_expr(false))
                }
                (Keyword::CASE, _) => {
                    parser.advance_token();
                    Some(parser.parse_case_expr())
                }
                (Keyword::NOT, _) => {
                    parser.advance_token();
                    Some(parser.parse_not())
                }
                _ => None,
            },
            // In the definition of a column, the parser is in a state that parentheses end and that cannot be reached from here.
            Token::LParen if self.0 == Goal::Query && begins_no_query(&second.token) => Some(parentheses(parser)),
            Token::Number(..) | Token::SingleQuotedString(_) | Token::Placeholder(_) => {
                Some(parser.parse_value().map(Expr::Value))
            }
            _ => None,
        }
    }

    fn identifier_quote_style(&self, identifier: &str) -> Option<char> {
        BASE.identifier_quote_style(identifier)
    }

    fn is_delimited_identifier_start(&self, ch: char) -> bool {
        BASE.is_delimited_identifier_start(ch)
    }

    fn is_identifier_start(&self, ch: char) -> bool {
        BASE.is_identifier_start(ch)
    }

    fn is_identifier_part(&self, ch: char) -> bool {
        BASE.is_identifier_part(ch)
    }

    fn is_reserved_for_identifier(&self, kw: Keyword) -> bool {
        BASE.is_reserved_for_identifier(kw)
    }

    fn is_table_alias(&self, kw: &Keyword, parser: &mut Parser<'_>) -> bool {
        BASE.is_table_alias(kw, parser)
    }

    fn is_custom_operator_part(&self, ch: char) -> bool {
        BASE.is_custom_operator_part(ch)
    }

    fn get_next_precedence(&self, parser: &Parser<'_>) -> Option<Result<u8, ParserError>> {
        BASE.get_next_precedence(parser)
    }

    fn prec_value(&self, prec: Precedence) -> u8 {
        BASE.prec_value(prec)
    }

    as_the_base!(
        supports_unicode_string_literal,
        supports_filter_during_aggregation,
        supports_group_by_expr,
        supports_alter_user_as_alter_role,
        allow_extract_custom,
        allow_extract_single_quotes,
        supports_create_index_with_clause,
        supports_explain_with_utility_options,
        supports_listen_notify,
        supports_exclude_constraint,
        supports_factorial_operator,
        supports_bitwise_shift_operators,
        supports_comment_on,
        supports_load_extension,
        supports_named_fn_args_with_colon_operator,
        supports_named_fn_args_with_expr_name,
        supports_empty_projections,
        supports_nested_comments,
        supports_string_escape_constant,
        supports_numeric_literal_underscores,
        supports_array_typedef_with_brackets,
        supports_geometric_types,
        supports_order_by_using_operator,
        supports_set_names,
        supports_alter_column_type_using,
        supports_left_associative_joins_without_parens,
        supports_notnull_operator,
        supports_interval_options,
        supports_insert_table_alias,
        supports_create_table_like_parenthesized,
        supports_select_wildcard_with_alias,
        supports_comma_separated_trim,
        supports_xml_expressions,
        supports_aliased_function_args,
        supports_comment_optimizer_hint,
    );
}

/// `f(x)`
fn call(parser: &mut Parser<'_>) -> Result<Expr, ParserError> {
    let name = parser.parse_identifier()?;
    parser.parse_function(vec![name].into())
}

/// `(a)`, `(a, b)`
fn parentheses(parser: &mut Parser<'_>) -> Result<Expr, ParserError> {
    parser.expect_token(&Token::LParen)?;
    let first = parser.parse_expr()?;
    let inner = if parser.consume_token(&Token::Comma) {
        let mut list = vec![first];
        list.extend(parser.parse_comma_separated(Parser::parse_expr)?);
        Expr::Tuple(list)
    } else {
        Expr::Nested(Box::new(first))
    };
    parser.expect_token(&Token::RParen)?;
    Ok(inner)
}

/// True for the token behind a `(` that holds an expression, and no query right behind it.
const fn begins_no_query(token: &Token) -> bool {
    match token {
        Token::Word(word) => matches!(word.keyword, Keyword::NoKeyword | Keyword::CASE | Keyword::NOT),
        Token::LParen | Token::Number(..) | Token::SingleQuotedString(_) | Token::Placeholder(_) => true,
        _ => false,
    }
}

/// True when the token behind a name shows that it is no call, no prefix of a literal and no first word of two.
const fn ends_a_name(next: &Token) -> bool {
    matches!(
        next,
        Token::EOF
            | Token::Word(_)
            | Token::Comma
            | Token::RParen
            | Token::RBracket
            | Token::LBracket
            | Token::Period
            | Token::DoubleColon
            | Token::Eq
            | Token::Neq
            | Token::Lt
            | Token::Gt
            | Token::LtEq
            | Token::GtEq
            | Token::Plus
            | Token::Minus
            | Token::Mul
            | Token::Div
            | Token::StringConcat
            | Token::Arrow
            | Token::LongArrow
            | Token::HashArrow
            | Token::HashLongArrow
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::lexer::{LexOptions, lex};
    use crate::sql::token::Token as Own;
    use crate::sql::{feed, limits, parse, words};

    fn tree(dialect: &dyn Dialect, source: &str, tokens: &[Own]) -> Option<String> {
        let fed = feed::feed(source, tokens, words::all(source, tokens), Goal::Query).ok()?;
        let mut parser =
            Parser::new(dialect).with_recursion_limit(limits::recursion(Goal::Query)).with_tokens_with_locations(fed);
        let tree = parser.parse_query().ok()?;
        // Printed for debugging, it shows places too.
        (parser.peek_token_ref().token == Token::EOF).then(|| format!("{tree:?}"))
    }

    /// The tree by the short way and by the long one.
    fn trees(source: &str, tokens: &[Own]) -> [Option<String>; 2] {
        let compare = || [tree(of(Goal::Query), source, tokens), tree(&BASE, source, tokens)];
        parse::with_stack(tokens.len(), compare)
    }

    #[test]
    fn both_ways_lead_to_the_same_tree() {
        let cases = [include_str!("../../tests/sql/trees.txt"), include_str!("../../tests/sql/shims.txt")].concat();
        let sources =
            cases.split("\n\n").filter_map(|case| Some(case.trim().split_once('\n')?.1.split_once("\n----")?.0));
        let mut parsed = 0;
        for source in sources {
            let Ok(tokens) = lex(source, LexOptions::default()) else { continue };
            let [short, long] = trees(source, &tokens);
            assert_eq!(short, long, "{source}");
            parsed += usize::from(short.is_some());
            // Without one of its tokens, a text seldom is a query. Then the short way may give up where the long one takes a word
            // that is reserved in Postgres for a name.
            for left_out in 0..tokens.len() {
                let mut tokens = tokens.clone();
                tokens.remove(left_out);
                let [short, long] = trees(source, &tokens);
                assert!(short.is_none() || short == long, "{source}\nwithout token {left_out}: {short:?}\n{long:?}");
            }
        }
        assert!(parsed > 100, "only {parsed} of the texts are queries");
    }
}
