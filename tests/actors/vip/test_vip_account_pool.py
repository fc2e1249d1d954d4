import pytest
import trio

from actors.ports import Put
from actors.vip.model import AccountState, VIPAccount
from actors.vip.pool_messages import (
    AccountOut,
    DeskPosted,
    DeskResync,
    FromDesk,
    Granted,
    LeaseGranted,
    MoveAccount,
    NotNow,
    PoolStatus,
    Queued,
    QueuePosition,
    ReleaseLease,
    RestoreAccount,
)
from actors.vip.ports import AccountDead, Content, FloodWait, Lease, Unreachable, WrongEpoch
from actors.vip.words import Word
from supervision.testing import crash
from tests.worlds.vip_pool import POLICY, PoolRig


async def test_a_new_account_is_leased_only_after_its_history_was_verified_empty(
    autojump_clock: object,
) -> None:
    rig = PoolRig(("a",))
    rig.world.post_at_desk("a", "old talk")
    async with rig.running():
        await rig.until("a", AccountState.FREE)
        assert rig.world.chat("a").messages == []
        assert await rig.leased("1") == Lease("a", 1)


async def test_asking_twice_gives_the_same_lease(autojump_clock: object) -> None:
    rig = PoolRig(("a", "b"))
    async with rig.running():
        await rig.until("a", AccountState.FREE)
        await rig.until("b", AccountState.FREE)
        lease = await rig.leased("1")
        assert await rig.request("1") == Granted(lease)
        assert (await rig.numbers()).by_state[AccountState.LEASED] == 1


async def test_an_account_given_back_comes_with_a_new_epoch_and_the_old_one_is_refused(
    autojump_clock: object,
) -> None:
    rig = PoolRig(("a",))
    async with rig.running():
        await rig.until("a", AccountState.FREE)
        old = await rig.leased("1")
        await rig.desk.send(old, Content("hello"), 1)
        assert await rig.pool.ask(ReleaseLease("s1"))
        with pytest.raises(WrongEpoch):
            await rig.desk.send(old, Content("late"), 2)
        await rig.until("a", AccountState.FREE)
        new = await rig.leased("2", "h2")
        assert new == Lease("a", 2)
        with pytest.raises(WrongEpoch):
            await rig.desk.send(old, Content("late"), 3)
        assert rig.world.chat("a").delivered() == ["hello"]


async def test_who_finds_none_free_waits_in_the_order_of_asking_and_is_told(autojump_clock: object) -> None:
    rig = PoolRig(("a",))
    async with rig.running():
        await rig.until("a", AccountState.FREE)
        await rig.leased("1")
        await rig.session("3")
        await rig.session("2")
        assert await rig.request("3", "h2") == Queued(1)
        assert await rig.request("2", "h2") == Queued(1)
        assert await rig.pool.ask(QueuePosition("s3")) == 2
        await rig.pool.ask(ReleaseLease("s1"))
        await trio.sleep(10)
        assert rig.got["h2"] == [LeaseGranted("s2", Lease("a", 2))]
        assert await rig.pool.ask(QueuePosition("s3")) == 1


async def test_releasing_twice_changes_nothing(autojump_clock: object) -> None:
    rig = PoolRig(("a",))
    async with rig.running():
        await rig.until("a", AccountState.FREE)
        await rig.leased("1")
        assert await rig.pool.ask(ReleaseLease("s1"))
        await rig.until("a", AccountState.FREE)
        await rig.leased("2")
        assert await rig.pool.ask(ReleaseLease("s1"))
        assert rig.stored("a").session == "s2"


async def test_a_lease_without_a_live_session_comes_back(autojump_clock: object) -> None:
    rig = PoolRig(("a",))
    await rig.store.commit(Put(VIPAccount("a", AccountState.LEASED, epoch=4, session="gone", member="100/9")))
    async with rig.running():
        await rig.until("a", AccountState.FREE)
        assert rig.stored("a").epoch == 4


