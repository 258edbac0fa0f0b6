//! The admin port: `/metrics` for Prometheus, `/healthz` and `/readyz` for whoever runs the process.
//!
//! It goes on answering while the proxy drains. It changes nothing, so it asks nobody who they are; it listens on loopback unless told
//! otherwise.

use std::io;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;

use crate::metrics::Metrics;

/// What Prometheus's text format calls itself.
const TEXT_FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Why the process should get no new clients; nothing when it should.
pub type Unready = Arc<dyn Fn() -> Vec<String> + Send + Sync>;

/// Answers on `listener` until the process ends.
///
/// # Errors
/// The system's own, when the listener is gone.
pub async fn serve(listener: TcpListener, metrics: Arc<Metrics>, unready: Unready) -> io::Result<()> {
    axum::serve(listener, router(metrics, unready)).await
}

fn router(metrics: Arc<Metrics>, unready: Unready) -> Router {
    Router::new()
        .route("/metrics", get(|State(metrics): State<Arc<Metrics>>| async move { gather(&metrics) }))
        .with_state(metrics)
        .route("/healthz", get(|| async { "alive\n" }))
        .route("/readyz", get(move || async move { readiness(&unready()) }))
        .fallback(|| async { (StatusCode::NOT_FOUND, "not found; there are /metrics, /healthz and /readyz\n") })
}

fn gather(metrics: &Metrics) -> Response {
    ([(header::CONTENT_TYPE, TEXT_FORMAT)], metrics.gather()).into_response()
}

fn readiness(reasons: &[String]) -> Response {
    if reasons.is_empty() {
        return "ready\n".into_response();
    }
    let mut text = reasons.join("\n");
    text.push('\n');
    (StatusCode::SERVICE_UNAVAILABLE, text).into_response()
}
