"""What of VIP threads is stored about a member, and that nothing of it is left: with VIP on, and off."""

from collections.abc import Callable
from typing import cast

import pytest
import trio

from actors.giftcodes.model import Audit
from actors.ports import Put
from actors.records import RECORDS
from actors.vip.model import (
    AccountState,
    ClosedVIPSession,
    Crossing,
    CrossingState,
    EndReason,
    SessionState,
    Side,
    VIPAccount,
    VIPBlock,
    VIPSession,
)
from daemon.clock import SteadyClock
from daemon.service import Service, forget, what_is_known
from daemon.service.erasure_vip import VIPKnown
from daemon.storage import MemoryStore, codec
from daemon.vip.forgetting import EndForgotten
from supervision import ActorDead, ActorRef, MailboxFull
from tests.worlds.vip import GUILD
from tests.worlds.vip_rig import STAFF, VIPRig

ANN, BOB = "501501501", "502502502"


async def everything(store: MemoryStore) -> str:
    found = [record for type_ in RECORDS for record in await store.find(type_)]
    return "\n".join(f"{record.collection} {record.key} {codec.encode(record)}" for record in found)


def closed(id_: str, member: str, ended_by: str = "") -> ClosedVIPSession:
    return ClosedVIPSession(id_, "77", member, 1.0, 2.0, EndReason.CLEARED, "desk-1", "900", ended_by)


async def fill(store: MemoryStore) -> None:
    """Ann has a live session and one that is over, and has ended one of Bob's as staff."""
    await store.commit(
        Put(VIPSession("77", ANN, "aa", SessionState.OPEN, 1.0, "Annika", "desk-1", 7, "901")),
        Put(VIPSession("77", BOB, "bb", SessionState.OPEN, 1.0, "Bob", "desk-2", 3, "902")),
        Put(VIPAccount("desk-1", AccountState.LEASED, epoch=7, session="aa", member=f"77/{ANN}")),
        Put(VIPAccount("desk-2", AccountState.LEASED, epoch=3, session="bb", member=f"77/{BOB}")),
        Put(Crossing("aa", Side.THREAD, "1", 1, 1.0)),
        Put(Crossing("aa", Side.DESK, "2", 1, 1.0, CrossingState.SENT)),
        Put(Crossing("bb", Side.THREAD, "3", 1, 1.0)),
        Put(closed("old", ANN, BOB)),
        Put(closed("his", BOB, ANN)),
        Put(VIPBlock("77", BOB, 1.0, by=ANN)),
        Put(Audit("a1", 1.0, "77", BOB, "vip cleared", f"session old of member {ANN}: cleared by staff Bob")),
        Put(
            Audit(
                "a2", 1.0, "77", ANN, "vip cleared", f"session his of member {BOB}: cleared by staff Annika"
            )
        ),
        Put(Audit("a3", 1.0, "77", BOB, "vip cleared", f"session x of member 9{ANN}: cleared by staff Bob")),
        Put(Audit("a4", 1.0, "77", BOB, "pause", f"running → paused {ANN}")),
    )


async def test_without_vip_all_of_it_is_erased_in_the_store(service: Service, store: MemoryStore) -> None:
    await fill(store)
    known = await what_is_known(service, ANN)
    assert known.vip == VIPKnown(sessions=1, closed=1, crossings=2, ended=2)
    assert known.audits == 2
    assert await forget(service, ANN) == known
    assert (await what_is_known(service, ANN)).is_nothing

    left = await everything(store)
    assert f"77/{ANN}" not in left
    assert "Annika" not in left
    assert '"aa"' not in left.replace('"session":"aa"', "")  # the account, until its history has been cleared
    audits = {one.id: (one.member, one.details) for one in await store.find(Audit)}
    assert (audits["a1"], audits["a2"]) == ((BOB, "(erased)"), ("", "(erased)"))
    assert audits["a3"][1].startswith("session x of member 9")
    assert audits["a4"][1].endswith(ANN)  # no id of a member, whatever the digits

    assert await store.get(VIPSession, f"77/{BOB}") is not None
    assert [one.member for one in await store.find(VIPAccount)] == ["", f"77/{BOB}"]
    assert [one.session for one in await store.find(Crossing)] == ["bb"]
    assert [(one.id, one.ended_by) for one in await store.find(ClosedVIPSession)] == [("his", "")]
    assert [(one.member, one.by) for one in await store.find(VIPBlock)] == [(BOB, "")]


async def test_a_block_of_the_member_holds_and_is_no_reason_to_erase(
    service: Service, store: MemoryStore
) -> None:
    block = VIPBlock("77", ANN, 1.0, BOB, "spam")
    await store.commit(Put(block))
    before = len(store.history)
    known = await forget(service, ANN)
    assert known.is_nothing
    assert known.vip.blocks == 1
    assert await store.get(VIPBlock, block.key) == block
    assert len(store.history) == before


# --- with VIP on --------------------------------------------------------------------------------


