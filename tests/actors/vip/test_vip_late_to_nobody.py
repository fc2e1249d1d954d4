"""What the desk writes to accounts that nobody has: staff read it before it is cleared away."""

import logging

import pytest
import trio
from attrs import evolve

from actors.ports import Put
from actors.vip import late_answers
from actors.vip.late_answers import HELD_FOR
from actors.vip.model import AccountState, VIPAccount
from actors.vip.pool_messages import AccountOut, DeskPosted, DeskResync, NotOurs, Queued, ReleaseLease
from actors.vip.ports import AccountDead, Content, Refused
from actors.vip.words import Word
from supervision.testing import crash
from tests.worlds.vip_pool import PoolRig


def _for_staff(rig: PoolRig) -> list[object]:
    return [body for notice, body in rig.world.staff_log if notice.word is Word.LATE_ANSWER]


def _writes(rig: PoolRig, body: str, *, told: bool = True) -> None:
    message = rig.world.post_at_desk("a", body)
    if told:
        rig.pool.tell(DeskPosted("a", message))


async def test_it_is_not_cleared_before_staff_have_it(autojump_clock: object) -> None:
    rig = PoolRig(("a",))
    async with rig.running():
        await rig.until("a", AccountState.FREE)
        rig.world.steps.outage.add("discord")
        _writes(rig, "late")
        await trio.sleep(HELD_FOR / 2)
        assert await rig.state("a") is AccountState.DRAINING
        assert [m.body for m in rig.world.chat("a").messages] == ["late"]
        rig.world.steps.outage.clear()
        await rig.until("a", AccountState.FREE)
        assert _for_staff(rig) == ["late"]
        assert rig.world.chat("a").messages == []


@pytest.mark.parametrize("how", ["kill", "crash"])
async def test_what_a_crash_forgets_is_read_again(autojump_clock: object, how: str) -> None:
    rig = PoolRig(("a",))
    async with rig.running():
        await rig.until("a", AccountState.FREE)
        rig.world.steps.outage.add("discord")
        _writes(rig, "late")
        await trio.sleep(60)
        if how == "crash":
            crash(rig.pool)
            await trio.sleep(5)
            rig.world.steps.outage.clear()
            await rig.until("a", AccountState.FREE)
            assert _for_staff(rig) == ["late"]
    rig.world.steps.outage.clear()
    async with rig.running():
        await rig.until("a", AccountState.FREE)
        assert _for_staff(rig) == ["late"]


async def test_after_an_hour_the_account_is_needed(
    autojump_clock: object, caplog: pytest.LogCaptureFixture
) -> None:
    rig = PoolRig(("a",))
    async with rig.running():
        await rig.until("a", AccountState.FREE)
        rig.world.steps.outage.add("discord")
        _writes(rig, "late")
        with trio.fail_after(HELD_FOR + 60):
            await rig.until("a", AccountState.FREE)
        assert _for_staff(rig) == []
        assert rig.world.chat("a").messages == []
    lost = "A late answer to VIP account a could not be posted for the staff in 60 minutes: it is lost"
    assert [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING][-1] == lost


