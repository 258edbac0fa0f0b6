//! Makes a session that fails smaller, as long as it fails in the same way.

use std::time::{Duration, Instant};

use super::{Message, Session};

/// The smallest session found for which `fails` holds, within that time.
pub(crate) fn smallest(mut session: Session, patience: Duration, mut fails: impl FnMut(&Session) -> bool) -> Session {
    let until = Instant::now() + patience;
    loop {
        let before = size(&session);
        for step in [halves, batches, messages, parts, plainer] {
            let mut at = 0;
            while let Some(candidate) = step(&session, at) {
                if Instant::now() > until {
                    return session;
                }
                if size(&candidate) < size(&session) && fails(&candidate) {
                    session = candidate;
                } else {
                    at += 1;
                }
            }
        }
        if size(&session) == before {
            return session;
        }
    }
}

/// What there is to be made smaller.
fn size(session: &Session) -> usize {
    let text: usize = session.batches.iter().flatten().flat_map(Message::lines).map(|line| line.len() + 10).sum();
    text + session.batches.len() + 10 * (session.startup.len() + usize::from(session.limited))
}

/// Each fourth of the batches away.
fn halves(session: &Session, at: usize) -> Option<Session> {
    let length = session.batches.len().div_ceil(4).max(1);
    let from = at * length;
    (from < session.batches.len()).then(|| {
        let mut smaller = session.clone();
        smaller.batches.drain(from..(from + length).min(session.batches.len()));
        smaller
    })
}

/// Each batch away.
fn batches(session: &Session, at: usize) -> Option<Session> {
    (at < session.batches.len()).then(|| {
        let mut smaller = session.clone();
        smaller.batches.remove(at);
        smaller
    })
}

/// Each message away.
fn messages(session: &Session, mut at: usize) -> Option<Session> {
    for (number, batch) in session.batches.iter().enumerate() {
        if at < batch.len() {
            let mut smaller = session.clone();
            smaller.batches[number].remove(at);
            smaller.batches.retain(|batch| !batch.is_empty());
            return Some(smaller);
        }
        at -= batch.len();
    }
    None
}

/// Each statement and each message of the extended protocol away.
fn parts(session: &Session, mut at: usize) -> Option<Session> {
    let mut smaller = session.clone();
    for message in smaller.batches.iter_mut().flatten() {
        let length = match message {
            Message::Query(statements) | Message::CopyIn { query: statements, .. } => statements.len(),
            Message::Series(parts) => parts.len(),
        };
        if at >= length {
            at -= length;
            continue;
        }
        match message {
            Message::Query(statements) | Message::CopyIn { query: statements, .. } => drop(statements.remove(at)),
            Message::Series(parts) => drop(parts.remove(at)),
        }
        return Some(smaller);
    }
    None
}

/// The startup packet and the proxy plainer, padding and limits of rows away, a series of one statement as a simple query.
fn plainer(session: &Session, mut at: usize) -> Option<Session> {
    let mut smaller = session.clone();
    if at < session.startup.len() {
        smaller.startup.remove(at);
        return Some(smaller);
    }
    at -= session.startup.len();
    if session.limited {
        if at == 0 {
            smaller.limited = false;
            return Some(smaller);
        }
        at -= 1;
    }
    for message in smaller.batches.iter_mut().flatten() {
        let texts: Vec<&mut String> = match message {
            Message::Query(statements) | Message::CopyIn { query: statements, .. } => {
                statements.iter_mut().map(|s| &mut s.text).collect()
            }
            Message::Series(parts) => parts.iter_mut().map(|p| &mut p.line).collect(),
        };
        for text in texts {
            let plain = text.replace("{ *2100}", "");
            let plain = plain.strip_suffix(" | 1").map_or(plain.clone(), str::to_owned);
            if plain != *text {
                if at == 0 {
                    *text = plain;
                    return Some(smaller);
                }
                at -= 1;
            }
        }
    }
    None
}
