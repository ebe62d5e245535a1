"""The embedded PostgreSQL and broker start, stop, survive what kills them, and say what is wrong."""

import asyncio
import contextlib
import os
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, ProgrammingError
from sqlalchemy.ext.asyncio import create_async_engine

from huying.local.embedded import EmbeddedBroker, EmbeddedPostgres
from huying.local.errors import EmbeddedError

PARENT = """
import asyncio, pathlib, sys
from huying.local import embedded
async def main():
    program = getattr(embedded, sys.argv[1])(pathlib.Path(sys.argv[2]))
    await program.start()
    print(program._process.pid, flush=True)
    await asyncio.sleep(600)
asyncio.run(main())
"""
RUNNING = "select count(*) from pg_stat_activity where state = 'active' and query like 'copy letter%'"


@pytest.fixture(scope="module")
async def stopped() -> AsyncIterator[EmbeddedPostgres]:
    with folder() as path:
        server = EmbeddedPostgres(path / "state")
        await server.start()
        await server.stop()
        yield server


@contextmanager
def gone(path: Path) -> Iterator[None]:
    """For as long as the block runs."""
    path.rename(path.parent / "elsewhere")
    try:
        yield
    finally:
        (path.parent / "elsewhere").replace(path)


@contextmanager
def folder() -> Iterator[Path]:
    """One that every account can reach: pytest's own are its user's alone."""
    with tempfile.TemporaryDirectory(prefix="huying-test-") as path:
        Path(path).chmod(0o755)
        yield Path(path)


@pytest.fixture
def state() -> Iterator[Path]:
    with folder() as path:
        yield path / "state"


@pytest.fixture(scope="module")
async def postgres() -> AsyncIterator[EmbeddedPostgres]:
    with folder() as path:
        server = EmbeddedPostgres(path / "state")
        await server.start()
        await server.ensure(["intake", "dispatch"])
        yield server
        await server.stop()


