//! The same frames to the server itself and to the proxy before it: each byte of the answers that may be compared is compared.
//!
//! The cases stand in `tests/frames/`, their language in `support/script.rs`. A case in plain names goes through with an empty
//! mapping and with one for tables that it does not name; a case in legacy names goes straight to a database in legacy names; a case
//! with a refusal compares an error of Exonym's with one of the server's in the same place. All of them as they stand, byte by byte in
//! both directions, and in one write; all of that before the machine's server and before Postgres 18. `EXONYM_CASE=part of a name` runs some of them,
//! `EXONYM_TIMES=200` so often: what is only sometimes wrong shows under load.

#[path = "support/mod.rs"]
mod support;

use std::fmt::Write as _;

use support::player::{Answers, Pace, Target, play};
use support::postgres::{Postgres, Version};
use support::proxy::{Proxy, Setup};
use support::raw::{self, Frame};
use support::script::{self, Script};
use support::slicer;

/// What both databases have, and what is put back before each run.
const FIXTURE: &str = "
    CREATE TABLE t (id int PRIMARY KEY, name text);
    CREATE FUNCTION warn() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE 'hm'; RETURN 1; END $$;
    CREATE VIEW v AS SELECT 1 AS a;
    CREATE SCHEMA other;
    CREATE TABLE other.meter_log (id int, kwh text, kwh_consumed text);
    INSERT INTO other.meter_log VALUES (1, 'other', 'other, in the current name');
    CREATE SCHEMA reader; CREATE TABLE reader.meter_log (id int, kwh text); INSERT INTO reader.meter_log VALUES (1, 'reader');
    CREATE SCHEMA closed; CREATE TABLE closed.meter_log (id int, kwh text, kwh_consumed text);
    INSERT INTO closed.meter_log VALUES (1, 'closed', 'closed, in the current name');
    GRANT ALL ON SCHEMA public, other, reader TO PUBLIC; GRANT ALL ON ALL TABLES IN SCHEMA public, other, reader TO PUBLIC;";
const RESET: &str = "TRUNCATE t; INSERT INTO t SELECT i, 'n' || i FROM generate_series(1, 5) i";
/// The tables of the random sessions, so that what was found there can stand here.
const COMMON: &str = include_str!("sessions/common.sql");
const SESSIONS: &str = include_str!("sessions/mapping.toml");
const LEGACY: &str = "frames_legacy";
const CURRENT: &str = "frames_current";
/// `ghost` is a column that the warehouse lacks, so that naming it is refused.
const MAPPING: &str = "[mapping]\nname = \"m\"\n[tables.meter_log.columns]\nkwh = \"kwh_consumed\"\nghost = \"gone\"\n";
const UNRELATED: &str = "[mapping]\nname = \"m\"\n[tables.consumption_log.columns]\nconsumption_kwh = \"kwh\"\n";

#[test]
fn every_reply_is_what_the_server_would_say() {
    plays_the_same(Version::Installed);
}

#[test]
fn every_reply_is_what_postgres_18_would_say() {
    plays_the_same(Version::Eighteen);
}

