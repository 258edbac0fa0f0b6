"""What a suite is: where it comes from, what it finds on the server, and how it is run. One file a suite; `run` plays them."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import xml.etree.ElementTree as xml

from stage import CACHE, bin_of


class Suite:
    """The defaults. A suite's tests are known by an id, and each ends as `passed`, `failed` or `skipped`."""

    name = ""
    databases = ["postgres"]
    # Lines before all others in pg_hba.conf, and settings of the server.
    hba = ""
    settings = ()
    # True: short enough for tests/run.
    quick = False
    # What cannot be had from a package registry: the user brings it (`--checkout NAME=DIR`).
    needs_checkout = None
    # Where the suite goes, when it cannot be told.
    fixed_port = None
    # True: server and proxy take TLS as well.
    tls = False

    def __init__(self, checkout=None):
        self.checkout = checkout

    @property
    def work(self):
        path = CACHE / self.name
        path.mkdir(parents=True, exist_ok=True)
        return path

    def fetch(self):
        """Gets what is needed, once; returns the version."""
        raise NotImplementedError

    def furnish(self, stage):
        """Makes on a fresh server what the suite expects there."""

    def run(self, stage, only=None):
        """Runs all tests, or those of `only`; returns the outcome of each, by id."""
        raise NotImplementedError


def shell(command, log, timeout=1800, **more):
    """Runs a command, all that it says into `log`, and ends whatever it started when the time is over. Returns its exit code and
    what it said."""
    with open(log, "w") as out:
        child = subprocess.Popen(list(map(str, command)), stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True, **more)
        try:
            child.wait(timeout)
        except subprocess.TimeoutExpired:
            out.write(f"\nended after {timeout} s\n")
        finally:
            if child.poll() is None:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
    return child.returncode, pathlib.Path(log).read_text(errors="replace")


