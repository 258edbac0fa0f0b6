//! How long statements take, and how long of that the backend does: two histograms.
//!
//! Nearly every statement is forwarded when it arrives, and then both are the same time: it is counted once, and added to both when
//! they are read. To count is eight writes to memory that all threads share, for each statement.

use prometheus::core::{Collector, Desc};
use prometheus::proto::{self, MetricFamily};
use prometheus::{Histogram, HistogramOpts};

use super::VALID;

/// Both.
#[derive(Clone, Debug)]
pub struct Times {
    /// Statements that were kept for a decision.
    statement: Histogram,
    /// The same, without the time that they were kept.
    backend: Histogram,
    /// All others.
    both: Histogram,
}

impl Times {
    /// Both at zero, with these buckets.
    pub(super) fn new(buckets: &[f64]) -> Self {
        let histogram = |name: &str, help: &str| {
            Histogram::with_opts(HistogramOpts::new(name, help).buckets(buckets.to_vec())).expect(VALID)
        };
        Self {
            statement: histogram("exonym_statement_seconds", "Time from a statement's arrival to its answer"),
            backend: histogram("exonym_backend_seconds", "Time that the backend took to answer a statement"),
            both: histogram("both", "counted in either"),
        }
    }

    /// A statement took so many seconds, for so many of which the proxy had kept it.
    pub fn observe(&self, took: f64, kept: f64) {
        if kept > 0.0 {
            self.statement.observe(took);
            self.backend.observe((took - kept).max(0.0));
        } else {
            self.both.observe(took);
        }
    }
}

impl Collector for Times {
    fn desc(&self) -> Vec<&Desc> {
        [&self.statement, &self.backend].into_iter().flat_map(Collector::desc).collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let both = self.both.collect();
        let both = both.first().and_then(|family| family.get_metric().first()).map(proto::Metric::get_histogram);
        let mut families: Vec<_> = [&self.statement, &self.backend].into_iter().flat_map(Collector::collect).collect();
        for metric in families.iter_mut().flat_map(MetricFamily::mut_metric) {
            let sum = both.map(|both| sum(metric.get_histogram(), both));
            metric.set_histogram(sum.unwrap_or_default());
        }
        families
    }
}

/// What two histograms with the same buckets have counted together.
fn sum(one: &proto::Histogram, two: &proto::Histogram) -> proto::Histogram {
    let mut sum = one.clone();
    sum.set_sample_count(one.get_sample_count() + two.get_sample_count());
    sum.set_sample_sum(one.get_sample_sum() + two.get_sample_sum());
    let buckets = one.get_bucket().iter().zip(two.get_bucket()).map(|(one, two)| {
        let mut sum = one.clone();
        sum.set_cumulative_count(one.cumulative_count() + two.cumulative_count());
        sum
    });
    sum.set_bucket(buckets.collect());
    sum
}

#[cfg(test)]
mod tests {
    use crate::metrics::Metrics;

    #[test]
    fn what_was_kept_counts_for_the_statement_alone() {
        let metrics = Metrics::new();
        metrics.times.observe(0.25, 0.0);
        metrics.times.observe(0.5, 0.375);
        metrics.times.observe(0.0, 1.0);
        let page = metrics.gather();
        for line in [
            "exonym_statement_seconds_count 3",
            "exonym_statement_seconds_sum 0.75",
            "exonym_backend_seconds_count 3",
            "exonym_backend_seconds_sum 0.375",
            "exonym_backend_seconds_bucket{le=\"+Inf\"} 3",
            "exonym_backend_seconds_bucket{le=\"0.0001\"} 1",
        ] {
            assert!(page.lines().any(|found| found == line), "{line}: {page}");
        }
        assert!(!page.contains("both"), "{page}");
    }
}
