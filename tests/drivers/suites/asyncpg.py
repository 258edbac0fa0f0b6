"""asyncpg's own tests, from its source distribution; the driver itself is the binary wheel of the same version."""

from . import Suite, pytest, python, sdist

VERSION = "0.32.0"


class Asyncpg(Suite):
    name = "asyncpg"

    def fetch(self):
        self.tests = sdist(self, "asyncpg", VERSION) / "tests"
        self.python = python(self, f"asyncpg=={VERSION}", "pytest==8.4.2", "pytest-timeout==2.4.0", "distro")
        return VERSION

    def run(self, stage, only=None):
        # The tests stand beside a package `asyncpg` that is not built: they are run from a directory without it.
        environment = {"PGHOST": "127.0.0.1", "PGPORT": stage.port, "PGUSER": "postgres", "PGDATABASE": "postgres"}
        return pytest(self, stage, self.python, self.copy(), ["--timeout=60"], environment, only)

    def copy(self):
        import shutil

        place = self.work / "tests"
        if not (place / "tests").exists():
            shutil.copytree(self.tests, place / "tests")
        return place
