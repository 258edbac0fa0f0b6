"""What SQLAlchemy's inspector says of mapped tables: straight to the legacy database, and through Exonym to the current one.

Columns keep their numbers, so computed ones come behind the others: their order is not compared where a table has such. Indexes and the names
of constraints are those of the current table: they are compared where the fixture has the same on both sides.

    sqlalchemy_reflection.py LEGACY_URL PROXY_URL
"""

import json
import sys

import sqlalchemy

SAME_IN_ALL = ["keeper", "device"]
COMPUTED = ["consumption_log", "ai_predictions", "feedback_log", "solver", "plant", "customers", "swapped", "chain", "gadget"]


def columns(inspector, table, in_order):
    found = [{**column, "type": repr(column["type"])} for column in inspector.get_columns(table)]
    return found if in_order else sorted(found, key=lambda column: column["name"])


def look(url):
    engine = sqlalchemy.create_engine(url)
    seen = {}
    inspector = sqlalchemy.inspect(engine)
    names = set(inspector.get_table_names())
    for table in SAME_IN_ALL + COMPUTED:
        same = table in SAME_IN_ALL
        seen[f"{table}: listed"] = table in names and inspector.has_table(table)
        seen[f"{table}: columns"] = columns(inspector, table, same)
        key = inspector.get_pk_constraint(table)
        seen[f"{table}: primary key"] = key if same else key["constrained_columns"]
        seen[f"{table}: foreign keys"] = inspector.get_foreign_keys(table)
        if same:
            seen[f"{table}: indexes"] = sorted(inspector.get_indexes(table), key=lambda index: index["name"])
            seen[f"{table}: unique"] = inspector.get_unique_constraints(table)
            seen[f"{table}: checks"] = inspector.get_check_constraints(table)
            seen[f"{table}: comment"] = inspector.get_table_comment(table)
    seen["current names"] = sorted(names & {"halter", "Geräte", "clientes", "solver_runs"})
    # A model that is read off the catalogs is one to query by.
    metadata = sqlalchemy.MetaData()
    metadata.reflect(engine, only=["keeper", "device"])
    keeper, device = metadata.tables["keeper"], metadata.tables["device"]
    query = sqlalchemy.select(device, keeper.c.full_name).join(keeper).order_by(device.c.serial_no)
    with engine.connect() as connection:
        seen["rows"] = [list(map(str, row)) for row in connection.execute(query)]
    return seen


def main():
    straight, through = (look(url) for url in sys.argv[1:3])
    differences = 0
    for key, expected in straight.items():
        if expected != through.get(key):
            differences += 1
            for side, value in (("straight", expected), ("through", through.get(key))):
                print(f"{key}, {side}: {json.dumps(value, default=str, ensure_ascii=False)}")
    print(f"{len(straight)} answers, {differences} differ")
    sys.exit(1 if differences or not straight["rows"] else 0)


main()
