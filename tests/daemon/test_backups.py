"""Periodic backups: when one is due, which are dropped, and what the actor does about failures."""

import logging
import threading
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, TypeVar

import pytest
import trio
from attrs import define, evolve, field
from hypothesis import given
from hypothesis import strategies as st

from actors.ports import Put
from actors.storage import Run
from daemon import backups
from daemon.backups import BackupActor, BackupPlan, LastBackup, backup_name, made_at, superfluous, until_due
from daemon.clock import SteadyClock
from supervision import ActorSpec, SupervisorSpec, Tree, open_tree
from tests.worlds.stores import contents, fill, some_players, some_redemptions, writing

NOW = 1_795_256_285.0  # 2026-11-21T10:18:05Z
DAY = 86_400.0
T = TypeVar("T")
TIMES = st.integers(0, 4_000_000_000).map(float)


# --- when, and which ----------------------------------------------------------------------------


def test_a_name_tells_when_the_backup_was_made() -> None:
    assert backup_name(NOW) == "perkd-20261121T101805Z.sqlite3"
    assert made_at(backup_name(NOW + 0.7)) == NOW
    strange = ["perkd.sqlite3", "perkd-20261321T101805Z.sqlite3", "perkd-20261121T101805Z.sqlite3.partial"]
    assert [made_at(name) for name in strange] == [None, None, None]


@pytest.mark.parametrize(
    ("made", "wait"),
    [
        ([], 0.0),
        ([NOW], DAY),
        ([NOW - DAY / 4, NOW - DAY], DAY * 3 / 4),
        ([NOW - 3 * DAY], 0.0),
        ([NOW + DAY], 0.0),  # made before the clock was set back
        ([NOW + DAY, NOW - DAY / 2], DAY / 2),
    ],
)
def test_a_backup_is_due_when_the_last_one_is_old_enough(made: list[float], wait: float) -> None:
    assert until_due(made, NOW, DAY) == wait


@given(st.lists(TIMES, max_size=5), TIMES, st.floats(60, DAY))
def test_no_clock_makes_the_wait_longer_than_the_interval(
    made: list[float], now: float, every: float
) -> None:
    assert 0 <= until_due(made, now, every) <= every


@given(st.sets(TIMES, max_size=12), TIMES, st.integers(1, 9))
def test_the_newest_stay_and_the_one_just_made_is_among_them(made: set[float], now: float, keep: int) -> None:
    names = [backup_name(at) for at in made | {now}]
    kept = set(names) - set(superfluous([*names, "perkd.sqlite3", "notes.txt"], now, keep))
    assert len(kept) == min(keep, len(names))
    assert backup_name(now) in kept
    past = sorted((name for name in names if made_at(name) <= now), reverse=True)  # type: ignore[operator]
    assert set(past[:keep]) <= kept


# --- the actor ----------------------------------------------------------------------------------


@define
class Host:
    """A database, a plan, and a clock that starts where a test wants."""

    database: Path
    plan: BackupPlan
    start: float = NOW
    last: LastBackup = field(factory=LastBackup)
    run: Run[Any] = trio.to_thread.run_sync
    stale: str = ""

    def actor(self) -> BackupActor:
        clock = SteadyClock(lambda: self.start)
        return BackupActor(self.database, self.plan, clock, self.last, self._stale, self.run)

    async def _stale(self) -> str:
        await trio.lowlevel.checkpoint()
        return self.stale

    def made(self) -> list[str]:
        directory = self.plan.directory
        return sorted(path.name for path in directory.iterdir()) if directory.exists() else []

    async def run_for(self, seconds: float) -> None:
        """One life of the actor."""
        async with self.life():
            await trio.sleep(seconds)

    def life(self) -> AbstractAsyncContextManager[Tree]:
        return open_tree(SupervisorSpec("root", [ActorSpec("backups", self.actor)]))


@pytest.fixture
def host(tmp_path: Path) -> Host:
    fill(tmp_path / "var" / "perkd.sqlite3", *some_players(3))
    plan = BackupPlan(tmp_path / "backups" / "here", DAY, keep=3)
    return Host(tmp_path / "var" / "perkd.sqlite3", plan)


@pytest.fixture
def virtual(host: Host, monkeypatch: pytest.MonkeyPatch) -> Host:
    """On a virtual clock, which would jump while a thread works."""
    monkeypatch.setattr(trio.from_thread, "check_cancelled", lambda: None)
    host.run = at_once
    return host


async def at_once(call: Callable[[], T]) -> T:
    await trio.lowlevel.checkpoint()
    return call()


def name(days: float) -> str:
    return backup_name(NOW + days * DAY)


async def test_a_backup_is_made_at_once_and_then_every_interval(
    virtual: Host, autojump_clock: object
) -> None:
    await virtual.run_for(2.5 * DAY)
    assert virtual.made() == [name(0), name(1), name(2)]
    assert contents(virtual.plan.directory / name(0)) == some_players(3)
    assert virtual.plan.directory.stat().st_mode & 0o777 == 0o700
    assert (virtual.plan.directory / name(0)).stat().st_mode & 0o777 == 0o600


