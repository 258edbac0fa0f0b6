//! `[tables.….columns]`: one legacy column, and the kind that says what it means now.

use super::template::{self, Fault};
use super::{
    Column, Decimal, Kind, Template, codes, constant, decimal, file, filter, json_path, names, type_name, values, write,
};
use crate::text::Span;
use crate::text::toml::{Document, Located, Table, Text, Value};

/// `consumption_kwh = "kwh_consumed"`.
pub(super) fn renamed(document: &Document<'_>, legacy: &str, span: Span, current: &Text<'_>) -> Option<Column> {
    let column = names::read(document, current)?;
    Some(Column {
        legacy: legacy.into(),
        kind: Kind::Rename { column },
        type_name: None,
        override_real: false,
        filters: Vec::new(),
        writes: Vec::new(),
        bigquery: None,
        source: document.source().clone(),
        span,
    })
}

/// `{ column = "timestamp_utc", date = true }` and the other forms.
pub(super) fn read<'d>(document: &'d Document<'d>, legacy: &str, span: Span, body: Table<'d>) -> Option<Column> {
    let keys = Keys {
        column: body.string("column"),
        date: body.boolean("date"),
        factor: body.value("factor"),
        offset: body.value("offset"),
        values: body.table("values"),
        json: body.string("json"),
        constant: body.value("constant"),
        read: body.string("read"),
        declared: body.string("type"),
    };
    let override_real = body.boolean("override").is_some_and(|flag| flag.value);
    let type_name = keys.declared.map_or(Ok(None), |text| declared(document, &text).map(Some));
    let kind = kind(document, &body, legacy, span, keys, type_name.as_ref().ok().and_then(Option::as_deref));
    let conditions = body.table("where");
    let filters = conditions.as_ref().map_or_else(Vec::new, |conditions| filter::read(document, conditions));
    let written = body.table("write");
    let writes = written.as_ref().map_or_else(Vec::new, |written| write::read(document, written));
    let bigquery = write::bigquery(&body, &["read"], &["write", "where"]);
    body.close_with(remedy);
    let kind = kind?;
    if let Some(written) = written.filter(|_| !matches!(kind, Kind::Expression(_))) {
        let message = format!("`write` of `{legacy}` says what its kind knows by itself");
        document.error(codes::SEVERAL_KINDS, written.span, message, "", "remove it; it is for `read`");
    }
    if let Some(conditions) = conditions.filter(|_| !matches!(kind, Kind::Expression(_) | Kind::Json { .. })) {
        filter::needs_it(document, legacy, conditions.span);
    }
    Some(Column {
        legacy: legacy.into(),
        kind,
        type_name: type_name.ok()?,
        override_real,
        filters,
        writes,
        bigquery,
        source: document.source().clone(),
        span,
    })
}

/// What a column's table says.
struct Keys<'d> {
    column: Option<Text<'d>>,
    date: Option<Located<bool>>,
    factor: Option<Value<'d>>,
    offset: Option<Value<'d>>,
    values: Option<Table<'d>>,
    json: Option<Text<'d>>,
    constant: Option<Value<'d>>,
    read: Option<Text<'d>>,
    declared: Option<Text<'d>>,
}

/// What chooses the kind: at most one of these stands in a column, but for the first two, which are one kind.
const CHOICES: [&str; 7] = ["factor", "offset", "date", "values", "json", "constant", "read"];

fn kind<'d>(
    document: &'d Document<'d>,
    body: &Table<'d>,
    legacy: &str,
    span: Span,
    keys: Keys<'d>,
    type_name: Option<&str>,
) -> Option<Kind> {
    let mut given = CHOICES.into_iter().filter(|key| body.has(key));
    let choice = given.next();
    // `constant` and `read` stand alone, the others are made from `column`.
    let second = given
        .find(|key| (choice, *key) != (Some("factor"), "offset"))
        .or(Some("column").filter(|column| body.has(column) && matches!(choice, Some("constant" | "read"))));
    if let (Some(first), Some(second)) = (choice, second) {
        let message = format!("`{legacy}` has both `{first}` and `{second}`");
        document.error(codes::SEVERAL_KINDS, span, message, "", "keep one of them; `read` can combine them as SQL");
        return None;
    }
    if choice.is_none() && !body.has("column") {
        let message = format!("`{legacy}` does not say what it means");
        let help = "give the current column, `column = \"…\"`, or `constant`, or `read`";
        document.error(codes::NO_KIND, span, message, "", help);
        return None;
    }
    if matches!(choice, Some("json" | "read")) && !body.has("type") {
        require_type(document, legacy, span);
    }
    let column = keys.column.and_then(|text| names::read(document, &text));
    match choice {
        None => Some(Kind::Rename { column: column? }),
        Some("date") => {
            body.require("column");
            let sound = date(document, keys.date?, keys.declared, type_name);
            column.filter(|_| sound).map(|column| Kind::Date { column })
        }
        Some("factor" | "offset") => {
            body.require("column");
            let (factor, offset) = linear(document, body, keys.factor, keys.offset)?;
            Some(Kind::Linear { column: column?, factor, offset })
        }
        Some("values") => {
            body.require("column");
            let values = values::read(document, body, &keys.values?, type_name)?;
            Some(Kind::Values { column: column?, values })
        }
        Some("json") => {
            body.require("column");
            let path = path(document, legacy, &keys.json?)?;
            Some(Kind::Json { column: column?, path })
        }
        Some("constant") => constant::read(document, body, &keys.constant?, type_name).map(Kind::Constant),
        Some(_) => expression(document, "read", &keys.read?).map(Kind::Expression),
    }
}

