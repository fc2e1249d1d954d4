"""MongoDB fails while the file is well: the file carries on, MongoDB catches up, and nothing is lost."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.pair import Mode
from actors.ports import Position
from daemon.storage import SQLiteStore, journal
from tests.worlds.mongodb.threads import MongoThread, mongo_in_thread
from tests.worlds.two_stores import PATIENT, Host, Times, batches_in_mongodb


@pytest.fixture
def mongo() -> Iterator[MongoThread]:
    with mongo_in_thread() as running:
        yield running


@pytest.fixture
def host(tmp_path: Path, mongo: MongoThread) -> Host:
    return Host(tmp_path / "perkd.sqlite3", mongo.uri)


@pytest.fixture
def near_any(tmp_path: Path, faulty_mongo: MongoThread) -> Host:
    """A host whose MongoDB is a standalone server, and one whose is a replica set: the driver differs."""
    return Host(tmp_path / "perkd.sqlite3", faulty_mongo.uri)


async def test_while_both_are_well_both_have_everything(host: Host) -> None:
    async with host.running() as life:
        await host.put(30)
        await life.until_level()
    assert host.lost() == []


async def test_an_ordered_end_leaves_nothing_for_the_next_start(host: Host) -> None:
    async with host.running():
        await host.put(30)
    assert host.lost() == []


# --- it is away ---------------------------------------------------------------------------------


async def test_a_mongodb_that_refuses_connections_catches_up(
    near_any: Host, faulty_mongo: MongoThread
) -> None:
    async with near_any.running() as life:
        await near_any.put(5)
        await life.until_level()
        faulty_mongo.stop()
        await near_any.put(20)
        await life.until_mongodb_is_away()
        assert life.pair.lag == 20
        assert life.pair.mode is Mode.LOCAL
        faulty_mongo.start()
        await life.until_level()
    assert near_any.lost() == []


SWITCHES = {
    "hangs": ({"hang": True}, {"hang": False}),
    "takes no writes": ({"hold_writes": True}, {"hold_writes": False}),
    "answers everything too late": ({"slow": 5.0}, {"slow": 0.0}),
    "answers garbage": ({"garbage": True}, {"garbage": False}),
    "has a full disk": ({"disk_full": True}, {"disk_full": False}),
}


@pytest.mark.parametrize("fault", SWITCHES)
async def test_a_mongodb_that_answers_nothing_usable_catches_up(
    host: Host, mongo: MongoThread, fault: str
) -> None:
    on, off = SWITCHES[fault]
    async with host.running() as life:
        await host.put(5)
        await life.until_level()
        mongo.set(**on)
        began = time.monotonic()
        await host.put(20)
        assert time.monotonic() - began < 20 * host.times.deadline / 2  # nobody waited for MongoDB
        await life.until_mongodb_is_away()
        assert life.pair.mode is Mode.LOCAL
        assert life.pair.lag == 20
        await host.put(5)
        mongo.set(**off)
        await life.until_level()
    assert host.lost() == []


async def test_a_mongodb_that_is_slow_but_answers_in_time_follows(host: Host, mongo: MongoThread) -> None:
    host.times = PATIENT
    async with host.running() as life:
        await life.until_level()
        mongo.set(slow=0.1)
        await host.put(50)
        await life.until(lambda: life.pair.lag)
        await life.until_level()
        assert life.pair.replica_error is None
        mongo.set(slow=0.0)
    assert host.lost() == []


async def test_a_mongodb_that_hangs_at_the_end_gets_the_rest_at_the_next_start(
    host: Host, mongo: MongoThread
) -> None:
    host.times = Times(flush_within=1.0)
    async with host.running() as life:
        await host.put(5)
        await life.until_level()
        mongo.set(hang=True)
        await host.put(20)
    mongo.set(hang=False)
    async with host.running() as life:
        await life.until_level()
    assert host.lost() == []


async def test_a_start_while_mongodb_is_away_goes_on_with_the_file(host: Host, mongo: MongoThread) -> None:
    async with host.running():
        await host.put(5)
    mongo.stop()
    async with host.running() as life:
        assert life.pair.mode is Mode.LOCAL
        await host.put(5)
        mongo.start()
        await life.until_level()
    assert host.lost() == []


# --- it restarts, and its primary changes -------------------------------------------------------


async def test_restarts_in_the_middle_of_work_lose_nothing(near_any: Host, faulty_mongo: MongoThread) -> None:
    async with near_any.running() as life:
        for _ in range(5):
            await near_any.put(20)
            faulty_mongo.restart()
        await life.until_level()
    assert near_any.lost() == []


async def test_a_primary_that_steps_down_loses_nothing(tmp_path: Path) -> None:
    with mongo_in_thread(replica_set="rs0") as mongo:
        host = Host(tmp_path / "perkd.sqlite3", mongo.uri)
        async with host.running() as life:
            await host.put(20)
            mongo.step_down(hellos=2)
            await host.put(20)
            await life.until_level()
            mongo.step_down()
            await host.put(20)
        assert host.lost() == []


# --- a connection drops in the middle -----------------------------------------------------------


@pytest.mark.parametrize("done", [0, 1, 5, 9, None])
async def test_a_round_whose_connection_drops_is_sent_again_and_nothing_is_doubled(
    near_any: Host, faulty_mongo: MongoThread, done: int | None
) -> None:
    """`done`: so many of ten batches were inserted by then; None: all of them, but there was no answer."""
    async with near_any.running() as life:
        await life.until_level()
        faulty_mongo.stop()
        await near_any.put(10)
        await life.until_mongodb_is_away()
        faulty_mongo.cut("insert", after=done)
        faulty_mongo.start()
        await life.until_level()
    assert near_any.lost() == []
    assert [at.sequence for at in sorted(batches_in_mongodb(near_any.uri))] == list(range(1, 11))


@pytest.mark.parametrize("done", [0, 1, None])
async def test_records_that_a_drop_left_half_brought_up_to_date_are_brought_up_to_date(
    host: Host, mongo: MongoThread, done: int | None
) -> None:
    async with host.running() as life:
        await life.until_level()
        await host.put()
        mongo.cut("update", after=done, times=3)
        await host.put(10)
        await life.until_level()
    assert host.lost() == []


# --- it has lost what it had --------------------------------------------------------------------


def forget_everything(mongo: MongoThread) -> None:
    mongo.stop()
    mongo.call(mongo.state.collections.clear)
    mongo.start()


async def test_a_mongodb_that_lost_everything_while_perkd_was_stopped_is_filled_from_the_file(
    host: Host, mongo: MongoThread
) -> None:
    async with host.running():
        await host.put(20)
    forget_everything(mongo)
    async with host.running() as life:
        await host.put(5)
        await life.until_level()
    assert host.lost() == []


async def test_a_mongodb_that_lost_everything_while_perkd_runs_is_filled_from_the_file(
    host: Host, mongo: MongoThread
) -> None:
    async with host.running() as life:
        await host.put(20)
        await life.until_level()
        mongo.stop()
        await life.until_mongodb_is_away()
        forget_everything(mongo)
        await host.put(5)
        await life.until_level()
    assert host.lost() == []
    async with host.running() as life:
        await life.until_level()
    assert host.lost() == []


async def test_a_mongodb_that_was_emptied_between_two_batches_waits_for_a_person_who_keeps_the_file(
    host: Host, mongo: MongoThread
) -> None:
    # The lease is to be missed, but not before the batches are written.
    host.times = Times(deadline=5.0, ttl=12.0)
    async with host.running() as life:
        await host.put(20)
        await life.until_level()
        mongo.call(mongo.state.collections.clear)  # and was never away
        await host.put(5)
        await life.until(lambda: "storage keep file" in life.pair.reason)
    store = SQLiteStore(host.path)
    store.attach()
    store.set_lead()
    store.close()
    async with host.running() as life:
        await host.put(5)
        await life.until_level()
    assert host.lost() == []


async def test_a_mongodb_that_lost_everything_gets_a_full_copy_where_the_files_journal_is_too_short(
    host: Host, mongo: MongoThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "JOURNAL_KEPT", 20)
    monkeypatch.setattr(journal, "PRUNE_EVERY", 10)
    async with host.running() as life:
        await host.put(60)
        await life.until_level()
        mongo.stop()
        await life.until_mongodb_is_away()
        forget_everything(mongo)
        await host.put(5)
        await life.until_level()
        await host.put(5)
        await life.until_level()
    assert host.lost() == []
    host.path.unlink()  # and the next start on an empty disk gets it all from there
    async with host.running() as life:
        await life.until_level()
    assert host.lost() == []


async def test_a_mongodb_too_far_behind_for_the_files_journal_gets_a_full_copy(
    host: Host, mongo: MongoThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "JOURNAL_KEPT", 20)
    monkeypatch.setattr(journal, "PRUNE_EVERY", 10)
    async with host.running() as life:
        await host.put(5)
        await life.until_level()
        mongo.stop()
        life.pair.outbox.most_entries = 5
        await host.put(60)
        await life.until_mongodb_is_away()
        mongo.start()
        await life.until_level()
        await host.put(5)
        await life.until_level()
    assert host.lost() == []
    assert Position(life.pair.position.term, 10) not in batches_in_mongodb(host.uri)  # it was a copy


@pytest.mark.parametrize("at", ["insert", "update", "delete"])
async def test_a_full_copy_that_is_cut_short_is_made_again(
    host: Host, mongo: MongoThread, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    monkeypatch.setattr(journal, "JOURNAL_KEPT", 20)
    monkeypatch.setattr(journal, "PRUNE_EVERY", 10)
    async with host.running(orderly=False) as life:
        await host.put(5)
        await life.until_level()
        mongo.stop()
        life.pair.outbox.most_entries = 5
        await host.put(60)
        await life.until_mongodb_is_away()
    for times in range(1, 6):  # each life ends in the middle of the copy, a little later than the one before
        mongo.cut(at, after=0, times=times)
        mongo.start()
        async with host.running(orderly=False) as life:
            await host.put_in_the_end()
            await life.until(lambda: life.pair.replica_error is not None or life.pair.lag == 0)
        mongo.stop()
        mongo.set(cuts=[])  # what was not needed
    mongo.start()
    async with host.running() as life:
        await life.until_level()
    assert host.lost() == []
