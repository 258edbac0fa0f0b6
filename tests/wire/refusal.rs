//! Statements in legacy names: what the client sees of rewrites, of refusals, and of errors about a text that it never wrote.
//!
//! A refusal must leave the stream as an error of the server's own would: each is compared, frame type by frame type, with what
//! an undefined column does in the same place.

use super::support::postgres;
use super::support::proxy::{Proxy, Setup};
use super::support::raw::{self, Frame, Raw, tags};

/// `ghost` means a column that the warehouse lacks, so that naming it is refused.
const MAPPING: &str = "[mapping]\nname = \"smartwatt\"\n\
    [tables.consumption_log.columns]\nconsumption_kwh = \"kwh_consumed\"\nghost = \"gone\"\n";

/// The bytes of a statement in some place, and how many Z they bring.
type Place = dyn Fn(&str) -> (Vec<u8>, usize);

/// Refused by Exonym; an error of the server in the same place.
const REFUSED: &str = "SELECT ghost FROM consumption_log";
const UNDEFINED: &str = "SELECT nope FROM consumption_log";

fn proxy(database: &str) -> (Proxy, Raw) {
    let server = postgres::shared();
    server.database(database);
    server.sql(
        database,
        "CREATE TABLE consumption_log (id int PRIMARY KEY, kwh_consumed numeric CHECK (kwh_consumed >= 0));
         INSERT INTO consumption_log VALUES (1, 10), (2, 20);",
    );
    let mut setup = Setup::to(server.port, database);
    setup.map(server.port, MAPPING);
    let proxy = setup.start();
    let client = Raw::login(proxy.port, "postgres", database);
    (proxy, client)
}

#[test]
fn a_legacy_statement_answers_as_the_legacy_schema_would() {
    let (proxy, mut client) = proxy("refusal_rewrites");
    let sql = "SELECT consumption_kwh FROM consumption_log ORDER BY id";
    let simple = client.query(sql);
    assert_eq!(raw::columns(&simple), ["consumption_kwh"]);
    assert_eq!(raw::rows(&simple), ["10", "20"]);
    client.trickle(&[raw::extended(sql, &[]), raw::sync()].concat());
    let extended = client.until(b'Z');
    assert_eq!(tags(&extended), "12TDDCZ");
    assert_eq!(raw::columns(&extended), ["consumption_kwh"]);
    let several = client.query("SELECT 1; SELECT consumption_kwh FROM consumption_log WHERE id = 2; SELECT 3");
    assert_eq!(raw::rows(&several), ["1", "20", "3"]);
    let used = "exonym_rewrites_total{client=\"postgres\",column=\"consumption_kwh\",kind=\"rename\",\
                mapping=\"smartwatt\",table=\"consumption_log\"}";
    assert!((proxy.metric(used) - 3.0).abs() < f64::EPSILON, "{}", proxy.metrics.gather());
    let rewritten = |protocol| {
        let labels = format!("outcome=\"rewritten\",protocol=\"{protocol}\",route=\"refusal_rewrites\"");
        proxy.metric(&format!("exonym_statements_total{{{labels}}}"))
    };
    assert!((rewritten("simple") - 2.0).abs() < f64::EPSILON && (rewritten("extended") - 1.0).abs() < f64::EPSILON);
    assert!((proxy.metric("exonym_rows_total") - 7.0).abs() < f64::EPSILON);
}

#[test]
fn a_prepared_statement_keeps_its_plan_and_its_uses_are_counted_by_execution() {
    let (proxy, mut client) = proxy("refusal_prepared");
    client.send(&raw::query("SET application_name = 'billing'"));
    client.until(b'Z');
    let sql = "SELECT consumption_kwh FROM consumption_log WHERE id = $1";
    client.send(&[raw::parse("s", sql), raw::sync()].concat());
    client.until(b'Z');
    for id in ["1", "2", "1"] {
        client.send(&[raw::bind("", "s", &[id]), raw::execute(""), raw::sync()].concat());
        assert_eq!(tags(&client.until(b'Z')), "2DCZ");
    }
    // A new statement of the same name, with nothing legacy in it, is another statement.
    client.send(&[raw::close_statement("s"), raw::parse("s", "SELECT $1"), raw::sync()].concat());
    assert_eq!(tags(&client.until(b'Z')), "31Z");
    client.send(&[raw::bind("", "s", &["x"]), raw::execute(""), raw::sync()].concat());
    client.until(b'Z');
    let used = "exonym_rewrites_total{client=\"billing\",column=\"consumption_kwh\",kind=\"rename\",\
                mapping=\"smartwatt\",table=\"consumption_log\"}";
    assert!((proxy.metric(used) - 3.0).abs() < f64::EPSILON, "{}", proxy.metrics.gather());
}

