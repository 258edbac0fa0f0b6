//! No text stalls or kills the process, however long or deep.
//!
//! Each case runs on a thread with the stack of a tokio worker, through everything that a caller does: lex, split, parse, walk,
//! drop. What exceeds a limit must be refused as such.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use exonym::rewrite::{self, Context, World};
use exonym::sql::{LexOptions, Reason, lex, parse, split};

/// As tokio gives its workers.
const STACK: usize = 2 << 20;

/// Far more than any case takes, so that a busy machine does not fail the test; what is quadratic takes minutes.
const PATIENCE: Duration = Duration::from_secs(if cfg!(debug_assertions) { 40 } else { 5 });

/// Parses the one statement of `source`; the tree is walked to its depth by writing it out.
fn outcome(source: String) -> Result<(), Reason> {
    let run = move || {
        let tokens = lex(&source, LexOptions::default()).expect("lexes");
        let statements = split::statements(&source, &tokens);
        assert_eq!(statements.len(), 1);
        let tokens = &tokens[statements[0].clone()];
        // Queries go a shorter way, which is as safe, and may be nested deeper than other statements.
        let query = parse::with_stack(tokens.len(), || match parse::query(&source, tokens) {
            Ok(tree) => {
                assert!(tree.to_string().len() > 1);
                Ok(())
            }
            Err(error) => Err(error.reason),
        });
        parse::with_stack(tokens.len(), || match parse::statement(&source, tokens) {
            Ok(tree) => {
                assert!(tree.to_string().len() > 1);
                Ok(())
            }
            Err(error) => query.map_err(|_| error.reason),
        })
    };
    let started = Instant::now();
    let result = thread::Builder::new().stack_size(STACK).spawn(run).expect("a thread").join().expect("no panic");
    assert!(started.elapsed() < PATIENCE, "took {:?}", started.elapsed());
    result
}

/// What a caller meets that only wants tokens.
fn tokens(source: &str) -> usize {
    let started = Instant::now();
    let count =
        lex(source, LexOptions::default()).map_or(0, |tokens| split::statements(source, &tokens).len() + tokens.len());
    assert!(started.elapsed() < PATIENCE, "took {:?}", started.elapsed());
    count
}

fn repeated(head: &str, part: &str, times: usize, tail: &str) -> String {
    format!("{head}{}{tail}", part.repeat(times))
}

#[test]
fn chains_parse_up_to_the_limit_and_are_refused_beyond() {
    for part in [
        " + 1",
        " OR a",
        " AND a",
        " || a",
        "::int",
        " -> 'a'",
        " = 1 + 1",
        " IS NULL",
        " ISNULL",
        " NOTNULL",
        "[1]",
        " LIKE 'x'",
        " IN (1)",
        " AT TIME ZONE 'x'",
    ] {
        let operators = part.matches(['+', '=']).count().max(1);
        assert_eq!(outcome(repeated("SELECT a", part, 9_990 / operators, " FROM t")), Ok(()), "{part}");
        assert_eq!(outcome(repeated("SELECT a", part, 65_000 / operators, " FROM t")), Err(Reason::TooLarge), "{part}");
        assert_eq!(outcome(repeated("SELECT a", part, 100_000, " FROM t")), Err(Reason::TooLarge), "{part}");
    }
    assert_eq!(outcome(repeated("SELECT 1", " UNION ALL SELECT 1", 1_990, "")), Ok(()));
    assert_eq!(outcome(repeated("SELECT 1", " UNION ALL SELECT 1", 40_000, "")), Err(Reason::TooLarge));
    assert_eq!(outcome(repeated("SELECT 1", " UNION ALL SELECT 1", 100_000, "")), Err(Reason::TooLarge));
}