/// A server with both databases, and the proxies before it, by which mapping they have.
struct Stage {
    server: Postgres,
    plain: [(&'static str, Proxy); 2],
    plain_sliced: [(&'static str, Proxy); 1],
    mapped: [(&'static str, Proxy); 1],
    mapped_sliced: [(&'static str, Proxy); 1],
}

impl Stage {
    fn new(version: Version) -> Self {
        let settings = ["wal_level=logical", "max_wal_senders=10", "max_replication_slots=10"];
        let server = Postgres::start_as(version, &settings);
        if version == Version::Eighteen {
            assert_eq!(server.version(), 18);
        }
        for (database, column, own) in [
            (LEGACY, "kwh", include_str!("sessions/legacy.sql")),
            (CURRENT, "kwh_consumed", include_str!("sessions/current.sql")),
        ] {
            server.database(database);
            server.sql(
                database,
                &format!(
                    "CREATE TABLE meter_log (id int PRIMARY KEY, {column} numeric, note text);
                INSERT INTO meter_log SELECT i, i * 10, 'n' || i FROM generate_series(1, 3) i; {FIXTURE} {own} {COMMON}"
                ),
            );
        }
        server.sql("postgres", "CREATE ROLE reader LOGIN; CREATE ROLE plain LOGIN");
        server.prepend_hba("host replication all 127.0.0.1/32 trust");
        let slices = slicer::before(server.port);
        let start = |port: u16, database: &str, mapping: &str| {
            let mut setup = Setup::to(port, database);
            if !mapping.is_empty() {
                setup.map(server.port, mapping);
            }
            if mapping == MAPPING {
                setup.map(server.port, SESSIONS);
            }
            setup.start()
        };
        let plain = [
            ("empty mapping", start(server.port, LEGACY, "")),
            ("other mapping", start(server.port, LEGACY, UNRELATED)),
        ];
        let plain_sliced = [("empty mapping", start(slices, LEGACY, ""))];
        let mapped = [("mapped", start(server.port, CURRENT, MAPPING))];
        let mapped_sliced = [("mapped", start(slices, CURRENT, MAPPING))];
        Self { server, plain, plain_sliced, mapped, mapped_sliced }
    }

    /// How a script is sent, and through which proxies.
    fn ways(&self, script: &Script) -> Vec<(Pace, &[(&'static str, Proxy)])> {
        let (at_once, sliced) = if is_mapped(script) {
            (&self.mapped[..], &self.mapped_sliced[..])
        } else {
            (&self.plain[..], &self.plain_sliced[..])
        };
        let mut ways = vec![(Pace::AsItStands, at_once)];
        if !script.large {
            ways.push((Pace::ByteByByte, sliced));
        }
        if script.is_alone() {
            ways.push((Pace::InOneWrite, at_once));
        }
        ways
    }
}

const fn is_mapped(script: &Script) -> bool {
    script.legacy || script.refused.is_some()
}

fn plays_the_same(version: Version) {
    let stage = Stage::new(version);
    let wanted = std::env::var("EXONYM_CASE").unwrap_or_default();
    let is_18 = stage.server.version() >= 18;
    let mut failures = String::new();
    let mut ran = 0;
    let scripts = script::load(&support::twins::root().join("tests/frames"));
    let times = std::env::var("EXONYM_TIMES").map_or(1, |times| times.parse().expect("EXONYM_TIMES=<number>"));
    let scripts = scripts.iter().filter(|s| s.name.contains(&wanted) && s.is_for(is_18));
    for script in scripts.flat_map(|script| std::iter::repeat_n(script, times)) {
        ran += 1;
        let straight = if script.refused.is_some() { CURRENT } else { LEGACY };
        let (ours, theirs) = script.refused.as_ref().map_or(("", ""), |(ours, theirs)| (ours, theirs));
        let server = stage.server.port;
        for (pace, proxies) in stage.ways(script) {
            // A fragment is no other message: the server itself need not be bothered byte by byte.
            let pace_straight = if pace == Pace::ByteByByte { Pace::AsItStands } else { pace };
            let target = Target { port: server, database: straight, bad: theirs, server, reset: RESET };
            let expected = play(script, &target, pace_straight);
            for (which, proxy) in proxies {
                let database = if is_mapped(script) { CURRENT } else { LEGACY };
                let target = Target { port: proxy.port, database, bad: ours, server, reset: RESET };
                let got = play(script, &target, pace);
                if let Some(difference) = compare(script, &expected, &got) {
                    let _ =
                        writeln!(failures, "\n=== {} ({}; {which}, {pace:?})\n{difference}", script.name, script.file);
                }
            }
        }
    }
    assert!(ran > 0 || !wanted.is_empty(), "no case is called like `{wanted}`");
    assert!(failures.is_empty(), "{failures}\nof {ran} cases");
}

/// What differs, if anything.
fn compare(script: &Script, expected: &Result<Answers, String>, got: &Result<Answers, String>) -> Option<String> {
    let (expected, got) = match (expected, got) {
        (Ok(expected), Ok(got)) => (expected, got),
        (Err(why), _) => return Some(format!("straight: {why}")),
        (_, Err(why)) => return Some(format!("through: {why}")),
    };
    for ((name, expected), (_, got)) in expected.iter().zip(got) {
        let comparable = |frames: &[Frame]| -> Vec<Frame> { frames.iter().filter_map(|f| masked(script, f)).collect() };
        let (left, right) = (comparable(expected), comparable(got));
        if let Some(at) = (0..left.len().max(right.len())).find(|&at| left.get(at) != right.get(at)) {
            let show = |frames: &[Frame]| {
                let part = frames.iter().skip(at.saturating_sub(2)).take(6);
                part.map(|f| format!("    {f:?}")).collect::<Vec<_>>().join(
                    "
",
                )
            };
            return Some(format!(
                "on `{name}` from frame {at} on ({} straight, {} through)\n  straight\n{}\n  through\n{}",
                raw::tags(&left),
                raw::tags(&right),
                show(&left),
                show(&right)
            ));
        }
        let markers = got.iter().filter(|f| f.tag == b'E').filter_map(|f| f.field(b'M'));
        if let Some(shown) = markers.into_iter().find(|m| m.contains("exonym: ") || m.contains("exonym_refuses")) {
            return Some(format!("a marker shows: {shown}"));
        }
    }
    None
}

/// A frame as far as both sides must agree; none for what comes as it likes.
fn masked(script: &Script, frame: &Frame) -> Option<Frame> {
    let mut body = frame.body.clone();
    let other_names = script.legacy || script.refused.is_some();
    match frame.tag {
        // As long as the server's own.
        b'K' => body.fill(0),
        b'A' => body[..4].fill(0),
        b'D' if script.mask_rows => body.clear(),
        b'd' if script.mask_copy => return None,
        b'T' if other_names => raw::without_origin(&mut body),
        b'E' if script.refused.is_some() => {
            body =
                [b'S', b'V', b'C'].iter().map(|f| frame.field(*f).unwrap_or_default() + " ").collect::<String>().into();
        }
        b'E' if script.legacy => {
            let fields = [b'S', b'V', b'C', b'P'];
            body = fields.iter().map(|f| frame.field(*f).unwrap_or_default() + " ").collect::<String>().into();
        }
        _ => {}
    }
    Some(Frame { tag: frame.tag, body })
}