async def test_what_is_too_much_to_be_held_waits_in_its_chat(
    autojump_clock: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(late_answers, "MOST_HELD", 3)
    rig = PoolRig(("a",))
    async with rig.running():
        await rig.until("a", AccountState.FREE)
        rig.world.steps.outage.add("discord")
        for number in range(8):
            _writes(rig, f"late {number}")
        await trio.sleep(60)
        rig.world.steps.outage.clear()
        await rig.until("a", AccountState.FREE)
        assert _for_staff(rig) == [f"late {number}" for number in range(8)]


async def test_a_late_answer_that_comes_after_the_chat_was_seen_empty_is_cleared_as_well(
    autojump_clock: object,
) -> None:
    rig = PoolRig(("a",))
    async with rig.running():
        await rig.leased_and_queued()
        rig.world.steps.delay = lambda step: 2.0 if step == "desk.is_empty after" else 0.0
        assert await rig.pool.ask(ReleaseLease("s1"))
        await trio.sleep(1.0)
        assert rig.world.steps.log[-1] == "desk.is_empty after"
        _writes(rig, "late")
        rig.world.steps.delay = lambda _: 0.0
        await rig.until("a", AccountState.LEASED)
        assert rig.world.chat("a").messages == []
        assert _for_staff(rig) == ["late"]


async def test_a_free_account_that_was_away_is_looked_at_before_it_is_leased(autojump_clock: object) -> None:
    rig = PoolRig(("a",))
    async with rig.running():
        await rig.until("a", AccountState.FREE)
        _writes(rig, "written while it was away", told=False)
        rig.pool.tell(DeskResync("a"))
        await rig.session("1")
        assert await rig.request("1") == Queued(1)
        await rig.until("a", AccountState.LEASED)
        assert rig.world.chat("a").messages == []
        assert _for_staff(rig) == ["written while it was away"]


@pytest.mark.parametrize("event", ["late", "resync"])
async def test_that_it_has_to_be_cleared_again_is_not_forgotten_where_the_store_is_away(
    autojump_clock: object, event: str
) -> None:
    rig = PoolRig(("a",))
    async with rig.running():
        await rig.until("a", AccountState.FREE)
        rig.store.away = True
        _writes(rig, "late", told=event == "late")
        rig.pool.tell(DeskResync("a"))
        await trio.sleep(5)
        rig.store.away = False
        await trio.sleep(5)
        assert await rig.state("a") is AccountState.FREE
        assert rig.world.chat("a").messages == []
        assert _for_staff(rig) == ["late"]


async def test_what_a_session_has_dealt_with_is_told_to_nobody(autojump_clock: object) -> None:
    rig = PoolRig(("a",))
    async with rig.running():
        await rig.until("a", AccountState.FREE)
        lease = await rig.leased("1")
        await rig.desk.send(lease, Content("introduction"), 1)
        old, crossed, new = (rig.world.post_at_desk("a", body) for body in ("old", "crossed", "new"))
        assert int(old.id) < int(crossed.id) < int(new.id)
        assert await rig.pool.ask(ReleaseLease("s1", lease, old.id, frozenset({crossed.id})))
        await rig.until("a", AccountState.FREE)
        assert _for_staff(rig) == ["new"]


async def test_staff_are_told_once_of_what_came_for_an_earlier_lease_during_this_one(
    autojump_clock: object,
) -> None:
    rig = PoolRig(("a",))
    async with rig.running():
        await rig.until("a", AccountState.FREE)
        lease = await rig.leased("1")
        message = rig.world.post_at_desk("a", "for an earlier lease")
        rig.pool.tell(NotOurs(DeskPosted("a", message)))
        assert await rig.pool.ask(ReleaseLease("s1", lease, "0"))
        await rig.until("a", AccountState.FREE)
        assert _for_staff(rig) == ["for an earlier lease"]


async def test_what_was_dealt_with_last_is_known_longest(
    autojump_clock: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(late_answers, "MOST_KNOWN", 10)
    rig = PoolRig(("a",))
    async with rig.running():
        await rig.until("a", AccountState.FREE)
        lease = await rig.leased("1")
        crossed = [rig.world.post_at_desk("a", f"crossed {n}") for n in range(40)]
        late = [rig.world.post_at_desk("a", f"late {n}") for n in range(20)]
        seen, known = crossed[19].id, frozenset(message.id for message in crossed)
        assert await rig.pool.ask(ReleaseLease("s1", lease, seen, known))
        await rig.until("a", AccountState.FREE)
        assert _for_staff(rig) == [message.body for message in late]
        for message in crossed[30:]:
            rig.pool.tell(DeskPosted("a", message))  # told once more, and late
        await trio.sleep(30)
        assert _for_staff(rig) == [message.body for message in late]


async def test_of_an_account_that_was_taken_from_its_session_only_what_comes_later_is_told(
    autojump_clock: object,
) -> None:
    rig = PoolRig(("a",))
    async with rig.running():
        await rig.until("a", AccountState.FREE)
        await rig.leased("1")
        _writes(rig, "for the session")
        rig.pool.tell(AccountOut("a", AccountState.LIMITED, "PEER_FLOOD"))
        _writes(rig, "late")
        await rig.until("a", AccountState.FREE)
        assert _for_staff(rig) == ["late"]


async def test_what_telegram_does_not_give_keeps_no_account_from_coming_back(autojump_clock: object) -> None:
    rig = PoolRig(("a",))
    async with rig.running():
        await rig.until("a", AccountState.FREE)
        rig.world.steps.fail("desk.history", Refused("HTTP 400"))
        _writes(rig, "late", told=False)
        rig.pool.tell(DeskResync("a"))
        await trio.sleep(5)
        assert await rig.state("a") is AccountState.FREE


async def test_an_account_that_dies_with_what_it_holds_is_dead_and_staff_have_that_later(
    autojump_clock: object,
) -> None:
    rig = PoolRig(("a",))
    async with rig.running():
        await rig.until("a", AccountState.FREE)
        rig.world.steps.outage.add("discord")
        rig.world.steps.fail("desk.probe", AccountDead("banned"))
        _writes(rig, "late")
        await rig.until("a", AccountState.DEAD)
        rig.world.steps.outage.clear()
        await trio.sleep(120)
        assert _for_staff(rig) == ["late"]


async def test_an_account_that_an_older_perkd_was_clearing_is_cleared_unread(autojump_clock: object) -> None:
    rig = PoolRig(("a",))
    _ = rig.world.post_at_desk("a", "who knows whose")
    await rig.store.commit(Put(VIPAccount("a", AccountState.DRAINING, epoch=3)))
    async with rig.running():
        await rig.until("a", AccountState.FREE)
        assert _for_staff(rig) == []
        assert rig.stored("a") == evolve(rig.stored("a"), seen="", session="")
