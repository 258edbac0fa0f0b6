//! Reads the case files of `tests/oracle/`: SQL with a few directives in comments before it.
//!
//! ```sql
//! -- case: a name, unique in all files
//! -- set: SET TimeZone = 'America/New_York'
//! -- $1 = int4 5
//! SELECT id FROM solver WHERE rating = $1 ORDER BY id
//! -- then
//! SELECT 1
//! ```
//! A case is one or more steps on one connection. `tests/clients/psycopg_cases.py` reads the same files.

#![allow(dead_code, reason = "each test binary uses its own part of this")]

use std::fs;
use std::path::Path;

/// Statements that must answer the same on both sides.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    /// What it is about.
    pub(crate) name: String,
    /// The file, for messages.
    pub(crate) file: String,
    /// `-- straight: current`: the other side is the current database itself, for SQL in current names.
    pub(crate) straight: Straight,
    /// `-- protocol: …`; empty means all.
    pub(crate) protocols: Vec<String>,
    /// `-- set: …`: sent first, on both sides.
    pub(crate) set: Vec<String>,
    /// `-- rollback`: runs between BEGIN and ROLLBACK, because it changes data.
    pub(crate) rollback: bool,
    /// In order.
    pub(crate) steps: Vec<Step>,
}

/// What goes straight to the server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Straight {
    /// The legacy database.
    Legacy,
    /// The current database: the proxy must not change a thing.
    Current,
}

/// One text, sent in one Query or one Parse.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    /// As it stands in the file, to the byte.
    pub(crate) sql: String,
    /// What must come.
    pub(crate) expect: Expect,
    /// The codes of a refusal that is as good as the answer.
    pub(crate) refusals: Vec<String>,
    /// `-- as: …`: what goes straight in place of a refused text; without it a statement over a relation that is not there.
    pub(crate) sent_as: Option<String>,
    /// `-- $n = type value`: type OID (0 when undeclared) and text (none is NULL).
    pub(crate) parameters: Vec<(u32, Option<String>)>,
    /// `-- notices: any`.
    pub(crate) any_notices: bool,
    /// What of the rows must be equal.
    pub(crate) rows: Rows,
}

/// What of the rows must be equal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Rows {
    /// All of them, in their order: ORDER BY stands at the top, or `-- rows: ordered`.
    InOrder,
    /// All of them.
    AnyOrder,
    /// Nothing; `-- compare: shape`, for EXPLAIN.
    Any,
}

/// What the proxy may do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Expect {
    /// Answer as the straight side does.
    Same,
    /// `-- refused: 0A000`, or one of several codes, with ` or ` between.
    Refused(Vec<String>),
    /// `-- same-or-refused`: a refusal is 0A000, or another code when the directive names it.
    SameOrRefused,
}

/// All cases of a directory, in the order of file names.
pub(crate) fn load(directory: &Path) -> Vec<Case> {
    let mut paths: Vec<_> = fs::read_dir(directory)
        .expect("the case files are there")
        .map(|entry| entry.expect("it can be listed").path())
        .filter(|path| path.extension().is_some_and(|e| e == "sql"))
        .collect();
    paths.sort();
    let mut cases: Vec<Case> = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).expect("a case file is UTF-8");
        let file = path.file_name().expect("a file").to_string_lossy().into_owned();
        for case in parse(&file, &text) {
            let twin = cases.iter().find(|c| c.name == case.name);
            assert!(twin.is_none(), "{file}: the name `{}` is taken", case.name);
            cases.push(case);
        }
    }
    cases
}

fn parse(file: &str, text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    let mut in_sql = false;
    for (number, line) in text.split('\n').enumerate() {
        let at = format!("{file}:{}", number + 1);
        if let Some(name) = line.strip_prefix("-- case: ") {
            cases.push(Case::new(file, name));
            in_sql = false;
            continue;
        }
        let Some(case) = cases.last_mut() else {
            assert!(line.is_empty() || line.starts_with("--"), "{at}: SQL before the first case");
            continue;
        };
        if line == "-- then" {
            case.steps.push(Step::default());
            in_sql = false;
        } else if !in_sql && line.starts_with("-- ") && case.directive(&line[3..], &at) {
        } else if in_sql || !line.is_empty() {
            let step = case.steps.last_mut().expect("a case has a step");
            if in_sql {
                step.sql.push('\n');
            }
            step.sql.push_str(line);
            in_sql = true;
        }
    }
    for case in &mut cases {
        for step in &mut case.steps {
            step.sql.truncate(step.sql.trim_end_matches('\n').len());
            assert!(!step.sql.is_empty(), "{file}: `{}` has a step without SQL", case.name);
            if step.rows == Rows::AnyOrder && ordered(&step.sql) {
                step.rows = Rows::InOrder;
            }
        }
    }
    cases
}

