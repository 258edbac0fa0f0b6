"""What SQLAlchemy's inspector says of tables, and what a table that is reflected answers: a line for each thing.

    sqlalchemy_inspector.py PORT DATABASE TABLE… -- TABLE…

Of the tables before `--` all is told; of those behind it what depends neither on the order of columns nor on the names of indexes.
"""

import sys

import sqlalchemy


def look(engine, whole, columns):
    inspector = sqlalchemy.inspect(engine)
    names = set(inspector.get_table_names())
    for table in whole + columns:
        is_whole = table in whole
        yield table, "listed", table in names, inspector.has_table(table)
        found = [repr(column | {"type": repr(column["type"])}) for column in inspector.get_columns(table)]
        yield from ((table, column) for column in (found if is_whole else sorted(found)))
        key = inspector.get_pk_constraint(table)
        yield table, "primary key", key if is_whole else key["constrained_columns"]
        yield table, "foreign keys", inspector.get_foreign_keys(table)
        if is_whole:
            yield table, "indexes", sorted(inspector.get_indexes(table), key=lambda index: index["name"])
            yield table, "unique", inspector.get_unique_constraints(table)
            yield table, "checks", inspector.get_check_constraints(table)
            yield table, "comment", inspector.get_table_comment(table)
            yield table, "options", inspector.get_table_options(table)
    multiple = inspector.get_multi_columns(filter_names=whole + columns)
    yield "at once", sorted((str(name), sorted(column["name"] for column in found)) for name, found in multiple.items())
    yield "sorted", sorted(name for name, _ in inspector.get_sorted_table_and_fkc_names() if name in whole + columns)
    yield "current names", sorted(names & {"halter", "Geräte", "texte", "clientes", "solver_runs"})
    # A table that is read off the catalogs is one to query by.
    metadata = sqlalchemy.MetaData()
    metadata.reflect(engine, only=whole)
    keeper, device = metadata.tables["keeper"], metadata.tables["device"]
    joined = sqlalchemy.select(device, keeper.c.full_name).join(keeper).order_by(device.c.serial_no)
    with engine.connect() as connection:
        yield from (("row", *row) for row in connection.execute(joined))
        for name in whole:
            table = metadata.tables[name]
            yield from ((name, *row) for row in connection.execute(sqlalchemy.select(table).order_by(*table.c)))


def main():
    port, database, *tables = sys.argv[1:]
    at = tables.index("--")
    engine = sqlalchemy.create_engine(f"postgresql+psycopg://postgres@127.0.0.1:{port}/{database}")
    for line in look(engine, tables[:at], tables[at + 1 :]):
        print(line)


main()
