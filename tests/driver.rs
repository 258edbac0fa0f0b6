//! The cases of the oracle through tokio-postgres: prepared statements, described and bound, with binary rows.
//!
//! The driver is asked what it would tell a program: the columns' names and types, the rows, how many, the SQLSTATE of an error
//! and the place it points to. What a driver hides is compared by `tests/oracle.rs`.

mod support;

use std::error::Error;
use std::fmt::Write as _;

use support::cases::{Case, Expect, Rows, Step, Straight};
use support::{cases, twins};
use tokio_postgres::error::ErrorPosition;
use tokio_postgres::types::{FromSql, Type};
use tokio_postgres::{Client, NoTls};

/// A value of any type as the bytes that came.
#[derive(Debug)]
struct Raw(Vec<u8>);

impl<'a> FromSql<'a> for Raw {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(raw.to_vec()))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// What a program sees of one statement.
#[derive(PartialEq, Eq, Debug)]
enum Seen {
    Rows {
        parameters: Vec<Type>,
        /// Names and types. What a row type has in it, the driver reads off the catalogs, which show the legacy shape.
        columns: Vec<(String, String)>,
        rows: Vec<Vec<Option<Vec<u8>>>>,
    },
    Error {
        code: String,
        at: Option<u32>,
    },
    /// The driver's own word: it has another function for that (COPY).
    Unfit(String),
}

#[test]
fn tokio_postgres_reads_the_same() {
    let twins = twins::shared();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts");
    let (mut differences, mut compared) = (String::new(), 0);
    for case in cases::load(&twins::root().join("tests/oracle")) {
        if case.steps.iter().any(|s| !s.parameters.is_empty() || s.rows == Rows::Any || s.sent_as.is_some()) {
            continue;
        }
        let database = if case.straight == Straight::Legacy { twins::LEGACY } else { twins::CURRENT };
        let (straight, through) = runtime.block_on(async {
            let straight = play(&case, twins.server.port, database, Side::Straight).await;
            (straight, play(&case, twins.proxy.port, twins::CURRENT, Side::Through).await)
        });
        compared += 1;
        for (step, (straight, through)) in case.steps.iter().zip(straight.iter().zip(&through)) {
            match verdict(step, straight, through) {
                Verdict::Same => {}
                Verdict::Refused => break,
                Verdict::Different => {
                    let _ = writeln!(
                        differences,
                        "=== {} ({})\n{}\n straight: {straight:?}\n through: {through:?}",
                        case.name, case.file, step.sql
                    );
                    break;
                }
            }
        }
    }
    assert!(compared > 150, "only {compared} cases were compared");
    assert!(differences.is_empty(), "{differences}");
}

enum Verdict {
    Same,
    /// As it may be; what comes behind it in the case has no counterpart.
    Refused,
    Different,
}

fn verdict(step: &Step, straight: &Seen, through: &Seen) -> Verdict {
    let code = if let Seen::Error { code, .. } = through { code.as_str() } else { "" };
    if step.refusals.iter().any(|refusal| refusal == code) {
        return Verdict::Refused;
    }
    match &step.expect {
        Expect::Refused(codes) if codes.iter().any(|c| c == code) => Verdict::Refused,
        Expect::SameOrRefused if code == "0A000" => Verdict::Refused,
        Expect::Same | Expect::SameOrRefused if straight == through => Verdict::Same,
        _ => Verdict::Different,
    }
}

/// Where a case is run.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Straight,
    Through,
}

/// Runs a case on a connection of its own. What the proxy has to refuse is no matter of the straight side, where it would succeed.
async fn play(case: &Case, port: u16, database: &str, side: Side) -> Vec<Seen> {
    let address = format!("host=127.0.0.1 port={port} user=postgres dbname={database}");
    let (client, connection) = tokio_postgres::connect(&address, NoTls).await.expect("it can be reached");
    let connection = tokio::spawn(connection);
    for setting in &case.set {
        client.batch_execute(setting).await.expect("a setting of a case holds");
    }
    if case.rollback {
        client.batch_execute("BEGIN").await.expect("a transaction begins");
    }
    let mut seen = Vec::new();
    for step in &case.steps {
        let refused = side == Side::Straight && matches!(step.expect, Expect::Refused(_));
        seen.push(ask(&client, step, if refused { "TABLE a_relation_that_is_not_there" } else { &step.sql }).await);
    }
    drop(client);
    let _ = connection.await;
    seen
}

async fn ask(client: &Client, step: &Step, sql: &str) -> Seen {
    match try_ask(client, step, sql).await {
        Ok(seen) => seen,
        Err(error) => {
            let Some(error) = error.as_db_error() else { return Seen::Unfit(error.to_string()) };
            let at = match error.position() {
                Some(ErrorPosition::Original(at)) => Some(*at),
                _ => None,
            };
            Seen::Error { code: error.code().code().to_owned(), at }
        }
    }
}

async fn try_ask(client: &Client, step: &Step, sql: &str) -> Result<Seen, tokio_postgres::Error> {
    let statement = client.prepare(sql).await?;
    let columns = statement.columns().iter().map(|c| (c.name().to_owned(), c.type_().to_string())).collect::<Vec<_>>();
    let parameters = statement.params().to_vec();
    // With parameters, what the server makes of them is what there is to compare.
    let found = if parameters.is_empty() { client.query(&statement, &[]).await? } else { Vec::new() };
    let value = |row: &tokio_postgres::Row, at| row.get::<_, Option<Raw>>(at).map(|raw| raw.0);
    let mut rows: Vec<Vec<_>> = found.iter().map(|row| (0..columns.len()).map(|at| value(row, at)).collect()).collect();
    if step.rows == Rows::AnyOrder {
        rows.sort();
    }
    Ok(Seen::Rows { parameters, columns, rows })
}
