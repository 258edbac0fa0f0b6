"""What Django reads of tables that it does not know: the introspection behind `inspectdb`, and its outcome."""

import io

from django.apps import apps
from django.core.management import call_command
from django.db import connection

from play import step

QUERIES = {"telemetry_interactiondetail"}
TABLES = sorted({model._meta.db_table for model in apps.get_models()})
REAL = [name for name in TABLES if name not in QUERIES]


@step
def tables():
    with connection.cursor() as cursor:
        found = connection.introspection.table_names(cursor, include_views=True)
    return len(TABLES), [name for name in found if name in TABLES]


@step
def descriptions():
    seen = []
    with connection.cursor() as cursor:
        for name in TABLES:
            fields = connection.introspection.get_table_description(cursor, name)
            types = [(f.name, connection.introspection.get_field_type(f.type_code, f), f.precision, f.scale) for f in fields]
            seen.append((name, types, [] if name in QUERIES else [f.null_ok for f in fields]))
    return seen


@step
def keys():
    read = connection.introspection
    with connection.cursor() as cursor:
        relations = lambda name: sorted(read.get_relations(cursor, name).items())
        return len(REAL), [(name, read.get_primary_key_columns(cursor, name), relations(name)) for name in REAL]


@step
def models_made_of_tables():
    made = io.StringIO()
    call_command("inspectdb", *REAL, stdout=made)
    return len(REAL), made.getvalue().splitlines()
