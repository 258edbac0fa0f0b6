//! `status = 'active'` as `estado IN ('activo', 'active')`.
//!
//! What the map does not have is read as it is: so a value may stand for itself, too. Turned round are comparisons of texts,
//! and of whole numbers that are read as texts; what other types make of a literal is the server's.

use super::{Form, Operand, Predicate};
use crate::mapping::{Comparison, Pair, Piece};
use crate::rewrite::meaning::same_type;
use crate::sql::names;

/// Values under other names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Values {
    column: String,
    pairs: Vec<Pair>,
    /// None for types whose literals mean more than their letters.
    of: Option<Of>,
}

/// What the column holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Of {
    Texts,
    Integers,
}

const TEXTS: [&str; 3] = ["text", "character varying", "varchar"];

impl Values {
    pub(super) fn new(column: &str, real_type: &str, type_name: Option<&str>, pairs: &[Pair]) -> Self {
        let base = |name: &str| name.split('(').next().unwrap_or_default().trim().to_owned();
        // A cast to another length would cut what it does not know.
        let same = type_name.is_none_or(|name| same_type(name, real_type));
        let is_text = same || type_name.is_some_and(|name| TEXTS.contains(&name));
        let of = match base(real_type).as_str() {
            name if TEXTS.contains(&name) && is_text => Some(Of::Texts),
            "smallint" | "integer" | "bigint" if type_name.is_some_and(|name| TEXTS.contains(&name)) => {
                Some(Of::Integers)
            }
            _ => None,
        };
        Self { column: column.to_owned(), pairs: pairs.to_vec(), of }
    }

    pub(super) fn turn(&self, predicate: &Predicate) -> Option<Form> {
        if let Predicate::Null { negated } = predicate {
            return Some(super::null(&self.column, *negated));
        }
        let of = self.of?;
        let mut literals = Vec::new();
        let known = predicate.operands().all(|operand| {
            let text = operand.text(&TEXTS);
            literals.extend(text.into_iter().flat_map(|text| self.current(text, of)));
            text.is_some()
        });
        match predicate {
            Predicate::Compared(Comparison::Equal, _) | Predicate::In { negated: false, .. } if known => {
                self.is_in(&literals).map(Form::Instead)
            }
            Predicate::Compared(Comparison::NotEqual, _) | Predicate::In { negated: true, .. } if known => {
                let mut pieces = self.is_in(&literals)?;
                pieces.insert(0, Piece::Text("(NOT ".into()));
                pieces.push(Piece::Text(")".into()));
                Some(Form::Instead(pieces))
            }
            Predicate::Same(_) if known => self.is_in(&literals).map(Form::Also),
            Predicate::Compared(Comparison::Equal, operand) if of == Of::Texts => self.is_among(&[operand]),
            Predicate::Any(array) if of == Of::Texts => Some(Form::Also(self.is_in_array(array))),
            Predicate::In { list, negated: false } if of == Of::Texts && list.len() <= super::ALTERNATIVES => {
                self.is_among(&list.iter().collect::<Vec<_>>())
            }
            _ => None,
        }
    }

    /// What the column may hold where `legacy` is read, as literals.
    fn current(&self, legacy: &str, of: Of) -> Vec<String> {
        let named = self.pairs.iter().filter(|pair| pair.legacy == legacy).map(|pair| pair.current.as_str());
        let is_taken = self.pairs.iter().any(|pair| pair.current == legacy);
        let stands = of == Of::Texts || legacy.parse::<i64>().is_ok_and(|number| number.to_string() == legacy);
        let itself = Some(legacy).filter(|_| stands && !is_taken);
        named.chain(itself).map(|value| names::quote_string(value).clone()).collect()
    }

    /// `(column IN (…))`; none where it is never true, which no list says.
    fn is_in(&self, literals: &[String]) -> Option<Vec<Piece>> {
        let list = format!(" IN ({}))", literals.join(", "));
        let pieces = vec![Piece::Text("(".into()), Piece::Column(self.column.clone()), Piece::Text(list)];
        (!literals.is_empty()).then_some(pieces)
    }

    /// What stands for itself in an array, or for a current value.
    fn is_in_array(&self, array: &Operand) -> Vec<Piece> {
        let array = format!("({})::text[]", array.sql);
        let column = || Piece::Column(self.column.clone());
        let mut pieces = vec![Piece::Text("(".into()), column(), Piece::Text(format!(" = ANY ({array})"))];
        if !self.pairs.is_empty() {
            let current = |pair: &Pair| {
                let (legacy, current) = (names::quote_string(&pair.legacy), names::quote_string(&pair.current));
                format!("CASE WHEN {legacy} = ANY ({array}) THEN {current} END")
            };
            let all: Vec<String> = self.pairs.iter().map(current).collect();
            pieces.extend([Piece::Text(" OR ".into()), column()]);
            pieces.push(Piece::Text(format!(" = ANY (ARRAY[{}])", all.join(", "))));
        }
        pieces.push(Piece::Text(")".into()));
        pieces
    }

    /// The values that an operand may stand for, whatever it is: its current name, or itself.
    fn is_among(&self, operands: &[&Operand]) -> Option<Form> {
        let whens: String = self.pairs.iter().fold(String::new(), |all, pair| {
            all + " WHEN " + &names::quote_string(&pair.legacy) + " THEN " + &names::quote_string(&pair.current)
        });
        let value = |operand: &&Operand| {
            let text = format!("({})::text", operand.sql);
            format!("CASE {text}{whens} ELSE {text} END, {text}")
        };
        let list: Vec<String> = operands.iter().map(value).collect();
        self.is_in(&list).map(Form::Also)
    }
}
