"""A service on SQLAlchemy: `alchemy.py DRIVER PORT DATABASE` (DRIVER: psycopg, psycopg2, asyncpg)."""

import asyncio
import sys

import sqlalchemy
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session

import alchemy_filters  # noqa: F401  each adds its steps
import alchemy_load  # noqa: F401
import alchemy_queries  # noqa: F401
import alchemy_reflection  # noqa: F401
import alchemy_sessions  # noqa: F401
import alchemy_shapes  # noqa: F401
from play import play

statements = []


def sent():
    texts = statements[:]
    statements.clear()
    return texts


def listen(engine):
    @event.listens_for(engine, "before_cursor_execute")
    def note(connection, cursor, statement, parameters, context, executemany):
        statements.append(f"{statement}\n-- {parameters!r}"[:4000])


def main():
    driver, port, database = sys.argv[1:]
    url = f"postgresql+{driver}://postgres@127.0.0.1:{port}/{database}"
    if driver != "asyncpg":
        engine = sqlalchemy.create_engine(url)
        listen(engine)

        def run(function):
            with Session(engine) as session:
                return function(session)

        play(run, sent)

    async def one(engine, function):
        async with AsyncSession(engine) as session:
            return await session.run_sync(function)

    with asyncio.Runner() as runner:
        engine = create_async_engine(url)
        listen(engine.sync_engine)
        try:
            play(lambda function: runner.run(one(engine, function)), sent)
        finally:
            runner.run(engine.dispose())


if __name__ == "__main__":
    main()
