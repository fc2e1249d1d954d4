"""The file and MongoDB as one store: what is lost when one of them fails (nothing), and who leads then."""

from contextlib import suppress

import pytest
import trio
from attrs import evolve

from actors.giftcodes.model import Player
from actors.pair import Mode, Pair
from actors.ports import Put, StoreUnavailable
from actors.replicated import NeedsDecision, ReplicatedStore
from daemon.storage.memory_local import MemoryDisk, MemoryLocalStore
from daemon.storage.memory_replica import MemoryReplica, MemoryServer
from tests.worlds.memory_host import Host, at_once


@pytest.fixture
def host() -> Host:
    return Host()


# --- both are well ------------------------------------------------------------------------------


async def test_every_change_goes_to_the_file_and_to_mongodb(host: Host, autojump_clock: object) -> None:
    async with host.running() as store:
        await host.put("1", "2", "3")
        assert store.pair.mode is Mode.LOCAL
        await host.until_level()
    assert host.nothing_is_lost()


async def test_an_ordered_end_brings_mongodb_up_to_date(host: Host, autojump_clock: object) -> None:
    async with host.running():
        host.replica.delay = 1.0
        await host.put("1", "2", "3")
    assert host.nothing_is_lost()


@pytest.mark.parametrize("seen_away", [True, False])
async def test_an_ordered_end_waits_a_moment_for_a_mongodb_that_comes_back(
    host: Host, seen_away: bool, autojump_clock: object
) -> None:
    async def come_back() -> None:
        await trio.sleep(3.0)
        host.replica.away = False

    async with trio.open_nursery() as nursery, host.running() as store:
        await host.put("1")
        await host.until_level()
        host.replica.away = True
        await host.put("2", "3")
        if seen_away:
            await host.until(lambda: store.pair.pusher is None)
        nursery.start_soon(come_back)
    assert host.nothing_is_lost()


async def test_an_end_while_mongodb_is_away_leaves_the_rest_to_the_next_start(
    host: Host, autojump_clock: object
) -> None:
    async with host.running():
        await host.put("1")
        host.replica.away = True
        await host.put("2", "3")
    host.server.expire()
    async with host.running():
        await host.until_level()
    assert host.nothing_is_lost()


async def test_a_record_is_read_back_from_the_store_that_leads(host: Host, autojump_clock: object) -> None:
    async with host.running() as store:
        await host.put("1")
        assert await store.get(Player, Player("wos", "1").key) == Player("wos", "1")
        assert await store.find(Player, game="wos") == [Player("wos", "1")]
        host.disk.full = True
        await host.put("2")
        assert store.pair.mode is Mode.REPLICA
        assert await store.get(Player, Player("wos", "1").key) == Player("wos", "1")
        assert len(await store.find(Player)) == 2


# --- MongoDB fails ------------------------------------------------------------------------------


async def test_without_mongodb_the_file_carries_on_and_mongodb_catches_up(
    host: Host, autojump_clock: object
) -> None:
    async with host.running() as store:
        await host.put("1")
        await host.until_level()
        host.replica.away = True
        await host.put("2", "3")
        await host.until(lambda: store.pair.replica_error is not None)
        assert store.pair.lag == 2
        assert store.pair.mode is Mode.LOCAL
        host.replica.away = False
        await host.until_level()
    assert host.nothing_is_lost()


async def test_a_slow_mongodb_delays_nobody(host: Host, autojump_clock: object) -> None:
    async with host.running():
        host.replica.delay = 4.9
        began = trio.current_time()
        await host.put(*map(str, range(50)))
        assert trio.current_time() - began < 0.01
        await host.until_level()
    assert host.nothing_is_lost()


async def test_a_mongodb_that_hangs_is_away_and_catches_up(host: Host, autojump_clock: object) -> None:
    async with host.running() as store:
        host.replica.hang()
        await host.put("1", "2")
        await host.until(lambda: store.pair.replica_error is not None)
        host.replica.release()
        await host.until_level()
    assert host.nothing_is_lost()


