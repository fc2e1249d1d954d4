"""What the account pool looks at again and again, and what it keeps from one life to the next."""

import trio
from attrs import evolve

from actors.ports import Delete
from actors.vip.account_book import AccountBook, moved_to
from actors.vip.holders import Holders
from actors.vip.model import AccountState, VIPAccount, VIPSession
from actors.vip.pool_messages import (
    DeskPosted,
    DeskResync,
    FromDesk,
    LeaseGranted,
    ReleaseLease,
    RestoreAccount,
)
from actors.vip.ports import AccountDead, DeskMessage, Lease
from actors.vip.words import Word
from supervision import ActorRef, MailboxFull
from tests.worlds.vip_pool import POLICY, PoolRig


async def test_a_lease_whose_session_is_lost_comes_back_by_the_next_look(autojump_clock: object) -> None:
    rig = PoolRig(("a",))
    async with rig.running():
        await rig.until("a", AccountState.FREE)
        await rig.leased("1")
        await rig.store.commit(Delete(VIPSession, "100/1"))
        with trio.fail_after(POLICY.reconcile + 5):
            await rig.until("a", AccountState.FREE)
        assert rig.stored("a").session == ""


async def test_a_store_that_was_away_at_the_start_is_asked_again_soon(autojump_clock: object) -> None:
    rig = PoolRig(("a",))
    rig.store.away = True
    async with rig.running():
        await trio.sleep(10)
        rig.store.away = False
        with trio.fail_after(5):
            await rig.until("a", AccountState.FREE)


async def test_a_dead_account_is_tried_once_in_a_life(autojump_clock: object) -> None:
    rig = PoolRig(("a",))
    rig.world.chat("a").dead = "USER_DEACTIVATED_BAN"
    async with rig.running():
        await rig.until("a", AccountState.DEAD)
        await trio.sleep(20 * POLICY.reconcile)
        assert rig.world.calls["desk.probe"] == 1
    async with rig.running():
        await trio.sleep(10)
        assert await rig.state("a") is AccountState.DEAD
        assert rig.world.calls["desk.probe"] == 2
    rig.world.chat("a").dead = ""  # a person has signed in
    async with rig.running():
        await rig.until("a", AccountState.FREE)


async def test_an_account_that_is_configured_again_is_cleared_and_leased(autojump_clock: object) -> None:
    rig = PoolRig(("a", "b"))
    async with rig.running():
        await rig.until("b", AccountState.FREE)
    rig.accounts = ("a",)
    async with rig.running():
        await trio.sleep(5)
    assert rig.stored("b").state is AccountState.DEAD
    rig.accounts = ("a", "b")
    async with rig.running():
        await rig.until("b", AccountState.FREE)
    assert rig.world.calls["desk.probe"] == 2 + 1 + 2  # in each life those that are configured


async def test_what_is_not_recorded_does_not_count(autojump_clock: object) -> None:
    rig = PoolRig(("a",))
    async with rig.running():
        await rig.until("a", AccountState.FREE)
        await rig.leased("1")
        rig.store.away = True
        assert await rig.pool.ask(ReleaseLease("s1")) is False
        assert await rig.state("a") is AccountState.LEASED
        await trio.sleep(30)
        assert await rig.state("a") is AccountState.LEASED


async def test_the_account_that_has_rested_longest_is_leased(autojump_clock: object) -> None:
    rig = PoolRig(("a", "b"))
    async with rig.running():
        for name in rig.accounts:
            await rig.until(name, AccountState.FREE)
        assert (await rig.leased("1")).account == "a"
        assert await rig.pool.ask(ReleaseLease("s1"))
        await rig.until("a", AccountState.FREE)
        assert (await rig.leased("2")).account == "b"
        await rig.session("3")
        assert (await rig.leased("3")).account == "a"


