"""Moves data by each connection string of the JSON list on standard input: rows, COPY both ways, a pipeline, a cancel. libpq's
asynchronous interface does all of it, as psycopg always uses that. One JSON object a line says what has arrived."""

import json
import sys
import threading
import time

import psycopg

for dsn in json.load(sys.stdin):
    said = {}
    with psycopg.connect(dsn, connect_timeout=20, autocommit=True) as connection:
        said["rows"] = len(connection.execute("SELECT repeat('x', 10000) FROM generate_series(1, 3000)").fetchall())
        said["server_ssl"] = connection.execute("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").fetchone()[0]
        connection.execute("CREATE TEMP TABLE moved (line text)")
        block = ("".join(f"{n:07} {'c' * 92}\n" for n in range(10_000))).encode()
        with connection.cursor() as cursor:
            with cursor.copy("COPY moved FROM STDIN") as copy:
                for _ in range(10):
                    copy.write(block)
            said["copied_in"] = 10 * len(block)
            with cursor.copy("COPY moved TO STDOUT") as copy:
                said["copied_out"] = sum(len(data) for data in copy)
        with connection.pipeline():
            cursors = [connection.execute("SELECT %s::text", ["p" * 2000]) for _ in range(2000)]
            said["pipelined"] = sum(1 for cursor in cursors if len(cursor.fetchone()[0]) == 2000)

        def cancel():
            try:
                connection.cancel_safe()
            except psycopg.Error as error:
                said["cancel_failed"] = str(error)

        timer = threading.Timer(0.5, cancel)
        timer.start()
        begun = time.monotonic()
        try:
            connection.execute("SELECT pg_sleep(30)")
        except psycopg.errors.QueryCanceled as error:
            said["cancelled"] = error.sqlstate
        timer.join()
        said["after"] = time.monotonic() - begun
        connection.execute("SELECT 1")
    print(json.dumps(said), flush=True)
