"""asyncpg's own tests, from its source distribution; the driver itself is the binary wheel of the same version."""

import shutil

from . import Suite, pytest, python, sdist

VERSION = "0.32.0"


# Databases that tests make for themselves and go to. A route leads to one that is there when the proxy starts, so these are, and the
# statements that would make and drop them do nothing, straight as well.
OWN = ["asyncpg_intro_test", "testdb"]


class Asyncpg(Suite):
    name = "asyncpg"
    databases = ["postgres", *OWN]

    def fetch(self):
        self.tests = sdist(self, "asyncpg", VERSION) / "tests"
        self.python = python(self, f"asyncpg=={VERSION}", "pytest==8.4.2", "pytest-timeout==2.4.0", "distro")
        return VERSION

    def furnish(self, stage):
        for database in OWN:
            stage.sql(f"CREATE DATABASE {database}")

    def run(self, stage, only=None):
        # What a test that failed has left there.
        for database in OWN if only else []:
            stage.sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public; GRANT ALL ON SCHEMA public TO PUBLIC", database)
        # The tests stand beside a package `asyncpg` that is not built: they are run from a directory without it.
        environment = {"PGHOST": "127.0.0.1", "PGPORT": stage.port, "PGUSER": "postgres", "PGDATABASE": "postgres"}
        return pytest(self, stage, self.python, self.copy(), ["--timeout=60"], environment, only)

    def copy(self):
        place = self.work / "tests"
        if not (place / "tests").exists():
            shutil.copytree(self.tests, place / "tests")
        for path in place.glob("tests/test_*.py"):
            text = path.read_text()
            for database in OWN:
                text = text.replace(f"'CREATE DATABASE {database}'", "'SELECT 1'").replace(f"'DROP DATABASE {database}'", "'SELECT 1'")
            if text != path.read_text():
                path.write_text(text)
        return place
