"""A private Postgres and a private Exonym before it, for one run of one suite; both end with the run.

Nothing here knows any suite. `Stage` starts a fresh server in a temporary directory on a free port (as the user `postgres` when this
is root, which the server refuses), makes what every suite finds there, and puts the proxy in front of it when it is told to.
"""

import contextlib
import ctypes
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
CACHE = ROOT / "tests/.cache/drivers"
# Where the server's own programs lie, if not where those of the machine do.
SERVER = None

# A table that no suite knows, in a schema that none looks into; it is in every database that a suite creates, too.
UNUSED = """
CREATE SCHEMA exonym_unused;
CREATE TABLE exonym_unused.consumption_log (kwh_consumed numeric, timestamp_utc timestamptz, details jsonb, estado text);
GRANT USAGE ON SCHEMA exonym_unused TO PUBLIC;
"""

# Its legacy columns have the names that suites like for theirs, so that nearly every statement is looked at.
WORDS = (
    "a b c d e f g h i j k l m n o p q r s t u v w x y z id name value val key data num number foo bar baz test col col1 col2 t1 t2 f1 f2 "
    "one two three text int4 int8 json jsonb type count result table_name oid content age title status state user_id path point ids seq stuff q1 q2 "
    "unique1 unique2 ten tenthous hundred stringu1 four even keyword description size length v1 v2 aa bb cc first second arr num_col"
).split()
MAPPING = "[mapping]\nname = 'unused'\nschema = 'exonym_unused'\n[tables.consumption_log]\nstar = 'physical'\n" + (
    "[tables.consumption_log.columns]\n"
    "a = 'kwh_consumed'\n"
    "b = { column = 'timestamp_utc', date = true }\n"
    "c = { column = 'details', json = '$.c', type = 'text' }\n"
    "d = { constant = 'provider' }\n"
) + "".join(f"{word} = 'estado'\n" for word in WORDS if word not in "abcd")


