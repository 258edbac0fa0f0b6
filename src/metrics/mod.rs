//! What is counted: the metrics of one process, by name, with bounded labels.
//!
//! Handles ([`prometheus::IntCounter`], [`prometheus::Histogram`], …) are looked up once, for a session or a plan, and then
//! cost an atomic add. No clock and no IO here: whoever measures brings the number, the admin port prints [`Metrics::gather`].

mod bounded;
mod label;
mod times;

use prometheus::core::Collector;
use prometheus::{
    Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
    TextEncoder, exponential_buckets,
};

use bounded::Bounded;
pub use bounded::OTHER;
pub use label::{Direction, Ended, Login, LookUp, Phase, Protocol};
pub use times::Times;

/// Distinct values of `client`; a service that puts a request id into its application name must not fill the memory.
const CLIENTS: usize = 200;
/// Distinct codes; Postgres has about 260, and PL/pgSQL may raise any.
const SQLSTATES: usize = 400;
/// Distinct pairs of unknown table and column; they come from the clients' own typing.
const UNKNOWN_NAMES: usize = 1000;

/// All metrics of one process. A second one, in a test, shares nothing with the first.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    statements: IntCounterVec,
    rewrites: IntCounterVec,
    plan_cache: IntCounterVec,
    plan_cache_bytes: IntGaugeVec,
    backend_errors: IntCounterVec,
    logins: IntCounterVec,
    login_seconds: HistogramVec,
    bytes: IntCounterVec,
    ended: IntCounterVec,
    reloads: IntCounterVec,
    tls_reloads: IntCounterVec,
    unknown_names: IntCounterVec,
    /// Time to decide on one text that was not in the plan cache.
    pub rewrite_seconds: Histogram,
    /// Time from a statement's arrival at the proxy, and from its last byte to the server, until the server has answered it.
    pub times: Times,
    /// Client connections that are open now and have sent their startup packet.
    pub connections: IntGauge,
    /// Those that have not.
    pub opening: IntGauge,
    /// Client connections that were accepted.
    pub accepted: IntCounter,
    /// Rows that went to clients.
    pub rows: IntCounter,
    /// The generation of the mappings in use.
    pub mapping_generation: IntGauge,
    clients: Bounded,
    sqlstates: Bounded,
    unknown: Bounded,
}