def sleeper(uid: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(["sleep", "60"], user=uid if os.geteuid() == 0 else None)


def orphaned(program: type[EmbeddedPostgres | EmbeddedBroker], state: Path) -> int:
    """Starts the program in a process of its own, kills that, and gives the program's process number."""
    command = [sys.executable, "-c", PARENT, program.__name__, str(state)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        parent.kill()
    return child


def alive(pid: int) -> bool:
    """False for a zombie, which no one may have reaped."""
    status = Path(f"/proc/{pid}/status")
    return status.exists() and "State:\tZ" not in status.read_text()


def listening(port: str) -> list[str]:
    """Local addresses, in the kernel's notation, that listen on the port."""
    sockets = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()]
    return [words[1] for words in sockets if words[1].endswith(f":{int(port):04X}") and words[3] == "0A"]


async def answer(dsn: str, *statements: str) -> object:
    """What the last statement gives, through SQLAlchemy as the services use it."""
    engine = create_async_engine(dsn)
    try:
        async with engine.begin() as connection:
            for statement in statements:
                result = await connection.execute(text(statement))
            return result.scalar() if result.returns_rows else None
    finally:
        await engine.dispose()


async def until(holds: Callable[[], Awaitable[object]], seconds: float = 60) -> None:
    """Wait for a fact. TimeoutError if it does not come."""
    async with asyncio.timeout(seconds):
        while not await holds():
            await asyncio.sleep(0.02)


async def test_each_service_owns_its_database_and_may_enter_no_other(postgres: EmbeddedPostgres) -> None:
    await answer(postgres.dsn("intake", "intake"), "create table appeal (id int)")

    for elsewhere in ("dispatch", "postgres", "template1"):
        with pytest.raises(ProgrammingError, match="permission denied for database"):
            await answer(postgres.dsn(elsewhere, "intake"), "select 1")


async def test_no_connection_is_trusted_and_no_port_is_open(postgres: EmbeddedPostgres) -> None:
    right = make_url(postgres.dsn("intake", "intake"))

    for role in ("intake", "postgres"):
        wrong = right.set(username=role, password="guess")
        with pytest.raises(DBAPIError, match="password authentication failed"):
            await answer(wrong.render_as_string(hide_password=False), "select 1")
    assert await answer(postgres.dsn("intake", "intake"), "show listen_addresses") == ""


async def test_settings_are_those_of_production(postgres: EmbeddedPostgres) -> None:
    wanted = {
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "max_connections": "200",
        "idle_in_transaction_session_timeout": "30s",
        "TimeZone": "UTC",
        "password_encryption": "scram-sha-256",
        "server_encoding": "UTF8",
    }
    dsn = postgres.dsn("intake", "intake")
    assert {name: await answer(dsn, f"show {name}") for name in wanted} == wanted


async def test_chinese_sorts_by_code_point_on_every_system(postgres: EmbeddedPostgres) -> None:
    locale = "select datlocprovider::text || datlocale from pg_database where datname = current_database()"
    assert await answer(postgres.dsn("intake", "intake"), locale) == "bC.UTF-8"


async def test_data_and_folders_are_nobody_elses(postgres: EmbeddedPostgres) -> None:
    state = postgres.state
    assert stat.S_IMODE((state / "postgres").stat().st_mode) == 0o700
    assert stat.S_IMODE((state / "passwords.json").stat().st_mode) == 0o600
    assert (
        str(make_url(postgres.dsn("intake", "intake")).password) not in (state / "postgres.log").read_text()
    )


@pytest.mark.parametrize("ending", ["stop", "kill"])
async def test_the_next_start_finds_what_was_committed(state: Path, ending: str) -> None:
    first = EmbeddedPostgres(state)
    await first.start()
    await first.ensure(["intake"])
    await answer(
        first.dsn("intake", "intake"), "create table appeal (id int)", "insert into appeal values (7)"
    )
    await getattr(first, ending)()

    second = EmbeddedPostgres(state)
    await second.start()
    await second.ensure(["intake", "notify"])
    try:
        assert await answer(second.dsn("intake", "intake"), "select id from appeal") == 7
    finally:
        await second.stop()
    assert not second.running


async def test_a_start_waits_for_statements_that_outlive_a_killed_server(state: Path) -> None:
    pipe = state.parent / "pipe"
    os.mkfifo(pipe)
    pipe.chmod(0o666)  # the account of PostgreSQL reads it
    async with EmbeddedPostgres(state) as server:
        await server.ensure(["intake"])
        admin = server.dsn("postgres", "postgres")
        statements = ("create temp table letter (line text)", f"copy letter from '{pipe}'")
        busy = asyncio.create_task(answer(admin, *statements))  # until somebody has written to the pipe
        await until(lambda: answer(admin, RUNNING))
        await server.kill()

        starting = asyncio.create_task(server.start())
        log = state / "postgres.log"
        await until(lambda: asyncio.to_thread(lambda: "pre-existing shared memory" in log.read_text()))
        assert not starting.done()
        os.close(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))  # an error where nobody reads
        await starting

        assert await answer(server.dsn("intake", "intake"), "select 1") == 1
        with contextlib.suppress(DBAPIError):  # its server may still have answered before it ended
            await busy


async def test_a_process_number_now_used_by_another_program_is_left_alone(state: Path) -> None:
    server = EmbeddedPostgres(state)
    await server.start()
    await server.kill()
    other = sleeper((state / "postgres").stat().st_uid)
    pid_file = state / "postgres" / "data" / "postmaster.pid"
    pid_file.write_text("\n".join([str(other.pid), *pid_file.read_text().splitlines()[1:], ""]))

    await server.start()

    await server.stop()
    assert other.poll() is None
    other.kill()
    other.wait()


async def test_a_second_huying_is_kept_off_a_state_folder_in_use(
    postgres: EmbeddedPostgres, state: Path
) -> None:
    with pytest.raises(EmbeddedError, match="Another Huying runs its postgres"):
        await EmbeddedPostgres(postgres.state).start()
    assert postgres.running


async def test_data_of_another_major_version_are_refused(stopped: EmbeddedPostgres) -> None:
    marker = stopped.state / "postgres" / "data" / "PG_VERSION"
    with gone(marker):
        marker.write_text("12\n")
        with pytest.raises(EmbeddedError, match=r"PostgreSQL 12, and this is PostgreSQL \d+\. Dump it"):
            await stopped.start()


async def test_a_folder_that_holds_something_else_is_refused(state: Path) -> None:
    (state / "postgres" / "data").mkdir(parents=True)
    (state / "postgres" / "data" / "letter.txt").write_text("not a database")

    with pytest.raises(EmbeddedError, match="no version"):
        await EmbeddedPostgres(state).start()
    assert (state / "postgres" / "data" / "letter.txt").exists()


