//! `exonym serve` as a user meets it: start, wrong input, readiness, reload, DDL, drain.

mod support;

use std::fs;
use std::io::Read as _;
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use support::place::{MAPPING, Place, SCHEMA};
use support::postgres::{Postgres, bin, shared};
use support::program::{Proxy, eventually, serve};

/// psql as a session that stays: statements go in, the process id says who it is on the server.
struct Session {
    child: std::process::Child,
}

impl Session {
    fn open(proxy: &Proxy, database: &str) -> Self {
        let child = Command::new(bin("psql"))
            .args(["-X", "-q", "-A", "-t", "-h", "127.0.0.1", "-U", "postgres", "-v", "VERBOSITY=verbose"])
            .args(["-p", &proxy.port.to_string(), "-d", database])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("psql can be run");
        // Answered, so the session is open.
        let mut session = Self { child };
        session.ask("SELECT 1");
        session
    }

    /// The one line that a statement answers.
    fn ask(&mut self, sql: &str) -> String {
        use std::io::Write as _;
        let stdin = self.child.stdin.as_mut().expect("piped");
        writeln!(stdin, "{sql};").expect("psql reads");
        let stdout = self.child.stdout.as_mut().expect("piped");
        let mut line = Vec::new();
        let mut byte = [0];
        while stdout.read(&mut byte).expect("psql writes") == 1 && byte != *b"\n" {
            line.push(byte[0]);
        }
        String::from_utf8(line).expect("UTF-8")
    }

    /// Ends psql, and tells what it said on standard error.
    fn end(mut self) -> String {
        drop(self.child.stdin.take());
        let output = self.child.wait_with_output().expect("psql ends");
        String::from_utf8_lossy(&output.stderr).into_owned()
    }
}

#[test]
fn legacy_names_work_through_it_and_are_counted() {
    let place = Place::new("works");
    let proxy = place.serve();
    assert_eq!(proxy.sql("works", "SELECT sum(consumption_kwh) FROM log"), "6.5");
    assert_eq!(proxy.sql("works", "SELECT kwh FROM log WHERE id = 1"), "2.5");
    let rewrites = "exonym_rewrites_total{client=\"psql\",column=\"consumption_kwh\",kind=\"rename\",mapping=\"app\",table=\"log\"}";
    assert_eq!(proxy.metric(rewrites), Some(1.0), "{}", proxy.get("/metrics").1);
    assert!(proxy.error("elsewhere", "SELECT 1").contains("database \"elsewhere\" does not exist"));
    assert_eq!(proxy.get("/healthz").0, 200);
    assert_eq!(proxy.get("/nothing").0, 404);
    // What was asked stands in no log.
    assert!(!proxy.log().contains("SELECT"), "{}", proxy.log());
}

#[test]
fn it_listens_on_a_unix_socket_too() {
    let place = Place::new("unix_socket");
    let socket = format!("unix:{}:7777", place.directory.path().display());
    let mut proxy =
        Proxy::start(&["--to", &place.url(), "--mappings", &place.text_path("mappings"), "--listen", &socket]);
    proxy.wait_until_ready();
    let output = Command::new(bin("psql"))
        .args(["-X", "-q", "-A", "-t", "-U", "postgres", "-p", "7777", "-d", "unix_socket", "-h"])
        .arg(place.directory.path())
        .args(["-c", "SELECT max(consumption_kwh) FROM log"])
        .output()
        .expect("psql can be run");
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "4", "{}", String::from_utf8_lossy(&output.stderr));
    proxy.signal("TERM");
    assert!(proxy.wait().success());
    assert!(!place.path(".s.PGSQL.7777").exists(), "its name goes with it");
}

