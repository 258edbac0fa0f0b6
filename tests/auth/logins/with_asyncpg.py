"""Logs in with asyncpg for each case of the JSON list on standard input; one JSON line a case: who it is, or what was said."""

import asyncio
import json
import ssl
import sys

import asyncpg


def settings(client):
    if client == "plain":
        return False
    context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


async def main():
    for case in json.load(sys.stdin):
        try:
            connection = await asyncpg.connect(
                host="127.0.0.1",
                port=case["port"],
                user=case["user"],
                password=case["password"],
                database="postgres",
                ssl=settings(case["client"]),
                timeout=15,
            )
            said = {"user": await connection.fetchval("SELECT current_user")}
            await connection.close()
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            said = {"error": f"{error}; {getattr(error, 'hint', None)}"}
        print(json.dumps(said), flush=True)


asyncio.run(main())
