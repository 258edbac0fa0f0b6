"""The servers that `benches/relay` compares: a private Postgres, and PgBouncer, HAProxy and Exonym before it.

Everything listens on a free port of 127.0.0.1, lies in one temporary directory and ends with the script. Nothing is measured here but
what a process has used: CPU time and memory.
"""

import atexit
import os
import pathlib
import pwd
import re
import resource
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
DATABASE = "smartwatt"
TPCB_SCALE = 10  # a million accounts


def fail(message):
    sys.exit(f"error: {message}")


def say(message):
    print(message, file=sys.stderr, flush=True)


def install(packages):
    """Debian's packages, without the services that they would start."""
    root = [] if os.geteuid() == 0 else ["sudo"]
    if not shutil.which("apt-get") or (root and not shutil.which("sudo")):
        fail(f"missing: {' '.join(packages)}; install it (here that takes apt-get, and root or sudo) and try again")
    say(f"installing {' '.join(packages)} from the system's packages")
    deny = pathlib.Path("/usr/sbin/policy-rc.d")
    made = not deny.exists()
    if made:
        subprocess.run([*root, "sh", "-c", f"printf '#!/bin/sh\\nexit 101\\n' > {deny} && chmod +x {deny}"], check=True)
    try:
        subprocess.run([*root, "apt-get", "update", "-q"], check=True, stdout=sys.stderr)
        command = ["apt-get", "install", "-q", "-y", "--no-install-recommends", *packages]
        subprocess.run([*root, "env", "DEBIAN_FRONTEND=noninteractive", *command], check=True, stdout=sys.stderr)
    finally:
        if made:
            subprocess.run([*root, "rm", "-f", str(deny)], check=True)


def requirements():
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    subprocess.run([ROOT / "deploy/install-postgres"], check=True, stdout=sys.stderr)
    missing = [name for name in ("pgbouncer", "haproxy") if not shutil.which(name)]
    if missing:
        install(missing)


def postgres_program(name):
    """From EXONYM_PG_BIN, else of the newest installation, else from PATH."""
    if directory := os.environ.get("EXONYM_PG_BIN"):
        return str(pathlib.Path(directory) / name)
    installed = pathlib.Path("/usr/lib/postgresql").glob(f"*/bin/{name}")
    newest = max(installed, key=lambda path: float(path.parts[-3]), default=None)
    return str(newest or shutil.which(name) or fail(f"there is no `{name}`"))


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Process:
    """One server process, ended with the script."""

    def __init__(self, name, port, command, log, **options):
        self.name, self.port, self.log = name, port, log
        with open(log, "ab") as out:
            self.child = subprocess.Popen(
                [str(part) for part in command], stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True, **options
            )
        atexit.register(self.end)

    def end(self):
        if self.child.poll() is None:
            # To Postgres an immediate shutdown, to the others an end as any.
            self.child.send_signal(signal.SIGQUIT if self.name == "direct" else signal.SIGTERM)
            try:
                self.child.wait(5)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()

    def cpu(self):
        """Seconds of CPU that all of its threads have used, those that have ended too."""
        # The clock of another process, as clock_getcpuclockid(3) spells it: /proc/PID/stat counts in hundredths.
        return time.clock_gettime((~self.child.pid << 3) | 2)

    def rss(self):
        """Bytes of resident memory."""
        status = pathlib.Path(f"/proc/{self.child.pid}/status").read_text()
        return int(re.search(r"^VmRSS:\s+(\d+) kB", status, re.M)[1]) * 1024

    def wait_until_it_answers(self):
        until = time.monotonic() + 60
        while True:
            try:
                with login(self.port):
                    return self
            except OSError as error:
                if self.child.poll() is not None or time.monotonic() > until:
                    text = pathlib.Path(self.log).read_text(errors="replace")[-2000:]
                    fail(f"`{self.name}` does not serve: {error}\n{text}")
                time.sleep(0.1)


