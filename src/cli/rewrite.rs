//! `exonym rewrite`: SQL in, rewritten SQL out, no server needed.
//!
//! The rewritten text goes to standard output and nothing else does; refusals are drawn on standard error. Exit code 0: rewritten
//! or unchanged; 1: a statement was refused; 2: could not run.

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::ValueEnum;
use serde::Serialize;

use super::Failure;
use crate::app::mappings;
use crate::backend::introspect::introspect;
use crate::catalog::{self, Catalog};
use crate::config::Config;
use crate::mapping::{Mapping, merge};
use crate::rewrite::{Context, Outcome, Plan, Reason, Refusal, Statement, World, explain};
use crate::text::diagnostic::Source;
use crate::text::{Diagnostic, Span};

/// Rewrite a statement in legacy names, as the proxy would
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  exonym catalog dump --from postgres://exonym@127.0.0.1:5432/smartwatt > catalog.json
  exonym rewrite --mappings mappings/smartwatt.toml --catalog catalog.json \\
      'SELECT consumption_kwh FROM consumption_log'
  exonym rewrite --config exonym.toml --backend warehouse --explain - < query.sql

Exit code: 0 rewritten or unchanged, 1 when a statement was refused, 2 when it could not run.")]
pub(super) struct Args {
    /// The statements; `-` or nothing reads them from standard input
    #[arg(value_name = "SQL")]
    sql: Option<String>,
    /// A mapping file, or a directory of them, without a configuration; may be repeated
    #[arg(long, value_name = "PATH", conflicts_with = "config")]
    mappings: Vec<PathBuf>,
    /// The configuration that names mappings and backends
    #[arg(long, value_name = "FILE", default_value = "exonym.toml")]
    config: PathBuf,
    /// A catalog as `exonym catalog dump` writes it
    #[arg(long, value_name = "FILE", conflicts_with_all = ["from", "backend"])]
    catalog: Option<PathBuf>,
    /// The server and database whose catalog is read, as a URL
    #[arg(long, value_name = "URL", conflicts_with = "backend")]
    from: Option<String>,
    /// The backend of the configuration whose catalog is read, with the mappings of its first route
    #[arg(long, value_name = "NAME", conflicts_with = "mappings")]
    backend: Option<String>,
    /// The user who runs the statements, for `$user` in the search path
    #[arg(long, value_name = "NAME", default_value = "service")]
    user: String,
    /// The search path, such as `app,public`; without it that of the catalog
    #[arg(long, value_name = "SCHEMAS", value_delimiter = ',')]
    search_path: Vec<String>,
    /// Show each edit, the rule behind it and where its name was found
    #[arg(long)]
    explain: bool,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Human,
    Json,
}

/// One edit, for readers.
#[derive(Serialize)]
struct Edit<'a> {
    line: usize,
    column: usize,
    start: usize,
    end: usize,
    before: &'a str,
    after: &'a str,
    rule: &'static str,
    scope: &'a str,
}

/// The report for `--format json`.
#[derive(Serialize)]
struct Report<'a> {
    /// The text that a server would get; none when a statement was refused.
    sql: Option<&'a str>,
    statements: Vec<Judged<'a>>,
    edits: Vec<Edit<'a>>,
}

#[derive(Serialize)]
struct Judged<'a> {
    outcome: &'static str,
    start: usize,
    end: usize,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    uses: Vec<Used<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<Refused<'a>>,
}

#[derive(Serialize)]
struct Used<'a> {
    mapping: &'a str,
    table: &'a str,
    column: &'a str,
    kind: &'static str,
    became: &'a str,
}

