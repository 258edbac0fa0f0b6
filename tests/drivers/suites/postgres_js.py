"""postgres.js's own tests, with the package `postgres` of the same version."""

import json
import re
import shutil

from . import CACHE, Suite, environment_of, must, shell


class PostgresJs(Suite):
    name = "postgres.js"
    databases = ["postgres_js_test", "postgres"]
    settings = ("wal_level=logical", "max_prepared_transactions=10")
    tls = True
    hba = (
        "host all postgres_js_test_md5 all md5\nhost all postgres_js_test_scram all scram-sha-256\n"
        "local all postgres_js_test_md5 md5\nlocal all postgres_js_test_scram scram-sha-256\n"
    )
    fixed_port = 5432
    needs_checkout = "postgres.js's source tree at the tag of a release"

    def fetch(self):
        version = json.loads((self.checkout / "package.json").read_text())["version"]
        self.place = self.work / f"postgres-{version}"
        if not self.place.exists():
            fresh = self.work / "fresh"
            shutil.rmtree(fresh, ignore_errors=True)
            fresh.mkdir()
            (fresh / "package.json").write_text('{"private": true}')
            must(["npm", "install", "--no-audit", "--no-fund", "--loglevel=error", f"postgres@{version}"], cwd=fresh)
            tests = fresh / "node_modules/postgres/tests"
            shutil.copytree(self.checkout / "tests", tests)
            # It stops at the first test that fails, and tells the rest at its end: we want to know of each when it ends.
            runner = (tests / "test.js").read_text().replace("failed = true", "void 0").replace("(options.timeout || t.timeout)", "60")
            runner = runner.replace("process.stdout.write('✅')", "process.stdout.write(`\\nok ${line} ${name}\\n`)")
            runner = runner.replace(".catch(err => {", ".catch(err => {\n      process.stdout.write(`\\nfailed ${line} ${name}\\n${util.inspect(err)}\\n`)")
            # And it waits for connections that a failed test left open.
            runner = runner.replace("process.exitCode = 1)", "process.exitCode = 1)\n\n  process.exit()")
            (tests / "test.js").write_text(runner)
            fresh.rename(self.place)
        return version

    def furnish(self, stage):
        # The suite makes it anew; a route's catalog is read at the start.
        stage.sql("CREATE DATABASE postgres_js_test")

    def run(self, stage, only=None):
        log = CACHE / "logs" / f"postgres.js.{stage.label()}.out"
        log.parent.mkdir(parents=True, exist_ok=True)
        environment = environment_of({"PGHOST": "127.0.0.1", "PGPORT": stage.port, "PGUSER": "postgres", "PGDATABASE": "postgres", "PGSOCKET": stage.socket_directory})
        for _ in range(3):
            _, said = shell(["node", "tests/index.js"], log, 600, cwd=self.place / "node_modules/postgres", env=environment)
            # On a busy machine one of its races ends it in the middle, which straight would pass for a suite of few tests.
            if any(last in said for last in ["Not all tests were run", "ignored test", "Not good", "🎉"]):
                break
        else:
            raise RuntimeError(f"postgres.js's tests did not come to their end: {said[-2000:]}")
        found = re.findall(r"^(ok|failed) (\d+) (.*)$", said, re.M)
        return {f"{name} ({line})": "passed" if how == "ok" else "failed" for how, line, name in found}