async def test_the_oldest_are_dropped_and_other_files_are_left_alone(
    virtual: Host, autojump_clock: object
) -> None:
    virtual.plan.directory.mkdir(parents=True)
    others = ["perkd-before-the-update.sqlite3", "perkd-20200101T000000Z.sqlite3.bak", "notes.txt"]
    for other in others:
        (virtual.plan.directory / other).write_text("mine")
    (virtual.plan.directory / "perkd-20200101T000000Z.sqlite3").mkdir()
    (virtual.plan.directory / name(-9)).write_text("old")
    await virtual.run_for(4.5 * DAY)
    assert virtual.made() == sorted([*others, "perkd-20200101T000000Z.sqlite3", name(2), name(3), name(4)])


async def test_a_restart_does_not_begin_to_count_anew(virtual: Host, autojump_clock: object) -> None:
    await virtual.run_for(DAY / 2)
    virtual.start = NOW + 0.75 * DAY
    await virtual.run_for(DAY / 8)
    assert virtual.made() == [name(0)]
    await virtual.run_for(DAY / 4 + 1)
    assert virtual.made() == [name(0), name(1)]
    virtual.start = NOW + 10 * DAY
    await virtual.run_for(1)
    assert virtual.made() == [name(0), name(1), name(10)]


async def test_a_clock_that_is_set_back_neither_stops_backups_nor_drops_the_new_ones(
    virtual: Host, autojump_clock: object
) -> None:
    await virtual.run_for(2.5 * DAY)
    virtual.start = NOW - 100 * DAY
    await virtual.run_for(1.5 * DAY)
    assert virtual.made() == [name(-100), name(-99), name(2)]


async def test_what_a_killed_attempt_has_left_is_cleared_up(virtual: Host, autojump_clock: object) -> None:
    virtual.plan.directory.mkdir(parents=True)
    (virtual.plan.directory / f"{name(-1)}.partial").write_text("half")
    (virtual.plan.directory / "mine.partial").write_text("mine")
    await virtual.run_for(1)
    assert virtual.made() == ["mine.partial", name(0)]


async def test_each_backup_is_logged_with_size_and_duration(
    virtual: Host, autojump_clock: object, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "perkd")
    await virtual.run_for(1)
    (record,) = caplog.records
    assert record.getMessage().startswith(f"💾 Backup made: {virtual.plan.directory / name(0)} (")
    assert record.getMessage().endswith(" KiB in 0.0 s)")


async def test_a_failure_is_logged_once_shown_and_tried_again_until_it_is_over(
    virtual: Host, autojump_clock: object, caplog: pytest.LogCaptureFixture
) -> None:
    virtual.database.rename(aside := virtual.database.with_name("away"))
    async with virtual.life() as tree:
        await trio.sleep(6 * 3600)
        assert virtual.last.problems() == (
            f"the last backup failed: there is no store at {virtual.database} yet: nothing to back up",
        )
        assert [record.levelname for record in caplog.records] == ["ERROR"]
        aside.rename(virtual.database)
        await trio.sleep(3600)
        assert virtual.last.problems() == ()
        (node,) = tree.snapshot().children
    assert (node.name, node.state, node.restarts) == ("backups", "running", 0)
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]
    assert len(virtual.made()) == 1


async def test_failures_are_tried_again_later_and_later(
    virtual: Host, autojump_clock: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    virtual.plan.directory.parent.write_text("no directory")
    tried: list[float] = []
    begin = trio.current_time()

    def make(*_: object) -> None:
        tried.append(round(trio.current_time() - begin))
        raise backups.FileRefused("no")

    monkeypatch.setattr(backups, "_make", make)
    await virtual.run_for(3 * 3600)
    assert tried[:7] == [0, 60, 180, 420, 900, 1860, 3780]
    assert tried[7] - tried[6] == 3600


async def test_a_stop_does_not_wait_for_a_long_backup_and_leaves_nothing(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    with writing(host.database) as store:
        store.write([Put(record) for record in some_redemptions(6000)])
    copying = threading.Event()
    check = trio.from_thread.check_cancelled

    def tick() -> None:
        """As slow as a large store."""
        copying.set()
        while True:
            check()

    monkeypatch.setattr(trio.from_thread, "check_cancelled", tick)
    with trio.fail_after(20):
        async with host.life():
            await trio.to_thread.run_sync(copying.wait)
    assert host.made() == []


async def test_no_backup_is_made_of_a_file_that_is_not_the_state_and_none_is_dropped_for_it(
    virtual: Host, autojump_clock: object
) -> None:
    await virtual.run_for(2.5 * DAY)
    good = virtual.made()
    async with virtual.life():
        virtual.stale = "MongoDB alone keeps the state: the disk is read-only"
        await trio.sleep(9 * DAY)
        assert virtual.made() == good
        assert virtual.last.problems() == (f"the last backup failed: {virtual.stale}",)
        virtual.stale = ""
        await trio.sleep(3600)
    assert virtual.last.problems() == ()
    assert virtual.made()[:2] == good[-2:]


@pytest.mark.parametrize("keep", [1, 2])
async def test_as_many_are_kept_as_was_asked(virtual: Host, autojump_clock: object, keep: int) -> None:
    virtual.plan = evolve(virtual.plan, keep=keep)
    await virtual.run_for(5.5 * DAY)
    assert len(virtual.made()) == keep
    assert virtual.made()[-1] == name(5)


async def test_one_that_another_perkd_is_making_is_left_alone(virtual: Host, autojump_clock: object) -> None:
    virtual.plan.directory.mkdir(parents=True)
    with backups.Partial(virtual.plan.directory / name(-1)) as other:
        await virtual.run_for(1)
        assert other.path.name in virtual.made()
    assert virtual.made() == [name(0)]
