//! Random sessions: what a client sends on one connection, batch by batch, in the language of `tests/frames/`.
//!
//! A batch is sent in one write and then its answers are waited for. Each message gives one `ReadyForQuery`, so nothing has to be
//! guessed. `tests/sessions.rs` runs them.

pub(crate) mod generator;
pub(crate) mod judge;
#[path = "../random/seed.rs"]
pub(crate) mod seed;
pub(crate) mod sides;
pub(crate) mod smaller;
pub(crate) mod words;

use std::fmt::Write as _;

use super::support::script::{Line, Step};

/// What one client does.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    /// Parameters of the startup packet beside the database.
    pub(crate) startup: Vec<(String, String)>,
    /// True where the proxy reads statements of up to 2,000 bytes only.
    pub(crate) limited: bool,
    /// True where it may change the table `moving`, which is made anew behind it.
    pub(crate) migrates: bool,
    pub(crate) batches: Vec<Batch>,
}

/// Messages in one write.
pub(crate) type Batch = Vec<Message>;

#[derive(Clone, Debug)]
pub(crate) enum Message {
    /// A simple query of these statements.
    Query(Vec<Statement>),
    /// A simple query that reads copy data, which follow.
    CopyIn { query: Vec<Statement>, data: Vec<String> },
    /// Messages of the extended protocol, and a Sync.
    Series(Vec<Part>),
}

/// One statement, as a script writes it.
#[derive(Clone, Debug)]
pub(crate) struct Statement {
    pub(crate) text: String,
    /// True when neither the database nor the session is another one after it.
    pub(crate) reads: bool,
}

/// One message of the extended protocol.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) line: String,
    pub(crate) reads: bool,
}

impl Message {
    /// True when a refusal of it leaves the server as it is.
    pub(crate) fn reads(&self) -> bool {
        match self {
            Self::Query(statements) => statements.iter().all(|s| s.reads),
            Self::CopyIn { .. } => false,
            Self::Series(parts) => parts.iter().all(|p| p.reads),
        }
    }

    /// As a script has it.
    pub(crate) fn lines(&self) -> Vec<String> {
        match self {
            Self::Query(statements) => vec![format!("Q {}", joined(statements))],
            Self::CopyIn { query, data } => {
                std::iter::once(format!("Q {}", joined(query))).chain(data.iter().cloned()).collect()
            }
            Self::Series(parts) => parts.iter().map(|p| p.line.clone()).chain(["S".into()]).collect(),
        }
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let send = |text: String| {
            let line = Line { connection: "a".into(), text, at: "a random session".into() };
            match line.step("") {
                Step::Send(bytes) => bytes,
                other => panic!("no message: {other:?}"),
            }
        };
        self.lines().into_iter().flat_map(send).collect()
    }
}

/// Statements as one text; a comment at the end of a line must not swallow the next one.
fn joined(statements: &[Statement]) -> String {
    let mut text = String::new();
    for (number, statement) in statements.iter().enumerate() {
        if number > 0 {
            text.push_str(if text.contains("--") { "\\n; " } else { "; " });
        }
        text.push_str(&statement.text);
    }
    text
}

impl Session {
    /// A case for `tests/frames/`; `cleared` are the batches behind which both sides were put into the same state.
    pub(crate) fn script(&self, name: &str, cleared: &[(usize, &[&str])]) -> String {
        let mut text = format!("== {name}\nnames: legacy\n");
        if self.limited {
            text.push_str("# with `max_statement_bytes` of 2000\n");
        }
        if self.migrates {
            text.push_str("# with the table `moving`\n");
        }
        if !self.startup.is_empty() {
            let parameters: Vec<String> = self.startup.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let _ = writeln!(text, "startup: {}", parameters.join("; "));
        }
        for (number, batch) in self.batches.iter().enumerate() {
            for line in batch.iter().flat_map(Message::lines) {
                let _ = writeln!(text, "{}", line.trim_end());
            }
            let _ = writeln!(text, "wait Z {}", batch.len());
            for (_, how) in cleared.iter().filter(|(at, _)| *at == number) {
                let _ = writeln!(text, "# refused, and then {}", how.join("; "));
            }
        }
        text
    }
}
