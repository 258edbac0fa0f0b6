"""node-postgres's own integration tests, with the package `pg` of the same version; in text and in binary mode."""

import json
import re
import shutil

from . import CACHE, Suite, environment_of, must, shell


class NodePg(Suite):
    name = "node-pg"
    databases = ["node_test", "postgres"]
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
            for part in ["test", "script"]:
                shutil.copytree(source / part, fresh / "node_modules/pg" / part)
            fresh.rename(self.place)
        self.package = self.place / "node_modules/pg"
        return version

    def furnish(self, stage):
        stage.sql("CREATE DATABASE node_test")
        must(["node", "script/create-test-tables.js"], cwd=self.package, env=self.environment(stage.server_port))

    @staticmethod
    def environment(port):
        named = {"PGHOST": "127.0.0.1", "PGPORT": port, "PGUSER": "postgres", "PGDATABASE": "node_test", "PGTESTNOSSL": "1"}
        return environment_of(named)

    def run(self, stage, only=None):
        outcomes = {}
        files = sorted(path.relative_to(self.package) for path in (self.package / "test/integration").rglob("*-tests.js"))
        log = CACHE / "logs" / f"node-pg.{stage.label()}"
        log.mkdir(parents=True, exist_ok=True)
        for mode in ["text", "binary"]:
            for file in files:
                if only and not any(test.startswith(f"{file} {mode}") for test in only):
                    continue
                code, said = shell(["node", file, mode], log / f"{file.stem}.{mode}.out", 120, cwd=self.package, env=self.environment(stage.port))
                for test in re.findall(r"^  (.*?) ✔$", said, re.M):
                    outcomes[f"{file} {mode}: {test}"] = "passed"
                outcomes[f"{file} {mode}"] = "passed" if code == 0 else "failed"
        return outcomes
