"""What the account pool does when things come at the wrong moment."""

import pytest
import trio

from actors.vip.model import AccountState
from actors.vip.pool_messages import (
    AccountOut,
    DeskResync,
    NotNow,
    QueuePosition,
    ReleaseLease,
    RestoreAccount,
)
from actors.vip.words import Word
from tests.worlds.vip_pool import POLICY, PoolRig


def _told(rig: PoolRig, word: Word) -> int:
    return sum(notice.word is word for notice, _ in rig.world.staff_log)


async def test_before_the_accounts_are_known_nothing_is_promised(autojump_clock: object) -> None:
    rig = PoolRig(("a",))
    async with rig.running():
        await rig.until("a", AccountState.FREE)
        await rig.leased("1")
    rig.store.away = True
    async with rig.running():
        assert await rig.request("1") == NotNow()
        assert await rig.pool.ask(ReleaseLease("s1")) is False
        rig.store.away = False
        await rig.until("a", AccountState.LEASED)


async def test_who_gives_back_while_it_waits_waits_no_longer(autojump_clock: object) -> None:
    rig = PoolRig(("a",))
    async with rig.running():
        await rig.leased_and_queued()
        assert await rig.pool.ask(ReleaseLease("s2"))
        assert await rig.pool.ask(QueuePosition("s2")) == 0
        assert await rig.pool.ask(ReleaseLease("s1"))
        await rig.until("a", AccountState.FREE)
        assert rig.got["h2"] == []


async def test_who_has_ended_for_good_waits_no_longer(autojump_clock: object) -> None:
    rig = PoolRig(("a",))
    async with rig.running():
        await rig.leased_and_queued()
        rig.holders["h2"].tell("stop")
        await trio.sleep(1)
        assert (await rig.numbers()).waiting == 0
        assert await rig.pool.ask(ReleaseLease("s1"))
        await rig.until("a", AccountState.FREE)


async def test_an_account_is_cleared_once_at_a_time(autojump_clock: object) -> None:
    rig = PoolRig(("a",))
    rig.world.steps.delay = lambda step: 5.0 if step == "desk.probe before" else 0.0
    async with rig.running():
        await trio.sleep(1)
        for _ in range(3):
            assert await rig.pool.ask(RestoreAccount("a")) is AccountState.DRAINING
        await rig.until("a", AccountState.FREE)
    assert rig.world.calls["desk.probe"] == 1


async def test_an_account_that_connects_while_it_is_cleared_well_is_not_cleared_again(
    autojump_clock: object,
) -> None:
    rig = PoolRig(("a",))
    rig.world.steps.delay = lambda step: 5.0 if step == "desk.probe before" else 0.0
    async with rig.running():
        await trio.sleep(1)
        rig.pool.tell(DeskResync("a"))
        await rig.until("a", AccountState.FREE)
        await trio.sleep(30)
    assert rig.world.calls["desk.probe"] == 1


async def test_an_account_that_is_found_dead_while_it_is_cleared_stays_dead(autojump_clock: object) -> None:
    rig = PoolRig(("a",))
    rig.world.steps.delay = lambda step: 5.0 if step == "desk.is_empty after" else 0.0
    async with rig.running():
        await trio.sleep(1)
        rig.pool.tell(AccountOut("a", AccountState.DEAD, "AUTH_KEY_UNREGISTERED"))
        await trio.sleep(60)
        assert await rig.state("a") is AccountState.DEAD
        rig.pool.tell(AccountOut("a", AccountState.LIMITED, "PEER_FLOOD"))
        await trio.sleep(60)
        assert await rig.state("a") is AccountState.DEAD
        assert rig.stored("a").reason == "AUTH_KEY_UNREGISTERED"
    assert _told(rig, Word.ACCOUNT_OUT) == 1


async def test_what_the_store_could_not_record_of_a_clearing_is_tried_again_soon(
    autojump_clock: object,
) -> None:
    rig = PoolRig(("a",))
    rig.world.steps.delay = lambda step: 5.0 if step == "desk.is_empty after" else 0.0
    async with rig.running():
        await trio.sleep(4)
        rig.store.away = True
        await trio.sleep(2)
        rig.store.away = False
        rig.world.steps.delay = lambda _: 0.0
        with trio.fail_after(POLICY.reconcile / 2):
            await rig.until("a", AccountState.FREE)


@pytest.mark.parametrize("state", [AccountState.DEAD, AccountState.LIMITED])
async def test_what_the_store_could_not_record_of_a_ban_is_tried_again_soon(
    autojump_clock: object, state: AccountState
) -> None:
    rig = PoolRig(("a",))
    async with rig.running():
        await rig.until("a", AccountState.FREE)
        rig.store.away = True
        rig.pool.tell(AccountOut("a", state, "as Telegram says"))
        await trio.sleep(3)
        rig.store.away = False
        await trio.sleep(5)
        assert rig.stored("a").state is state


async def test_staff_are_told_once_of_an_account_that_stays_as_it_is(autojump_clock: object) -> None:
    rig = PoolRig(("a", "b"))
    rig.world.stubborn.add("a")
    rig.world.post_at_desk("a", "can't be cleared")
    async with rig.running():
        await trio.sleep(5 * POLICY.quarantine)
        assert await rig.state("a") is AccountState.QUARANTINED
        rig.pool.tell(AccountOut("b", AccountState.LIMITED, "PEER_FLOOD"))
        rig.pool.tell(AccountOut("b", AccountState.LIMITED, "PEER_FLOOD"))
        await trio.sleep(5)
    assert _told(rig, Word.ACCOUNT_OUT) == 2


async def test_a_limited_account_rests_before_it_is_tried_again(autojump_clock: object) -> None:
    rig = PoolRig(("a",))
    async with rig.running():
        await rig.until("a", AccountState.FREE)
        rig.pool.tell(AccountOut("a", AccountState.LIMITED, "PEER_FLOOD"))
        await trio.sleep(POLICY.limited - 60)
        assert await rig.state("a") is AccountState.LIMITED
        assert rig.world.calls["desk.probe"] == 1
        await trio.sleep(60 + POLICY.reconcile)
        assert await rig.state("a") is AccountState.FREE