/// A legacy name that was rewritten for a client: the labels of `exonym_rewrites_total`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rewrite<'a> {
    /// `[mapping] name`.
    pub mapping: &'a str,
    /// Legacy table.
    pub table: &'a str,
    /// Legacy column; empty for the table itself.
    pub column: &'a str,
    /// The kind of rule.
    pub kind: &'a str,
    /// `application_name`, or else the user.
    pub client: &'a str,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// Every metric at zero, in a registry of its own.
    pub fn new() -> Self {
        let registry = Registry::new();
        let r = &registry;
        // From a cached name to a page of SQL.
        let micros = buckets(1e-6, 2.5, 14);
        // From a look-up over a unix socket to a report over a year.
        let waits = buckets(1e-4, 2.5, 16);
        Self {
            statements: counters(
                r,
                "exonym_statements_total",
                "Statements by what became of them",
                &["route", "protocol", "outcome"],
            ),
            rewrites: counters(
                r,
                "exonym_rewrites_total",
                "Statements that used a legacy name, by name and client",
                &["mapping", "table", "column", "kind", "client"],
            ),
            plan_cache: counters(r, "exonym_plan_cache_total", "Look-ups in the plan cache", &["result"]),
            plan_cache_bytes: registered(
                r,
                IntGaugeVec::new(Opts::new("exonym_plan_cache_bytes", "Memory of the plan cache"), &["route"])
                    .expect(VALID),
            ),
            backend_errors: counters(
                r,
                "exonym_backend_errors_total",
                "Errors that backends answered with",
                &["backend", "sqlstate"],
            ),
            logins: counters(r, "exonym_logins_total", "Logins by how they ended", &["outcome"]),
            login_seconds: registered(
                r,
                HistogramVec::new(
                    HistogramOpts::new("exonym_login_seconds", "Time that logins took, by phase")
                        .buckets(waits.clone()),
                    &["phase", "outcome"],
                )
                .expect(VALID),
            ),
            bytes: counters(r, "exonym_bytes_total", "Bytes relayed, on the client's side", &["route", "direction"]),
            ended: counters(r, "exonym_connections_ended_total", "Client connections by how they ended", &["reason"]),
            accepted: registered(
                r,
                IntCounter::new("exonym_connections_accepted_total", "Client connections that were accepted")
                    .expect(VALID),
            ),
            reloads: counters(
                r,
                "exonym_mapping_reloads_total",
                "Times that mapping files were read again",
                &["result"],
            ),
            tls_reloads: counters(
                r,
                "exonym_tls_reloads_total",
                "Times that certificates and keys were read again",
                &["result"],
            ),
            unknown_names: counters(
                r,
                "exonym_unknown_names_total",
                "Names that the backend did not know",
                &["table", "column"],
            ),
            rewrite_seconds: histogram(
                r,
                "exonym_rewrite_seconds",
                "Time to decide on a text that was not cached",
                micros,
            ),
            times: registered(r, Times::new(&waits)),
            connections: gauge(
                r,
                "exonym_connections",
                "Client connections that are open now and have sent their startup packet",
            ),
            opening: gauge(
                r,
                "exonym_connections_opening",
                "Client connections that are open now and have not sent their startup packet",
            ),
            rows: registered(r, IntCounter::new("exonym_rows_total", "Rows that went to clients").expect(VALID)),
            mapping_generation: gauge(r, "exonym_mapping_generation", "Generation of the mappings in use"),
            clients: Bounded::new(CLIENTS),
            sqlstates: Bounded::new(SQLSTATES),
            unknown: Bounded::new(UNKNOWN_NAMES),
            registry,
        }
    }

    /// Everything in the text format of Prometheus.
    pub fn gather(&self) -> String {
        let mut out = String::new();
        // Writing to a String cannot fail, and our families are never empty.
        let _ = TextEncoder::new().encode_utf8(&self.registry.gather(), &mut out);
        out
    }

    /// Adds a metric of another room to the same page.
    pub fn register(&self, collector: Box<dyn Collector>) -> prometheus::Result<()> {
        self.registry.register(collector)
    }

    /// `exonym_statements_total`; `outcome` is `rewrite::Outcome::label`.
    pub fn statements(&self, route: &str, protocol: Protocol, outcome: &str) -> IntCounter {
        self.statements.with_label_values(&[route, protocol.label(), outcome])
    }

    /// `exonym_rewrites_total`; clients beyond the bound are `other`.
    pub fn rewrites(&self, rewrite: Rewrite<'_>) -> IntCounter {
        let client = self.clients.admit(rewrite.client);
        self.rewrites.with_label_values(&[
            rewrite.mapping,
            rewrite.table,
            rewrite.column,
            rewrite.kind,
            client.as_str(),
        ])
    }

    /// `exonym_plan_cache_total`.
    pub fn plan_cache(&self, result: LookUp) -> IntCounter {
        self.plan_cache.with_label_values(&[result.label()])
    }

    /// `exonym_plan_cache_bytes`.
    pub fn plan_cache_bytes(&self, route: &str) -> IntGauge {
        self.plan_cache_bytes.with_label_values(&[route])
    }

    /// `exonym_backend_errors_total`.
    pub fn backend_errors(&self, backend: &str, sqlstate: &str) -> IntCounter {
        let sqlstate = self.sqlstates.admit(sqlstate);
        self.backend_errors.with_label_values(&[backend, sqlstate.as_str()])
    }

    /// `exonym_logins_total`.
    pub fn logins(&self, outcome: Login) -> IntCounter {
        self.logins.with_label_values(&[outcome.label()])
    }

    /// `exonym_login_seconds`: a phase ended like this after so many seconds.
    pub fn login_phase(&self, phase: Phase, outcome: Login, seconds: f64) {
        self.login_seconds.with_label_values(&[phase.label(), outcome.label()]).observe(seconds);
    }

    /// `exonym_connections_ended_total`.
    pub fn ended(&self, reason: Ended) -> IntCounter {
        self.ended.with_label_values(&[reason.label()])
    }

    /// `exonym_bytes_total`.
    pub fn bytes(&self, route: &str, direction: Direction) -> IntCounter {
        self.bytes.with_label_values(&[route, direction.label()])
    }

    /// `exonym_mapping_reloads_total`.
    pub fn mapping_reloads(&self, accepted: bool) -> IntCounter {
        self.reloads.with_label_values(&[if accepted { "accepted" } else { "rejected" }])
    }

    /// `exonym_tls_reloads_total`.
    pub fn tls_reloads(&self, accepted: bool) -> IntCounter {
        self.tls_reloads.with_label_values(&[if accepted { "accepted" } else { "rejected" }])
    }

    /// `exonym_unknown_names_total`; an unknown table has an empty `column`, an unknown column of no known table an empty `table`.
    pub fn unknown_names(&self, table: &str, column: &str) -> IntCounter {
        let admitted = self.unknown.admit(&format!("{table}\0{column}"));
        let (table, column) = admitted.split_once('\0').unwrap_or((OTHER, OTHER));
        self.unknown_names.with_label_values(&[table, column])
    }
}

