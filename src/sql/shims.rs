//! What Postgres understands and sqlparser does not, led past its parser.
//!
//! A shim leaves out or replaces tokens that name nothing that could be mapped, in a way that the rewriter cannot mistake for
//! something else: an operator that sqlparser lacks may become one that the rewriter never looks into, but never `=`. Where names
//! would be lost there is no shim, and the statement is unparsed.

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token as Fed, Word};

use super::feed::{Feed, Role};
use super::operators;
use super::token::TokenKind;

impl Feed<'_> {
    /// Leads the parser past what it does not know.
    pub(super) fn shim(&mut self) {
        self.drop_outer_parens();
        self.free_labels_called_end();
        let mut open = Vec::new();
        for at in 0..self.tokens.len() {
            match self.tokens[at].kind {
                TokenKind::LeftParen | TokenKind::LeftBracket => open.push(at),
                TokenKind::RightParen | TokenKind::RightBracket => {
                    open.pop();
                }
                // `json_object(a: b)`, `json_object(a VALUE b)`: as two arguments, which both are.
                TokenKind::Colon if self.opens_json_object(open.last()) => self.replace(at, Fed::Comma),
                TokenKind::Word
                    if self.word(at) == Keyword::VALUE
                        && self.opens_json_object(open.last())
                        && !self.begins_operand(at) =>
                {
                    self.replace(at, Fed::Comma);
                }
                _ if self.roles[at] == Role::Dropped => {}
                TokenKind::Word if self.query.contains(&at) => self.shim_word(at),
                TokenKind::Word => self.shim_utility_word(at),
                TokenKind::Operator => self.shim_operator(at),
                TokenKind::ColonColon => self.drop_collation(at),
                kind if kind.is_string() && self.query.contains(&at) => self.shim_string(at),
                _ => {}
            }
        }
    }

    fn shim_word(&mut self, at: usize) {
        let next = self.keyword(at + 1);
        match self.keyword(at) {
            Keyword::ONLY => self.drop_only(at),
            Keyword::FOR => self.shim_lock(at),
            Keyword::TRIM => self.shim_trim(at),
            // The argument stays an argument; the bounds stay bounds, in whatever order.
            Keyword::VARIADIC if self.begins_operand(at) => self.drop(at..at + 1),
            Keyword::ASYMMETRIC | Keyword::SYMMETRIC if self.keyword_before(at) == Keyword::BETWEEN => {
                self.drop(at..at + 1);
            }
            Keyword::AT if self.word(at + 1) == Keyword::LOCAL => {
                self.put(at + 1, [Keyword::TIME, Keyword::ZONE]);
                self.add(at + 2, Fed::SingleQuotedString("local".into()), None);
            }
            Keyword::LIKE | Keyword::ILIKE if is_quantifier(next) => self.shim_like_any(at),
            Keyword::OPERATOR => self.shim_operator_call(at),
            Keyword::CURRENT if next == Keyword::OF && self.keyword_before(at) == Keyword::WHERE => {
                // The name of a cursor.
                self.replace(at, word(Keyword::TRUE));
                self.drop(at + 1..at + 3);
            }
            // Which grouping sets are made twice is the server's business.
            Keyword::ALL | Keyword::DISTINCT
                if self.keyword_before(at) == Keyword::BY && at > 1 && self.keyword(at - 2) == Keyword::GROUP =>
            {
                self.drop(at..at + 1);
            }
            Keyword::ON if next == Keyword::CONFLICT => self.shim_conflict(at),
            Keyword::CURRENT_ROLE | Keyword::CURRENT_SCHEMA | Keyword::SYSTEM_USER => self.shim_value_function(at),
            Keyword::WITH => self.drop_view_option(at),
            Keyword::NFC | Keyword::NFD | Keyword::NFKC | Keyword::NFKD => self.shim_normal_form(at),
            Keyword::NoKeyword => self.shim_other_word(at),
            _ => {}
        }
    }

    /// Words that sqlparser has no keyword for, or that are names elsewhere.
    fn shim_other_word(&mut self, at: usize) {
        match self.word(at) {
            Keyword::EXCLUDE => self.drop_frame_exclusion(at),
            // `SELECT xml "x"`: a column and its label, read as a literal even without the keyword.
            Keyword::NoKeyword | Keyword::XML
                if self.is(at, "xml")
                    && self.kind(at + 1).is_some_and(|kind| kind != TokenKind::Word && kind.is_ident()) =>
            {
                self.replace(
                    at,
                    Fed::Word(Word { value: "xml".into(), quote_style: Some('"'), keyword: Keyword::NoKeyword }),
                );
            }
            Keyword::NoKeyword
                if self.is(at, "isnull") && self.roles[at] == Role::Itself && !self.begins_operand(at) =>
            {
                self.put(at, [Keyword::IS, Keyword::NULL]);
            }
            Keyword::NoKeyword if self.is(at, "overriding") && self.word(at + 2) == Keyword::VALUE => {
                self.drop(at..at + 3);
            }
            Keyword::NoKeyword
                if self.is_argument_word(at, "xmlparse") && (self.is(at, "content") || self.is(at, "document")) =>
            {
                self.drop(at..at + 1);
            }
            _ => {}
        }
    }

    /// `CREATE MATERIALIZED VIEW v WITH (timescaledb.continuous) AS`: options name no column.
    fn shim_utility_word(&mut self, at: usize) {
        let options = self.keyword(at) == Keyword::WITH && self.kind(at + 1) == Some(TokenKind::LeftParen);
        let creates = self.word(0) == Keyword::CREATE && at < self.query.start && self.query.start < self.tokens.len();
        if options && creates {
            let close = self.partner(at + 1);
            if close < self.query.start {
                self.drop(at..close + 1);
            }
        }
    }

    /// `((SELECT 1) UNION SELECT 2)`: parentheses around all of a statement.
    fn drop_outer_parens(&mut self) {
        let mut range = 0..self.tokens.len();
        while range.len() > 1 && self.kind(range.start) == Some(TokenKind::LeftParen) {
            if self.partner(range.start) != range.end - 1 {
                break;
            }
            self.roles[range.start] = Role::Dropped;
            self.roles[range.end - 1] = Role::Dropped;
            range = range.start + 1..range.end - 1;
        }
    }

    /// `SELECT f(x) end FROM t`: an `END` that closes no CASE is a label.
    fn free_labels_called_end(&mut self) {
        let mut open = Vec::new();
        for at in self.query.clone() {
            match (self.tokens[at].kind, self.keyword(at)) {
                (TokenKind::LeftParen, _) => open.push(false),
                (TokenKind::RightParen, _) => while open.pop() == Some(true) {},
                (_, Keyword::CASE) => open.push(true),
                (_, Keyword::END) if open.last() == Some(&true) => {
                    open.pop();
                }
                (_, Keyword::END) => self.roles[at] = Role::Name,
                _ => {}
            }
        }
    }

    /// `FROM ONLY t`: sqlparser reads a table called `only` with the alias `t`. The word is reserved in Postgres, so it can be
    /// no name there.
    fn drop_only(&mut self, at: usize) {
        let clause = matches!(
            self.word_before(at),
            Keyword::FROM | Keyword::JOIN | Keyword::UPDATE | Keyword::USING | Keyword::INTO
        );
        let item = matches!(self.kind(at.wrapping_sub(1)), Some(TokenKind::Comma | TokenKind::LeftParen));
        if !clause && !item {
            return;
        }
        self.roles[at] = Role::Dropped;
        if self.kind(at + 1) == Some(TokenKind::LeftParen) {
            let close = self.partner(at + 1);
            let inside = self.tokens.get(at + 2..close).unwrap_or_default();
            if inside.iter().all(|token| token.kind.is_ident() || token.kind == TokenKind::Dot)
                && close < self.tokens.len()
            {
                self.roles[at + 1] = Role::Dropped;
                self.roles[close] = Role::Dropped;
            }
        }
    }

    /// `x::text COLLATE "C"`: it is a cast anyway, and sqlparser knows no collation behind one.
    fn drop_collation(&mut self, cast: usize) {
        let at = self.type_end(cast + 1);
        if self.keyword(at) == Keyword::COLLATE {
            let end = self.name_end(at + 1);
            self.drop(at..end);
        }
    }

    /// Where the type that begins at `at` ends: `timestamp(3) with time zone`, `s.t[]`.
    fn type_end(&self, at: usize) -> usize {
        let mut end = self.name_end(at);
        if matches!(self.word(end), Keyword::PRECISION | Keyword::VARYING) {
            end += 1;
        }
        if self.kind(end) == Some(TokenKind::LeftParen) {
            end = self.partner(end) + 1;
        }
        let zone = matches!(self.word(end), Keyword::WITH | Keyword::WITHOUT);
        if zone && self.word(end + 1) == Keyword::TIME && self.word(end + 2) == Keyword::ZONE {
            end += 3;
        }
        while self.kind(end) == Some(TokenKind::LeftBracket) {
            end = self.partner(end) + 1;
        }
        end.min(self.tokens.len())
    }

    /// Where the dotted name that begins at `at` ends.
    fn name_end(&self, at: usize) -> usize {
        let mut end = at + 1;
        while self.kind(end) == Some(TokenKind::Dot) {
            end += 2;
        }
        end.min(self.tokens.len())
    }

    /// `FOR NO KEY UPDATE`, `FOR KEY SHARE`: as strong as their elders for the rewriter. `OF a, b`: as two clauses.
    fn shim_lock(&mut self, at: usize) {
        let strength = match [self.word(at + 1), self.word(at + 2), self.word(at + 3)] {
            [Keyword::NO, Keyword::KEY, Keyword::UPDATE] => at + 3,
            [Keyword::KEY, Keyword::SHARE, _] => at + 2,
            [Keyword::UPDATE | Keyword::SHARE, ..] => at + 1,
            _ => return,
        };
        self.drop(at + 1..strength);
        self.roles[strength] = Role::Itself;
        if self.word(strength + 1) != Keyword::OF {
            return;
        }
        let mut next = self.name_end(strength + 2);
        while self.kind(next) == Some(TokenKind::Comma) {
            self.roles[next] = Role::Dropped;
            for keyword in [Keyword::FOR, Keyword::UPDATE, Keyword::OF] {
                self.add(next, word(keyword), None);
            }
            next = self.name_end(next + 1);
        }
    }

    /// `trim(FROM x)` is `trim(x)`; `trim(LEADING FROM x)` is `trim(LEADING ' ' FROM x)`, whose side names the result.
    fn shim_trim(&mut self, at: usize) {
        let side = matches!(self.keyword(at + 2), Keyword::BOTH | Keyword::LEADING | Keyword::TRAILING);
        if side && self.keyword(at + 3) == Keyword::FROM {
            self.add(at + 3, Fed::SingleQuotedString(" ".into()), None);
        } else if self.keyword(at + 2) == Keyword::FROM {
            self.drop(at + 2..at + 3);
        }
    }

    /// `x LIKE ANY (…)` is `x ~~ ANY (…)`, and sqlparser knows only some of the former.
    fn shim_like_any(&mut self, at: usize) {
        let insensitive = self.keyword(at) == Keyword::ILIKE;
        let negated = self.keyword_before(at) == Keyword::NOT;
        if negated {
            self.drop(at - 1..at);
        }
        self.replace(
            at,
            match (negated, insensitive) {
                (false, false) => Fed::DoubleTilde,
                (false, true) => Fed::DoubleTildeAsterisk,
                (true, false) => Fed::ExclamationMarkDoubleTilde,
                (true, true) => Fed::ExclamationMarkDoubleTildeAsterisk,
            },
        );
    }

    /// `a OPERATOR(pg_catalog.+) b`: an operator like others, but sqlparser binds it looser.
    fn shim_operator_call(&mut self, at: usize) {
        let close = self.partner(at + 1);
        if close <= at + 2 || self.operator(close - 1).is_none() {
            return;
        }
        let quantified = is_quantifier(self.keyword(close + 1));
        let prefix = self.begins_operand(at);
        self.drop(at + 1..close + 1);
        self.replace(
            at,
            match (quantified, prefix) {
                (true, _) => Fed::Tilde,
                (false, true) => Fed::AtSign,
                (false, false) => Fed::CustomBinaryOperator("OPERATOR".into()),
            },
        );
    }

    fn shim_operator(&mut self, at: usize) {
        let Some(symbol) = self.operator(at) else { return };
        let token = operators::token(symbol);
        if is_quantifier(self.keyword(at + 1)) && self.kind(at + 2) == Some(TokenKind::LeftParen) {
            // Of the operators that sqlparser allows there, the one that nobody inverts.
            if !operators::may_quantify(&token) {
                self.replace(at, Fed::Tilde);
            }
        } else if self.begins_operand(at) {
            let star = symbol == "*";
            if !star && !operators::may_prefix(&token) {
                self.replace(at, Fed::AtSign);
            }
        } else if operators::binds_like_equals(&token) {
            self.replace(at, Fed::CustomBinaryOperator(symbol.to_owned()));
        }
    }

    /// `inet '10.0.0.1'`: sqlparser would read a column with a string for its label. Fed as `'10.0.0.1'::inet`, which is the same.
    fn shim_string(&mut self, at: usize) {
        let mut start = at;
        while start > 0 && self.is_type_word(start - 1) {
            start -= 1;
            if start == 0 || self.kind(start - 1) != Some(TokenKind::Dot) {
                self.cast_literal(start, at);
                return;
            }
            start -= 1;
        }
        // `RANGE '1 day'::interval PRECEDING`: sqlparser takes a plain string there for all of the bound.
        let bound = matches!(
            self.keyword_before(at),
            Keyword::BETWEEN | Keyword::AND | Keyword::RANGE | Keyword::ROWS | Keyword::GROUPS
        );
        let cast =
            bound && self.kind(at) == Some(TokenKind::String) && self.kind(at + 1) == Some(TokenKind::ColonColon);
        if cast && matches!(self.keyword(self.type_end(at + 2)), Keyword::PRECEDING | Keyword::FOLLOWING) {
            let value = self.tokens[at].string_value(self.source).unwrap_or_default().into_owned();
            self.replace(at, Fed::EscapedStringLiteral(value));
        }
    }

    /// A word that can only be the name of a type when a string follows. Keywords are left to sqlparser.
    fn is_type_word(&self, at: usize) -> bool {
        let behind_dot = at > 0 && self.kind(at - 1) == Some(TokenKind::Dot);
        match self.kind(at) {
            Some(TokenKind::QuotedIdent | TokenKind::UnicodeIdent) => true,
            Some(TokenKind::Word) => {
                let may_be = self.known[at].class.is_none() || self.known[at].keyword == Keyword::PATH;
                behind_dot || may_be && self.roles[at] == Role::Name
            }
            _ => false,
        }
    }

    fn cast_literal(&mut self, start: usize, string: usize) {
        if !self.begins_operand(start) {
            return;
        }
        let value = self.convert(string, Keyword::NoKeyword);
        // A plain string: it begins the operand now.
        let value = match value {
            Fed::EscapedStringLiteral(value) if self.kind(string) == Some(TokenKind::String) => {
                Fed::SingleQuotedString(value)
            }
            other => other,
        };
        self.replace(string, value);
        self.add(string + 1, Fed::DoubleColon, None);
        for at in start..string {
            let token = self.convert(at, Keyword::NoKeyword);
            self.add(string + 1, token, Some(self.tokens[at].span));
        }
        self.drop(start..string);
    }

    /// `… EXCLUDE TIES)`: the end of a window's frame.
    fn drop_frame_exclusion(&mut self, at: usize) {
        let end = match [self.word(at + 1), self.word(at + 2)] {
            [Keyword::CURRENT, Keyword::ROW] => at + 3,
            [Keyword::GROUP | Keyword::TIES, _] => at + 2,
            [Keyword::NO, _] if self.is(at + 2, "others") => at + 3,
            _ => return,
        };
        if self.kind(end) == Some(TokenKind::RightParen) {
            self.drop(at..end);
        }
    }

    /// `INSERT INTO t SELECT 1 ON CONFLICT …`: sqlparser would take ON for the label of `1`.
    fn shim_conflict(&mut self, at: usize) {
        if self.clauses[at] == Keyword::SELECT {
            self.add(at, word(Keyword::WHERE), None);
            self.add(at, word(Keyword::TRUE), None);
        }
    }

    /// `current_schema`: sqlparser reads a column. Fed as its sister `current_user`, which it knows for a function.
    fn shim_value_function(&mut self, at: usize) {
        if self.kind(at + 1) == Some(TokenKind::LeftParen) {
            self.roles[at] = Role::Name;
        } else if self.begins_operand(at) {
            let value = self.tokens[at].text(self.source).to_owned();
            self.replace(at, Fed::Word(Word { value, quote_style: None, keyword: Keyword::CURRENT_USER }));
        }
    }

    /// `normalize(x, NFC)`: sqlparser reads a column called `nfc`.
    fn shim_normal_form(&mut self, at: usize) {
        let closes = self.kind(at + 1) == Some(TokenKind::RightParen);
        if !closes || at == 0 || self.kind(at - 1) != Some(TokenKind::Comma) {
            return;
        }
        let open = self.partner(at + 1);
        if open > 0 && self.word(open - 1) == Keyword::NORMALIZE {
            let form = self.tokens[at].text(self.source).to_owned();
            self.replace(at, Fed::SingleQuotedString(form));
        }
    }

    /// `CREATE VIEW … WITH CHECK OPTION`, `CREATE TABLE … AS … WITH NO DATA`
    fn drop_view_option(&mut self, at: usize) {
        let creates = self.word(0) == Keyword::CREATE;
        let ends = |word: Keyword| self.tokens.len() <= at + 4 && self.known.last().is_some_and(|k| k.keyword == word);
        let says = matches!(
            self.word(at + 1),
            Keyword::DATA | Keyword::NO | Keyword::CHECK | Keyword::LOCAL | Keyword::CASCADED
        );
        if creates && says && (ends(Keyword::DATA) || ends(Keyword::OPTION)) {
            self.drop(at..self.tokens.len());
        }
    }

    /// True for the word `word`, whatever it is here.
    fn is(&self, at: usize, word: &str) -> bool {
        self.tokens.get(at).is_some_and(|token| token.is_keyword(self.source, word))
    }

    /// True when the parenthesis at `open` is that of a function whose arguments are keys and values.
    fn opens_json_object(&self, open: Option<&usize>) -> bool {
        let Some(before) = open.and_then(|open| open.checked_sub(1)) else { return false };
        self.is(before, "json_object") || self.is(before, "json_objectagg")
    }

    /// True for the first argument of a call of `function`.
    fn is_argument_word(&self, at: usize, function: &str) -> bool {
        at > 1 && self.kind(at - 1) == Some(TokenKind::LeftParen) && self.is(at - 2, function)
    }

    /// Feeds two keywords in place of the token at `at`.
    fn put(&mut self, at: usize, [first, second]: [Keyword; 2]) {
        self.replace(at, word(first));
        self.add(at + 1, word(second), None);
    }
}

const fn is_quantifier(keyword: Keyword) -> bool {
    matches!(keyword, Keyword::ANY | Keyword::ALL | Keyword::SOME)
}

/// A keyword as a token.
fn word(keyword: Keyword) -> Fed {
    Fed::Word(Word { value: keyword.to_string(), quote_style: None, keyword })
}