async def test_what_the_account_itself_wrote_is_no_late_answer(autojump_clock: object) -> None:
    rig = PoolRig(("a",))
    async with rig.running():
        await rig.until("a", AccountState.FREE)
        rig.pool.tell(DeskPosted("a", DeskMessage("5", "body", 0.0, own=True)))
        await trio.sleep(5)
        assert await rig.state("a") is AccountState.FREE
        assert rig.world.staff_log == []


async def test_after_a_late_answer_the_account_is_free_again_soon(autojump_clock: object) -> None:
    rig = PoolRig(("a",))
    async with rig.running():
        await rig.until("a", AccountState.FREE)
        rig.pool.tell(DeskPosted("a", rig.world.post_at_desk("a", "late")))
        await trio.sleep(0.1)
        with trio.fail_after(5):
            await rig.until("a", AccountState.FREE)
        assert [notice.word for notice, _ in rig.world.staff_log] == [Word.LATE_ANSWER]
        assert rig.world.calls["desk.probe"] == 2


async def test_an_account_is_restored_although_the_store_was_away(autojump_clock: object) -> None:
    rig = PoolRig(("a",))
    rig.world.steps.fail("desk.probe", AccountDead("USER_DEACTIVATED_BAN"))
    async with rig.running():
        await rig.until("a", AccountState.DEAD)
        rig.store.away = True
        await rig.pool.ask(RestoreAccount("a"))
        rig.store.away = False
        with trio.fail_after(5):
            await rig.until("a", AccountState.FREE)
        assert await rig.pool.ask(RestoreAccount("a")) is AccountState.FREE
        assert await rig.pool.ask(RestoreAccount("unknown")) is None


async def test_who_asks_is_answered_and_not_told_besides(autojump_clock: object) -> None:
    rig = PoolRig(("a",))
    async with rig.running():
        await rig.leased_and_queued()
        assert await rig.pool.ask(ReleaseLease("s1"))
        await rig.until("a", AccountState.LEASED)
        assert rig.got == {"h1": [], "h2": [LeaseGranted("s2", Lease("a", 2))]}


def test_an_account_keeps_since_when_it_is_as_it_is() -> None:
    account = VIPAccount("a", AccountState.QUARANTINED, since=5.0)
    assert moved_to(account, AccountState.QUARANTINED, 9.0).since == 5.0
    assert moved_to(account, AccountState.FREE, 9.0).since == 9.0


def test_only_what_has_waited_its_time_is_due() -> None:
    book, account = AccountBook(), VIPAccount("a", AccountState.LIMITED, until=10.0)
    book.put(account)
    assert book.due(9.9) == []
    assert book.due(10.0) == [account]
    book.put(evolve(account, state=AccountState.LEASED))
    assert book.due(99.0) == []


class FullRef:
    """Of an actor whose mailbox is full until `room` is made."""

    path = "t/full"

    def __init__(self) -> None:
        self.room, self.got = trio.Event(), list[object]()

    def monitor(self, ref: ActorRef, message: object) -> None:
        """Nobody ends here."""

    def tell(self, message: object) -> None:
        raise MailboxFull("full", 1)

    async def send(self, message: object) -> None:
        await self.room.wait()
        self.got.append(message)


async def test_one_whose_mailbox_is_full_is_told_once_to_read_its_history(autojump_clock: object) -> None:
    full, lease = FullRef(), Lease("a", 1)
    async with trio.open_nursery() as nursery:
        holders = Holders(full, nursery.start_soon)  # type: ignore[arg-type]
        holders.keep("s1", full)  # type: ignore[arg-type]
        for number in range(5):
            message = DeskMessage(str(number), "body", 0.0)
            holders.tell("s1", FromDesk(lease, DeskPosted("a", message)))
        holders.tell("s1", LeaseGranted("s1", lease))
        await trio.testing.wait_all_tasks_blocked()
        full.room.set()
    assert sorted(map(repr, full.got)) == sorted(
        map(repr, [FromDesk(lease, DeskResync("a")), LeaseGranted("s1", lease)])
    )