async def test_a_lease_of_a_live_session_outlives_a_restart(autojump_clock: object) -> None:
    rig = PoolRig(("a",))
    async with rig.running():
        await rig.until("a", AccountState.FREE)
        lease = await rig.leased("1")
    async with rig.running():
        assert await rig.request("1") == Granted(lease)
        await rig.desk.send(lease, Content("still mine"), 5)
        assert rig.world.chat("a").delivered() == ["still mine"]


async def test_a_history_that_does_not_become_empty_quarantines_the_account(autojump_clock: object) -> None:
    rig = PoolRig(("a",))
    rig.world.stubborn.add("a")
    rig.world.post_at_desk("a", "sticky")
    async with rig.running():
        await rig.until("a", AccountState.QUARANTINED)
        await rig.session("1")
        assert await rig.request("1") == Queued(1)
        assert rig.world.staff_log[0][0].word is Word.ACCOUNT_OUT
        rig.world.stubborn.clear()
        with trio.fail_after(POLICY.quarantine + 100):
            await rig.until("a", AccountState.LEASED)
        assert rig.got["h1"] == [LeaseGranted("s1", Lease("a", 1))]


async def test_a_flood_wait_while_clearing_is_waited_for(autojump_clock: object) -> None:
    rig = PoolRig(("a",))
    rig.world.steps.fail("desk.clear_step", FloodWait(300.0))
    async with rig.running():
        await rig.until("a", AccountState.FLOOD_WAIT)
        began = trio.current_time()
        await rig.until("a", AccountState.FREE)
        assert trio.current_time() - began >= 299


async def test_an_outage_while_clearing_is_waited_out(autojump_clock: object) -> None:
    rig = PoolRig(("a",))
    rig.world.steps.outage.add("desk")
    async with rig.running():
        await rig.until("a", AccountState.QUARANTINED)
        rig.world.steps.outage.clear()
        with trio.fail_after(POLICY.pause_max + 10):
            await rig.until("a", AccountState.FREE)


async def test_a_banned_account_is_taken_out_and_its_session_told_to_move(autojump_clock: object) -> None:
    rig = PoolRig(("a", "b"))
    async with rig.running():
        await rig.until("a", AccountState.FREE)
        lease = await rig.leased("1")
        rig.world.chat(lease.account).dead = "USER_DEACTIVATED_BAN"
        rig.pool.tell(AccountOut(lease.account, AccountState.DEAD, "USER_DEACTIVATED_BAN"))
        await trio.sleep(1)
        assert rig.got["h1"] == [MoveAccount("s1", lease, "USER_DEACTIVATED_BAN")]
        other = await rig.request("1")
        assert isinstance(other, Granted)
        assert other.lease.account != lease.account
        assert rig.world.staff_log[0][0].value("reason") == "USER_DEACTIVATED_BAN"
        with pytest.raises(WrongEpoch):
            await rig.desk.send(lease, Content("x"), 1)


async def test_an_operator_brings_a_mended_account_back(autojump_clock: object) -> None:
    rig = PoolRig(("a",))
    rig.world.chat("a").dead = "SESSION_REVOKED"
    async with rig.running():
        await rig.until("a", AccountState.DEAD)
        rig.world.chat("a").dead = ""
        assert await rig.pool.ask(RestoreAccount("a")) is AccountState.DRAINING
        await rig.until("a", AccountState.FREE)
        assert await rig.pool.ask(RestoreAccount("unknown")) is None


async def test_a_late_answer_goes_to_the_staff_log_and_is_cleared_before_the_next_lease(
    autojump_clock: object,
) -> None:
    rig = PoolRig(("a",))
    async with rig.running():
        await rig.until("a", AccountState.FREE)
        late = rig.world.post_at_desk("a", "for the last one")
        rig.pool.tell(DeskPosted("a", late))
        await rig.session("1")
        assert await rig.request("1") == Queued(1)
        await rig.until("a", AccountState.LEASED)
        assert [(n.word, body) for n, body in rig.world.staff_log] == [(Word.LATE_ANSWER, "for the last one")]
        assert rig.world.chat("a").messages == []
        assert not any(isinstance(m, FromDesk) for m in rig.got["h1"])