def a_service(rig: VIPRig, within: float = 60.0) -> Service:
    ended = EndForgotten(rig.office, rig.store, within)
    return Service(rig.store, SteadyClock(), lambda: {"wos": "v2"}, end_vip=ended)


async def nothing_is_left(rig: VIPRig, member: str = "7") -> None:
    await rig.until_free()
    left = await everything(rig.store)
    assert f"{GUILD}/{member}" not in left
    assert f'"{member}"' not in left
    assert f"name-{member}" not in left


async def test_an_open_session_ends_and_nothing_of_it_is_left(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened("7")
        await rig.opened("8")
        rig.say("hello")
        await rig.until(lambda: rig.crossings() != [])
        known = await forget(a_service(rig), "7")
        assert (known.vip.sessions, known.vip.crossings, known.vip.ending) == (1, 1, 0)
        assert rig.state("7") is None
        assert rig.thread("7").locked
        await rig.until(lambda: "free" in rig.account_states().values())
        assert rig.state("8") is SessionState.OPEN
        assert not [one for one in await rig.store.find(VIPAccount) if one.member.endswith("/7")]
        assert (await forget(a_service(rig), "7")).is_nothing


@pytest.mark.parametrize(
    "reached",
    [
        lambda rig: rig.state() is SessionState.OPENING,
        lambda rig: bool(rig.world.threads),
        lambda rig: rig.state() is SessionState.OPEN,
    ],
)
async def test_a_session_that_is_being_opened_ends_as_well(
    autojump_clock: object, reached: Callable[[VIPRig], bool]
) -> None:
    rig = VIPRig()
    async with rig.running():
        rig.click()
        while not reached(rig):
            await trio.lowlevel.checkpoint()
        known = await forget(a_service(rig), "7")
        assert (known.vip.sessions, known.vip.ending) == (1, 0)
        await nothing_is_left(rig)


async def test_who_waits_for_an_account_is_taken_off_the_list(autojump_clock: object) -> None:
    rig = VIPRig(accounts=("a",))
    async with rig.running():
        await rig.opened("8")
        rig.click("7")
        await rig.until(lambda: rig.state("7") is SessionState.WAITING)
        assert (await forget(a_service(rig), "7")).vip.sessions == 1
        assert [one.member for one in rig.sessions()] == ["8"]
        rig.clear("8")
        await rig.until_free()
        assert rig.sessions() == []


async def test_sessions_that_are_over_are_erased_though_none_is_live(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        rig.clear()
        await rig.until(lambda: len(rig.closed()) == 1)
        known = await forget(a_service(rig), "7")
        assert (known.vip.sessions, known.vip.closed, known.audits) == (0, 1, 1)
        await nothing_is_left(rig)


async def test_staff_who_cleared_sessions_are_forgotten_and_the_sessions_not(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        rig.clear()
        await rig.until(lambda: len(rig.closed()) == 1)
        known = await forget(a_service(rig), STAFF.id)
        assert (known.vip.ended, known.audits) == (1, 1)
        left = await everything(rig.store)
        assert STAFF.name not in left
        assert [one.member for one in rig.closed()] == ["7"]


async def test_a_session_that_does_not_end_in_time_is_told_of_and_erased_later(
    autojump_clock: object,
) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        rig.world.steps.outage.add("discord")
        known = await forget(a_service(rig, within=45.0), "7")
        assert known.vip.ending == 1
        assert rig.session().ending is EndReason.FORGOTTEN
    rig.world.steps.outage.clear()
    async with rig.running():  # it is recorded that it is to be forgotten
        await rig.until(lambda: not rig.sessions())
        await nothing_is_left(rig)


@pytest.mark.parametrize("error", [ActorDead, MailboxFull])
async def test_a_desk_that_can_not_be_told_is_told_again_for_a_minute(
    error: type[Exception], autojump_clock: object
) -> None:
    class Deaf:
        def __init__(self, times: int) -> None:
            self.left = times

        def tell(self, _message: object) -> None:
            self.left -= 1
            if self.left >= 0:
                raise error("desk")

    for times, ended in ((10_000, False), (20, True)):
        desk = cast("ActorRef", Deaf(times))
        assert await EndForgotten(desk, MemoryStore())("77", ANN) is ended


async def test_a_desk_that_is_gone_keeps_nothing_else_from_being_erased(autojump_clock: object) -> None:
    async def never(_guild: str, _member: str) -> bool:
        await trio.lowlevel.checkpoint()
        return False

    store = MemoryStore()
    await fill(store)
    service = Service(store, SteadyClock(), dict, end_vip=never)
    known = await forget(service, ANN)
    assert known.vip.ending == 1
    assert [one.id for one in await store.find(VIPSession)] == ["aa", "bb"]
    assert await store.find(Crossing, session="aa") != []  # whoever ends it needs them
    assert [one.id for one in await store.find(ClosedVIPSession)] == ["his"]
