"""The file fails while MongoDB is well: MongoDB carries on, the file is mended, and nothing is lost."""

import contextlib
import os
import random
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from actors.pair import Mode
from actors.ports import StoreUnavailable
from actors.replicated import NeedsDecision
from tests.worlds.mongodb.threads import MongoThread, mongo_in_thread
from tests.worlds.two_stores import PATIENT, Host, Life, Times

PAGE = 4096


@pytest.fixture
def mongo() -> Iterator[MongoThread]:
    with mongo_in_thread() as running:
        yield running


@pytest.fixture
def host(tmp_path: Path, mongo: MongoThread) -> Host:
    return Host(tmp_path / "var" / "perkd.sqlite3", mongo.uri, times=PATIENT)


# --- the disk takes nothing any more ------------------------------------------------------------


class Disk:
    """A small file system of its own."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._filler = path / "filler"

    def fill(self) -> None:
        """Leave not a byte free."""
        with self._filler.open("ab", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(b"x" * PAGE)

    def empty(self) -> None:
        self._filler.unlink()

    def allow_writing(self, allowed: bool) -> None:
        mount("-o", "remount,rw" if allowed else "remount,ro", str(self.path))


def mount(*arguments: str) -> None:
    done = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)  # noqa: S603, S607 - the system's
    if done.returncode:
        raise OSError(done.stderr.strip())


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    path = tmp_path / "disk"
    path.mkdir()
    try:
        mount("-t", "tmpfs", "-o", "size=4m", "tmpfs", str(path))
    except OSError as error:
        pytest.skip(f"a file system can't be mounted here: {error}")
    yield Disk(path)
    subprocess.run(["umount", "--lazy", str(path)], check=True)  # noqa: S603, S607 - the system's


@pytest.fixture
def on_disk(disk: Disk, mongo: MongoThread) -> Host:
    return Host(disk.path / "var" / "perkd.sqlite3", mongo.uri, times=PATIENT)


async def test_while_the_disk_is_full_mongodb_carries_on(on_disk: Host, disk: Disk) -> None:
    async with on_disk.running() as life:
        await on_disk.put(10)
        disk.fill()
        await on_disk.put(40, text="x" * 2000)  # what is left of the file's last page takes a few
        assert life.pair.mode is Mode.REPLICA
        disk.empty()
        await life.until_file_leads()
        await on_disk.put(5)
        await life.until_level()
    assert on_disk.lost() == []


async def test_an_end_while_the_disk_is_full_is_made_good_at_the_next_start(
    on_disk: Host, disk: Disk
) -> None:
    async with on_disk.running() as life:
        await on_disk.put(10)
        disk.fill()
        await on_disk.put(40, text="x" * 2000)
        assert life.pair.mode is Mode.REPLICA
    async with on_disk.running() as life:
        await life.until(lambda: life.pair.mode is Mode.REPLICA)
        await on_disk.put(5)
        disk.empty()
        await life.until_level()
    assert on_disk.lost() == []


async def test_on_a_disk_that_is_read_only_at_the_start_mongodb_leads_until_it_can_be_written(
    on_disk: Host, disk: Disk
) -> None:
    async with on_disk.running():
        await on_disk.put(10)
    disk.allow_writing(False)
    async with on_disk.running() as life:
        assert life.pair.mode is Mode.REPLICA
        await on_disk.put(10)
        disk.allow_writing(True)
        await life.until_file_leads()
        await on_disk.put(5)
        await life.until_level()
    assert on_disk.lost() == []


async def test_what_only_a_read_only_file_has_is_sent_before_mongodb_leads(
    on_disk: Host, disk: Disk, mongo: MongoThread
) -> None:
    async with on_disk.running(orderly=False) as life:
        await on_disk.put(5)
        await life.until_level()
        mongo.stop()
        await on_disk.put(20)
    mongo.start()
    disk.allow_writing(False)
    async with on_disk.running() as life:
        assert life.pair.mode is Mode.REPLICA
        await on_disk.put(5)
        disk.allow_writing(True)
        await life.until_level()
    assert on_disk.lost() == []


@pytest.mark.parametrize("refuse", [Life.shrink_disk, Life.make_read_only])
async def test_a_file_that_refuses_to_be_written_gives_way_to_mongodb_until_it_is_opened_again(
    host: Host, refuse: Callable[[Life], None]
) -> None:
    async with host.running() as life:
        await host.put(10)
        refuse(life)
        await host.put(40, text="x" * 2000)
        assert host.led_by_mongodb
        await life.until_file_leads()
        await host.put(5)
        await life.until_level()
    assert host.lost() == []


# --- the file is damaged ------------------------------------------------------------------------


def overwrite(path: Path, *, start: int, end: int | None = None, seed: int = 1) -> None:
    """Random bytes over a part of a file, which keeps its length."""
    size = path.stat().st_size
    end = size if end is None else min(end, size)
    with path.open("r+b") as file:
        file.seek(start)
        file.write(random.Random(seed).randbytes(end - start))


DAMAGES: dict[str, Callable[[Path], object]] = {
    "its head": lambda path: overwrite(path, start=0, end=PAGE),
    "all but its head": lambda path: overwrite(path, start=PAGE),
    "its second half": lambda path: overwrite(path, start=path.stat().st_size // 2),
    "cut to half": lambda path: os.truncate(path, path.stat().st_size // 2),
    "all of it": lambda path: overwrite(path, start=0),
}


def asides(host: Host) -> list[str]:
    return [path.name for path in host.path.parent.glob("*.aside-*") if not path.name.endswith("-wal")]


@pytest.mark.parametrize("damage", DAMAGES)
async def test_a_file_damaged_while_it_is_open_is_set_aside_and_made_anew(host: Host, damage: str) -> None:
    async with host.running() as life:
        await host.put(100, text="x" * 500)
        life.damage(DAMAGES[damage])
        await host.put(20)
        assert host.led_by_mongodb
        await life.until_file_leads()
        await host.put(5)
        await life.until_level()
    assert host.lost() == []
    assert len(asides(host)) == 1


@pytest.mark.parametrize("damage", DAMAGES)
async def test_a_file_found_damaged_at_the_start_is_set_aside_and_made_anew(host: Host, damage: str) -> None:
    async with host.running():
        await host.put(100, text="x" * 500)
    DAMAGES[damage](host.path)
    async with host.running() as life:
        await life.until_file_leads()
        await host.put(5)
        await life.until_level()
    assert host.lost() == []
    assert len(asides(host)) == 1


async def test_a_file_that_lost_its_newest_commits_gets_them_from_mongodb(host: Host) -> None:
    async with host.running() as life:
        await host.put(10)
        life.damage(lambda _: None)  # only brings the log into the file
        await host.put(10)
        await life.until_level()
        copied = host.path.read_bytes()
    host.path.with_name(host.path.name + "-wal").unlink(missing_ok=True)
    host.path.write_bytes(copied)  # without its log: ten batches are gone
    async with host.running() as life:
        await life.until_file_leads()
        await host.put(5)
        await life.until_level()
    assert host.lost() == []


async def test_a_damaged_file_is_nothing_to_begin_with_while_mongodb_is_away(
    host: Host, mongo: MongoThread
) -> None:
    async with host.running():
        await host.put(10)
    overwrite(host.path, start=0)
    mongo.stop()
    host.times = Times()
    async with host.running() as life:
        with pytest.raises(StoreUnavailable, match="damaged"):
            await host.put()
        mongo.start()
        await life.until_file_leads()
        await host.put(5)
        await life.until_level()
    assert host.lost() == []


async def test_a_damaged_file_beside_an_empty_mongodb_is_left_to_a_person(
    host: Host, mongo: MongoThread
) -> None:
    async with host.running():
        await host.put(10)
    mongo.call(mongo.state.collections.clear)
    overwrite(host.path, start=0)
    before = host.path.read_bytes()
    with pytest.RaisesGroup(NeedsDecision):
        async with host.running():
            pass
    assert host.path.read_bytes() == before


async def test_a_damaged_file_and_a_mongodb_behind_lose_what_memory_holds_nothing_of_and_name_it(
    host: Host, mongo: MongoThread, caplog: pytest.LogCaptureFixture
) -> None:
    async with host.running() as life:
        await host.put(10)
        await life.until_level()
        mongo.set(hold_writes=True)
        life.pair.outbox.most_entries = 4
        before = len(mongo.seen("insert"))
        await host.put()
        await life.until(lambda: len(mongo.seen("insert")) > before)  # this one is sent alone, and hangs
        await host.put(19)  # what stays in memory: the newest four
        life.damage(lambda path: overwrite(path, start=0))
        mongo.set(hold_writes=False)
        await host.put_in_the_end()
        await life.until_file_leads()
        await life.until_level()
    named = re.search(
        r"alone had them: the changes after batch (\d+) of term 1 up to batch (\d+) of", caplog.text
    )
    assert named is not None
    assert host.lost() == list(range(int(named[1]) + 1, int(named[2]) + 1))
    assert int(named[1]) in {10, 11}  # what hung may have been done in the end
    assert int(named[2]) == 26


# --- the file is gone ---------------------------------------------------------------------------


def remove(path: Path, *ends: str) -> None:
    for end in ends:
        path.with_name(path.name + end).unlink(missing_ok=True)


GONE: dict[str, Callable[[Path], object]] = {
    "the file": lambda path: remove(path, ""),
    "the file with its log": lambda path: remove(path, "", "-wal", "-shm"),
    "its directory": lambda path: shutil.rmtree(path.parent),
}


@pytest.mark.parametrize("what", GONE)
async def test_a_file_deleted_under_perkd_is_made_anew(host: Host, what: str) -> None:
    async with host.running() as life:
        await host.put(20)
        GONE[what](host.path)
        await host.put(20)
        await life.until_file_leads()
        await host.put(5)
        await life.until_level()
    assert host.lost() == []


@pytest.mark.parametrize("what", GONE)
async def test_what_only_a_deleted_file_had_is_sent_from_memory(
    host: Host, mongo: MongoThread, what: str
) -> None:
    async with host.running() as life:
        await host.put(5)
        await life.until_level()
        mongo.set(slow=0.02)
        await host.put(20)
        GONE[what](host.path)
        await host.put(5)
        mongo.set(slow=0.0)
        await life.until_level()
    assert host.lost() == []


async def test_a_file_replaced_by_an_older_one_under_perkd_is_brought_up_to_date(host: Host) -> None:
    older = host.path.with_name("older")
    async with host.running():
        await host.put(10)
    shutil.copy(host.path, older)
    async with host.running() as life:
        await host.put(10)
        remove(host.path, "-wal", "-shm")
        older.replace(host.path)
        await host.put(10)
        await life.until_level()
    assert host.lost() == []