#[test]
fn what_keeps_it_from_starting_is_told_at_once() {
    let place = Place::new("refuses_to_start");
    let refused = |args: &[&str]| {
        let output = serve(args).output().expect("exonym runs");
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8(output.stderr).expect("UTF-8")
    };
    let said = refused(&["--config", "/nonexistent/exonym.toml"]);
    assert!(said.contains("there is no configuration `/nonexistent/exonym.toml`"), "{said}");
    place.write("mappings/wrong.toml", "[tables.log.columns]\na = 5\nb = 6\n[tabels]\n");
    let said = refused(&["--to", &place.url(), "--mappings", &place.text_path("mappings")]);
    assert!(said.contains("wrong.toml:2") && said.contains("wrong.toml:3") && said.contains("wrong.toml:4"), "{said}");
    let said = refused(&["--to", &place.url(), "--mappings", &place.text_path("nothing")]);
    assert!(said.contains("error[C015]") && said.contains("nothing"), "{said}");
    fs::remove_file(place.path("mappings/wrong.toml")).expect("ours");
    place
        .write("exonym.toml", &fs::read_to_string(place.configure("")).expect("ours").replace("[\"app\"]", "[\"ap\"]"));
    let said = refused(&["--config", &place.text_path("exonym.toml")]);
    assert!(said.contains("there is no mapping `ap`") && said.contains("did you mean `app`?"), "{said}");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("bound").to_string();
    let said = refused(&["--to", &place.url(), "--mappings", &place.text_path("mappings"), "--listen", &address]);
    assert!(said.contains(&format!("cannot listen on `{address}`")), "{said}");
}

#[test]
fn a_bad_mapping_changes_nothing_and_a_good_one_is_taken() {
    let place = Place::new("reloads");
    let proxy = place.serve();
    let reloads = |result| proxy.metric(&format!("exonym_mapping_reloads_total{{result=\"{result}\"}}")).unwrap_or(0.0);
    let generation = || proxy.metric("exonym_mapping_generation").expect("always there");
    let first = generation();
    place.write("mappings/app.toml", "[tables.log.columns]\nconsumption_kwh = \n");
    let entry = proxy.wait_for_message("mappings not reloaded");
    assert!(entry["message"].as_str().is_some_and(|m| m.contains("app.toml:2")), "{entry}");
    assert_eq!((reloads("rejected"), generation() - first), (1.0, 0.0), "{}", proxy.get("/metrics").1);
    assert_eq!(proxy.sql("reloads", "SELECT sum(consumption_kwh) FROM log"), "6.5");
    assert_eq!(proxy.get("/readyz").0, 200);

    place.write("mappings/app.toml", &format!("{MAPPING}old_id = \"id\"\n"));
    proxy.wait_for_message("mappings reloaded");
    assert_eq!((reloads("accepted"), generation() - first), (1.0, 1.0));
    assert_eq!(proxy.sql("reloads", "SELECT max(old_id) FROM log"), "2");

    proxy.signal("HUP");
    proxy.wait_for_message("asked to reload");
    assert_eq!((reloads("accepted"), generation() - first), (2.0, 1.0), "nothing new, nothing swapped");
}

#[test]
fn a_pack_that_changes_is_reloaded_wherever_it_is() {
    let place = Place::new("packs");
    fs::create_dir(place.path("shared")).expect("ours");
    place.write("mappings/app.toml", "[mapping]\nextends = [\"../shared/common\"]\n");
    place.write("shared/common.toml", "[mapping]\nextends = [\"names\"]\n");
    place.write("shared/names.toml", "[tables.log.columns]\nconsumption_kwh = \"kwh\"\n");
    let proxy = place.serve();
    let sum = |column: &str| proxy.sql("packs", &format!("SELECT sum({column}) FROM log"));
    assert_eq!(sum("consumption_kwh"), "6.5");
    place.write("shared/names.toml", "[tables.log.columns]\nenergy = \"kwh\"\n");
    proxy.wait_for_message("mappings reloaded");
    assert_eq!(sum("energy"), "6.5");

    fs::remove_file(place.path("shared/names.toml")).expect("ours");
    let entry = proxy.wait_for_message("mappings not reloaded");
    let said = entry["message"].as_str().expect("text").to_owned();
    assert!(said.contains("M032") && said.contains("common.toml:2"), "{said}");
    assert_eq!(sum("energy"), "6.5", "those in use stay");
    // Back again, and other than before.
    place.write("shared/names.toml", "[tables.log.columns]\nagain = \"kwh\"\n");
    eventually("taken", || match proxy.psql("packs", "SELECT sum(again) FROM log") {
        output if output.status.success() => Ok(()),
        output => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    });
}