fn require_type(document: &Document<'_>, legacy: &str, span: Span) {
    document.error(
        codes::NO_TYPE,
        span,
        format!("`{legacy}` needs a type"),
        "services must see the type that they know",
        "add the type that the legacy column had, such as `type = \"double precision\"` or `type = \"text\"`",
    );
}

fn declared(document: &Document<'_>, text: &Text<'_>) -> Result<String, ()> {
    type_name::canonical(text.value).map_err(|bad| {
        document.error(
            codes::BAD_TYPE,
            text.place(bad.at),
            "`type` is not the name of one type",
            &bad.message,
            bad.help,
        );
    })
}

fn date(document: &Document<'_>, flag: Located<bool>, declared: Option<Text<'_>>, type_name: Option<&str>) -> bool {
    if !flag.value {
        let help = "write `date = true`, or leave it out for a plain rename";
        document.error(codes::BAD_VALUE, flag.span, "`date` is `true` or not there", "", help);
    }
    let other = declared.filter(|_| type_name.is_some_and(|name| name != "date"));
    if let Some(text) = other {
        let help = "leave `type` out; for a day of another type write it as `read`";
        document.error(codes::BAD_TYPE, text.span, "a day has the type `date`", "", help);
    }
    flag.value && other.is_none()
}

/// `factor` and `offset`; none when one of them is wrong.
fn linear<'d>(
    document: &Document<'d>,
    body: &Table<'d>,
    factor: Option<Value<'d>>,
    offset: Option<Value<'d>>,
) -> Option<(Option<Decimal>, Option<Decimal>)> {
    let read = |key, value: Option<Value<'d>>| match value {
        Some(value) => decimal::read(document, body, key, &value).map(Some),
        None => Some(None),
    };
    let at = factor.as_ref().map(|value| value.span);
    let (factor, offset) = (read("factor", factor), read("offset", offset));
    if let (Some(Some(number)), Some(at)) = (&factor, at)
        && number.is_zero()
    {
        let help = "a column that is always the same is `constant`";
        document.error(codes::BAD_NUMBER, at, "`factor` is zero", "every value would be the same", help);
        return None;
    }
    Some((factor?, offset?))
}

fn path(document: &Document<'_>, legacy: &str, text: &Text<'_>) -> Option<Vec<String>> {
    json_path::parse(text.value)
        .map_err(|bad| {
            let message = format!("the path of `{legacy}` does not lead to one value");
            let help = "a path is `$` and steps: `$.consumption`, `$.\"a key\"`, `$.hours[0]`";
            document.error(codes::BAD_PATH, text.place(bad.at), message, bad.message, help);
        })
        .ok()
}

/// The SQL expression that `key` holds.
pub(super) fn expression(document: &Document<'_>, key: &str, text: &Text<'_>) -> Option<Template> {
    expression_at(document, key, text, text.value, |at| at)
}

/// The same of `sql`, which was made of `text`: `own` says where in it a byte of `sql` stands.
pub(super) fn expression_at(
    document: &Document<'_>,
    key: &str,
    text: &Text<'_>,
    sql: &str,
    own: impl Fn(usize) -> usize,
) -> Option<Template> {
    let report = |bad: template::BadExpression| {
        let at = if bad.at == Span::default() {
            text.span
        } else {
            text.place(Span::new(own(bad.at.start), own(bad.at.end)))
        };
        let (code, message, label, help) = match bad.what {
            Fault::Syntax(message) => (
                codes::READ_SYNTAX,
                format!("`{key}` is not one SQL expression"),
                message,
                "write what would stand in a select list, without `AS`",
            ),
            Fault::Qualified => (
                codes::READ_QUALIFIED,
                format!("a column in `{key}` stands alone, without its table"),
                "qualified".to_owned(),
                "write the column's name only; a field of a composite column is `(column).field`",
            ),
            Fault::Forbidden(what, help) => {
                (codes::READ_FORBIDDEN, format!("{what} has no place in `{key}`"), String::new(), help)
            }
        };
        document.error(code, at, message, &label, help);
    };
    template::cut(sql).map_err(|all| all.into_iter().for_each(report)).ok()
}

/// What to write instead of a key that other files of this kind may have.
fn remedy(key: &str) -> Option<String> {
    let instead = match key {
        "deprecated" | "sunset" | "on_use" | "clients" => "remove it",
        _ => return None,
    };
    Some(format!("{}; {instead}", file::not_yet()))
}
