"""A service on Django: `with_django.py DRIVER [BINDING] PORT DATABASE`.

DRIVER is psycopg or psycopg2; BINDING is `server` when the server is to put parameters in (psycopg alone), else `client`.
"""

import sys


def main():
    driver, binding, port, database = sys.argv[1:]
    if driver == "psycopg2":
        # Django takes psycopg where there is one.
        sys.modules["psycopg"] = None
    import django
    from django.conf import settings

    settings.configure(
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": database,
                "USER": "postgres",
                "HOST": "127.0.0.1",
                "PORT": port,
                "OPTIONS": {"server_side_binding": True} if binding == "server" else {},
            }
        },
        INSTALLED_APPS=["django.contrib.postgres", "hydro"],
        USE_TZ=True,
        TIME_ZONE="America/Santiago",
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    )
    django.setup()
    from django.db import connection, transaction

    import django_filters  # noqa: F401  each adds its steps
    import django_queries  # noqa: F401
    import django_reflection  # noqa: F401
    import django_sessions  # noqa: F401
    import django_shapes  # noqa: F401
    from play import play

    statements = []

    def note(execute, sql, params, many, context):
        statements.append(f"{sql}\n-- {params!r}"[:4000])
        return execute(sql, params, many, context)

    def sent():
        texts = statements[:]
        statements.clear()
        return texts

    def run(function):
        with transaction.atomic():
            return function()

    module = connection.Database.__name__
    if module.split(".")[0] != driver:
        sys.exit(f"Django uses {module}, and not {driver}")
    with connection.execute_wrapper(note):
        play(run, sent)


if __name__ == "__main__":
    main()