#[test]
fn a_signal_reloads_what_the_configuration_now_says() {
    let place = Place::new("relists");
    let proxy = place.serve_limited("");
    place.write("mappings/more.toml", "[mapping]\nname = \"more\"\n[tables.other.columns]\na = \"b\"\n");
    let text = fs::read_to_string(place.path("exonym.toml")).expect("ours");
    place.write(
        "exonym.toml",
        &text.replace("[\"app\"]", "[\"more\"]").replace("[limits]", "[limits]\nmax_connections = 7"),
    );
    proxy.signal("HUP");
    proxy.wait_for_log(|e| e["message"] == "route" && e["mappings"] == "more");
    proxy.wait_for_message("restart to put that in force");
    let said = proxy.error("relists", "SELECT consumption_kwh FROM log");
    assert!(said.contains("42703"), "the mapping is not this route's any more: {said}");
    place.write("exonym.toml", "mappings = 5\n");
    proxy.wait_for_message("mappings not reloaded");
}

#[test]
fn what_ddl_changes_is_known_to_the_next_statement() {
    let place = Place::new("ddl");
    // Nothing is read by the clock.
    let proxy = place.serve_limited("catalog_refresh = \"1h\"");
    let renamed = "ALTER TABLE log RENAME COLUMN kwh TO consumption_kwh";
    assert_eq!(proxy.sql("ddl", &format!("{renamed}; SELECT 1")), "1");
    // The real column wins now.
    assert_eq!(proxy.sql("ddl", "SELECT sum(consumption_kwh) FROM log"), "6.5");
    // And what changes behind its back is learned from the failure.
    shared().sql("ddl", "ALTER TABLE log RENAME COLUMN consumption_kwh TO kwh");
    eventually("rewritten again", || {
        let output = proxy.psql("ddl", "SELECT sum(consumption_kwh) FROM log");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() { Ok(()) } else { Err(said) }
    });
}

#[test]
fn it_is_not_ready_before_the_catalog_is_read() {
    let place = Place::new("unready");
    let url = place.url().replace("postgres@", "comes_later@");
    let proxy = Proxy::start(&["--to", &url, "--mappings", &place.text_path("mappings")]);
    let (status, why) = eventually("told why", || match proxy.get("/readyz") {
        (503, why) if why.contains("cannot log in") => Ok((503, why)),
        other => Err(format!("{other:?}")),
    });
    assert!(
        status == 503 && why.contains("role \"comes_later\" does not exist") && why.contains("introspect"),
        "{why}"
    );
    assert_eq!(proxy.get("/healthz").0, 200);
    let said = proxy.error("unready", "SELECT 1");
    assert!(said.contains("has not read the catalog of database \"unready\" yet"), "{said}");
    shared().sql("unready", "CREATE ROLE comes_later LOGIN");
    proxy.wait_until_ready();
    assert_eq!(proxy.sql("unready", "SELECT sum(consumption_kwh) FROM log"), "6.5");
}

#[test]
fn a_backend_that_dies_is_told_and_takes_nothing_with_it() {
    let server = Postgres::start(&[]);
    server.sql("postgres", SCHEMA);
    let place = Place::new("backend_dies");
    let text = fs::read_to_string(place.configure("catalog_refresh = \"1s\"")).expect("ours");
    let text = text.replace(&format!(":{}/backend_dies", shared().port), &format!(":{}/postgres", server.port));
    place.write("exonym.toml", &text);
    let mut proxy = Proxy::start(&["--config", &place.text_path("exonym.toml")]);
    proxy.wait_until_ready();
    // The route's database has another name than the server's.
    assert_eq!(proxy.sql("backend_dies", "SELECT sum(consumption_kwh) FROM log"), "6.5");
    server.crash();
    eventually("unready", || match proxy.get("/readyz") {
        (503, why) if why.contains("cannot connect") => Ok(()),
        other => Err(format!("{other:?}")),
    });
    let said = proxy.error("backend_dies", "SELECT 1");
    assert!(said.contains("cannot be reached"), "{said}");
    assert!(proxy.is_running());
}