#[test]
fn a_refusal_leaves_the_stream_as_an_error_of_the_server_would() {
    let (_proxy, mut client) = proxy("refusal_places");
    let simple = |sql: &str| (raw::query(sql), 1);
    let several = |sql: &str| (raw::query(&format!("SELECT 1; {sql}; SELECT 2")), 1);
    let block = |sql: &str| {
        let parts = ["BEGIN", "INSERT INTO consumption_log (id) VALUES (9)", sql, "SELECT 1", "COMMIT"];
        (parts.map(raw::query).concat(), 5)
    };
    let implicit =
        |sql: &str| (raw::query(&format!("INSERT INTO consumption_log (id) VALUES (8); {sql}; SELECT 2")), 1);
    let pipeline = |sql: &str| {
        let parts = [raw::extended("SELECT 1", &[]), raw::extended(sql, &[]), raw::extended("SELECT 2", &[])];
        ([parts.concat(), raw::sync(), raw::extended("SELECT 3", &[]), raw::sync()].concat(), 2)
    };
    let named = |sql: &str| {
        let first =
            [raw::parse("n", sql), raw::sync(), raw::bind("", "n", &[]), raw::execute(""), raw::sync()].concat();
        (first, 2)
    };
    let aborted = |sql: &str| ([raw::query("BEGIN; SELECT 1/0"), raw::query(sql), raw::query("ROLLBACK")].concat(), 3);
    let places: [(&str, &Place); 7] = [
        ("simple", &simple),
        ("several", &several),
        ("block", &block),
        ("implicit", &implicit),
        ("pipeline", &pipeline),
        ("named", &named),
        ("aborted", &aborted),
    ];
    for (name, place) in places {
        let mut answers = [UNDEFINED, REFUSED].map(|sql| {
            let (bytes, ready) = place(sql);
            client.send(&bytes);
            client.until_ready(ready)
        });
        let [of_server, of_exonym] = &mut answers;
        assert_eq!(tags(of_server), tags(of_exonym), "{name}");
        let status = |frames: &[Frame]| -> Vec<u8> {
            frames.iter().filter(|f| f.tag == b'Z').flat_map(|f| f.body.clone()).collect()
        };
        assert_eq!(status(of_server), status(of_exonym), "{name}");
        let mut errors = of_exonym.iter().filter(|f| f.tag == b'E');
        let error = if name == "aborted" { errors.nth(1) } else { errors.next() }.expect("it fails");
        let message = error.field(b'M').unwrap_or_default();
        assert!(!message.contains("exonym: statement"), "{name}: the marker shows: {message}");
        if name == "aborted" {
            assert_eq!(error.field(b'C').as_deref(), Some("25P02"), "the server's own answer there");
        } else {
            assert!(message.contains("ghost") || message.contains("gone"), "{name}: {error:?}");
        }
        assert_eq!(raw::rows(&client.query("SELECT count(*) FROM consumption_log")), ["2"], "{name}: nothing stays");
    }
}