impl Case {
    fn new(file: &str, name: &str) -> Self {
        Self {
            name: name.trim().into(),
            file: file.into(),
            straight: Straight::Legacy,
            protocols: Vec::new(),
            set: Vec::new(),
            rollback: false,
            steps: vec![Step::default()],
        }
    }

    /// Takes one directive; false when the line is a comment of the SQL itself.
    fn directive(&mut self, line: &str, at: &str) -> bool {
        let step = self.steps.last_mut().expect("a case has a step");
        let (key, value) = line.split_once(": ").map_or((line, ""), |(key, value)| (key, value.trim()));
        match (key, value) {
            ("straight", "current") => self.straight = Straight::Current,
            ("protocol", list) => self.protocols = list.split(", ").map(Into::into).collect(),
            ("set", sql) => self.set.push(sql.into()),
            ("rollback", "") => self.rollback = true,
            ("refused", code) => step.expect = Expect::Refused(code.split(" or ").map(Into::into).collect()),
            ("same-or-refused", code) => {
                step.expect = Expect::SameOrRefused;
                step.refusals = ["0A000", code].iter().filter(|c| !c.is_empty()).map(|c| (*c).into()).collect();
            }
            ("as", sql) => step.sent_as = Some(sql.into()),
            ("compare", "shape") => step.rows = Rows::Any,
            ("notices", "any") => step.any_notices = true,
            ("rows", "ordered") => step.rows = Rows::InOrder,
            ("traps", _) => {}
            _ if line.starts_with('$') => {
                let (number, value) = line[1..].split_once(" = ").unwrap_or_else(|| panic!("{at}: `$n = type value`"));
                assert_eq!(number, (step.parameters.len() + 1).to_string(), "{at}: parameters come in order");
                step.parameters.push(parameter(value, at));
            }
            _ => return false,
        }
        true
    }
}

impl Default for Step {
    fn default() -> Self {
        Self {
            sql: String::new(),
            expect: Expect::Same,
            refusals: Vec::new(),
            sent_as: None,
            parameters: Vec::new(),
            any_notices: false,
            rows: Rows::AnyOrder,
        }
    }
}

fn parameter(text: &str, at: &str) -> (u32, Option<String>) {
    let (name, value) = text.split_once(' ').unwrap_or_else(|| panic!("{at}: `$n = type value`"));
    let oid = match name {
        "unknown" => 0,
        "bool" => 16,
        "int8" => 20,
        "int2" => 21,
        "int4" => 23,
        "text" => 25,
        "float8" => 701,
        "varchar" => 1043,
        "date" => 1082,
        "timestamp" => 1114,
        "timestamptz" => 1184,
        "numeric" => 1700,
        "jsonb" => 3802,
        "int4[]" => 1007,
        "text[]" => 1009,
        other => panic!("{at}: no type `{other}`"),
    };
    (oid, (value != "NULL").then(|| value.into()))
}

/// True when ORDER BY stands outside of all parentheses, strings, quoted names and comments.
fn ordered(sql: &str) -> bool {
    let bytes = sql.as_bytes();
    let (mut depth, mut at, mut plain) = (0_i32, 0, String::new());
    let skip_to = |from: usize, end: &str| sql[from..].find(end).map_or(bytes.len(), |i| from + i + end.len());
    while at < bytes.len() {
        let byte = bytes[at];
        match byte {
            b'-' if sql[at..].starts_with("--") => at = skip_to(at, "\n"),
            b'/' if sql[at..].starts_with("/*") => at = skip_to(at, "*/"),
            b'\'' | b'"' => at = skip_to(at + 1, if byte == b'"' { "\"" } else { "'" }),
            _ => {
                depth += i32::from(byte == b'(') - i32::from(byte == b')');
                if depth == 0 {
                    plain.push(if byte.is_ascii_whitespace() { ' ' } else { byte.to_ascii_lowercase().into() });
                }
                at += 1;
                continue;
            }
        }
        plain.push(' ');
    }
    plain.split(' ').filter(|w| !w.is_empty()).collect::<Vec<_>>().windows(2).any(|w| w == ["order", "by"])
}

#[test]
fn an_order_is_seen_only_at_the_top() {
    assert!(ordered("SELECT 1 ORDER\n BY 1"));
    assert!(ordered("SELECT f(a) /* ( */ FROM (SELECT ')' ORDER BY 1) x order by 1"));
    assert!(!ordered("SELECT array_agg(x ORDER BY x), 'order by' -- order by\nFROM t"));
}
