//! Words by which a text may change what the texts behind it mean.
//!
//! `session` asks which of them a text holds, and what each may change; [`super::World`] looks for all of them at once, together
//! with the names of its tables. They are looked for anywhere in a text, so none of them is everyday.

/// `temp` also finds `temporary` and `pg_temp`; `role` and `authorization` change what `$user` is; an identifier spelled
/// with escapes could be any of these. What goes by CASCADE or DROP OWNED may be a temporary table.
pub const NAMES: [&str; 11] = [
    "search_path",
    "set_config",
    "pg_settings",
    "schema",
    "temp",
    "role",
    "authorization",
    "discard",
    "cascade",
    "owned",
    "u&\"",
];
/// `RESET ALL` names nothing.
pub const RESET: &str = "reset";
/// They change how text is read.
pub const LEXING: [&str; 2] = ["client_encoding", "standard_conforming_strings"];
/// They make, change and drop tables.
pub const CATALOG: [&str; 3] = ["create", "alter", "drop"];
/// `END` is too common to be looked for, but as the first word.
pub const ENDS: [&str; 3] = ["rollback", "commit", "abort"];
/// `SELECT … INTO` makes a table, `INSERT INTO` does not.
pub const INTO: [&str; 2] = ["into", "insert into"];
/// It runs a prepared statement.
pub const EXECUTES: &str = "execute";
/// It makes one.
pub const PREPARES: &str = "prepare";

/// All of them, in this order.
pub fn all() -> impl Iterator<Item = &'static str> + Clone {
    let changing = NAMES.iter().chain([&RESET]).chain(&LEXING).chain(&ENDS).chain(&CATALOG);
    changing.chain(&INTO).chain([&EXECUTES, &PREPARES]).copied()
}
