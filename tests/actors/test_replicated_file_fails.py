"""The file and MongoDB as one store, the file failing: MongoDB leads until the file can be used again."""

import itertools
from contextlib import suppress

import pytest
import trio

from actors.giftcodes.model import Player
from actors.pair import Mode
from actors.ports import Put, StoreUnavailable
from tests.worlds.memory_host import Host


@pytest.fixture
def host() -> Host:
    return Host()


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


async def test_full_copies_that_fail_are_tried_later_and_later(host: Host, autojump_clock: object) -> None:
    tried: list[float] = []

    def no_room(*_: object) -> None:
        tried.append(trio.current_time())
        raise StoreUnavailable("the disk is full")

    async with host.running() as store:
        await host.put("1", "2")
        await host.until_level()
        copy, store.pair.local.copy = store.pair.local.copy, no_room  # type: ignore[method-assign]
        host.disk.lose_file()
        await host.put("3")
        assert store.pair.mode is Mode.REPLICA
        host.server.chain.prune(keep=1)  # so that only a full copy helps
        await trio.sleep(3600.0)
        pauses = [round(after - before) for before, after in itertools.pairwise(tried)]
        wanted = [10, 20, 40, 80, 160, *[300] * (len(pauses) - 5)]
        assert len(wanted) > 7
        for pause, least in zip(pauses, wanted, strict=True):  # it looks every five seconds
            assert least <= pause <= least + 7
        store.pair.local.copy = copy  # type: ignore[method-assign]
        host.replica.away = True
        with pytest.raises(StoreUnavailable):
            await host.put("4")
        await trio.sleep(20.0)
        host.replica.away = False
        await trio.sleep(6.0)
        await host.put("4")  # a MongoDB that is back leads on at once
        assert store.pair.mode is Mode.REPLICA
        await host.until(lambda: store.pair.mode is Mode.LOCAL, within=310.0)
        host.disk.full = True
        await host.put("5")
        await trio.sleep(600.0)
        host.disk.full = False
        await host.until(lambda: store.pair.mode is Mode.LOCAL, within=8.0)  # which takes no copy
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
