"""Connects with each connection string of the JSON list on standard input, and prints what libpq says of it, one JSON object a line."""

import json
import sys

import psycopg

for dsn in json.load(sys.stdin):
    try:
        with psycopg.connect(dsn, connect_timeout=15) as connection:
            row = connection.execute("SELECT version() LIKE 'PostgreSQL%', current_user").fetchone()
            pg = connection.pgconn
            said = {"ssl": bool(pg.ssl_in_use), "user": row[1], "protocol": pg.full_protocol_version}
    except psycopg.OperationalError as error:
        said = {"error": str(error)}
    print(json.dumps(said), flush=True)
