//! The parts of `exonym demo`: a private throwaway Postgres, a system embedded in the program, and what is shown on the terminal.
//!
//! `cli::demo` puts them together. Nothing here knows the command line.

pub mod server;
pub mod show;
pub mod smartwatt;

/// One of the systems that Exonym serves, with everything needed to show it.
#[derive(Clone, Copy, Debug)]
pub struct System {
    /// Its name: the database and the mapping are called so.
    pub name: &'static str,
    /// What it is, in a few words.
    pub about: &'static str,
    /// SQL that makes the current schema and fills it, to be run in one session.
    pub schema: &'static [&'static str],
    /// Its mapping file.
    pub mapping: &'static str,
    /// What its services ask, in legacy names.
    pub queries: &'static [Query],
}

/// One statement of a service that has not moved.
#[derive(Clone, Copy, Debug)]
pub struct Query {
    /// Who asks; the session's `application_name`.
    pub service: &'static str,
    /// What it wants to know.
    pub title: &'static str,
    /// As the service sends it.
    pub sql: &'static str,
}