class Stage:
    """One server, and with `mapping` the proxy before it. `port` is where the suite has to go."""

    def __init__(self, suite, exonym, mapping=None, settings=()):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="exonym-drivers-"))
        self.directory.chmod(0o755)
        self.children = []
        self.exonym, self.mapping, self.suite = exonym, mapping, suite
        try:
            self._start_server(settings)
            self._start_proxy()
        except BaseException:
            self.end()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def sql(self, text, database="postgres"):
        """Runs SQL straight on the server, as its superuser."""
        command = [bin_of("psql"), "-XqAt", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", str(self.server_port)]
        command += ["-U", "postgres", "-d", database, "-f", "-"]
        done = subprocess.run(command, input=text, text=True, capture_output=True)
        if done.returncode:
            raise RuntimeError(f"psql: {done.stderr}\n{text}")
        return done.stdout

    def metric(self, name):
        """The sum of all series of a metric of the proxy; None when there is none before the server."""
        if self.mapping is None:
            return None
        with urllib.request.urlopen(f"http://127.0.0.1:{self.admin_port}/metrics", timeout=10) as page:
            lines = page.read().decode().splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.split("{")[0].split(" ")[0] == name)

    def ended_early(self):
        """The names of what should run and does not."""
        return [name for name, child in self.children if child.poll() is not None]

    def end(self):
        for name, child in reversed(self.children):
            if child.poll() is None:
                child.send_signal(signal.SIGKILL if name == "exonym" else signal.SIGQUIT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(20)
        for log in self.directory.glob("*.log"):
            kept = CACHE / "logs" / f"{self.suite.name}.{self.label()}.{log.name}"
            kept.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(log, kept)
        shutil.rmtree(self.directory, ignore_errors=True)

    def label(self):
        return "straight" if self.mapping is None else "other" if self.mapping else "empty"

    def _start_server(self, settings):
        data = self.directory / "data"
        if os.getuid() == 0:
            shutil.chown(self.directory, "postgres", "postgres")
        command = [server_bin("initdb"), "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "-D", data]
        run_as_postgres(command)
        (data / "pg_hba.conf").write_text(self.suite.hba + HBA)
        self.server_port = self.suite.fixed_port if self.mapping is None and self.suite.fixed_port else free_port()
        command = [server_bin("postgres"), "-D", data, "-k", self.directory, "-p", str(self.server_port)]
        defaults = ["listen_addresses=127.0.0.1", "fsync=off", "max_connections=200", "log_min_messages=warning"]
        if self.suite.tls:
            self._make_certificate()
            defaults += ["ssl=on", f"ssl_cert_file={self.directory}/tls.crt", f"ssl_key_file={self.directory}/tls.key"]
        for setting in [*defaults, *self.suite.settings, *settings]:
            command += ["-c", setting]
        self._spawn("postgres", command, as_postgres())
        wait_for(lambda: self._accepts(self.server_port), self)
        self.sql(UNUSED, "template1")
        self.sql(UNUSED)
        self.suite.furnish(self)
        self.port = self.server_port
        self.socket_directory = self.directory

    def _start_proxy(self):
        if self.mapping is None:
            return
        (self.directory / "mappings").mkdir()
        (self.directory / "mappings/unused.toml").write_text(self.mapping)
        for _ in range(3):
            self._configure_proxy()
            self._spawn("exonym", [self.exonym, "serve", "--config", self.directory / "exonym.toml"], {})
            try:
                wait_for(self._ready, self)
                return
            except RuntimeError as error:
                # Somebody else may have taken a port between the look at it and now.
                if "Address already in use" not in str(error) or self.suite.fixed_port:
                    raise
                self.children.pop()
        raise RuntimeError("no free port")

    def _configure_proxy(self):
        self.port, self.admin_port = self.suite.fixed_port or free_port(), free_port()
        tls = f'tls = {{ cert = "{self.directory}/tls.crt", key = "{self.directory}/tls.key" }}' if self.suite.tls else ""
        config = f"""
mappings = "mappings"
[listen]
postgres = ["127.0.0.1:{self.port}", "unix:{self.directory}"]
admin = "127.0.0.1:{self.admin_port}"
{tls}
[backends.server]
kind = "postgres"
url = "postgres://postgres@127.0.0.1:{self.server_port}"
"""
        for database in self.suite.databases:
            config += f'[[routes]]\ndatabase = "{database}"\nbackend = "server"\n'
        (self.directory / "exonym.toml").write_text(config)

    def _make_certificate(self):
        names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
        command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *names]
        run_as_postgres([*command, "-keyout", self.directory / "tls.key", "-out", self.directory / "tls.crt"])

    def _ready(self):
        with contextlib.suppress(OSError):
            return urllib.request.urlopen(f"http://127.0.0.1:{self.admin_port}/readyz", timeout=5).status == 200
        return False

    @staticmethod
    def _accepts(port):
        command = [bin_of("pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
        return subprocess.run(command).returncode == 0

    def _spawn(self, name, command, user):
        with open(self.directory / f"{name}.log", "ab") as log:
            child = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", preexec_fn=end_with_parent, start_new_session=True, **user
            )
        self.children.append((name, child))


HBA = "local all all trust\nhost all all 127.0.0.1/32 trust\nhost all all ::1/128 trust\nhost replication all 127.0.0.1/32 trust\n"


def bin_of(program):
    """A program of the newest server that is installed."""
    places = sorted(pathlib.Path("/usr/lib/postgresql").glob(f"*/bin/{program}"), key=lambda path: int(path.parts[4]))
    return str(places[-1]) if places else shutil.which(program) or program


def server_bin(program):
    """A program of the server that the suites run against."""
    return str(SERVER / program) if SERVER else bin_of(program)


def as_postgres():
    """How to run a child as `postgres`, when this is root."""
    if os.getuid():
        return {}
    return {"user": "postgres", "group": pwd.getpwnam("postgres").pw_gid, "extra_groups": []}


def run_as_postgres(command):
    done = subprocess.run(command, cwd="/", text=True, capture_output=True, **as_postgres())
    if done.returncode:
        raise RuntimeError(f"{command[0]}: {done.stdout}{done.stderr}")


def end_with_parent():
    """Whatever ends this process ends the child (prctl PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGQUIT)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_for(condition, stage, seconds=60):
    until = time.monotonic() + seconds
    while not condition():
        if ended := stage.ended_early():
            logs = "".join((stage.directory / f"{name}.log").read_text(errors="replace")[-3000:] for name in ended)
            raise RuntimeError(f"{', '.join(ended)} ended:\n{logs}")
        if time.monotonic() > until:
            raise RuntimeError("it does not get ready")
        time.sleep(0.05)
