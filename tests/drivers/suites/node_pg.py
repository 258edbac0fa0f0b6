"""node-postgres's own integration tests, with the package `pg` of the same version; in text and in binary mode."""

import json
import re
import shutil

from . import CACHE, Suite, environment_of, must, shell


class NodePg(Suite):
    name = "node-pg"
    databases = ["node_test", "postgres", "template1"]
    tls = True
    needs_checkout = "node-postgres's source tree at the tag of a release"

    def fetch(self):
        source = self.checkout / "packages/pg"
        version = json.loads((source / "package.json").read_text())["version"]
        self.place = self.work / f"pg-{version}"
        if not self.place.exists():
            fresh = self.work / "fresh"
            shutil.rmtree(fresh, ignore_errors=True)
            fresh.mkdir()
            (fresh / "package.json").write_text('{"private": true}')
            packages = [f"pg@{version}", "async@2.6.4", "bluebird@3.7.2", "co@4.6.0", "pg-copy-streams@0.3.0"]
            must(["npm", "install", "--no-audit", "--no-fund", "--loglevel=error", *packages], cwd=fresh)
            # The tests reach for `../lib`: they stand beside that of the package.
            shutil.copytree(source / "test", fresh / "node_modules/pg/test")
            # A busy machine is no failure.
            runner = fresh / "node_modules/pg/test/suite.js"
            runner.write_text(runner.read_text().replace("this.timeout = 5000", "this.timeout = 60000"))
            fresh.rename(self.place)
        self.package = self.place / "node_modules/pg"
        return version

    def furnish(self, stage):
        stage.sql("CREATE DATABASE node_test")

    @staticmethod
    def environment(port):
        named = {"PGHOST": "127.0.0.1", "PGPORT": port, "PGUSER": "postgres", "PGDATABASE": "node_test", "PGTESTNOSSL": "1"}
        # A warning would come in the middle of a line that tells of a test.
        return environment_of({**named, "NODE_NO_WARNINGS": "1"})

    def run(self, stage, only=None):
        files = sorted(path.relative_to(self.package) for path in (self.package / "test/integration").rglob("*-tests.js"))
        runs = [(file, mode) for mode in ["text", "binary"] for file in files]
        if only:
            runs = [(file, mode) for file, mode in runs if any(test.startswith(f"{file} {mode}") for test in only)]
        # One after the other: some end all other connections.
        return {test: how for run in runs for test, how in self.one(stage, *run).items()}

    def one(self, stage, file, mode):
        log = CACHE / "logs" / f"node-pg.{stage.label()}"
        log.mkdir(parents=True, exist_ok=True)
        out = log / f"{str(file).replace('/', '.')}.{mode}.out"
        code, said = shell(["node", file, mode], out, 120, cwd=self.package, env=self.environment(stage.port))
        outcomes = {f"{file} {mode}: {test}": "passed" for test in re.findall(r"^  (.*?) ✔$", said, re.M)}
        return outcomes | {f"{file} {mode}": "passed" if code == 0 else "failed"}