#[derive(Serialize)]
struct Refused<'a> {
    sqlstate: &'static str,
    message: &'a str,
    hint: Option<&'a str>,
    /// Byte of the text.
    at: Option<usize>,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let text = statements(args.sql.as_deref())?;
    let (mappings, catalog) = inputs(args)?;
    let path = if args.search_path.is_empty() { &catalog.search_path } else { &args.search_path };
    let context = Context::new(&args.user, path);
    let world = World::new(1, mappings, Arc::new(catalog));
    let (plan, reasons) = explain(&world, &context, &text);
    let refused = plan.statements.iter().any(|s| s.outcome == Outcome::Refused);
    let out = match args.format {
        Format::Json => json(&text, &plan, &reasons, refused),
        Format::Human if args.explain => explanation(&text, &plan, &reasons, refused),
        Format::Human if refused => String::new(),
        Format::Human => sent(&text, &plan).to_owned(),
    };
    write(&out)?;
    if refused && args.format == Format::Human {
        super::show(&refusals(&text, &plan));
    }
    Ok(if refused { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn statements(argument: Option<&str>) -> Result<String, Failure> {
    match argument {
        Some(sql) if sql != "-" => Ok(sql.to_owned()),
        _ => {
            let mut text = String::new();
            std::io::stdin()
                .read_to_string(&mut text)
                .map_err(|e| Failure::Because(format!("cannot read standard input: {e}")))?;
            Ok(text)
        }
    }
}

/// What the statements are rewritten with.
fn inputs(args: &Args) -> Result<(Vec<Arc<Mapping>>, Catalog), Failure> {
    let config = if args.mappings.is_empty() {
        let (config, _) = super::configuration(&args.config)?;
        super::show(&config.warnings);
        Some(config)
    } else {
        None
    };
    let paths = config.as_ref().map_or(&args.mappings, |config| &config.mappings);
    let files = mappings::read(paths).map_err(Failure::Findings)?;
    let (all, found) = mappings::parse(paths, &files);
    if mappings::broken(&found) {
        return Err(Failure::Findings(found));
    }
    if let Some(path) = &args.catalog {
        let name = path.to_string_lossy();
        let text =
            fs::read_to_string(path).map_err(|e| Failure::Because(format!("cannot read the catalog `{name}`: {e}")))?;
        let catalog = catalog::file::parse(&text, &name).map_err(Failure::Findings)?;
        return Ok((merge(&all).map_err(Failure::Findings)?, catalog));
    }
    if let Some(url) = &args.from {
        let config = Config::direct(url, None, Vec::new()).map_err(Failure::Findings)?;
        let catalog = live(&config, config.backends.first().map(|b| b.name.as_str()))?;
        return Ok((merge(&all).map_err(Failure::Findings)?, catalog));
    }
    let Some(config) = config else {
        let message = "which catalog? name one with --catalog FILE or --from URL";
        return Err(Failure::Because(message.into()));
    };
    let catalog = live(&config, args.backend.as_deref())?;
    let name = args.backend.as_deref().or_else(|| config.backends.first().map(|b| b.name.as_str()));
    let route = config.routes.iter().find(|r| Some(r.backend.as_str()) == name);
    let wanted = route.map_or(Ok(all.clone()), |route| mappings::of_route(&config, route, &all));
    Ok((wanted.map_err(Failure::Findings)?, catalog))
}

fn live(config: &Config, name: Option<&str>) -> Result<Catalog, Failure> {
    let backend = match name {
        Some(name) => config.backend(name),
        None => config.backends.first(),
    };
    let backend = backend.ok_or_else(|| Failure::Because("there is no such backend in the configuration".into()))?;
    let routed = config.routes.iter().find(|r| r.backend == backend.name).map(|r| config.database(r).to_owned());
    let database = routed.or_else(|| backend.database.clone());
    let database = database.ok_or_else(|| Failure::Because("which database? name it in the URL".into()))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| Failure::of(&e))?;
    runtime.block_on(introspect(backend, &database)).map_err(|e| Failure::of(&e))
}

fn write(out: &str) -> Result<(), Failure> {
    let newline = if out.is_empty() || out.ends_with('\n') { "" } else { "\n" };
    match std::io::stdout().write_all(format!("{out}{newline}").as_bytes()) {
        // `| head` has seen enough.
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => Err(Failure::of(&e)),
        _ => Ok(()),
    }
}

fn sent<'a>(text: &'a str, plan: &'a Plan) -> &'a str {
    plan.sql.as_deref().unwrap_or(text)
}

fn edits<'a>(text: &'a str, plan: &'a Plan, reasons: &'a [Reason]) -> Vec<Edit<'a>> {
    let spliced = sent(text, plan);
    let of = |reason: &'a Reason| {
        let pair = plan.map.pairs().iter().find(|(source, _)| *source == reason.span)?;
        let (line, column) = line_column(text, reason.span.start);
        let (start, end) = (reason.span.start, reason.span.end);
        let (before, after) = (reason.span.text(text), pair.1.text(spliced));
        Some(Edit { line, column, start, end, before, after, rule: reason.rule, scope: &reason.scope })
    };
    reasons.iter().filter_map(of).collect()
}

