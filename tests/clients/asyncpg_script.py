"""What a service does with asyncpg, in legacy names; prints what it saw, one JSON line a step.

`tests/clients.rs` runs it straight before the legacy database and through Exonym before the current one, and compares.

    asyncpg_script.py STATEMENTS PORT DATABASE
"""

import asyncio
import datetime
import io
import json
import sys

import asyncpg


def told(step, what):
    print(json.dumps([step, what], ensure_ascii=False, default=str))


def value(given):
    if isinstance(given, dict) and "date" in given:
        return datetime.date.fromisoformat(given["date"])
    if isinstance(given, dict):
        return datetime.datetime.fromisoformat(given["time"])
    return given


def rows(records):
    return [[repr(field) for field in record.values()] for record in records]


async def seen(statement, *parameters):
    columns = [(a.name, a.type.name) for a in statement.get_attributes()]
    return [[p.name for p in statement.get_parameters()], columns, rows(await statement.fetch(*parameters)), statement.get_statusmsg()]


async def play(connect, texts):
    c = await connect()
    for sql, parameters in texts["reads"]:
        parameters = list(map(value, parameters))
        statement = await c.prepare(sql)
        told(sql, [await seen(statement, *parameters) for _ in range(3)])
        told(f"fetch: {sql}", rows(await c.fetch(sql, *parameters)))
        told(f"value: {sql}", repr(await c.fetchval(sql, *parameters)))
    # Simple protocol, several statements in one text.
    told("script", await c.execute("SELECT rating FROM solver; SELECT phone_number FROM customers; SET search_path TO public"))

    block = c.transaction()
    await block.start()
    for sql, parameters in texts["writes"]:
        told(sql, await seen(await c.prepare(sql), *map(value, parameters)))
    sql = "INSERT INTO orders (id, estado, telefono) VALUES ($1, $2, $3)"
    told("executemany", await c.executemany(sql, [(n, f"n{n}", str(n)) for n in range(1000, 1020)]))
    told("executemany made", await c.fetchval("SELECT count(telefono) FROM orders WHERE id >= 1000"))
    await block.rollback()

    for sql in texts["errors"]:
        for step in ("fetch", "execute"):
            try:
                await getattr(c, step)(sql)
                told(f"{step}: {sql}", "no error")
            except asyncpg.PostgresError as e:
                told(f"{step}: {sql}", [e.sqlstate, e.position])

    async with c.transaction():
        told("cursor", [rows([record]) async for record in c.cursor(texts["cursor"], prefetch=3)])
        cursor = await c.cursor(texts["cursor"])
        told("fetch size", [rows(await cursor.fetch(4)), await cursor.forward(2), rows(await cursor.fetch(4))])

    out = io.BytesIO()
    told("copy from query", await c.copy_from_query("SELECT id, full_name, created_at FROM customers WHERE id < $1 ORDER BY id", 4, output=out))
    told("copied", out.getvalue().decode())
    block = c.transaction()
    await block.start()
    columns = ["id", "telefono", "estado"]
    told("copy in", await c.copy_records_to_table("orders", columns=columns, records=[tuple(row) for row in texts["copy_rows"]]))
    told("copied in", rows(await c.fetch(texts["copied"])))
    await block.rollback()

    heard, arrived = [], asyncio.Event()

    def listener(connection, pid, channel, payload):
        heard.append([channel, payload, pid == connection.get_server_pid()])
        arrived.set()

    await c.add_listener("rating", listener)
    other = await connect()
    for connection in (c, other):
        arrived.clear()
        await connection.execute("SELECT pg_notify('rating', 'consumption_kwh')")
        await asyncio.wait_for(arrived.wait(), 20)
    told("heard", heard)

    try:
        await c.execute("SELECT rating, pg_sleep(60) FROM solver", timeout=0.2)
    except asyncio.TimeoutError:
        told("cancelled", rows(await c.fetch("SELECT count(rating) FROM solver")))
    pid = c.get_server_pid()
    sleeping = asyncio.ensure_future(c.fetch("SELECT rating, pg_sleep(60) FROM solver"))
    while not await other.fetchval("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'PgSleep'", pid):
        await asyncio.sleep(0.01)
    try:
        await sleeping
    except asyncpg.QueryCanceledError as e:
        told("cancelled by another", e.sqlstate)
    await asyncio.gather(c.close(), other.close())


async def main():
    statements, port, database = sys.argv[1:]
    with open(statements) as file:
        texts = json.load(file)
    await play(lambda: asyncpg.connect(host="127.0.0.1", port=int(port), user="postgres", database=database, ssl=False), texts)
    told("end", asyncpg.__version__)


asyncio.run(main())
