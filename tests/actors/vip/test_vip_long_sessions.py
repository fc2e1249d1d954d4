"""A long talk: most of it is in the store alone, and yet can be edited, deleted, answered, told twice."""

import pytest
import trio

from actors.ports import StoreUnavailable
from actors.vip.messages import ThreadPosted
from actors.vip.model import Crossing, CrossingState, Side
from actors.vip.outbox import KEPT, Outbox
from actors.vip.pool_messages import DeskPosted
from actors.vip.ports import Lease
from actors.vip.resync import WINDOW
from daemon.storage.memory import MemoryStore
from tests.worlds.vip import as_desk_message, as_thread_message
from tests.worlds.vip_rig import VIPRig

MANY = 3 * KEPT
LEASE = Lease("a", 1)


async def _long_talk(rig: VIPRig) -> tuple[list[str], list[str]]:
    await rig.opened()
    asked, told = [], []
    for number in range(MANY):
        asked.append(rig.say(f"q{number}"))
        told.append(rig.desk_says(f"a{number}"))
        await trio.sleep(0.2)
    await trio.sleep(5)
    return asked, told


@pytest.mark.parametrize("restart", [False, True])
async def test_what_is_in_the_store_alone_is_edited_deleted_and_answered(
    autojump_clock: object, restart: bool
) -> None:
    rig = VIPRig()
    async with rig.running():
        asked, told = await _long_talk(rig)
        if not restart:
            await _change(rig, asked, told)
    if restart:
        async with rig.running():
            await trio.sleep(10)
            await _change(rig, asked, told)


async def _change(rig: VIPRig, asked: list[str], told: list[str]) -> None:
    chat, thread = rig.world.chat(rig.session().account), rig.thread()
    first_asked = next(m.id for m in chat.messages if m.body == "q0")
    first_told = next(m.id for m in thread.messages if m.body == "a0")
    rig.edit(asked[1], "Q1")
    rig.desk_edits(told[1], "A1")
    rig.delete(asked[2])
    rig.desk_deletes(told[2])
    rig.say("to a0", reply_to=first_told)
    rig.say("to q0", reply_to=asked[0])
    rig.desk_says("to the first", reply_to=first_asked)
    await trio.sleep(10)
    wanted = range(3, MANY)
    assert rig.chat_bodies() == ["q0", "Q1", *(f"q{n}" for n in wanted), "to a0", "to q0"]
    assert thread.bodies() == ["a0", "A1", *(f"a{n}" for n in wanted), "to the first"]
    answers = {m.body: m.reply_to for m in chat.messages}
    assert (answers["to a0"], answers["to q0"]) == (told[0], first_asked)
    assert [m.reply_to for m in thread.of_bot() if m.body == "to the first"] == [asked[0]]


