//! What an expression refers to: its columns, and whatever makes it more than an expression over one row.
//!
//! The walk knows the nodes that it lets pass; a node that it does not know is forbidden. In sqlparser's tree not every
//! `Identifier` is a column: `current_role`, the names of named arguments and the form in `normalize(x, NFC)` look like one.

use sqlparser::ast::{
    AccessExpr, Array, CaseWhen, CastKind, CeilFloorKind, Expr, Function, FunctionArg, FunctionArgExpr,
    FunctionArgumentList, FunctionArguments, Ident, Spanned, Subscript, Value,
};

use crate::sql::{names, parse};
use crate::text::Span;

/// The findings of a walk; all spans are bytes of the expression's text.
#[derive(Default, Debug)]
pub(super) struct References {
    /// Unqualified columns and where they stand.
    pub(super) columns: Vec<(Span, String)>,
    /// `t.column`.
    pub(super) qualified: Vec<Span>,
    /// What has no place in it, and what now.
    pub(super) forbidden: Vec<(Span, String, &'static str)>,
}

const ONE_ROW: &str = "it sees the columns of one row, and may stand anywhere in a statement";
const UNKNOWN: &str = "write it with other operators or functions";

/// Walks `expr`.
pub(super) fn collect(expr: &Expr, found: &mut References) {
    match expr {
        Expr::Identifier(ident) => column(ident, found),
        Expr::CompoundIdentifier(parts) => found.qualified.push(over(parts)),
        Expr::CompoundFieldAccess { root, access_chain } => access(root, access_chain, found),
        Expr::Value(value) if matches!(value.value, Value::Placeholder(_)) => {
            forbid(expr, "a parameter", "write the value itself", found);
        }
        Expr::Value(_) | Expr::TypedString(_) => {}
        Expr::Interval(interval) if matches!(*interval.value, Expr::Value(_)) => {}
        Expr::Interval(_) => {
            forbid(expr, "`interval` without a literal", "a column of that name is quoted: `\"interval\"`", found);
        }
        Expr::Subquery(_) | Expr::InSubquery { .. } | Expr::Exists { .. } => forbid(expr, "a subquery", ONE_ROW, found),
        Expr::Function(function) => call(function, found),
        Expr::Cast { kind: CastKind::Cast | CastKind::DoubleColon, expr, format: None, .. } => collect(expr, found),
        Expr::Case { operand, conditions, else_result, .. } => {
            each(operand.as_deref(), found);
            for CaseWhen { condition, result } in conditions {
                collect(condition, found);
                collect(result, found);
            }
            each(else_result.as_deref(), found);
        }
        Expr::Array(Array { elem, named: _ }) | Expr::Tuple(elem) => each(elem, found),
        _ => operators(expr, found),
    }
}

/// Operators and the functions that have a syntax of their own.
fn operators(expr: &Expr, found: &mut References) {
    match expr {
        Expr::IsFalse(e)
        | Expr::IsNotFalse(e)
        | Expr::IsTrue(e)
        | Expr::IsNotTrue(e)
        | Expr::IsNull(e)
        | Expr::IsNotNull(e)
        | Expr::IsUnknown(e)
        | Expr::IsNotUnknown(e)
        | Expr::Nested(e)
        | Expr::IsJson { expr: e, .. }
        | Expr::IsNormalized { expr: e, .. }
        | Expr::UnaryOp { expr: e, .. }
        | Expr::Collate { expr: e, .. }
        | Expr::Extract { expr: e, .. }
        | Expr::Ceil { expr: e, field: CeilFloorKind::DateTimeField(_) }
        | Expr::Floor { expr: e, field: CeilFloorKind::DateTimeField(_) } => collect(e, found),
        Expr::IsDistinctFrom(a, b)
        | Expr::IsNotDistinctFrom(a, b)
        | Expr::BinaryOp { left: a, right: b, .. }
        | Expr::AnyOp { left: a, right: b, .. }
        | Expr::AllOp { left: a, right: b, .. }
        | Expr::AtTimeZone { timestamp: a, time_zone: b }
        | Expr::Position { expr: a, r#in: b } => each([&**a, &**b], found),
        Expr::InList { expr, list, .. } => each(std::iter::once(&**expr).chain(list), found),
        Expr::Between { expr, low, high, .. } => each([&**expr, &**low, &**high], found),
        Expr::Like { expr, pattern, escape_char, any: false, .. }
        | Expr::ILike { expr, pattern, escape_char, any: false, .. }
        | Expr::SimilarTo { expr, pattern, escape_char, .. } => {
            each([&**expr, &**pattern].into_iter().chain(escape_char.as_deref()), found);
        }
        Expr::Substring { expr, substring_from, substring_for, .. } => {
            each(std::iter::once(&**expr).chain(substring_from.as_deref()).chain(substring_for.as_deref()), found);
        }
        Expr::Trim { expr, trim_what, trim_characters, .. } => {
            each(std::iter::once(&**expr).chain(trim_what.as_deref()).chain(trim_characters.iter().flatten()), found);
        }
        Expr::Overlay { expr, overlay_what, overlay_from, overlay_for } => {
            each([&**expr, &**overlay_what, &**overlay_from].into_iter().chain(overlay_for.as_deref()), found);
        }
        _ => forbid(expr, "something that is not understood here", UNKNOWN, found),
    }
}

fn each<'e>(exprs: impl IntoIterator<Item = &'e Expr>, found: &mut References) {
    for expr in exprs {
        collect(expr, found);
    }
}

fn forbid(expr: &Expr, what: &str, help: &'static str, found: &mut References) {
    let at = parse::span_of(expr.span()).unwrap_or_default();
    found.forbidden.push((at, what.to_owned(), help));
}

fn over(parts: &[Ident]) -> Span {
    parts.iter().filter_map(parse::span).reduce(Span::to).unwrap_or_default()
}

fn column(ident: &Ident, found: &mut References) {
    let name = names::ident(ident);
    let bare = ident.quote_style.is_none();
    let span = parse::span(ident);
    match (span, name.as_ref()) {
        (Some(span), "default") if bare => found.forbidden.push((span, "`DEFAULT`".into(), ONE_ROW)),
        (_, name) if bare && CALLED_WITHOUT_PARENS.contains(&name) => {}
        (Some(span), name) => found.columns.push((span, name.to_owned())),
        // A name without a place cannot be cut out.
        (None, name) => found.forbidden.push((Span::default(), format!("`{name}` in this place"), UNKNOWN)),
    }
}

/// Functions that the grammar of Postgres calls by a bare word.
const CALLED_WITHOUT_PARENS: &[&str] = &[
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "localtime",
    "localtimestamp",
    "session_user",
    "system_user",
    "user",
];

/// `(composite).field[1]`: what stands behind a dot is no column.
fn access(root: &Expr, chain: &[AccessExpr], found: &mut References) {
    match (root, chain.first()) {
        (Expr::Identifier(table), Some(AccessExpr::Dot(Expr::Identifier(column)))) => {
            found.qualified.push(over(&[table.clone(), column.clone()]));
        }
        _ => collect(root, found),
    }
    for step in chain {
        match step {
            AccessExpr::Dot(Expr::Identifier(_)) => {}
            AccessExpr::Dot(other) => forbid(other, "something that is not understood here", UNKNOWN, found),
            AccessExpr::Subscript(Subscript::Index { index }) => collect(index, found),
            AccessExpr::Subscript(Subscript::Slice { lower_bound, upper_bound, stride }) => {
                each(lower_bound.iter().chain(upper_bound).chain(stride), found);
            }
        }
    }
}

fn call(function: &Function, found: &mut References) {
    let parts: Vec<_> = function.name.0.iter().filter_map(|part| part.as_ident()).collect();
    let at = parts.iter().filter_map(|part| parse::span(part)).reduce(Span::to).unwrap_or_default();
    let name = parts.last().map(|part| names::ident(part).into_owned()).unwrap_or_default();
    let mut refuse = |what: String, help| found.forbidden.push((at, what, help));
    let aggregate = function.filter.is_some() || !function.within_group.is_empty() || function.null_treatment.is_some();
    if function.over.is_some() {
        refuse(format!("the window function `{name}`"), ONE_ROW);
    } else if aggregate || is_one_of(AGGREGATES, &name) {
        refuse(format!("the aggregate `{name}`"), ONE_ROW);
    } else if is_one_of(WINDOW_FUNCTIONS, &name) {
        refuse(format!("the window function `{name}`"), ONE_ROW);
    } else if is_one_of(SET_RETURNING, &name) {
        refuse(format!("`{name}`, which gives many rows,"), ONE_ROW);
    } else if is_one_of(VOLATILE, &name) {
        refuse(
            format!("`{name}`, which gives another value at each call,"),
            "a column that is read twice must be the same",
        );
    }
    if parts.len() != function.name.0.len() || !matches!(function.parameters, FunctionArguments::None) {
        refuse("something that is not understood here".into(), UNKNOWN);
    }
    match &function.args {
        FunctionArguments::None => {}
        FunctionArguments::Subquery(_) => refuse("a subquery".into(), ONE_ROW),
        FunctionArguments::List(list) => arguments(at, &name, list, found),
    }
}

fn arguments(at: Span, function: &str, list: &FunctionArgumentList, found: &mut References) {
    if list.duplicate_treatment.is_some() || !list.clauses.is_empty() {
        found.forbidden.push((at, format!("the aggregate `{function}`"), ONE_ROW));
    }
    for (nth, argument) in list.args.iter().enumerate() {
        let (FunctionArg::Named { arg, .. } | FunctionArg::ExprNamed { arg, .. } | FunctionArg::Unnamed(arg)) =
            argument;
        match arg {
            FunctionArgExpr::Expr(Expr::Identifier(form)) if nth == 1 && function == "normalize" && is_form(form) => {}
            FunctionArgExpr::Expr(expr) => collect(expr, found),
            // The function was refused already if it is an aggregate that we know.
            _ if found.forbidden.last().is_some_and(|(place, ..)| *place == at) => {}
            _ => found.forbidden.push((at, "`*`".into(), ONE_ROW)),
        }
    }
}

fn is_form(ident: &Ident) -> bool {
    ident.quote_style.is_none() && ["nfc", "nfd", "nfkc", "nfkd"].contains(&&*ident.value.to_ascii_lowercase())
}

fn is_one_of(list: &str, name: &str) -> bool {
    list.split_ascii_whitespace().any(|word| word == name)
}

/// Postgres's own aggregates, and timescale's that are common. One that is not listed is found by the server.
const AGGREGATES: &str = "any_value array_agg avg bit_and bit_or bit_xor bool_and bool_or corr count covar_pop covar_samp cume_dist
    dense_rank every first grouping histogram json_agg json_agg_strict json_arrayagg json_object_agg json_objectagg jsonb_agg
    jsonb_agg_strict jsonb_object_agg last max min mode percent_rank percentile_cont percentile_disc range_agg
    range_intersect_agg rank regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy stddev
    stddev_pop stddev_samp string_agg sum var_pop var_samp variance xmlagg";

const WINDOW_FUNCTIONS: &str = "first_value lag last_value lead nth_value ntile row_number";

const SET_RETURNING: &str = "generate_series generate_subscripts json_array_elements json_array_elements_text json_each
    json_each_text json_object_keys json_populate_recordset json_to_recordset jsonb_array_elements jsonb_array_elements_text
    jsonb_each jsonb_each_text jsonb_object_keys jsonb_path_query jsonb_path_query_tz jsonb_populate_recordset
    jsonb_to_recordset regexp_matches regexp_split_to_table string_to_table ts_parse ts_stat unnest xmltable json_table";

const VOLATILE: &str =
    "clock_timestamp currval gen_random_uuid lastval nextval pg_sleep random random_normal setval timeofday
    uuid_generate_v1 uuid_generate_v4 uuidv4 uuidv7";