#[test]
fn lists_parse_up_to_the_limit_and_are_refused_beyond() {
    assert_eq!(outcome(repeated("SELECT a FROM t WHERE a IN (1", ",1", 190_000, ")")), Ok(()));
    assert_eq!(outcome(repeated("SELECT a FROM t WHERE a IN (1", ", 1234567", 1_200_000, ")")), Err(Reason::TooLarge));
    assert_eq!(outcome(repeated("INSERT INTO t VALUES (-1, 'a'::text)", ", (-1, 'a'::text)", 20_000, "")), Ok(()));
    assert_eq!(outcome(repeated("SELECT a FROM t", " JOIN u ON a", 80_000, "")), Ok(()));
    assert_eq!(outcome(repeated("SELECT a FROM t", " JOIN u ON a", 100_000, "")), Err(Reason::TooLarge));
    assert_eq!(outcome(repeated("SELECT CASE", " WHEN a THEN 1", 70_000, " END")), Ok(()));
    assert_eq!(outcome(repeated("SELECT a", ".a", 190_000, " FROM t")), Ok(()));
}

#[test]
fn nesting_parses_up_to_the_limit_and_is_refused_beyond() {
    let shapes = [
        ("(", "1", ")"),
        ("f(", "1", ")"),
        ("CASE WHEN a THEN ", "1", " END"),
        ("CAST(", "1", " AS int)"),
        ("array[", "1", "]"),
        ("row(1, ", "2", ")"),
        ("extract(day FROM ", "a", ")"),
        ("coalesce(a, ", "b", ")"),
        ("trim(both FROM ", "b", ")"),
        ("position('a' IN ", "b", ")"),
        ("current_time(", "1", ")"),
        ("date(", "a", ")"),
        ("(1 + ", "2", " * 3)"),
        ("f(CASE WHEN (", "a", ") THEN 1 END)"),
    ];
    for (open, middle, close) in shapes {
        let nested = |depth| format!("SELECT {}{middle}{} FROM t", open.repeat(depth), close.repeat(depth));
        assert_eq!(outcome(nested(73)), Ok(()), "{open}");
        for depth in [30, 100, 200, 220] {
            let _ = outcome(nested(depth));
        }
        assert_eq!(outcome(nested(5_000)), Err(Reason::TooDeep), "{open}");
        assert_eq!(outcome(format!("SELECT {}", open.repeat(5_000))), Err(Reason::TooDeep), "{open}");
    }
    for (open, middle, close) in [
        ("SELECT * FROM (", "SELECT 1", ") a"),
        ("SELECT (", "SELECT 1", ")"),
        ("SELECT 1 WHERE EXISTS (", "SELECT 1", ")"),
        ("SELECT 1 WHERE 1 IN (", "SELECT 1", ")"),
        ("WITH a AS (", "SELECT 1", ") SELECT * FROM a"),
        ("(", "SELECT 1", ")"),
        ("(", "SELECT 1", " UNION SELECT 2)"),
    ] {
        let nested = |depth| format!("{}{middle}{}", open.repeat(depth), close.repeat(depth));
        assert_eq!(outcome(nested(200)), Ok(()), "{open}");
        for depth in [30, 100, 200, 220] {
            let _ = outcome(nested(depth));
        }
        assert_eq!(outcome(nested(5_000)), Err(Reason::TooDeep), "{open}");
    }
    for depth in [10, 30, 100, 200] {
        let _ = outcome(format!("SELECT a FROM {}t{}", "(".repeat(depth), " JOIN u ON a)".repeat(depth)));
        let _ = outcome(format!("SELECT a FROM {}t{}", "(".repeat(depth), ")".repeat(depth)));
        let _ = outcome(format!("SELECT a FROM {}", "(t JOIN (SELECT ".repeat(depth / 2)));
    }
}

