"""The embedded PostgreSQL, through deaths of every kind; real servers, real signals."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import psutil
import pytest

from orderwright.app import embedded
from orderwright.app.embedded.account import server_account
from orderwright.app.embedded.fault import (
    BrokenDirectory,
    ForeignDirectory,
    InUse,
    StartFailed,
    UnwritableDirectory,
    WrongOwner,
)
from orderwright.errors import RuntimeFault

_USER = """
import sys
from pathlib import Path
from orderwright.app import embedded
lease = embedded.acquire(Path(sys.argv[1]))
print(lease.pid, flush=True)
sys.stdin.readline()
lease.release()
"""

_COMMAND = """
import asyncio, sys
from orderwright.app.database import opened
from orderwright.cli import running
async def work(settings):
    async with opened(settings):
        print("open", flush=True)
        await asyncio.Event().wait()
try:
    running.run(work)
except KeyboardInterrupt:
    sys.exit(130)
"""


@pytest.fixture
def place(scratch: Path) -> Iterator[Path]:
    """A directory; whatever server is left in it is stopped at the end."""
    path = Path(tempfile.mkdtemp(prefix="ow-embedded-", dir=scratch))
    path.chmod(0o711)
    yield path
    for pid_file in path.rglob("postmaster.pid"):
        with_pid = int(pid_file.read_text().split()[0])
        if psutil.pid_exists(with_pid) and psutil.Process(with_pid).name() == "postgres":
            psutil.Process(with_pid).send_signal(signal.SIGQUIT)
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="module")
def finished(scratch: Path) -> Iterator[Path]:
    """A home that was made, used and left cleanly, to be copied."""
    path = Path(tempfile.mkdtemp(prefix="ow-finished-", dir=scratch))
    embedded.acquire(path / "home").release()
    yield path / "home"
    shutil.rmtree(path)


@pytest.fixture
def home(place: Path, finished: Path) -> Path:
    subprocess.run(["cp", "-a", str(finished), str(place / "home")], check=True)
    return place / "home"


@contextmanager
def user(home: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Another process that uses the server; gives the process and the server's pid."""
    process = subprocess.Popen(
        [sys.executable, "-c", _USER, str(home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        yield process, int(process.stdout.readline())
        process.kill()


def leave(process: subprocess.Popen[str]) -> None:
    process.stdin.write("\n")
    process.stdin.close()
    assert process.wait(30) == 0


def ask(url: str, *statements: str) -> object:
    async def run() -> object:
        connection = await asyncpg.connect(url)
        try:
            for statement in statements[:-1]:
                await connection.execute(statement)
            return await connection.fetchval(statements[-1])
        finally:
            await connection.close()

    return asyncio.run(run())


def is_running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    while is_running(pid):
        os.sched_yield()


def picture(path: Path) -> dict[str, tuple[int, int, str]]:
    """Everything in a tree that a write would change."""
    files = [path, *sorted(path.rglob("*"))] if path.is_dir() else [path]
    return {
        str(each): (
            each.lstat().st_mode,
            each.lstat().st_mtime_ns,
            hashlib.sha256(each.read_bytes()).hexdigest() if each.is_file() else "",
        )
        for each in files
    }


def test_a_first_use_makes_a_durable_server_and_the_last_user_stops_it(place: Path):
    with embedded.acquire(place / "home") as lease:
        assert ask(lease.url, "SHOW fsync") == ask(lease.url, "SHOW synchronous_commit") == "on"
        assert ask(lease.url, "SHOW listen_addresses") == ""
        assert ask(lease.url, "SELECT current_database()") == "orderwright"
        assert embedded.status(place / "home").in_use
    assert not is_running(lease.pid)
    assert embedded.status(place / "home").state == "stopped"
    assert not list((place / "home").glob("postgres.unfinished-*"))


def test_psql_takes_the_url(home: Path):
    from orderwright.app.embedded.binaries import program  # noqa: PLC0415 (only here)

    with embedded.acquire(home) as lease:
        done = subprocess.run(
            [str(program("psql")), lease.url, "-Atc", "SELECT 41 + 1"],
            capture_output=True,
            text=True,
            check=True,
        )
    assert done.stdout.strip() == "42"


def test_a_warm_start_takes_less_than_a_second(home: Path):
    began = time.perf_counter()
    with embedded.acquire(home):
        assert time.perf_counter() - began < 1


def test_the_server_never_runs_as_root_and_nobody_else_reaches_its_socket(home: Path):
    with embedded.acquire(home) as lease:
        assert psutil.Process(lease.pid).uids().effective != 0
        assert (home / "run").stat().st_mode & 0o077 == 0
        assert (home / "postgres").stat().st_mode & 0o077 == 0
        listening = psutil.Process(lease.pid).net_connections(kind="inet")
    assert listening == []


def test_after_a_sigkill_of_its_user_the_next_attaches_in_milliseconds_and_can_stop_it(home: Path):
    with user(home) as (process, pid):
        process.kill()
        process.wait()
    assert is_running(pid)
    assert not embedded.status(home).in_use
    began = time.perf_counter()
    lease = embedded.acquire(home)
    assert time.perf_counter() - began < 0.2
    assert lease.pid == pid
    lease.release()
    assert not is_running(pid)


def test_two_processes_at_once_share_one_server_and_the_last_to_leave_stops_it(place: Path):
    with user(place / "home") as (first, first_pid), user(place / "home") as (second, second_pid):
        assert first_pid == second_pid
        leave(first)
        assert is_running(second_pid)
        leave(second)
        assert not is_running(second_pid)


def test_four_processes_race_to_make_it_and_one_does(place: Path):
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", _USER, str(place / "home")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    pids = {int(process.stdout.readline()) for process in processes}
    for process in processes:
        leave(process)
        process.stdout.close()
    assert len(pids) == 1
    assert not is_running(pids.pop())


def test_a_user_that_is_killed_does_not_keep_the_server_from_stopping(home: Path):
    with user(home) as (killed, pid), user(home) as (clean, _):
        killed.kill()
        killed.wait()
        leave(clean)
        assert not is_running(pid)


def test_after_a_sigkill_of_postgres_the_next_start_recovers_what_was_committed(home: Path):
    lease = embedded.acquire(home)
    ask(lease.url, "CREATE TABLE kept (n int)", "INSERT INTO kept VALUES (7)", "SELECT 1")
    kill(lease.pid)
    with embedded.acquire(home) as again:
        assert again.pid != lease.pid
        assert ask(again.url, "SELECT n FROM kept") == 7
        lease.release()
        assert is_running(again.pid)


def test_a_pid_file_that_names_a_stranger_does_not_stop_the_start(home: Path):
    lease = embedded.acquire(home)
    kill(lease.pid)
    account = server_account(home / "postgres")
    with subprocess.Popen(["sleep", "60"], **account.identity()) as stranger:
        for path in (home / "postgres/postmaster.pid", home / "run/.s.PGSQL.5432.lock"):
            _, *rest = path.read_text().splitlines(keepends=True)
            path.write_text(f"{stranger.pid}\n{''.join(rest)}")
        with embedded.acquire(home) as again:
            assert again.pid != stranger.pid
        assert stranger.poll() is None
        stranger.kill()
    lease.release()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_command_that_is_told_to_end_before_it_serves_stops_the_server(
    home: Path, number: signal.Signals, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("ORDERWRIGHT_HOME", str(home))
    words = [sys.executable, "-c", _COMMAND]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as command:
        assert command.stdout is not None
        assert command.stdout.readline() == "open\n"
        assert embedded.status(home).in_use
        command.send_signal(number)
        assert command.wait(timeout=60) == 130
    assert embedded.status(home).state == "stopped"


def test_a_pid_file_that_a_loss_of_power_has_left_empty_does_not_stop_the_start(home: Path):
    (home / "postgres/postmaster.pid").touch()
    with embedded.acquire(home) as lease:
        assert psutil.Process(lease.pid).name() == "postgres"


def test_a_sigkill_in_the_middle_of_initdb_leaves_nothing_in_the_way(place: Path):
    home = place / "home"
    process = subprocess.Popen([sys.executable, "-c", _USER, str(home)])
    while not list(home.glob("postgres.unfinished-*/data/PG_VERSION")):
        assert process.poll() is None
    process.kill()
    process.wait()
    assert not (home / "postgres").exists()
    with embedded.acquire(home) as lease:
        assert ask(lease.url, "SELECT 1") == 1
    assert not list(home.glob("postgres.unfinished-*"))


def test_what_looks_unfinished_but_is_not_ours_stays(place: Path):
    strange = place / "home" / "postgres.unfinished-thesis"
    strange.mkdir(parents=True)
    (strange / "chapter.txt").write_text("do not delete")
    before = picture(strange)
    embedded.acquire(place / "home").release()
    assert picture(strange) == before


def _other_version(data: Path) -> None:
    (data / "PG_VERSION").write_text("15\n")


def _no_marker(data: Path) -> None:
    (data / "orderwright.json").unlink()


def _somebody_elses_files(data: Path) -> None:
    shutil.rmtree(data)
    data.mkdir()
    (data / "letters.txt").write_text("dear all")


def _a_file(data: Path) -> None:
    shutil.rmtree(data)
    data.write_text("not a directory")


@pytest.mark.parametrize("change", [_other_version, _no_marker, _somebody_elses_files, _a_file])
def test_a_foreign_directory_is_refused_and_not_touched(
    home: Path, change: Callable[[Path], None]
):
    change(home / "postgres")
    _assert_left_alone(home, ForeignDirectory)
    with pytest.raises(ForeignDirectory):
        embedded.stop(home)


def _no_control(data: Path) -> None:
    (data / "global/pg_control").unlink()


def _damaged_control(data: Path) -> None:
    path = data / "global/pg_control"
    path.write_bytes(path.read_bytes()[:64] + b"\xff" * 16 + path.read_bytes()[80:])


def _short_control(data: Path) -> None:
    os.truncate(data / "global/pg_control", 100)


def _no_version(data: Path) -> None:
    (data / "PG_VERSION").unlink()


def _no_log(data: Path) -> None:
    for segment in (data / "pg_wal").glob("0*"):
        segment.unlink()


def _no_transactions(data: Path) -> None:
    shutil.rmtree(data / "pg_xact")


@pytest.mark.parametrize(
    "damage",
    [_no_control, _damaged_control, _short_control, _no_version, _no_log, _no_transactions],
)
def test_a_broken_directory_is_refused_and_not_touched(home: Path, damage: Callable[[Path], None]):
    damage(home / "postgres")
    _assert_left_alone(home, BrokenDirectory)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as another account")
def test_root_opens_the_way_to_the_data_for_walking_through_only(place: Path):
    closed = place / "closed"
    closed.mkdir(mode=0o700)
    embedded.acquire(closed / "home").release()
    assert closed.stat().st_mode & 0o777 == 0o701


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory away")
def test_a_directory_of_roots_is_refused_with_the_cure(home: Path):
    os.chown(home / "postgres", 0, 0)
    with pytest.raises(WrongOwner, match="chown"):
        embedded.acquire(home)


def _assert_left_alone(home: Path, fault: type[RuntimeFault]) -> None:
    before = picture(home / "postgres")
    with pytest.raises(fault) as caught:
        embedded.acquire(home)
    assert str(home / "postgres") in caught.value.message
    assert picture(home / "postgres") == before


def test_a_start_that_postgres_refuses_ends_with_what_it_logged(home: Path):
    with (home / "postgres/postgresql.conf").open("a") as configuration:
        configuration.write("shared_buffers = 'plenty'\n")
    with pytest.raises(StartFailed, match="shared_buffers"):
        embedded.acquire(home)


@pytest.mark.parametrize("use", [embedded.acquire, embedded.start])
def test_what_the_disk_refuses_on_the_way_is_named(home: Path, use: Callable[[Path], object]):
    (home / "postgres.log").unlink(missing_ok=True)
    (home / "postgres.log").mkdir()
    with pytest.raises(UnwritableDirectory, match=r"postgres\.log: Is a directory"):
        use(home)


def test_a_home_that_cannot_be_made_is_named(place: Path):
    (place / "file").write_text("")
    with pytest.raises(UnwritableDirectory, match="file"):
        embedded.acquire(place / "file" / "home")


@pytest.mark.parametrize("name", ["x" * 120, "a $HOME, 'quoted' \"place\""])
def test_a_home_with_a_long_or_odd_name_gets_its_socket_elsewhere(place: Path, name: str):
    with embedded.acquire(place / name) as lease:
        assert ask(lease.url, "SELECT 1") == 1
        directory = Path(ask(lease.url, "SHOW unix_socket_directories"))
        assert directory.stat().st_mode & 0o077 == 0
        assert directory.parent == Path("/tmp").resolve()
    shutil.rmtree(directory)


def test_a_kept_server_outlives_its_users_until_it_is_stopped(home: Path):
    started = embedded.start(home)
    assert started.kept
    embedded.acquire(home).release()
    assert embedded.status(home).pid == started.pid
    assert embedded.stop(home).state == "stopped"
    lease = embedded.acquire(home)
    assert not embedded.status(home).kept
    lease.release()


def test_a_server_in_use_is_stopped_by_force_only(home: Path):
    with user(home) as (process, pid):
        with pytest.raises(InUse):
            embedded.stop(home)
        assert is_running(pid)
        assert embedded.stop(home, force=True).state == "stopped"
        leave(process)


def test_looking_at_a_home_that_is_not_there_makes_nothing(place: Path):
    assert embedded.status(place / "home").state == "absent"
    assert embedded.stop(place / "home").state == "absent"
    assert not (place / "home").exists()