fn json(text: &str, plan: &Plan, reasons: &[Reason], refused: bool) -> String {
    let statements = plan.statements.iter().map(judged).collect();
    let sql = (!refused).then(|| sent(text, plan));
    let report = Report { sql, statements, edits: edits(text, plan, reasons) };
    serde_json::to_string_pretty(&report).expect("strings, numbers and lists are always JSON")
}

fn judged(statement: &Statement) -> Judged<'_> {
    Judged {
        outcome: statement.outcome.label(),
        start: statement.span.start,
        end: statement.span.end,
        uses: statement
            .uses
            .iter()
            .map(|u| Used { mapping: &u.mapping, table: &u.table, column: &u.column, kind: u.kind, became: &u.became })
            .collect(),
        refusal: statement.refusal.as_ref().map(refusal),
    }
}

fn refusal(refusal: &Refusal) -> Refused<'_> {
    Refused { sqlstate: refusal.sqlstate, message: &refusal.message, hint: refusal.hint.as_deref(), at: refusal.at }
}

/// What was decided and why, for a reader.
fn explanation(text: &str, plan: &Plan, reasons: &[Reason], refused: bool) -> String {
    let edits = edits(text, plan, reasons);
    let mut lines = Vec::new();
    for (i, statement) in plan.statements.iter().enumerate() {
        lines.push(format!("-- statement {}: {}", i + 1, statement.outcome.label()));
        for edit in edits.iter().filter(|e| statement.span.contains(Span::new(e.start, e.end))) {
            let what = if edit.before.is_empty() {
                format!("added{}", edit.after)
            } else {
                format!("{} -> {}", edit.before, edit.after)
            };
            lines.push(format!("--   {}:{} {what}   [{}: {}]", edit.line, edit.column, edit.rule, edit.scope));
        }
    }
    if !refused {
        lines.push(sent(text, plan).to_owned());
    }
    lines.join("\n")
}

fn refusals(text: &str, plan: &Plan) -> Vec<Diagnostic> {
    let source = Source { name: "<sql>".into(), text: text.into() };
    let of = |(statement, refusal): (&Statement, &Refusal)| {
        let span = refusal.at.map_or(statement.span, |at| word(text, at));
        let finding = Diagnostic::error(refusal.sqlstate, refusal.message.clone()).at(&source, span);
        match &refusal.hint {
            Some(hint) => finding.help(hint.clone()),
            None => finding,
        }
    };
    plan.statements.iter().filter_map(|s| Some((s, s.refusal.as_ref()?))).map(of).collect()
}

/// The word that begins at a byte, for the caret.
fn word(text: &str, at: usize) -> Span {
    let rest = text.get(at..).unwrap_or_default();
    let length: usize = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').map(char::len_utf8).sum();
    Span::new(at, at + length.max(rest.chars().next().map_or(0, char::len_utf8)))
}

fn line_column(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or_default();
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (before.matches('\n').count() + 1, column)
}
