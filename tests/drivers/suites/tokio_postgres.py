"""tokio-postgres's own tests, from its crate."""

import os
import re
import shutil

from stage import CACHE

from . import Suite, must, shell

VERSION = "0.7.18"
# The tests have it in their texts.
PORT = 5433
PASSWORDS = """
SET password_encryption TO 'md5';
CREATE ROLE md5_user PASSWORD 'password' LOGIN;
SET password_encryption TO 'scram-sha-256';
CREATE ROLE pass_user PASSWORD 'password' LOGIN;
CREATE ROLE scram_user PASSWORD 'password' LOGIN;
CREATE ROLE ssl_user LOGIN;
CREATE EXTENSION hstore;
CREATE EXTENSION citext;
CREATE EXTENSION ltree;
"""


class TokioPostgres(Suite):
    name = "tokio-postgres"
    fixed_port = PORT
    hba = "".join(f"host all {user} all {method}\n" for user, method in [("pass_user", "password"), ("md5_user", "md5"), ("scram_user", "scram-sha-256")])

    def fetch(self):
        crate = self.work / f"tokio-postgres-{VERSION}"
        if not crate.exists():
            unpacked = self.work / "vendor"
            self.vendor(unpacked)
            shutil.copytree(unpacked / "tokio-postgres", crate)
        environment = {**os.environ, "CARGO_TARGET_DIR": str(self.work / "target")}
        must(["cargo", "test", "--quiet", "--no-run", "--test", "test"], cwd=crate, env=environment)
        said = must(["cargo", "test", "--no-run", "--test", "test", "--message-format=json"], cwd=crate, env=environment)
        self.program = re.findall(r'"executable":"([^"]+/test-[^"]+)"', said)[-1]
        return VERSION

    def vendor(self, place):
        """cargo brings the sources of what a package needs; this one needs nothing but the suite."""
        empty = self.work / "needs"
        (empty / "src").mkdir(parents=True, exist_ok=True)
        (empty / "src/lib.rs").touch()
        manifest = f'[package]\nname = "needs"\nversion = "0.0.0"\nedition = "2024"\n[dependencies]\ntokio-postgres = "={VERSION}"\n[workspace]\n'
        (empty / "Cargo.toml").write_text(manifest)
        must(["cargo", "vendor", "--quiet", place], cwd=empty)

    def furnish(self, stage):
        stage.sql(PASSWORDS)

    def run(self, stage, only=None):
        log = CACHE / "logs" / f"tokio-postgres.{stage.label()}.out"
        log.parent.mkdir(parents=True, exist_ok=True)
        _, said = shell([self.program, "--test-threads=2", *(["--exact", *only] if only else [])], log, 600)
        found = re.findall(r"^test (\S+)(?: - should panic)? \.\.\. (ok|FAILED|ignored)", said, re.M)
        return {test: {"ok": "passed", "FAILED": "failed"}.get(how, "skipped") for test, how in found}