async def test_while_the_store_is_away_nothing_is_granted_and_nothing_is_lost(autojump_clock: object) -> None:
    rig = PoolRig(("a",))
    async with rig.running():
        await rig.until("a", AccountState.FREE)
        await rig.session("1")
        rig.store.away = True
        assert await rig.request("1") == NotNow()
        rig.store.away = False
        assert isinstance(await rig.request("1"), Granted)
        rig.store.away = True
        assert await rig.pool.ask(ReleaseLease("s1")) is False
        rig.store.away = False
        assert await rig.pool.ask(ReleaseLease("s1")) is True
        await rig.until("a", AccountState.FREE)


@pytest.mark.parametrize("step", range(30))
async def test_a_crash_at_any_step_of_clearing_loses_no_account(autojump_clock: object, step: int) -> None:
    rig = PoolRig(("a",))
    async with rig.running():
        await rig.until("a", AccountState.FREE)
        lease = await rig.leased("1")
        for number in range(1, 4):
            await rig.desk.send(lease, Content(f"m{number}"), number)
        rig.world.steps.log.clear()
        rig.world.steps.crash_at = step
        await rig.pool.ask(ReleaseLease("s1"))
        await rig.until("a", AccountState.FREE)
        assert rig.world.chat("a").messages == []
        crash(rig.pool)
        await trio.sleep(5)
        assert rig.stored("a").state is AccountState.FREE


async def test_an_account_that_is_no_longer_configured_is_out(autojump_clock: object) -> None:
    rig = PoolRig(("a", "b"))
    async with rig.running():
        await rig.until("b", AccountState.FREE)
    rig.accounts = ("a",)
    async with rig.running():
        numbers = await rig.pool.ask(PoolStatus())
        assert {a.name: a.state for a in numbers.accounts}["b"] is AccountState.DEAD


async def test_an_account_that_has_connected_is_cleared_at_once_and_its_wait_was_no_news(
    autojump_clock: object,
) -> None:
    rig = PoolRig(("a",))
    rig.world.steps.outage.add("desk")
    async with rig.running():
        await rig.until("a", AccountState.QUARANTINED)
        rig.world.steps.outage.clear()
        rig.pool.tell(DeskResync("a"))
        with trio.fail_after(2):
            await rig.until("a", AccountState.FREE)
    assert rig.world.staff_log == []


async def test_an_account_that_connects_while_it_is_cleared_in_vain_is_cleared_again(
    autojump_clock: object,
) -> None:
    rig = PoolRig(("a",))
    rig.world.steps.fail("desk.probe", Unreachable("it has not connected yet"))
    rig.world.steps.delay = lambda step: 5.0 if step == "desk.probe before" else 0.0
    async with rig.running():
        await trio.sleep(1)
        rig.pool.tell(DeskResync("a"))
        with trio.fail_after(15):
            await rig.until("a", AccountState.FREE)


async def test_a_send_that_is_under_way_when_an_account_is_given_back_is_waited_for_and_cleared(
    autojump_clock: object,
) -> None:
    rig = PoolRig(("a",))
    async with rig.running(), trio.open_nursery() as nursery:
        await rig.until("a", AccountState.FREE)
        lease = await rig.leased("1")
        rig.world.steps.delay = lambda name: 50.0 if name == "desk.send before" else 0.0
        nursery.start_soon(rig.desk.send, lease, Content("slow"), 7)
        await trio.sleep(1)
        assert await rig.pool.ask(ReleaseLease("s1"))
        await rig.until("a", AccountState.FREE)
        await trio.sleep(100)
        assert rig.world.chat("a").delivered() == ["slow"]
        assert rig.world.chat("a").messages == []


async def test_an_account_that_only_the_probe_finds_banned_is_not_leased(autojump_clock: object) -> None:
    rig = PoolRig(("a",))
    rig.world.steps.fail("desk.probe", AccountDead("USER_DEACTIVATED_BAN"))
    async with rig.running():
        await rig.until("a", AccountState.DEAD)
        assert rig.stored("a").reason == "USER_DEACTIVATED_BAN"