@pytest.mark.parametrize("dropped_after", [0, 1, 2, 3])
async def test_a_connection_that_drops_in_the_middle_of_batches_loses_and_doubles_nothing(
    host: Host, dropped_after: int, autojump_clock: object
) -> None:
    async with host.running():
        host.replica.drop_after = dropped_after
        await host.put("1", "2", "3")
        await host.until_level()
    assert host.nothing_is_lost()
    assert [entry.position.sequence for entry in host.server.chain.log] == [1, 2, 3]


async def test_an_answer_that_is_lost_does_no_harm(host: Host, autojump_clock: object) -> None:
    async with host.running():
        host.replica.lose_answers = 2
        await host.put("1", "2", "3")
        await host.until_level()
    assert host.nothing_is_lost()


async def test_a_start_without_mongodb_goes_on_with_the_file(host: Host, autojump_clock: object) -> None:
    async with host.running():
        await host.put("1")
    store = host.boot()
    host.replica.away = True
    await store.open()
    await host.put("2")
    assert store.pair.mode is Mode.LOCAL
    host.replica.away = False
    async with trio.open_nursery() as nursery:
        nursery.start_soon(store.tend)
        await host.until_level()
        nursery.cancel_scope.cancel()
    assert host.nothing_is_lost()


async def test_a_mongodb_that_lost_everything_is_filled_again(host: Host, autojump_clock: object) -> None:
    async with host.running():
        await host.put("1", "2")
    host.server = MemoryServer()
    async with host.running():
        await host.put("3")
        await host.until_level()
    assert host.nothing_is_lost()


async def test_a_mongodb_too_far_behind_for_the_journal_gets_a_full_copy(
    host: Host, autojump_clock: object
) -> None:
    async with host.running() as store:
        await host.put("1")
        await host.until_level()
        host.replica.away = True
        await host.put(*map(str, range(2, 40)))
        store.pair.outbox.restart(store.pair.position)  # more than memory holds
        assert host.disk.chain is not None
        host.disk.chain.prune(keep=3)
        host.replica.away = False
        await host.until_level()
        await host.put("more")
        await host.until_level()
    assert host.nothing_is_lost()


# --- the file fails -----------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["full", "read_only", "damaged", "unreadable"])
async def test_without_the_file_mongodb_carries_on_and_the_file_is_repaired(
    host: Host, fault: str, autojump_clock: object
) -> None:
    async with host.running() as store:
        await host.put("1", "2")
        setattr(host.disk, fault, True)
        await host.put("3", "4")
        assert store.pair.mode is Mode.REPLICA
        await trio.sleep(60.0)
        if fault == "damaged":  # it repairs that by itself
            assert list(host.disk.aside) == ["aside-1"]
        else:
            assert store.pair.mode is Mode.REPLICA
            setattr(host.disk, fault, False)
        await host.until(lambda: store.pair.mode is Mode.LOCAL)
        await host.put("5")
        await host.until_level()
    assert host.nothing_is_lost()
    assert not host.disk.behind


async def test_a_file_deleted_under_perkd_is_made_anew(host: Host, autojump_clock: object) -> None:
    async with host.running() as store:
        await host.put("1", "2")
        host.disk.lose_file()
        await host.put("3")
        await host.until(lambda: store.pair.mode is Mode.LOCAL)
        await host.put("4")
        await host.until_level()
    assert host.nothing_is_lost()


async def test_what_only_the_file_had_is_sent_before_mongodb_leads(
    host: Host, autojump_clock: object
) -> None:
    async with host.running() as store:
        host.replica.delay = 1.0  # nothing has been sent yet when the file fails
        await host.put(*map(str, range(20)))
        host.disk.damaged = True
        await host.put("last")
        assert store.pair.mode is Mode.REPLICA
        assert len(host.in_mongodb()) == 21
        await host.until(lambda: store.pair.mode is Mode.LOCAL)
    assert host.nothing_is_lost()


