"""Postgres's own regression tests: each file of SQL through psql, what psql prints compared with the file that the source brings."""

import os
import re
import shutil

from stage import bin_of

from . import CACHE, Suite, debian_files, debian_source, environment_of, must, server_package, shell

SETTINGS = ["lc_messages TO 'C'", "lc_monetary TO 'C'", "lc_numeric TO 'C'", "lc_time TO 'C'", "bytea_output TO 'hex'"]
SETTINGS += ["timezone_abbreviations TO 'Default'"]


class Postgres(Suite):
    name = "postgres"
    databases = ["regression", "postgres", "template1"]
    settings = ("max_prepared_transactions=10",)

    def fetch(self):
        package, major, version = server_package()
        self.tests = debian_source(self, package, version) / "src/test/regress"
        self.library = self.work / "regress.so"
        if not self.library.exists():
            headers = debian_files(self, f"postgresql-server-dev-{major}", version) / "usr/include/postgresql"
            source = self.tests / "regress.c"
            must(["cc", "-O1", "-shared", "-fPIC", "-o", self.library, source, f"-I{headers}/{major}/server", "-I/usr/include/postgresql"])
        schedule = (self.tests / "parallel_schedule").read_text()
        groups = re.findall(r"^test: (.*)$", schedule, re.M)
        # Tablespaces are not the proxy's, and tests after it need none.
        self.names = [name for group in groups for name in group.split() if name != "tablespace"]
        return version.split("-")[0]

    def furnish(self, stage):
        stage.sql("CREATE DATABASE regression TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'")
        stage.sql("".join(f"ALTER DATABASE regression SET {setting};" for setting in SETTINGS))

    def run(self, stage, only=None):
        environment, place = self.surroundings(stage)
        return {name: self.one(name, place, environment, stage) for name in self.names}

    def surroundings(self, stage):
        """Where the tests find what they read and write, and what they are told of it."""
        place = stage.directory / "regress"
        # A test that fails is run again.
        shutil.rmtree(place, ignore_errors=True)
        (place / "results").mkdir(parents=True)
        shutil.copytree(self.tests / "data", place / "data")
        # The last two come with the server's contributed modules.
        for library in [self.library, *(server_library(name) for name in ["refint.so", "autoinc.so"])]:
            shutil.copy(library, place)
        for path in [place, *place.rglob("*")]:
            path.chmod(0o777)
        environment = environment_of({
            "PG_ABS_SRCDIR": place, "PG_ABS_BUILDDIR": place, "PG_LIBDIR": place, "PG_DLSUFFIX": ".so", "PGTZ": "PST8PDT",
            "PGDATESTYLE": "Postgres, MDY", "PGOPTIONS": "-c intervalstyle=postgres_verbose", "PGHOST": "127.0.0.1",
            "PGPORT": stage.port, "PGUSER": "postgres", "PGAPPNAME": "", "LC_ALL": "C", "PATH": os.path.dirname(bin_of("psql")) + ":" + os.environ["PATH"],
        })  # fmt: skip
        return environment, place

    def one(self, name, place, environment, stage):
        log = CACHE / "logs" / f"postgres.{stage.label()}" / f"{name}.out"
        log.parent.mkdir(parents=True, exist_ok=True)
        environment = environment | {"PGAPPNAME": f"pg_regress/{name}"}
        command = ["sh", "-c", 'exec psql -X -a -q -d regression -v HIDE_TABLEAM=on -v HIDE_TOAST_COMPRESSION=on <"$0"', self.tests / f"sql/{name}.sql"]
        _, said = shell(command, log, 600, cwd=place, env=environment)
        expected = [self.tests / f"expected/{name}.out", *(self.tests / "expected").glob(f"{name}_[0-9].out")]
        return "passed" if any(said == path.read_text(errors="replace") for path in expected if path.exists()) else "failed"


def server_library(name):
    return must([bin_of("pg_config"), "--pkglibdir"]).strip() + "/" + name
