//! `where = { "= 4" = "feedback_useful IS TRUE" }`: conditions that the mapping's author gives for a comparison with a literal.

use super::{Form, Operand, Predicate};
use crate::mapping::{Comparison, Filter, Literal, Piece, Template, Test};

/// The condition for a predicate; none when the author gave none.
pub(super) fn turn(filters: &[Filter], predicate: &Predicate) -> Option<Form> {
    let condition = |test: &Test| filters.iter().find(|filter| is_same(&filter.test, test)).map(|f| &f.condition);
    let compared = |comparison: Comparison, operand: &Operand| {
        let is_plain = operand.type_name.is_none();
        condition(&Test::Compare(comparison, operand.literal.clone().filter(|_| is_plain)?))
    };
    let conditions: Vec<&Template> = match predicate {
        Predicate::Compared(comparison, operand) => vec![compared(*comparison, operand)?],
        Predicate::In { list, negated: false } => {
            list.iter().map(|operand| compared(Comparison::Equal, operand)).collect::<Option<_>>()?
        }
        Predicate::Null { negated: false } => vec![condition(&Test::IsNull)?],
        Predicate::Null { negated: true } => vec![condition(&Test::IsNotNull)?],
        Predicate::In { .. } | Predicate::Between { .. } | Predicate::Any(_) | Predicate::Same(_) => return None,
    };
    let mut pieces = vec![Piece::Text("((".into())];
    for (i, condition) in conditions.iter().enumerate() {
        if i > 0 {
            pieces.push(Piece::Text(") OR (".into()));
        }
        pieces.extend(condition.pieces.iter().cloned());
    }
    pieces.push(Piece::Text("))".into()));
    Some(Form::Instead(pieces))
}

fn is_same(one: &Test, other: &Test) -> bool {
    match (one, other) {
        (Test::Compare(how, value), Test::Compare(other_how, other)) => how == other_how && is_equal(value, other),
        _ => one == other,
    }
}

/// `4` and `4.0` are one number; a string is read by the column's type, so it has to be spelled alike.
fn is_equal(given: &Literal, said: &Literal) -> bool {
    match (given, said) {
        (Literal::Number(given), Literal::Number(said)) => {
            let short = |digits: &str| digits.len() < 15;
            short(given) && short(said) && given.parse::<f64>().is_ok_and(|value| said.parse::<f64>() == Ok(value))
        }
        (Literal::Number(given), Literal::Text(said)) => given == said,
        _ => given == said,
    }
}