async def test_changes_that_only_a_damaged_file_had_are_named(
    host: Host, autojump_clock: object, caplog: pytest.LogCaptureFixture
) -> None:
    async with host.running() as store:
        store.gather = 3600.0  # nothing more is sent by itself
        await host.put("1")
        await host.until_level()
        await host.put("2", "3")
        store.pair.outbox.restart(store.pair.position)  # memory holds nothing of it
        store.pair.outbox.acknowledged = host.server.chain.end
        host.disk.damaged = True
        await host.put("4")
        assert store.pair.mode is Mode.REPLICA
    assert "the changes after batch 1 of term 1 up to batch 3 of term 1" in caplog.text
    assert host.in_mongodb() == ["1", "4"]


async def test_what_memory_holds_of_a_damaged_file_is_kept_also_after_a_gap(
    host: Host, autojump_clock: object, caplog: pytest.LogCaptureFixture
) -> None:
    async with host.running() as store:
        await host.put("1")
        await host.until_level()
        store.pair.outbox.most_entries = 2
        host.replica.away = True
        await host.put("2", "3", "4", "5", "6")
        host.disk.damaged = True
        await host.until(lambda: store.pair.pusher is None)
        for _ in range(3):
            with pytest.raises(StoreUnavailable):
                await host.put("7")
            await trio.sleep(5.0)
        host.replica.away = False
        host.replica.lose_answers = 1
        await host.until(lambda: store.pair.pusher is not None)
        with suppress(StoreUnavailable):
            await host.put("7")
        await trio.sleep(10.0)
        await host.put("8")
        await host.until(lambda: store.pair.mode is Mode.LOCAL)
        await host.until_level()
    assert caplog.text.count("the changes after batch 1 of term 1 up to batch 4 of term 1") == 1
    assert host.in_mongodb() in (["1", "5", "6", "8"], ["1", "5", "6", "7", "8"])
    assert host.in_file() == host.in_mongodb()


@pytest.mark.parametrize("fault", ["damaged", "deleted", "unreadable"])
async def test_what_memory_holds_of_a_lost_file_waits_for_mongodb(
    host: Host, fault: str, autojump_clock: object
) -> None:
    async with host.running() as store:
        await host.put("1")
        await host.until_level()
        host.replica.away = True
        await host.put("2", "3")
        if fault == "deleted":
            host.disk.lose_file()
        else:
            setattr(host.disk, fault, True)
        for _ in range(3):
            with pytest.raises(StoreUnavailable):
                await host.put("4")
            await trio.sleep(10.0)
        host.disk.unreadable = False
        host.replica.away = False
        await host.until(lambda: store.pair.mode is Mode.REPLICA or store.pair.pusher is not None)
        await host.put("4")
        await host.until(lambda: store.pair.mode is Mode.LOCAL)
        await host.until_level()
    assert host.nothing_is_lost()


async def test_a_commit_that_failed_but_was_durable_is_in_both(host: Host, autojump_clock: object) -> None:
    async with host.running() as store:
        await host.put("1")
        host.disk.lose_answers = 1
        await host.put("2")
        assert store.pair.mode is Mode.REPLICA
        await host.until(lambda: store.pair.mode is Mode.LOCAL)
        await host.until_level()
    assert host.nothing_is_lost()


async def test_an_end_while_mongodb_leads_is_made_good_at_the_next_start(
    host: Host, autojump_clock: object
) -> None:
    async with host.running():
        await host.put("1")
        host.disk.full = True
        await host.put("2")
    host.disk.full = False
    async with host.running() as store:
        await host.until(lambda: store.pair.mode is Mode.LOCAL)
        await host.until_level()
    assert host.nothing_is_lost()