async def test_damaged_data_are_told_with_the_servers_own_words(stopped: EmbeddedPostgres) -> None:
    reason = r"could not (open|find).*choose another state folder"
    with gone(stopped.state / "postgres/data/global/pg_control"), pytest.raises(EmbeddedError, match=reason):
        await stopped.start()


async def test_data_without_their_passwords_are_refused(stopped: EmbeddedPostgres) -> None:
    reason = r"passwords\.json is missing.*Put it back"
    with gone(stopped.state / "passwords.json"), pytest.raises(EmbeddedError, match=reason):
        await stopped.start()


async def test_passwords_of_other_data_are_refused(stopped: EmbeddedPostgres) -> None:
    passwords = stopped.state / "passwords.json"
    with gone(passwords):
        passwords.write_text('{"postgres": "guess"}')
        await stopped.start()
        with pytest.raises(EmbeddedError, match=r"are not those of the data.*Put the right file back"):
            await stopped.ensure(["intake"])
        await stopped.stop()


async def test_a_state_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    with pytest.raises(EmbeddedError, match=r"File exists.*choose another state folder"):
        await EmbeddedPostgres(tmp_path / "state").start()


async def test_a_name_that_would_break_out_of_a_statement_is_refused(postgres: EmbeddedPostgres) -> None:
    with pytest.raises(EmbeddedError, match="cannot name"):
        await postgres.ensure(['x"; drop database postgres; --'])


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL under another account")
async def test_below_a_closed_folder_root_puts_the_data_elsewhere_and_opens_nothing(tmp_path: Path) -> None:
    closed = tmp_path / "home"
    closed.mkdir(mode=0o700)
    server = EmbeddedPostgres(closed / "state")
    await server.start()
    await server.ensure(["intake"])
    try:
        assert await answer(server.dsn("intake", "intake"), "select 1") == 1
        place = Path((closed / "state" / "postgres.txt").read_text().split()[-1])
        assert (place / "data" / "PG_VERSION").exists()
        assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    finally:
        await server.stop()
    shutil.rmtree(place)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the next start ends what is left")
@pytest.mark.parametrize("program", [EmbeddedPostgres, EmbeddedBroker])
async def test_what_a_killed_parent_started_ends_and_the_next_start_works(
    state: Path, program: type[EmbeddedPostgres | EmbeddedBroker]
) -> None:
    child = await asyncio.to_thread(orphaned, program, state)

    following = program(state)
    await following.start()

    await following.stop()
    assert alive(child) is False


async def test_the_broker_comes_back_on_its_port_empty_and_under_another_cluster_id(state: Path) -> None:
    broker = EmbeddedBroker(state)
    seen = []
    for _ in range(2):
        await broker.start()
        admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap)
        producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap)
        await admin.start()
        seen.append((broker.bootstrap, (await admin.describe_cluster())["cluster_id"]))
        await admin.create_topics([NewTopic("intake.events", 6, 1)])
        await producer.start()
        assert (await producer.send_and_wait("intake.events", b"{}", partition=5)).offset == 0
        await producer.stop()
        await admin.close()
        await broker.kill()
        assert not broker.running
    assert seen[0][0] == seen[1][0]
    assert seen[0][1] != seen[1][1]


async def test_what_died_by_itself_starts_again(state: Path) -> None:
    broker = EmbeddedBroker(state)
    await broker.start()
    assert broker._process
    broker._process.kill()
    broker._process.wait()

    await broker.start()

    assert broker.running
    await broker.stop()


async def test_one_that_is_started_again_at_once_is_not_killed_twice(state: Path) -> None:
    async with EmbeddedBroker(state) as broker:
        killing = asyncio.create_task(broker.kill())
        await asyncio.sleep(0)  # the signal is sent
        assert broker._process is not None
        broker._process.wait()
        await broker.start()
        await asyncio.wait_for(killing, 10)
        assert broker.running


async def test_a_stopped_broker_leaves_its_port_free(state: Path) -> None:
    broker = EmbeddedBroker(state)
    await broker.start()
    await broker.stop()
    assert listening(broker.bootstrap.split(":")[1]) == []


async def test_a_port_in_use_is_told(state: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(EmbeddedError, match=rf"in use.*{port}.*choose another"):
            await EmbeddedBroker(state, port).start()


async def test_the_broker_listens_on_this_machine_only(state: Path) -> None:
    broker = EmbeddedBroker(state)
    await broker.start()
    addresses = listening(broker.bootstrap.split(":")[1])
    await broker.stop()
    assert [address.split(":")[0] for address in addresses] == ["0100007F"]