#[test]
fn prefixes_and_openings_without_end_are_refused() {
    for part in [
        "NOT ",
        "- ",
        "~ ",
        "@ ",
        "CASE - ",
        "interval ",
        "EXPLAIN ",
        "SELECT ",
        "DISTINCT ",
        "WITH a AS (",
        "FROM (",
        "[",
        "cast(",
    ] {
        let _ = outcome(repeated("SELECT ", part, 200, "1"));
        for times in [2_000, 60_000] {
            assert!(outcome(repeated("SELECT ", part, times, "1")).is_err(), "{part}");
        }
    }
    for part in [
        "IF a THEN ",
        "BEGIN ",
        "WHILE a ",
        "CASE a WHEN b THEN ",
        "EXPLAIN ",
        "PREPARE p AS ",
        "COPY (",
        "RETURN ",
        "WITH a AS (",
        "CREATE VIEW v AS ",
        "CREATE FUNCTION f() RETURN ",
        "CREATE SCHEMA s ",
        "SELECT 1 UNION ",
        "INSERT INTO t ",
        "(",
        "TABLE ",
        "DECLARE c CURSOR FOR ",
        "GRANT ",
        "MERGE INTO t USING ",
        "DO ",
        "CALL f(",
    ] {
        for times in [60, 200, 2_000, 30_000] {
            let _ = outcome(repeated("", part, times, "SELECT 1"));
        }
    }
    assert!(outcome(repeated("SELECT a FROM t", " JOIN u", 60_000, "")).is_err());
    let _ = outcome(repeated("SELECT a FROM t", " JOIN u", 90, &" ON a".repeat(90)));
    assert!(outcome(repeated("SELECT a::int", "[]", 50_000, "")).is_err());
}

/// Where the parser tries a query first and an expression then, an error far inside must not be looked for twice at each level.
#[test]
fn what_is_tried_in_two_ways_does_not_double() {
    for part in [
        "SELECT a IN (",
        "SELECT a IN ((",
        "SELECT f(a) IN (((",
        "SELECT NOT (a, b) IN (VALUES ((",
        "SELECT f((a IN (WITH a AS (",
        "SELECT (f(CASE a IN (",
        "SELECT EXISTS (SELECT (a) IN (",
        "SELECT * FROM ((SELECT (a) IN ((",
        "(a IN ((f(",
        "(NOT CASE (a, ",
        "f(a, (b.c(",
    ] {
        for broken in ["", "SELECT", "a a a", "END"] {
            for times in [6, 12, 24, 48, 96, 200] {
                let _ = outcome(repeated("SELECT ", part, times, broken));
            }
        }
    }
}

#[test]
fn lexing_and_splitting_are_linear() {
    let million = 1_000_000;
    for part in [
        "+-", "-", "/*", "'", "\"", "$a", "$a$ ", "$$ ", "'a'\n", "e'\\''", "--\n", "a.", "((", "))", "1_0", "U&'a' ",
        "a'", "@-+", "*/", "=/**/", "ä",
    ] {
        tokens(&part.repeat(million / part.len()));
    }
    assert_eq!(tokens(&"SELECT 1;".repeat(100_000)), 400_000);
    assert_eq!(tokens(&repeated("SELECT 1", "/**/", million, "")), 3);
    assert!(tokens(&repeated("CREATE FUNCTION f() BEGIN ATOMIC ", "SELECT CASE END;", 100_000, "")) > 0);
}