async def test_a_file_that_lags_does_not_lead_without_mongodb(host: Host, autojump_clock: object) -> None:
    async with host.running():
        await host.put("1")
        host.disk.full = True
        await host.put("2")
    host.disk.full = False
    store = host.boot()
    host.replica.away = True
    await store.open()
    with pytest.raises(StoreUnavailable, match="MongoDB has newer changes"):
        await store.write((Put(Player("wos", "3")),))
    assert store.pair.mode is Mode.WAITING


# --- both fail ----------------------------------------------------------------------------------


async def test_with_both_down_work_waits_and_resumes_by_itself(host: Host, autojump_clock: object) -> None:
    async with host.running() as store:
        await host.put("1")
        await host.until_level()
        host.disk.full = host.replica.away = True
        await trio.sleep(60.0)
        with pytest.raises(StoreUnavailable, match=r"disk is full.*away"):
            await host.put("2")
        host.disk.full = False
        await host.put("2")
        assert store.pair.mode is Mode.LOCAL
        host.replica.away = False
        await host.until_level()
    assert host.nothing_is_lost()


async def test_with_both_down_mongodb_takes_over_when_it_is_back_first(
    host: Host, autojump_clock: object
) -> None:
    async with host.running() as store:
        await host.put("1")
        host.replica.away = True
        await trio.sleep(60.0)
        await host.put("2")
        host.disk.full = True
        with pytest.raises(StoreUnavailable):
            await host.put("3")
        host.replica.away = False
        await host.until(lambda: store.pair.pusher is not None)
        await host.put("3")
        assert store.pair.mode is Mode.REPLICA
        assert host.in_mongodb() == ["1", "2", "3"]


async def test_mongodb_failing_while_it_leads_is_waited_for(host: Host, autojump_clock: object) -> None:
    async with host.running() as store:
        host.disk.full = True
        await host.put("1")
        host.replica.away = True
        for _ in range(3):
            with pytest.raises(StoreUnavailable, match=r"full.*away"):
                await host.put("2")
        host.replica.away = False
        await host.until(lambda: store.pair.replica_error is None)
        await host.put("2")
        host.disk.full = False
        await host.until(lambda: store.pair.mode is Mode.LOCAL)
        await host.until_level()
    assert host.nothing_is_lost()


# --- at the start -------------------------------------------------------------------------------


async def test_an_empty_disk_is_filled_from_mongodb(host: Host, autojump_clock: object) -> None:
    async with host.running():
        await host.put("1", "2", "3")
    host.disk = MemoryDisk()
    async with host.running() as store:
        await host.until(lambda: store.pair.mode is Mode.LOCAL)
        assert [player.fid for player in await store.find(Player)] == ["1", "2", "3"]
    assert host.nothing_is_lost()


async def test_an_empty_disk_is_filled_by_a_full_copy_where_the_journal_is_too_short(
    host: Host, autojump_clock: object
) -> None:
    async with host.running():
        await host.put(*map(str, range(30)))
    host.server.chain.prune(keep=2)
    host.disk = MemoryDisk()
    async with host.running() as store:
        await host.until(lambda: store.pair.mode is Mode.LOCAL)
        await host.put("more")
    assert host.nothing_is_lost()


async def test_an_empty_disk_waits_while_mongodb_is_away(host: Host, autojump_clock: object) -> None:
    async with host.running():
        await host.put("1")
    host.disk = MemoryDisk()
    store = host.boot()
    host.replica.away = True
    await store.open()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(store.tend)
        await trio.sleep(600.0)
        with pytest.raises(StoreUnavailable, match="the file is empty and MongoDB can't be reached"):
            await store.find(Player)
        with pytest.raises(StoreUnavailable):
            await host.put("2")
        host.replica.away = False
        await host.until(lambda: store.pair.mode is Mode.LOCAL)
        await host.put("2")
        await host.until_level()
        nursery.cancel_scope.cancel()
    assert host.nothing_is_lost()


async def test_after_a_kill_the_file_leads_with_all_that_was_acknowledged(
    host: Host, autojump_clock: object
) -> None:
    async with host.running(orderly=False):
        host.replica.delay = 2.0
        await host.put("1", "2", "3")
    assert host.in_mongodb() == []
    async with host.running():
        await host.until_level()
    assert host.nothing_is_lost()


