"""What a service reads of its tables before it uses them: the inspector, reflected tables, models made of them.

Constraints and indexes are the current table's, as far as legacy columns can show them; a table that is a query has none.
"""

import warnings
from datetime import date

from sqlalchemy import MetaData, Table, func, inspect, select
from sqlalchemy.ext.automap import automap_base

from alchemy_models import Base, rows
from play import step

# An index over a current column that no legacy name stands for has a column which nobody sees.
warnings.filterwarnings("ignore", "Skipping index")

QUERIES = {"telemetry_interactiondetail"}
TABLES = sorted(Base.metadata.tables)
REAL = [name for name in TABLES if name not in QUERIES]


def described(name, columns):
    """Name and type of each column, and of real tables whether it may be NULL. Sorted: computed columns stand behind those that the table has."""
    return sorted((c["name"], repr(c["type"])) + (() if name in QUERIES else (c["nullable"], c["default"])) for c in columns)


@step
def tables(session):
    inspector = inspect(session.connection())
    found = inspector.get_table_names() + inspector.get_view_names()
    return [len(TABLES), sorted(set(TABLES) & set(found)), [(name, inspector.has_table(name)) for name in [*TABLES, "no_such_table"]]]


@step
def columns(session):
    inspector = inspect(session.connection())
    return [(name, described(name, inspector.get_columns(name))) for name in TABLES]


@step
def columns_in_a_named_schema(session):
    inspector = inspect(session.connection())
    return [(name, described(name, inspector.get_columns(name, schema="public"))) for name in TABLES]


@step
def columns_of_all_at_once(session):
    found = inspect(session.connection()).get_multi_columns(filter_names=TABLES)
    return [(name, described(name, found[None, name])) for name in REAL]


@step
def keys(session):
    inspector = inspect(session.connection())
    foreign = lambda key: (key["constrained_columns"], key["referred_table"], key["referred_columns"])
    return len(REAL), [
        (name, inspector.get_pk_constraint(name)["constrained_columns"], sorted(map(foreign, inspector.get_foreign_keys(name)))) for name in REAL
    ]


@step
def reflected_tables_are_read(session):
    seen = []
    for name in TABLES:
        table = Table(name, MetaData(), autoload_with=session.connection())
        columns = [table.c[key] for key in sorted(table.c.keys())]
        first = select(*columns).order_by(*[c for c in columns if "JSON" not in repr(c.type)]).limit(5)
        seen.append((name, [c.name for c in columns], rows(session.execute(first)), session.scalar(select(func.count(columns[0])))))
    return seen


@step
def models_made_of_tables(session):
    base = automap_base()
    base.prepare(autoload_with=session.connection(), reflection_options={"only": REAL})
    point, reading = base.classes.telemetry_catchmentpoint, base.classes.consumption_log
    found = session.scalars(select(point).where(point.is_telemetry).order_by(point.id)).all()
    return [
        sorted(base.classes.keys()),
        [(p.title, p.lat, p.telemetry_project.name) for p in found],
        session.scalar(select(func.count()).select_from(reading).where(reading.record_date == date(2025, 1, 1))),
    ]