#[test]
fn copies_of_all_kinds_do_not_shift_what_belongs_to_what() {
    let (_proxy, mut client) = proxy("refusal_copy");
    let row = |text: &str| raw::frame(b'd', text.as_bytes());
    let done = || raw::frame(b'c', &[]);
    let copy = || raw::extended("COPY plain FROM STDIN", &[]);
    client.query("CREATE TABLE plain (a int)");
    let copies: [(&str, Vec<u8>, usize); 6] = [
        ("simple", [raw::query("COPY plain FROM STDIN"), row("1\n"), done()].concat(), 1),
        (
            "simple, with a Sync inside",
            [raw::query("COPY plain FROM STDIN"), raw::sync(), row("1\n"), done()].concat(),
            1,
        ),
        ("as libpq sends it", [copy(), raw::sync(), row("1\n"), done(), raw::sync()].concat(), 1),
        ("as libpq sends it, failing", [copy(), raw::sync(), row("x\n"), row("1\n"), done(), raw::sync()].concat(), 1),
        ("without a Sync before", [copy(), row("1\n"), done(), raw::sync()].concat(), 1),
        ("late data", [raw::query("COPY plain FROM STDIN"), row("x\n"), row("1\n"), done(), done()].concat(), 1),
    ];
    for (name, bytes, ready) in copies {
        // Sent at once, so that the queue is right or the marker shows.
        client.send(
            &[bytes, raw::query(REFUSED), raw::query("SELECT consumption_kwh, nope FROM consumption_log")].concat(),
        );
        client.until_ready(ready);
        let refused = client.until(b'Z');
        assert!(raw::error(&refused).field(b'M').is_some_and(|m| m.contains("ghost")), "{name}: {refused:?}");
        let moved = client.until(b'Z');
        assert_eq!(raw::error(&moved).field(b'P').as_deref(), Some("25"), "{name}: {moved:?}");
    }
}

#[test]
fn a_refusal_points_into_the_clients_text_in_characters() {
    let (_proxy, mut client) = proxy("refusal_position");
    let sql = "/* Zähler */ SELECT 'ä', consumption_kwh, ghost FROM consumption_log";
    let place = sql.chars().collect::<String>().find("ghost").map(|byte| sql[..byte].chars().count() + 1);
    let frames = client.query(sql);
    let error = raw::error(&frames);
    assert_eq!(error.field(b'P'), place.map(|p| p.to_string()), "{error:?}");
    assert_eq!((error.field(b'S').as_deref(), error.field(b'V').as_deref()), (Some("ERROR"), Some("ERROR")));
    assert!(error.field(b'H').is_some());
}

#[test]
fn errors_of_the_server_point_into_the_clients_text() {
    let (_proxy, mut client) = proxy("refusal_moved");
    let sql = "/* Zähler */ SELECT 'ä', consumption_kwh, 1 / nope FROM consumption_log AS ü";
    let place = sql.find("nope").map(|byte| (sql[..byte].chars().count() + 1).to_string());
    for bytes in [raw::query(sql), [raw::extended(sql, &[]), raw::sync()].concat()] {
        client.send(&bytes);
        let frames = client.until(b'Z');
        let error = raw::error(&frames);
        assert_eq!(error.field(b'C').as_deref(), Some("42703"), "{error:?}");
        assert_eq!(error.field(b'P'), place, "{error:?}");
        let hint = error.field(b'H').unwrap_or_default();
        assert!(hint.contains("exonym rewrote \"consumption_kwh\" to \"kwh_consumed\""), "{error:?}");
    }
    // In the second statement of a text, whose first one is rewritten too.
    let sql = "SELECT consumption_kwh FROM consumption_log; SELECT consumption_kwh + nope FROM consumption_log";
    let frames = client.query(sql);
    assert_eq!(raw::error(&frames).field(b'P'), sql.find("nope").map(|byte| (byte + 1).to_string()));
}

#[test]
fn an_error_while_it_runs_tells_what_was_rewritten() {
    let (_proxy, mut client) = proxy("refusal_runtime");
    let sql = "SELECT consumption_kwh / ($1::int - 1) FROM consumption_log";
    client.send(&[raw::parse("s", sql), raw::sync()].concat());
    client.until(b'Z');
    client.send(&[raw::bind("p", "s", &["1"]), raw::execute("p"), raw::sync()].concat());
    let frames = client.until(b'Z');
    let error = raw::error(&frames);
    assert_eq!(error.field(b'C').as_deref(), Some("22012"));
    assert_eq!(error.field(b'H').as_deref(), Some("exonym rewrote \"consumption_kwh\" to \"kwh_consumed\""));
    // A wrong parameter fails at Bind.
    client.send(&[raw::bind("p", "s", &["one"]), raw::sync()].concat());
    let frames = client.until(b'Z');
    assert_eq!(raw::error(&frames).field(b'C').as_deref(), Some("22P02"));
    assert!(raw::error(&frames).field(b'H').is_some_and(|h| h.starts_with("exonym rewrote")));
}

