"""psycopg2's own tests, from the source distribution of its binary package: libpq in blocking and asynchronous use."""

import shutil

from . import Suite, pytest, python, sdist

VERSION = "2.9.13"


class Psycopg2(Suite):
    name = "psycopg2"
    databases = ["psycopg2_test", "postgres"]
    settings = ("wal_level=logical", "max_prepared_transactions=10")

    def fetch(self):
        place = self.work / "tests"
        if not place.exists():
            shutil.copytree(sdist(self, "psycopg2-binary", VERSION) / "tests", place)
        self.python = python(self, f"psycopg2-binary=={VERSION}", "pytest==8.4.2", "pytest-timeout==2.4.0")
        return VERSION

    def furnish(self, stage):
        stage.sql("CREATE DATABASE psycopg2_test")
        stage.sql("CREATE EXTENSION hstore", "psycopg2_test")

    def run(self, stage, only=None):
        environment = {
            "PSYCOPG2_TESTDB_HOST": "127.0.0.1",
            "PSYCOPG2_TESTDB_PORT": stage.port,
            "PSYCOPG2_TESTDB_USER": "postgres",
            "PSYCOPG2_TEST_REPL_DSN": "",
            "PGHOST": "127.0.0.1",
            "PGPORT": stage.port,
            "PGUSER": "postgres",
        }
        return pytest(self, stage, self.python, self.work, ["--timeout=60"], environment, only or ["tests"])