async def test_a_disk_destroyed_before_mongodb_had_it_loses_just_that(
    host: Host, autojump_clock: object
) -> None:
    async with host.running(orderly=False):
        await host.put("1", "2")
        await host.until_level()
        host.replica.hang()
        await host.put("3")
    host.disk = MemoryDisk()
    async with host.running() as store:
        await host.until(lambda: store.pair.mode is Mode.LOCAL)
        assert host.in_file() == ["1", "2"]


@pytest.mark.parametrize("lag", [0, 2])
async def test_a_file_that_could_not_be_read_at_the_start_is_not_given_up_for_what_mongodb_has(
    host: Host, lag: int, autojump_clock: object
) -> None:
    async with host.running(orderly=False):
        await host.put("1")
        await host.until_level()
        host.replica.away = lag > 0
        await host.put(*map(str, range(2, 2 + lag)))
    host.disk.unreadable = True
    async with host.running() as store:
        await host.put("9")
        assert store.pair.mode is Mode.REPLICA
        host.disk.unreadable = False
        if lag:
            await host.until(lambda: store.pair.mode is Mode.WAITING)
            await trio.sleep(60.0)
            assert "diverged" in store.pair.reason
        else:
            await host.until_level()
    if lag:
        assert (host.in_file(), host.in_mongodb()) == (["1", "2", "3"], ["1", "9"])
        with pytest.raises(NeedsDecision):
            await host.boot().open()
    else:
        assert host.nothing_is_lost()


async def test_a_start_on_a_full_disk_while_mongodb_is_away_waits_for_either(
    host: Host, autojump_clock: object
) -> None:
    async with host.running():
        await host.put("1")
    host.disk.full = True
    store = host.boot()
    host.replica.away = True
    await store.open()
    with pytest.raises(StoreUnavailable, match=r"full.*away"):
        await host.put("2")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(store.tend)
        host.disk.full = False
        await host.until(lambda: store.pair.mode is Mode.LOCAL)
        await host.put("2")
        host.replica.away = False
        await host.until_level()
        nursery.cancel_scope.cancel()
    assert host.nothing_is_lost()


async def test_a_second_perkd_on_the_same_disk_waits_and_does_not_ask_mongodb(
    host: Host, autojump_clock: object
) -> None:
    twin = Host(server=host.server, disk=host.disk)
    async with host.running() as store:
        await host.put("1")
        twin.replica = MemoryReplica(host.server, timeout=5.0)
        local = MemoryLocalStore(host.disk, trio.current_time)
        other = ReplicatedStore(Pair(local, twin.replica, at_once, trio.current_time))
        await other.open()
        assert "in use by another perkd" in other.pair.reason
        await other.close()
        await host.put("2")
        await host.until_level()
        assert store.pair.mode is Mode.LOCAL
    assert host.nothing_is_lost()


async def test_a_damaged_file_is_set_aside_and_made_anew(host: Host, autojump_clock: object) -> None:
    async with host.running():
        await host.put("1", "2")
    host.disk.damaged = True
    async with host.running() as store:
        await host.until(lambda: store.pair.mode is Mode.LOCAL)
    assert host.nothing_is_lost()
    assert list(host.disk.aside) == ["aside-1"]


async def test_a_damaged_file_with_an_empty_mongodb_is_refused(host: Host, autojump_clock: object) -> None:
    async with host.running():
        await host.put("1")
    host.server = MemoryServer()
    host.disk.damaged = True
    store = host.boot()
    with pytest.raises(NeedsDecision, match="damaged"):
        await store.open()


