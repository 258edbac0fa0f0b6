"""What Django's introspection says of tables, and the models that `inspectdb` makes of them: a line for each thing.

    django_inspectdb.py PORT DATABASE TABLE… -- TABLE…

Of the tables before `--` all is told; of those behind it what depends neither on the order of columns nor on the names of indexes.
"""

import io
import sys

import django
from django.conf import settings


def look(whole, columns):
    from django.core.management import call_command
    from django.db import connection

    told = connection.introspection
    with connection.cursor() as cursor:
        tables = sorted((table.name, table.type, table.comment) for table in told.get_table_list(cursor))
        yield from (table for table in tables if table[0] in whole + columns)
        yield "current names", [table for table in tables if table[0] in ("halter", "Geräte", "texte", "clientes")]
        for name in whole + columns:
            described = [[name, *map(str, column)] for column in told.get_table_description(cursor, name)]
            yield from described if name in whole else sorted(described)
            yield name, "key", told.get_primary_key_columns(cursor, name)
        for name in whole:
            yield name, "relations", told.get_relations(cursor, name)
            yield from ((name, *pair) for pair in sorted(told.get_constraints(cursor, name).items()))
            # The name of a sequence is that of the current table.
            yield name, "sequences", [sequence | {"name": ""} for sequence in told.get_sequences(cursor, name)]
    for names in whole, columns:
        models = io.StringIO()
        call_command("inspectdb", *names, stdout=models)
        lines = models.getvalue().splitlines()
        yield from lines if names is whole else sorted(lines)


def main():
    port, database, *tables = sys.argv[1:]
    at = tables.index("--")
    engine = {"ENGINE": "django.db.backends.postgresql", "NAME": database, "USER": "postgres", "HOST": "127.0.0.1", "PORT": port}
    settings.configure(DATABASES={"default": engine})
    django.setup()
    for line in look(tables[:at], tables[at + 1 :]):
        print(line)


main()
