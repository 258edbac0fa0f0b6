"""Postgres's own tools over a database of a few MB: dumps and restores of all forms, base backups, logical decoding, maintenance.

What goes over the stage's port is compared with a dump that is taken straight.
"""

import re
import shutil

from stage import bin_of

from . import CACHE, Suite, environment_of, shell


class Dump(Suite):
    name = "dump"
    quick = True
    databases = ["source", "copy", "postgres", "template1"]
    settings = ("wal_level=logical", "max_wal_senders=10", "synchronize_seqscans=off")

    def fetch(self):
        return shell([bin_of("pg_dump"), "--version"], self.work / "version")[1].split()[2]

    def furnish(self, stage):
        stage.sql("CREATE DATABASE source")
        stage.sql(SOURCE, "source")
        # A route's catalog is read at the start.
        stage.sql("CREATE DATABASE copy")

    def run(self, stage, only=None):
        return {name: self.one(stage, name, steps) for name, steps in STEPS.items() if not only or name in only}

    def one(self, stage, name, steps):
        """Runs the steps of a test; what it has to give is a dump of `copy` like that of `source`, or the file that it names."""
        stage.sql("DROP DATABASE IF EXISTS copy")
        stage.sql("CREATE DATABASE copy TEMPLATE template0")
        place = stage.directory / re.sub(r"\W+", "-", name)
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        ours = environment_of({"PGHOST": "127.0.0.1", "PGPORT": stage.port, "PGUSER": "postgres", "PATH": path()})
        straight = ours | {"PGPORT": str(stage.server_port)}
        log = CACHE / "logs" / f"dump.{stage.label()}.{place.name}.out"
        log.parent.mkdir(parents=True, exist_ok=True)
        code, said = shell(["bash", "-euo", "pipefail", "-c", steps], log, 120, cwd=place, env=ours)
        if code:
            print(f"dump, {stage.label()}: {name}: {said[-300:]}")
            return "failed"
        check = CHECKS.get(name, SAME)
        code, said = shell(["bash", "-euo", "pipefail", "-c", check], log.with_suffix(".check"), 120, cwd=place, env=straight)
        return "failed" if code or (said and name not in CHECKS) else "passed"


# Rows find their places in a table by what is free there; `\restrict` has a random key.
SAME = "diff <(pg_dump source | grep -v restrict | sort) <(pg_dump copy | grep -v restrict | sort)"


def path():
    return bin_of("pg_dump").rsplit("/", 1)[0] + ":/usr/bin:/bin"


STEPS = {
    "plain": "pg_dump source | psql -Xq -v ON_ERROR_STOP=1 copy",
    "plain in one transaction": "pg_dump source | psql -Xq1 -v ON_ERROR_STOP=1 copy",
    "inserts": "pg_dump --inserts source | psql -Xq -v ON_ERROR_STOP=1 copy",
    "column inserts, many rows each": "pg_dump --column-inserts --rows-per-insert=500 source | psql -Xq -v ON_ERROR_STOP=1 copy",
    "custom": "pg_dump -Fc source > d && pg_restore --exit-on-error -d copy d",
    "custom, restored in parallel": "pg_dump -Fc source > d && pg_restore --exit-on-error -j 3 -d copy d",
    "directory, dumped in parallel": "pg_dump -Fd -j 3 -f d source && pg_restore --exit-on-error -j 2 -d copy d",
    "tar": "pg_dump -Ft source > d && pg_restore --exit-on-error -d copy d",
    "section by section": "for s in pre-data data post-data; do pg_dump --section=$s source | psql -Xq -v ON_ERROR_STOP=1 copy; done",
    "copy of a table to a file and back": (
        "psql -Xqc '\\copy (SELECT * FROM reading ORDER BY id) TO f (FORMAT binary)' source;"
        "psql -Xqc 'CREATE TABLE reading (id bigint, device text, at timestamptz, kwh numeric(12,4), raw bytea, tags text[])' copy;"
        "psql -Xqc '\\copy reading FROM f (FORMAT binary)' copy"
    ),
    "large objects by psql": "echo hello > f; n=$(psql -XAtc '\\lo_import f' source | cut -d' ' -f2); psql -Xqc \"\\lo_export $n g\" source; psql -Xqc \"\\lo_unlink $n\" source",
    "pg_dumpall": "pg_dumpall | grep -v restrict > d",
    "maintenance": "vacuumdb -q --analyze source; vacuumdb -q -j 2 source; reindexdb -q source; clusterdb -q source; createdb made; dropdb made; createuser maker; dropuser maker",
    "base backup": "pg_basebackup -D backup -X stream -c fast && pg_verifybackup -q backup",
    "logical decoding": (
        "pg_recvlogical -d source --slot s --create-slot -P test_decoding;"
        "psql -Xqc \"INSERT INTO device VALUES ('x-1', 'decoded'); DELETE FROM device WHERE id = 'x-1'\" source;"
        "psql -XqAtc 'SELECT pg_current_wal_lsn()' source > lsn;"
        "pg_recvlogical -d source --slot s --start --endpos \"$(cat lsn)\" -f f; pg_recvlogical -d source --slot s --drop-slot"
    ),
    "received wal": "pg_receivewal -D . --create-slot --slot w; pg_receivewal -D . --slot w --endpos=0/1000000 --no-loop; pg_receivewal --slot w --drop-slot",
}  # fmt: skip