class Stand:
    """All of them, started."""

    def __init__(self, exonym, connections):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="exonym-bench-"))
        atexit.register(shutil.rmtree, self.directory, ignore_errors=True)
        self.directory.chmod(0o755)
        # Postgres and PgBouncer refuse root.
        self.user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        self.as_user = {"user": self.user, "group": pwd.getpwnam(self.user).pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}
        if self.as_user:
            shutil.chown(self.directory, self.user)
        self.connections = connections
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        if hard != resource.RLIM_INFINITY and hard < 2 * connections + 200:
            fail(f"{2 * connections + 200} open files are needed and {hard} allowed: raise `ulimit -Hn`, or lower --idle")
        self.postgres = self._postgres()
        self._load()
        self.targets = [
            self.postgres,
            self._pgbouncer(),
            self._haproxy(),
            self._exonym(exonym, "exonym-empty", '[mapping]\nname = "empty"\n'),
            self._exonym(exonym, "exonym", (ROOT / "mappings/smartwatt.toml").read_text()),
        ]
        for target in self.targets:
            target.wait_until_it_answers()

    def target(self, name):
        return next(target for target in self.targets if target.name == name)

    def _postgres(self):
        data = self.directory / "data"
        initdb = [postgres_program("initdb"), "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
        subprocess.run([*initdb, "-D", data], check=True, stdout=subprocess.DEVNULL, cwd="/", **self.as_user)
        port = free_port()
        command = [postgres_program("postgres"), "-D", data, "-k", self.directory, "-p", port]
        settings = ["listen_addresses=127.0.0.1", f"max_connections={self.connections + 50}", "shared_buffers=256MB", "fsync=off"]
        settings += ["autovacuum=off", "max_wal_size=8GB", "jit=off", "max_parallel_workers_per_gather=0"]
        for setting in settings:
            command += ["-c", setting]
        server = Process("direct", port, command, self.directory / "postgres.log", cwd="/", **self.as_user)
        until = time.monotonic() + 60
        while subprocess.run([postgres_program("pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]).returncode:
            if time.monotonic() > until or server.child.poll() is not None:
                fail(f"Postgres does not start\n{(self.directory / 'postgres.log').read_text()[-2000:]}")
            time.sleep(0.1)
        return server

    def _load(self):
        psql = [postgres_program("psql"), "-XqAt", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-U", "postgres", "-p", str(self.postgres.port)]
        run = lambda database, sql: subprocess.run([*psql, "-d", database], input=sql, text=True, check=True, stdout=subprocess.DEVNULL)
        run("postgres", f"CREATE DATABASE {DATABASE}")
        pgbench = [postgres_program("pgbench"), "-i", "-q", "-s", str(TPCB_SCALE), "--unlogged-tables", "-h", "127.0.0.1", "-U", "postgres"]
        subprocess.run([*pgbench, "-p", str(self.postgres.port), DATABASE], check=True, stderr=subprocess.DEVNULL)
        run(DATABASE, (ROOT / "migrations/smartwatt/001_current_schema/up.sql").read_text())
        run(
            DATABASE,
            """
            INSERT INTO consumption_log (log_id, user_id, timestamp_utc, kwh_consumed, estimated_cost)
            SELECT i, 'u' || i % 100, '2025-01-01'::timestamptz + i * interval '1 min', i / 10.0, i / 50.0 FROM generate_series(1, 100000) i;
            CREATE UNLOGGED TABLE wide (id integer, filler text);
            ALTER TABLE wide ALTER filler SET STORAGE PLAIN;
            INSERT INTO wide SELECT i, repeat(md5(i::text), 31) FROM generate_series(1, 1000000) i;
            VACUUM (ANALYZE) wide, consumption_log;
            """,
        )

    def _pgbouncer(self):
        port, ini = free_port(), self.directory / "pgbouncer.ini"
        ini.write_text(
            f"""[databases]
* = host=127.0.0.1 port={self.postgres.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = session
server_reset_query =
server_idle_timeout = 5
max_client_conn = {self.connections + 50}
default_pool_size = {self.connections + 50}
log_connections = 0
log_disconnections = 0
ignore_startup_parameters = extra_float_digits
"""
        )
        # With `auth_type = any` it logs in as one user, and that has to be named with the database.
        ini.write_text(ini.read_text().replace(f"port={self.postgres.port}", f"port={self.postgres.port} user=postgres"))
        return Process("pgbouncer", port, [shutil.which("pgbouncer"), "-q", ini], self.directory / "pgbouncer.log", cwd="/", **self.as_user)

    def _haproxy(self):
        port, cfg = free_port(), self.directory / "haproxy.cfg"
        cfg.write_text(
            f"""global
    maxconn {self.connections + 50}
defaults
    mode tcp
    timeout connect 5s
    timeout client 1h
    timeout server 1h
listen postgres
    bind 127.0.0.1:{port}
    server postgres 127.0.0.1:{self.postgres.port}
"""
        )
        return Process("haproxy", port, [shutil.which("haproxy"), "-db", "-f", cfg], self.directory / "haproxy.log", cwd="/")

    def _exonym(self, program, name, mapping):
        port, place = free_port(), self.directory / name
        place.mkdir()
        (place / "mapping.toml").write_text(mapping)
        (place / "exonym.toml").write_text(
            f"""mappings = "mapping.toml"
[listen]
postgres = "127.0.0.1:{port}"
admin = "127.0.0.1:0"
[limits]
max_connections = {self.connections + 50}
[backends.warehouse]
kind = "postgres"
url = "postgres://postgres@127.0.0.1:{self.postgres.port}/{DATABASE}"
[[routes]]
database = "{DATABASE}"
backend = "warehouse"
"""
        )
        return Process(name, port, [program, "serve", "--config", place / "exonym.toml"], self.directory / f"{name}.log")


def login(port):
    """A session of the user `postgres`: the socket, read up to ReadyForQuery."""
    session = socket.create_connection(("127.0.0.1", port))
    try:
        session.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        packet = struct.pack("!I", 196608) + b"user\0postgres\0database\0" + DATABASE.encode() + b"\0\0"
        session.sendall(struct.pack("!I", len(packet) + 4) + packet)
        until_ready(session)
    except BaseException:
        session.close()
        raise
    return session


def query(session, sql):
    """Runs a simple query; how many bytes the answer had."""
    text = sql.encode() + b"\0"
    session.sendall(b"Q" + struct.pack("!I", len(text) + 4) + text)
    return until_ready(session)


def until_ready(session):
    """Takes what comes until ReadyForQuery, which is found by its place at the end: whoever reads must cost next to nothing."""
    size, room, end = 0, memoryview(bytearray(1 << 18)), b""
    while not end.startswith(b"Z\0\0\0\5"):
        n = session.recv_into(room)
        if n == 0:
            raise OSError("the connection was closed")
        size += n
        # A piece may be shorter than the frame.
        end = (end + room[max(0, n - 6) : n].tobytes())[-6:]
        if size == n and room[0] == ord("E"):
            raise OSError(room[:n].tobytes().decode(errors="replace"))
    return size
