//! The database of `names` and `prepared`: a table whose column is mapped in `public`, and real in other schemas.

use super::support::postgres;
use super::support::proxy::{Proxy, Setup};
use super::support::raw::Raw;

/// `consumption_kwh` is `kwh_consumed`.
pub(crate) const MAPPING: &str =
    "[mapping]\nname = \"m\"\n[tables.consumption_log.columns]\nconsumption_kwh = \"kwh_consumed\"\n";

/// A proxy before it, and a client of that. In `public` the column is mapped, in `other` and `third` it is real, and all answers are of
/// the same type.
pub(crate) fn proxy(database: &str) -> (Proxy, Raw) {
    let server = postgres::shared();
    server.database(database);
    server.sql(
        database,
        "CREATE TABLE consumption_log (kwh_consumed text); INSERT INTO consumption_log VALUES ('mapped');
         CREATE SCHEMA other; CREATE TABLE other.consumption_log (consumption_kwh text, kwh_consumed text);
         INSERT INTO other.consumption_log VALUES ('real', 'another');
         CREATE SCHEMA third; CREATE TABLE third.consumption_log (consumption_kwh text);
         INSERT INTO third.consumption_log VALUES ('third'); CREATE TABLE unrelated (a int);",
    );
    let mut setup = Setup::to(server.port, database);
    setup.map(server.port, MAPPING);
    let proxy = setup.start();
    let client = Raw::login(proxy.port, "postgres", database);
    (proxy, client)
}