#[test]
fn a_drain_waits_for_transactions_and_for_nothing_else() {
    let place = Place::new("drains");
    let mut proxy = place.serve();
    let idle = Session::open(&proxy, "drains");
    let mut busy = Session::open(&proxy, "drains");
    assert_eq!(busy.ask("BEGIN; SELECT 'in'"), "in");
    proxy.signal("TERM");
    eventually("unready", || match proxy.get("/readyz") {
        (503, why) if why.contains("draining") => Ok(()),
        other => Err(format!("{other:?}")),
    });
    eventually("closed", || match TcpStream::connect(("127.0.0.1", proxy.port)) {
        Err(_) => Ok(()),
        Ok(_) => Err("it still takes clients".into()),
    });
    let said = idle.end();
    assert!(said.is_empty() || said.contains("57P01"), "{said}");
    assert_eq!(busy.ask("SELECT sum(consumption_kwh) FROM log"), "6.5", "its transaction goes on");
    assert!(proxy.metric("exonym_connections").is_some(), "metrics are still told");
    assert_eq!(busy.ask("COMMIT; SELECT 'not reached'"), "");
    assert!(proxy.wait().success(), "{}", proxy.log());
    busy.end();
}

#[test]
fn a_drain_does_not_wait_for_a_client_that_says_nothing() {
    let place = Place::new("silent");
    let mut proxy = place.serve_limited("startup_timeout = \"1h\"\ndrain_timeout = \"1h\"");
    let silent = TcpStream::connect(("127.0.0.1", proxy.port)).expect("it listens");
    // Clients are taken in their order: behind this one, the silent one is inside.
    assert_eq!(proxy.sql("silent", "SELECT 1"), "1");
    proxy.signal("TERM");
    assert!(proxy.wait().success(), "{}", proxy.log());
    drop(silent);
}

#[test]
fn a_drain_ends_at_its_deadline_with_success() {
    let place = Place::new("deadline");
    let mut proxy = place.serve_limited("drain_timeout = \"300ms\"");
    let mut busy = Session::open(&proxy, "deadline");
    assert_eq!(busy.ask("BEGIN; SELECT 'in'"), "in");
    let begun = Instant::now();
    proxy.signal("INT");
    assert!(proxy.wait().success(), "{}", proxy.log());
    assert!(begun.elapsed() >= Duration::from_millis(300), "{:?}", begun.elapsed());
    proxy.wait_for_message("the time to drain is over");
    busy.end();
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let place = Place::new("at_once");
    let mut proxy = place.serve_limited("drain_timeout = \"1h\"");
    let mut busy = Session::open(&proxy, "at_once");
    assert_eq!(busy.ask("BEGIN; SELECT 'in'"), "in");
    proxy.signal("TERM");
    proxy.wait_for_message("draining");
    assert!(proxy.is_running());
    proxy.signal("TERM");
    assert_eq!(proxy.wait().code(), Some(143));
    busy.end();
}

#[test]
fn more_clients_than_allowed_are_told_so() {
    let place = Place::new("full");
    let proxy = place.serve_limited("max_connections = 1");
    let one = Session::open(&proxy, "full");
    let said = proxy.error("full", "SELECT 1");
    assert!(said.contains("too many clients"), "{said}");
    one.end();
    eventually("let in", || {
        let output = proxy.psql("full", "SELECT 1");
        if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
    });
}

#[test]
fn without_file_descriptors_it_waits_instead_of_spinning() {
    let place = Place::new("exhausted");
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -n 24; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_exonym"), "serve"]);
    command.args(["--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"]);
    command.args(["--to", &place.url(), "--mappings", &place.text_path("mappings")]);
    let proxy = Proxy::run(command);
    proxy.wait_until_ready();
    proxy.wait_for_message("the limit of open files is too low");
    let held: Vec<TcpStream> = (0..40).map_while(|_| TcpStream::connect(("127.0.0.1", proxy.port)).ok()).collect();
    proxy.wait_for_message("cannot accept clients");
    let before = ticks(proxy.pid());
    let watched = Instant::now();
    while watched.elapsed() < Duration::from_secs(1) {
        std::thread::sleep(Duration::from_millis(50));
    }
    // A hundred ticks are a second of work; a loop that spins takes them all.
    assert!(ticks(proxy.pid()) - before < 30, "{} ticks in a second", ticks(proxy.pid()) - before);
    drop(held);
    eventually("serving again", || {
        let output = proxy.psql("exhausted", "SELECT 1");
        if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
    });
}

/// Processor time of a process, user and system, in ticks.
fn ticks(pid: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("it runs");
    let after_name = stat.rsplit(')').next().expect("a name in brackets");
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    [11, 12].iter().filter_map(|&i| fields.get(i)?.parse::<u64>().ok()).sum()
}