# What is true afterwards, where it is not that both databases are alike; said straight.
CHECKS = {
    "copy of a table to a file and back": "diff <(psql -XAtc 'SELECT * FROM reading ORDER BY id' source) <(psql -XAtc 'SELECT * FROM reading ORDER BY id' copy)",
    "large objects by psql": "diff f g",
    "pg_dumpall": "diff d <(pg_dumpall | grep -v restrict)",
    "maintenance": "! psql -XAtc '\\l' | grep -q made",
    "base backup": "test -s backup/PG_VERSION",
    "logical decoding": "grep -q \"INSERT: id\\[text\\]:'x-1'\" f && grep -q DELETE f",
    "received wal": "! psql -XAtc 'SELECT slot_name FROM pg_replication_slots' | grep -q .",
}

SOURCE = """
CREATE TYPE mood AS ENUM ('sad', 'it''s "ok"', 'happy');
CREATE DOMAIN percent AS numeric CHECK (VALUE BETWEEN 0 AND 100);
CREATE TABLE device (id text PRIMARY KEY, name text NOT NULL, mood mood DEFAULT 'happy', share percent);
CREATE TABLE reading (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, device text REFERENCES device, at timestamptz, kwh numeric(12,4), raw bytea, tags text[]);
CREATE TABLE event (id int, at date NOT NULL, body jsonb, twice int GENERATED ALWAYS AS (id * 2) STORED) PARTITION BY RANGE (at);
CREATE TABLE event_2024 PARTITION OF event FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE event_2025 PARTITION OF event FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE "Odd name; --" ("select" int, "a""b" text, "ä$1" double precision);
INSERT INTO device SELECT 'd-' || n, repeat('näme ', n % 7), (ARRAY['sad', 'happy']::mood[])[1 + n % 2], n % 101 FROM generate_series(1, 500) n;
INSERT INTO reading (device, at, kwh, raw, tags)
    SELECT 'd-' || (1 + n % 500), '2024-01-01'::timestamptz + n * interval '5 min', n / 7.0, decode(md5(n::text) || '00ff5c0a', 'hex'),
           CASE WHEN n % 3 = 0 THEN ARRAY['a b', E'tab\\t\\\\.', NULL, '{"x"}'] END
    FROM generate_series(1, 15000) n;
INSERT INTO event SELECT n, '2024-01-01'::date + n % 700, jsonb_build_object('n', n, 'text', E'line\\n\\\\N \\\\. ' || n) FROM generate_series(1, 5000) n;
INSERT INTO "Odd name; --" VALUES (1, E'\\\\.', 'NaN'), (2, E'\\r\\n', 'Infinity'), (3, NULL, 1e-300), (4, repeat('long ', 200000), 0);
CREATE INDEX ON reading (at);
CREATE INDEX ON reading USING gin (tags);
CREATE UNIQUE INDEX ON device (lower(id)) WHERE mood <> 'sad';
CLUSTER reading USING reading_at_idx;
CREATE VIEW by_day AS SELECT date_trunc('day', at) AS day, sum(kwh) AS total FROM reading GROUP BY 1;
CREATE MATERIALIZED VIEW totals AS SELECT device, count(*) AS n FROM reading GROUP BY device;
CREATE FUNCTION doubled(n int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $body$ BEGIN /* a 'comment' */ RETURN n * 2; -- $$
END $body$;
CREATE FUNCTION tripled(n int) RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT n * 3; END;
CREATE PROCEDURE nothing() LANGUAGE plpgsql AS 'BEGIN NULL; END';
CREATE FUNCTION touched() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.name := NEW.name; RETURN NEW; END $$;
CREATE TRIGGER touch BEFORE UPDATE ON device FOR EACH ROW WHEN (OLD.name IS DISTINCT FROM NEW.name) EXECUTE FUNCTION touched();
CREATE RULE silent AS ON DELETE TO "Odd name; --" WHERE OLD."select" = 1 DO INSTEAD NOTHING;
ALTER TABLE device ENABLE ROW LEVEL SECURITY;
CREATE POLICY everyone ON device USING (true);
CREATE STATISTICS together (dependencies) ON device, at FROM reading;
CREATE SEQUENCE counted START 5 INCREMENT 3;
SELECT nextval('counted'), nextval('counted');
COMMENT ON TABLE device IS 'it''s a "device"; -- no more';
CREATE PUBLICATION news FOR TABLE device;
SELECT lo_from_bytea(100000 + n, decode(repeat(md5(n::text), 1000 * n), 'hex')) FROM generate_series(1, 20) n;
COMMENT ON LARGE OBJECT 100001 IS 'the first';
GRANT SELECT ON device TO PUBLIC;
"""