#[test]
fn an_error_longer_than_what_is_waited_for_comes_whole() {
    let (_proxy, mut client) = proxy("refusal_long");
    client.query(
        "CREATE FUNCTION fail(n int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '%', repeat('x', n); END $$",
    );
    client.query("PREPARE s (int) AS SELECT consumption_kwh, fail($1) FROM consumption_log");
    for length in [10, 60_000, 70_000, 300_000, 3_000_000] {
        for sql in
            [format!("EXECUTE s ({length})"), format!("SELECT consumption_kwh, fail({length}) FROM consumption_log")]
        {
            let frames = client.query(&sql);
            let told = raw::error(&frames).field(b'M').unwrap_or_default();
            assert_eq!(told.len(), length, "{sql}");
            assert_eq!(raw::rows(&client.query("SELECT 1")), ["1"], "{sql}");
        }
    }
}

#[test]
fn errors_about_a_text_that_went_as_it_came_are_untouched() {
    let (proxy, mut client) = proxy("refusal_untouched");
    let mut straight = Raw::login(postgres::shared().port, "postgres", "refusal_untouched");
    for sql in [UNDEFINED, "SELECT nope", "SELEC 1", "INSERT INTO consumption_log (id) VALUES (1)"] {
        assert_eq!(client.query(sql), straight.query(sql), "{sql}");
    }
    assert!((proxy.metric("exonym_unknown_names_total{column=\"nope\",table=\"\"}") - 2.0).abs() < f64::EPSILON);
    let errors = "exonym_backend_errors_total{backend=\"warehouse\",sqlstate=\"23505\"}";
    assert!((proxy.metric(errors) - 1.0).abs() < f64::EPSILON);
}

#[test]
fn a_text_that_cannot_be_read_is_refused_only_where_it_names_something_legacy() {
    let (_proxy, mut client) = proxy("refusal_encoding");
    client.query("SET client_encoding = 'SJIS'");
    let mut ask = |text: &[u8]| {
        client.send(&raw::frame(b'Q', &[text, &[0]].concat()));
        client.until(b'Z')
    };
    assert_eq!(
        raw::error(&ask(b"SELECT consumption_kwh, '\x83\x5c' FROM consumption_log")).field(b'C').as_deref(),
        Some("0A000")
    );
    assert_eq!(tags(&ask(b"SELECT '\x83\x5c' AS role")), "TDCZ");
    assert_eq!(raw::rows(&ask(b"SELECT consumption_kwh FROM consumption_log")), ["10", "20"], "ASCII is what it seems");
}

#[test]
fn a_flood_streams_through_and_is_refused_where_it_names_something_legacy() {
    let server = postgres::shared();
    let database = server.database("refusal_flood");
    server.sql(database, "CREATE TABLE consumption_log (kwh_consumed int); CREATE TABLE other (t text)");
    let mut setup = Setup::to(server.port, database);
    setup.map(server.port, MAPPING);
    setup.limits.max_statement_bytes = 100_000;
    let proxy = setup.start();
    let mut client = Raw::login(proxy.port, "postgres", database);
    let filler = "x".repeat(3_000_000);
    let plain = format!("INSERT INTO other VALUES ('{filler}')");
    let legacy = format!("INSERT INTO other SELECT '{filler}' FROM consumption_log");
    assert_eq!(tags(&client.query(&plain)), "CZ");
    client.send(&[raw::parse("big", &plain), raw::bind("", "big", &[]), raw::execute(""), raw::sync()].concat());
    assert_eq!(tags(&client.until(b'Z')), "12CZ");
    let refused = client.query(&legacy);
    assert_eq!(tags(&refused), "EZ");
    assert_eq!(raw::error(&refused).field(b'C').as_deref(), Some("54000"));
    client.send(&[raw::extended("SELECT 1", &[]), raw::extended(&legacy, &[]), raw::sync()].concat());
    let refused = client.until(b'Z');
    assert_eq!(tags(&refused), "12TDCEZ");
    assert_eq!(raw::error(&refused).field(b'C').as_deref(), Some("54000"));
    assert_eq!(raw::rows(&client.query("SELECT count(*) FROM other")), ["2"]);
}