async def test_what_is_told_twice_crosses_once_however_old_it_is(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await _long_talk(rig)
        thread, chat = rig.thread(), rig.world.chat(rig.session().account)
        for posted in [m for m in thread.messages if m.author == "7"]:
            rig.office.tell(ThreadPosted(thread.id, as_thread_message(posted)))
        for posted in [m for m in chat.messages if m.author == "desk"]:
            rig.pool.tell(DeskPosted(chat.account, as_desk_message(chat, posted)))
        await trio.sleep(30)
        assert rig.chat_bodies() == [f"q{n}" for n in range(MANY)]
        assert thread.bodies() == [f"a{n}" for n in range(MANY)]


async def test_an_old_message_of_the_same_text_is_not_taken_for_a_new_one(autojump_clock: object) -> None:
    rig = VIPRig()
    rig.world.tells_nonces = False
    async with rig.running():
        await _long_talk(rig)
        rig.world.steps.outage.add("discord.send")
        rig.desk_says("a0")
        await trio.sleep(600)
    rig.world.steps.outage.clear()
    async with rig.running():
        await trio.sleep(60)
        assert rig.thread().bodies() == [*(f"a{n}" for n in range(MANY)), "a0"]


async def test_a_long_session_keeps_few_messages_in_memory() -> None:
    store = MemoryStore()
    outbox = Outbox(store, "s")
    await outbox.load()
    for number in range(1, MANY + 1):
        for side in Side:
            crossing = Crossing("s", side, str(number), 0, 0.0, account="a", epoch=1)
            await outbox.accept(crossing)
            if number > 1:
                await outbox.update(crossing.key, state=CrossingState.SENT, targets=(f"9{number}",))
    again = Outbox(store, "s")
    await again.load()
    for one in (outbox, again):
        assert KEPT > WINDOW
        for side in Side:
            kept = one.of(side)
            assert [c.source for c in kept] == ["1", *(str(n) for n in range(MANY - KEPT + 1, MANY + 1))]
            assert one.next_open(side) == kept[0]
        assert len(await one.keys()) == 2 * MANY
        old = await one.look_up(Side.THREAD, "2", "s/thread/2")
        assert old is not None
        assert await one.look_up_target(Side.DESK, "92", LEASE) == old
        assert await one.look_up_target(Side.DESK, "nothing", LEASE) is None
        assert (await one.update(old.key, edited=True)).edited
        assert old.key in {c.key for c in one.of(Side.THREAD)}
        await one.update(old.key, edited=False)


async def test_a_commit_of_unknown_outcome_is_looked_up_before_the_outbox_is_used_again() -> None:
    store = MemoryStore()
    outbox = Outbox(store, "s")
    assert await outbox.load()
    assert not await outbox.load()
    store.lose_answers = True
    with pytest.raises(StoreUnavailable):
        await outbox.accept(Crossing("s", Side.THREAD, "1", 0, 0.0))
    store.lose_answers = False
    assert await outbox.load()
    assert [c.source for c in outbox.of(Side.THREAD)] == ["1"]


async def test_what_is_recorded_already_keeps_its_place_and_state() -> None:
    outbox = Outbox(MemoryStore(), "s")
    await outbox.load()
    crossing = Crossing("s", Side.THREAD, "1", 0, 0.0)
    await outbox.accept(crossing)
    sent = await outbox.update(crossing.key, state=CrossingState.SENT)
    await outbox.accept(crossing, Crossing("s", Side.THREAD, "2", 0, 0.0))
    assert outbox.get(crossing.key) == sent
    assert [c.seq for c in outbox.of(Side.THREAD)] == [1, 2]


async def _sent(outbox: Outbox, source: str, *targets: str, account: str = "a", epoch: int = 1) -> Crossing:
    crossing = Crossing("s", Side.THREAD, source, 0, 0.0, account=account, epoch=epoch)
    await outbox.accept(crossing)
    return await outbox.update(crossing.key, state=CrossingState.SENT, targets=targets)


async def test_a_part_that_an_edit_removed_is_nothing_that_can_be_answered() -> None:
    outbox = Outbox(MemoryStore(), "s")
    await outbox.load()
    first = await _sent(outbox, "1", "10", "11")
    await outbox.update(first.key, targets=("10",))
    assert await outbox.look_up_target(Side.DESK, "11", LEASE) is None
    for number in range(2, KEPT + 4):
        await _sent(outbox, str(number), str(100 + number))
    assert outbox.get(first.key) is None
    assert await outbox.look_up_target(Side.DESK, "11", LEASE) is None
    assert await outbox.look_up_target(Side.DESK, "10", LEASE) == await outbox.look_up(
        Side.THREAD, "1", first.key
    )


@pytest.mark.parametrize("again", [False, True])
async def test_equal_numbers_of_two_accounts_are_two_messages(again: bool) -> None:
    outbox, other = Outbox(MemoryStore(), "s"), Lease("b", 4)
    await outbox.load()
    old = await _sent(outbox, "1", "10")
    new = await _sent(outbox, "2", "10", account=other.account, epoch=other.epoch)
    if again:
        old = await outbox.update(old.key, edited=True)
    assert await outbox.look_up_target(Side.DESK, "10", LEASE) == old
    assert await outbox.look_up_target(Side.DESK, "10", other) == new
