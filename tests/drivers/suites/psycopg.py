"""psycopg 3's own tests, with the binary package of the same version (its C implementation, and the libpq that it brings)."""

import re
import shutil

from . import Suite, pytest, python


class Psycopg(Suite):
    name = "psycopg"
    databases = ["psycopg_test", "postgres"]
    settings = ("max_prepared_transactions=10",)
    needs_checkout = "psycopg's source tree at the tag of a release"

    def fetch(self):
        project = (self.checkout / "psycopg/pyproject.toml").read_text()
        version = re.search(r'^version = "(.*)"', project, re.M)[1]
        self.python = python(
            self, f"psycopg[binary,pool]=={version}", "anyio>=4", "pproxy==2.7.9", "pytest==8.4.2", "pytest-timeout==2.4.0", "dnspython==2.8.0"
        )  # fmt: skip
        # Only the tests: the package itself is the one that was installed.
        self.place = self.work / f"tests-{version}"
        if not self.place.exists():
            shutil.copytree(self.checkout / "tests", self.place / "tests")
            shutil.copy(self.checkout / "pyproject.toml", self.place)
        return version

    def furnish(self, stage):
        stage.sql("CREATE DATABASE psycopg_test")

    def run(self, stage, only=None):
        dsn = f"host=127.0.0.1 port={stage.port} user=postgres dbname=psycopg_test"
        # The newest protocol of libpq, which older servers negotiate down.
        # `mypy` and `gevent` have nothing to do with a server, `pool` and `slow` are about time; the types' tests are random values by the thousand.
        options = ["--timeout=120", "--timeout-method=thread", "-m", "not mypy and not gevent and not dnspython and not slow", "--ignore=tests/pool", "--ignore=tests/crdb", "--ignore=tests/types"]
        return pytest(self, stage, self.python, self.place, options, {"PSYCOPG_TEST_DSN": dsn, "PGMAXPROTOCOLVERSION": "latest"}, only or ["tests"])
