"""Statements that use each keyword as every kind of name, as JSON strings for `judge.py`.

    python tests/grammar/words.py [N] > words.jsonl     # every Nth of them

Some thousand of them are no SQL; the judge leaves out what Postgres rejects.
"""

import itertools
import json
import sys

from pglast import keywords

# What sqlparser takes for syntax in the dialects of other databases.
FOREIGN = """
    anti apply asof bucket ceil cluster connect convert date distribute div explain fetch final floor format glob ignore int4 json
    lambda lateral listagg map match_recognize minus nocycle nvl open output percent pivot prewhere prior purge qualify regexp
    replace respect rlike safe_cast sample semi settings sort start struct substr timestamptz top try_cast unnest unpivot use
    uuid within xml xor
"""

TEMPLATES = [
    "TABLE {w}",
    "SELECT a FROM t * {w}",
    "SELECT a FROM {w} * WHERE a",
    "SELECT ({w}).* FROM t",
    "SELECT {w}.*::text, ({w}(a)).* FROM {w}",
    "SELECT a FROM t JOIN u USING ({w}) AS {w}",
    "SELECT a FROM ROWS FROM ({w}(a), f({w}) AS ({w} int)) AS {w}({w})",
    "SELECT a FROM f(a) AS ({w} int)",
    "WITH RECURSIVE {w}({w}) AS (SELECT 1) SEARCH DEPTH FIRST BY {w} SET {w} SELECT 1",
    "WITH {w} AS (SELECT 1) CYCLE {w} SET {w} USING {w} SELECT {w} FROM {w}",
    "SELECT a FROM t ORDER BY {w} USING <, {w}",
    "SELECT a FROM t FETCH FIRST ({w}) ROWS ONLY",
    "SELECT substring({w} SIMILAR {w} ESCAPE {w}), collation for ({w})",
    "SELECT xmlforest({w}, {w} AS {w}), xmlelement(NAME {w}, xmlattributes({w} AS {w}), {w}) FROM t",
    "SELECT xmlpi(NAME {w}, {w}), xmlparse(CONTENT {w}), xmlserialize(DOCUMENT {w} AS {w}), xmlexists({w} PASSING {w}) FROM t",
    "SELECT {w} IS DOCUMENT, xmlroot({w}, VERSION {w}) FROM t",
    "SELECT * FROM XMLTABLE({w} PASSING {w} COLUMNS {w} int PATH {w} DEFAULT {w}, a {w}) {w}",
    "SELECT json_object({w}: {w}, {w} VALUE {w} NULL ON NULL), json_array({w}, {w} FORMAT JSON RETURNING {w}) FROM t",
    "SELECT json_arrayagg({w} ORDER BY {w} ABSENT ON NULL), json_objectagg({w}: {w} WITH UNIQUE KEYS) FROM t",
    "SELECT json_value({w}, {w} PASSING {w} AS {w} DEFAULT {w} ON EMPTY), json_exists({w}, '$' ERROR ON ERROR) FROM t",
    "SELECT json_query({w}, {w} WITHOUT ARRAY WRAPPER EMPTY ARRAY ON ERROR), json({w} WITH UNIQUE), {w} IS JSON FROM t",
    "SELECT * FROM JSON_TABLE({w}, '$' PASSING {w} AS {w} COLUMNS ({w} int PATH '$' DEFAULT {w} ON ERROR, a {w})) {w}",
    "SELECT * FROM JSON_TABLE({w}, '$' COLUMNS (NESTED PATH '$' COLUMNS ({w} FOR ORDINALITY), a int)) {w}({w})",
    "UPDATE t SET {w}[1] = {w}[2], a.{w}[1:2] = {w}",
    "INSERT INTO {w} ({w}[1]) VALUES ({w}[1])",
    "INSERT INTO {w} VALUES (1) ON CONFLICT (lower({w})) WHERE {w} > 1 DO NOTHING",
    "INSERT INTO t AS {w} ({w}) SELECT {w} FROM {w} ON CONFLICT ({w} COLLATE a {w}, ({w} + 1)) DO UPDATE SET a = {w}.b",
    "SELECT {w} 'x' FROM t",
    "SELECT {w} FROM t",
    "SELECT {w}, b FROM t",
    "SELECT a, {w} FROM t WHERE {w} = 1",
    "SELECT t.{w} FROM t",
    "SELECT {w}.a FROM {w}",
    "SELECT a {w} FROM t",
    "SELECT a AS {w} FROM t",
    "SELECT f(a) {w} FROM t WHERE b",
    "SELECT a FROM t {w}",
    "SELECT a FROM t AS {w}",
    "SELECT a FROM t {w} WHERE {w}.a = 1",
    "SELECT a FROM t {w} JOIN u ON {w}.a = u.b",
    "SELECT a FROM t {w}, u",
    "SELECT a FROM (SELECT 1) {w}",
    "SELECT a FROM {w} x",
    "SELECT a FROM t JOIN {w} ON true",
    "SELECT a FROM t, {w}",
    "SELECT a FROM f() {w}(x)",
    "SELECT a FROM t ORDER BY {w}",
    "SELECT a FROM t GROUP BY {w}",
    "SELECT a FROM t GROUP BY {w} HAVING {w} > 1 ORDER BY {w} DESC",
    "SELECT {w} + 1 FROM t",
    "SELECT -{w} FROM t",
    "SELECT {w}::text FROM t",
    "SELECT ({w}) FROM t",
    "SELECT f({w}) FROM t",
    "SELECT f(1, {w}) FROM t",
    "SELECT f({w} => 1) FROM t",
    "SELECT {w}(1) FROM t",
    "SELECT {w}(a) OVER (PARTITION BY {w}) FROM t",
    "SELECT sum(a) OVER {w} FROM t WINDOW {w} AS (ORDER BY b)",
    "INSERT INTO t ({w}) VALUES (1)",
    "INSERT INTO t (a, {w}) SELECT 1, {w} FROM u",
    "INSERT INTO {w} VALUES (1)",
    "INSERT INTO t AS {w} (a) VALUES (1) ON CONFLICT ({w}) DO UPDATE SET {w} = excluded.{w}",
    "UPDATE t SET {w} = 1",
    "UPDATE t SET a = {w}",
    "UPDATE t SET a = 1, {w} = 2 WHERE {w} = 3",
    "UPDATE {w} SET a = 1",
    "UPDATE t {w} SET a = {w}.b",
    "DELETE FROM {w}",
    "DELETE FROM t WHERE {w}",
    "DELETE FROM t {w} WHERE {w}.a = 1",
    "DELETE FROM t USING {w} WHERE {w}.a = t.a",
    "WITH {w} AS (SELECT 1) SELECT * FROM {w}",
    "WITH x({w}) AS (SELECT 1) SELECT {w} FROM x",
    "SELECT a FROM t JOIN u USING ({w})",
    "INSERT INTO t VALUES (1) RETURNING {w}",
    "SELECT a FROM t WHERE {w} IS NULL",
    "SELECT a FROM t WHERE {w} IN (1, 2)",
    "SELECT a FROM t WHERE {w} LIKE 'x'",
    "SELECT a FROM t WHERE {w} BETWEEN 1 AND 2",
    "SELECT a FROM t WHERE NOT {w}",
    "SELECT a FROM t WHERE a = {w} AND {w} = a",
    "SELECT CASE {w} WHEN {w} THEN {w} ELSE {w} END FROM t",
    "SELECT CASE WHEN a THEN {w} END {w} FROM t",
    "SELECT a::{w} FROM t",
    "SELECT CAST(a AS {w}) FROM t",
    "SELECT {w} 'x' FROM t",
    "SELECT {w} \"x\" FROM t",
    "SELECT a FROM s.{w}",
    "SELECT {w}.* FROM {w}",
    "SELECT ({w}).a FROM t {w}",
    "SELECT {w}[1] FROM t",
    "SELECT DISTINCT {w} FROM t",
    "SELECT DISTINCT ON ({w}) a FROM t",
    "SELECT ALL {w} FROM t",
    "SELECT count(DISTINCT {w}) FILTER (WHERE {w}) FROM t",
    "SELECT a FROM t LIMIT 1 OFFSET {w}",
    "SELECT a FROM t FOR UPDATE OF {w}",
    "SELECT EXTRACT({w} FROM a) FROM t",
    "SELECT EXTRACT(year FROM {w}) FROM t",
    "SELECT substring({w} FROM 1) FROM t",
    "SELECT trim(both {w} from {w}) FROM t",
    "SELECT {w} AT TIME ZONE 'UTC' FROM t",
    "SELECT interval '1' {w} FROM t",
    "SELECT a IS DISTINCT FROM {w} FROM t",
    "SELECT row({w}, 1) FROM t",
    "SELECT array[{w}] FROM t",
    "SELECT exists(SELECT {w}) FROM t",
    "SELECT a FROM t LEFT JOIN {w} ON {w}.x = t.x",
    "SELECT a FROM t {w} LEFT JOIN u ON true",
    "SELECT a FROM t NATURAL JOIN {w}",
    "SELECT a FROM t TABLESAMPLE {w} (10)",
    "MERGE INTO t {w} USING s ON {w}.a = s.a WHEN MATCHED THEN UPDATE SET {w} = s.{w}",
    "MERGE INTO {w} USING s {w} ON a = b WHEN NOT MATCHED THEN INSERT ({w}) VALUES ({w})",
    "SELECT a FROM t UNION SELECT {w} FROM {w}",
    "VALUES ({w})",
    "SELECT a || {w} FROM t",
    "SELECT a COLLATE {w} FROM t",
    "COPY t ({w}) TO STDOUT",
    "COPY (SELECT {w} FROM {w}) TO STDOUT",
    "CREATE VIEW v AS SELECT {w} FROM {w}",
    "EXPLAIN SELECT {w} FROM {w} {w}",
    "PREPARE p AS SELECT {w} FROM {w} WHERE {w} = $1",
    "SELECT a INTO {w} FROM t",
    "SELECT * FROM f({w}) AS x({w} int)",
    "SELECT {w} {w} FROM {w} {w}",
    "SELECT a FROM t {w} CROSS JOIN u",
    "SELECT a, b {w}, c FROM t",
    "SELECT (SELECT {w} FROM t LIMIT 1) {w} FROM u",
    "SELECT sum({w} ORDER BY {w}) FROM t",
    "SELECT sum(a) OVER (ORDER BY {w} ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM t",
    "SELECT sum(a) OVER ({w}) FROM t",
    "SELECT sum(a) OVER ({w} ORDER BY a) FROM t",
    "SELECT lead({w}, 1) OVER (PARTITION BY a, {w} ORDER BY {w}) FROM t",
]


def words():
    """Postgres's keywords and the others."""
    found = set(FOREIGN.split())
    for name in ("UNRESERVED", "COL_NAME", "TYPE_FUNC_NAME", "RESERVED"):
        found |= getattr(keywords, name + "_KEYWORDS")
    return sorted(found)


if __name__ == "__main__":
    every = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    found = (template.replace("{w}", word) for template in TEMPLATES for word in words())
    for statement in itertools.islice(found, None, None, every):
        print(json.dumps(statement))