def environment_of(more):
    """Ours without what libpq would read from it, and `more`."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")} | {k: str(v) for k, v in more.items()}


def must(command, **more):
    """Runs a command that has to succeed."""
    done = subprocess.run(list(map(str, command)), text=True, capture_output=True, **more)
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}: {done.stdout[-2000:]}{done.stderr[-4000:]}")
    return done.stdout


def python(suite, *packages):
    """The interpreter of a virtual environment with these packages."""
    directory = suite.work / "venv"
    interpreter, mark = directory / "bin/python", directory / "packages"
    wanted = " ".join(packages)
    if not mark.exists() or mark.read_text() != wanted:
        shutil.rmtree(directory, ignore_errors=True)
        must([sys.executable, "-m", "venv", directory])
        must([interpreter, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages])
        mark.write_text(wanted)
    return interpreter


def sdist(suite, package, version):
    """The unpacked source distribution of a PyPI package."""
    directory = suite.work / f"{package}-{version}"
    if not directory.exists():
        downloads = suite.work / "downloads"
        must([
            sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-binary", ":all:",
            f"{package}=={version}", "-d", downloads,
        ])  # fmt: skip
        unpack(suite, next(downloads.glob(f"*-{version}.tar.gz")), directory)
    return directory


def unpack(suite, archive, directory):
    """Makes the one directory in an archive this directory; it is there whole or not at all."""
    unpacked = suite.work / "unpacked"
    shutil.rmtree(unpacked, ignore_errors=True)
    with tarfile.open(archive) as tar:
        tar.extractall(unpacked, filter="data")
    next(unpacked.iterdir()).rename(directory)


def debian_source(suite, package, version):
    """The unpacked source of a Debian package, by apt; the source lines are those for binaries that this machine has."""
    directory = suite.work / f"{package}-{version}"
    if directory.exists():
        return directory
    apt, lists = suite.work / "apt", suite.work / "apt/lists"
    (apt / "parts").mkdir(parents=True, exist_ok=True)
    (lists / "partial").mkdir(parents=True, exist_ok=True)
    etc = pathlib.Path("/etc/apt")
    for path in [etc / "sources.list", *etc.glob("sources.list.d/*.list"), *etc.glob("sources.list.d/*.sources")]:
        if path.exists() and "debian" in (text := path.read_text()):
            text = re.sub(r"^deb ", "deb-src ", text, flags=re.M)
            text = re.sub(r"^Types:.*", "Types: deb-src", text, flags=re.M)
            (apt / "parts" / path.name).write_text(text)
    options = ["-o", "Dir::Etc::sourcelist=/dev/null", "-o", f"Dir::Etc::sourceparts={apt}/parts", "-o", f"Dir::State::lists={lists}"]
    options += ["-o", "APT::Sandbox::User=root"]
    must(["apt-get", *options, "-q", "update"])
    # A mirror may have lost the source of a version that it still has as a binary; that of a neighbour does as well.
    known = re.findall(r"^Version: (.*)", must(["apt-cache", *options, "showsrc", package]), flags=re.M)
    for one in [version, *(other for other in known if other != version)]:
        # Only upstream's own files: Debian's patches concern where things are installed.
        fetch = ["apt-get", *options, "-q", "source", "--download-only", "--tar-only", f"{package}={one}"]
        if subprocess.run(fetch, cwd=apt, capture_output=True).returncode == 0:
            unpack(suite, next(apt.glob(f"*_{one.split('-')[0]}.orig.tar.*")), directory)
            return directory
    raise RuntimeError(f"no mirror has the source of {package}: {' '.join([version, *known])}")


def debian_files(suite, package, version):
    """The unpacked files of a Debian binary package, without installing it."""
    directory = suite.work / f"{package}-{version}.files"
    if not directory.exists():
        must(["apt-get", "-q", "download", f"{package}={version}"], cwd=suite.work)
        must(["dpkg", "-x", next(suite.work.glob(f"{package}_*.deb")), directory])
    return directory


def server_package():
    """The Debian package of the server that is used, its major version, and its version as Debian counts."""
    major = must([bin_of("pg_config"), "--version"]).split()[1].split(".")[0]
    package = f"postgresql-{major}"
    return package, major, must(["dpkg-query", "-W", "-f", "${Version}", package])


def pytest(suite, stage, interpreter, directory, arguments, environment, only=None, timeout=1800):
    """Runs pytest in `directory`, and reads what became of each test."""
    report = stage.directory / "report.xml"
    report.unlink(missing_ok=True)
    # What pytest remembers of a run that was cut off must not keep this one from running.
    shutil.rmtree(pathlib.Path(directory) / ".pytest_cache", ignore_errors=True)
    log = CACHE / "logs" / f"{suite.name}.{stage.label()}.out"
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [interpreter, "-m", "pytest", "-q", "--tb=short", f"--junitxml={report}", *arguments, *(only or [])]
    code, said = shell(command, log, timeout, cwd=directory, env=environment_of(environment))
    # 1 says that tests failed; more, that not all were run.
    if code not in (0, 1) or not report.exists():
        raise RuntimeError(f"pytest did not come to its end: {said[-3000:]}")
    outcomes = {}
    for case in xml.parse(report).getroot().iter("testcase"):
        told = {part.tag for part in case}
        outcome = "failed" if told & {"failure", "error"} else "skipped" if "skipped" in told else "passed"
        test = test_id(case)
        # A test that passes and whose teardown fails is told twice.
        if outcomes.get(test) != "failed":
            outcomes[test] = outcome
    return outcomes


def test_id(case):
    """pytest's own name of a test (`tests/test_x.py::TestX::test_y`), from how the report spells it."""
    parts = case.get("classname", "").split(".")
    at = next((i for i, part in enumerate(parts) if part.startswith("test_")), len(parts) - 1)
    return "::".join(["/".join(parts[: at + 1]) + ".py", *parts[at + 1 :], case.get("name", "")])


def _all():
    from . import asyncpg, dump, libpq_pipeline, node_pg, postgres, postgres_js, psycopg, psycopg2, tokio_postgres

    suites = [
        libpq_pipeline.LibpqPipeline,
        dump.Dump,
        asyncpg.Asyncpg,
        psycopg2.Psycopg2,
        psycopg.Psycopg,
        tokio_postgres.TokioPostgres,
        node_pg.NodePg,
        postgres_js.PostgresJs,
        postgres.Postgres,
    ]
    return {suite.name: suite for suite in suites}


ALL = _all()