#[test]
fn what_is_led_past_the_parser_is_looked_at_once() {
    for (head, part, tail) in [
        ("SELECT f(a[1]", ", a[1]", ")"),
        ("INSERT INTO t (a", ", b[1]", ") VALUES (1)"),
        ("INSERT INTO t (a", "[1]", ") VALUES (1)"),
        ("UPDATE t SET a = 1", ", b[1] = 2", ""),
        ("INSERT INTO t VALUES (1)", " ON CONFLICT (f(a)) WHERE b", ""),
        ("INSERT INTO t VALUES (1) ON CONFLICT (a", ", lower(a) COLLATE b", ") DO NOTHING"),
        ("SELECT substring(a", " SIMILAR b", ")"),
        ("SELECT json_object(a: b", ", a: b FORMAT JSON", " NULL ON NULL)"),
        ("SELECT json_value(a, b PASSING c AS d", ", c AS d", ")"),
        ("SELECT a FROM json_table(b, c COLUMNS (d int", ", d int DEFAULT e ON EMPTY", "))"),
        ("SELECT a FROM xmltable(b PASSING c COLUMNS d int", ", d int PATH e", ")"),
        ("SELECT xmlforest(a AS b", ", a AS b", ")"),
        ("SELECT a FROM ROWS FROM (f(a)", ", g(b) AS (c int, d text)", ")"),
        ("SELECT a FROM ROWS FROM (f(a) AS (c int", ", c int", "))"),
        ("SELECT a", ", (a) search depth first by b set c", " FROM t"),
        ("SELECT a", ", (a) cycle b set c", " FROM t"),
        ("SELECT a", ", b.*::text", " FROM t"),
        ("SELECT a FROM t", ", t *", ""),
        ("SELECT 1", " UNION TABLE t", ""),
        ("SELECT a FROM t GROUP BY GROUPING SETS (a", ", GROUPING SETS (b)", ")"),
        ("COPY t FROM STDIN (FORCE_NULL (a)", ", FORMAT csv, FORCE_NULL (a)", ")"),
    ] {
        for times in [1_000, 15_000] {
            // Whether it is SQL does not matter here.
            let _ = outcome(repeated(head, part, times, tail));
        }
    }
}

/// Names far inside are found, and the result is checked, on the stack of a worker, too.
#[test]
fn names_are_replaced_however_deep_they_lie() {
    let mapping = "[tables.t]\ntable = \"tabelle\"\n[tables.t.columns]\nrating = { type = \"integer\", read = \"CASE WHEN useful THEN 4 END\" }\nkwh = \"energy\"";
    let catalog = r#"{ "relations": [{ "schema": "public", "name": "tabelle", "columns": [
        { "name": "id", "type": "integer" }, { "name": "useful", "type": "boolean" }, { "name": "energy", "type": "numeric" }] }] }"#;
    let mapping = exonym::mapping::file::parse("m.toml", mapping).expect("a good mapping");
    let catalog = exonym::catalog::file::parse(catalog, "c.json").expect("a good catalog").indexed();
    let world = Arc::new(World::new(1, vec![Arc::new(mapping)], Arc::new(catalog)));
    for (head, open, middle, close, tail) in [
        ("SELECT ", "(", "rating", ")", " FROM t"),
        ("SELECT ", "f(", "rating", ")", " FROM t"),
        ("SELECT ", "CASE WHEN kwh > 0 THEN ", "rating", " END", " FROM t"),
        ("", "SELECT (", "SELECT t.kwh FROM t", ")", ""),
        ("", "SELECT * FROM (", "SELECT rating, kwh FROM t", ") a", ""),
        ("", "SELECT 1 FROM t WHERE rating IN (", "SELECT kwh FROM t", ")", ""),
        ("", "SELECT rating FROM t WHERE EXISTS (", "SELECT kwh", ")", ""),
        ("", "WITH a AS (", "SELECT kwh FROM t", ") SELECT * FROM a", ""),
        ("", "(SELECT rating FROM t WHERE kwh = 1 UNION ", "SELECT rating FROM t", ")", ""),
    ] {
        let world = world.clone();
        let run = move || {
            let started = Instant::now();
            let text = format!("{head}{}{middle}{}{tail}", open.repeat(200), close.repeat(200));
            let plan = rewrite::plan(&world, &Context::new("ann", &["public".to_owned()]), &text);
            assert_eq!(plan.statements[0].refusal, None, "{open}");
            let sql = plan.sql.expect("it was rewritten");
            assert!(sql.contains("FROM tabelle") && !sql.contains("FROM t "), "{sql}");
            assert!(started.elapsed() < PATIENCE, "took {:?}", started.elapsed());
        };
        thread::Builder::new().stack_size(STACK).spawn(run).expect("a thread").join().expect("no panic");
    }
}