/// Names, helps and labels are constants of this file, each registered once.
const VALID: &str = "metric names are constants and distinct";

fn registered<C: Collector + Clone + 'static>(registry: &Registry, collector: C) -> C {
    registry.register(Box::new(collector.clone())).expect(VALID);
    collector
}

fn counters(registry: &Registry, name: &str, help: &str, labels: &[&str]) -> IntCounterVec {
    registered(registry, IntCounterVec::new(Opts::new(name, help), labels).expect(VALID))
}

fn gauge(registry: &Registry, name: &str, help: &str) -> IntGauge {
    registered(registry, IntGauge::new(name, help).expect(VALID))
}

fn histogram(registry: &Registry, name: &str, help: &str, buckets: Vec<f64>) -> Histogram {
    registered(registry, Histogram::with_opts(HistogramOpts::new(name, help).buckets(buckets)).expect(VALID))
}

fn buckets(start: f64, factor: f64, count: usize) -> Vec<f64> {
    exponential_buckets(start, factor, count).expect(VALID)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_what_was_counted() {
        let metrics = Metrics::new();
        metrics.statements("smartwatt", Protocol::Simple, "rewritten").inc_by(3);
        metrics.rewrite_seconds.observe(2e-6);
        let page = metrics.gather();
        assert!(
            page.contains(r#"exonym_statements_total{outcome="rewritten",protocol="simple",route="smartwatt"} 3"#),
            "{page}"
        );
        assert!(page.contains("exonym_rewrite_seconds_count 1"), "{page}");
        assert!(page.contains("exonym_connections 0"), "{page}");
    }

    #[test]
    fn clients_beyond_the_bound_are_other() {
        let metrics = Metrics::new();
        let of = |client: &str| {
            let rewrite = Rewrite { mapping: "m", table: "t", column: "c", kind: "rename", client };
            metrics.rewrites(rewrite).inc();
        };
        for i in 0..CLIENTS + 50 {
            of(&format!("service-{i}"));
        }
        of("service-3");
        let page = metrics.gather();
        assert!(page.contains(r#"client="other",column="c",kind="rename",mapping="m",table="t"} 50"#), "{page}");
        assert!(page.contains(r#"client="service-3",column="c",kind="rename",mapping="m",table="t"} 2"#), "{page}");
    }

    #[test]
    fn unknown_names_are_pairs_and_long_labels_are_cut() {
        let metrics = Metrics::new();
        metrics.unknown_names("log", "kwh").inc();
        metrics.unknown_names("", &"x".repeat(5000)).inc();
        let page = metrics.gather();
        assert!(page.contains(r#"exonym_unknown_names_total{column="kwh",table="log"} 1"#), "{page}");
        assert!(!page.contains(&"x".repeat(bounded::LONGEST + 1)), "{page}");
    }
}
