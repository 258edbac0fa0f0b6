//! What is served over HTTP: the admin port.

pub mod admin;