async def test_a_file_that_fails_and_an_empty_mongodb_wait(host: Host, autojump_clock: object) -> None:
    async with host.running(orderly=False):
        host.replica.away = True
        await host.put("1")
    host.disk.unreadable = True
    host.server = MemoryServer()
    async with host.running() as store:
        await trio.sleep(60.0)
        assert store.pair.mode is Mode.WAITING
        host.disk.unreadable = False
        await host.until(lambda: store.pair.mode is Mode.LOCAL)
        await host.until_level()
    assert host.nothing_is_lost()


async def test_a_full_copy_that_was_interrupted_is_made_anew(host: Host, autojump_clock: object) -> None:
    async with host.running(orderly=False):
        host.replica.away = True
        await host.put(*map(str, range(30)))
        assert host.disk.chain is not None
        host.disk.chain.prune(keep=1)
    store = host.boot()
    await store.open()
    history = host.disk.chain.history
    await host.replica.begin_copy(history.terms[-1], history)  # and there it was killed
    host.server.expire()
    async with host.running():
        await host.put("more")
        await host.until_level()
    assert host.nothing_is_lost()


# --- two daemons --------------------------------------------------------------------------------


async def test_a_second_perkd_waits_until_the_first_one_ends(host: Host, autojump_clock: object) -> None:
    second = Host(server=host.server)
    async with host.running():
        await host.put("1")
        store = second.boot()
        await store.open()
        with pytest.raises(StoreUnavailable, match="another perkd"):
            await second.put("2")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(store.tend)
        await second.until(lambda: store.pair.mode is Mode.LOCAL)
        await second.put("2")
        await second.until_level()
        nursery.cancel_scope.cancel()
    assert second.in_file() == ["1", "2"]


async def test_who_was_taken_over_stops_writing(
    host: Host, autojump_clock: object, caplog: pytest.LogCaptureFixture
) -> None:
    async with host.running() as store:
        await host.put("1")
        await host.until_level()
        host.replica.usurp()
        await host.put("2")
        await host.until(lambda: store.pair.mode is Mode.WAITING)
        with pytest.raises(StoreUnavailable, match="another perkd"):
            await host.put("3")
    assert host.in_mongodb() == ["1"]
    assert "Another perkd has taken over" in caplog.text


async def test_two_that_wrote_without_knowing_of_each_other_are_refused(
    host: Host, autojump_clock: object
) -> None:
    async with host.running():
        await host.put("1")
    second = Host(server=host.server)
    async with second.running() as store:
        await second.until(lambda: store.pair.mode is Mode.LOCAL)
        await second.put("2")
    store = host.boot()
    host.replica.away = True
    await store.open()
    await host.put("3")
    await store.close()
    with pytest.raises(NeedsDecision, match="perkd storage keep"):
        await host.boot().open()
    assert host.in_file() == ["1", "3"]
    assert host.in_mongodb() == ["1", "2"]


async def test_two_that_have_diverged_stop_when_they_meet(host: Host, autojump_clock: object) -> None:
    async with host.running():
        await host.put("1")
    second = Host(server=host.server)
    store = host.boot()
    host.replica.away = True
    await store.open()
    await host.put("3")
    async with second.running() as other:
        await second.until(lambda: other.pair.mode is Mode.LOCAL)
        await second.put("2")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(store.tend)
        host.replica.away = False
        await host.until(lambda: store.pair.mode is Mode.WAITING)
        nursery.cancel_scope.cancel()
    assert "diverged" in store.pair.reason


async def test_the_file_an_operator_chose_replaces_what_mongodb_has(
    host: Host, autojump_clock: object
) -> None:
    async with host.running():
        await host.put("1", "2")
    assert host.disk.chain is not None
    backup = evolve(host.disk.chain, log=list(host.disk.chain.log))
    async with host.running():
        await host.put("3")
        await host.until_level()
    restored = MemoryDisk()
    restored.chain = backup
    backup.records.apply([])
    backup.set_lead(True)
    host.disk = restored
    async with host.running():
        await host.put("4")
        await host.until_level()
    assert host.in_mongodb() == host.in_file()
    assert "4" in host.in_mongodb()
    assert restored.chain is not None
    assert not restored.chain.history.leads
