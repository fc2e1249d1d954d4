"""What becomes of messages whose answers were lost, while their texts change and look alike."""

import itertools

import pytest
import trio

from actors.vip.doubts import UNKNOWN, Doubts
from actors.vip.model import Crossing, CrossingState, SessionState, Side
from actors.vip.outbox import Outbox
from actors.vip.pool_messages import DeskResync
from actors.vip.ports import Content, Unreachable
from actors.vip.resync import LATE
from actors.vip.words import Word
from daemon.storage.memory import MemoryStore
from tests.worlds.vip_rig import VIPRig

LONG = 600.0
"""Seconds of an outage after which Discord knows no nonce any more."""


def _doubts(rig: VIPRig) -> list[Word]:
    return [notice.word for notice, _ in rig.world.staff_log if notice.word is Word.DOUBTFUL]


async def _back(rig: VIPRig) -> None:
    await trio.sleep(LONG)
    rig.world.steps.outage.clear()
    await trio.sleep(LONG)
    assert all(not c.open for c in rig.crossings())


async def _edited_at_desk(rig: VIPRig) -> tuple[str, str]:
    """The desk's first message of a session, and in which second it was edited."""
    await rig.opened()
    message = rig.desk_says("first")
    await trio.sleep(5)
    at = str(int(rig.clock.now()))
    rig.desk_edits(message, "second", version=at)
    await trio.sleep(5)
    return message, at


@pytest.mark.parametrize("tells_nonces", [True, False])
@pytest.mark.parametrize("known", [0, 1])
async def test_a_part_that_was_sent_without_an_answer_goes_when_the_text_gets_shorter(
    autojump_clock: object, tells_nonces: bool, known: int
) -> None:
    rig = VIPRig()
    rig.world.tells_nonces = tells_nonces
    async with rig.running():
        await rig.opened()
        steps = rig.world.steps
        steps.delay = lambda name: 1.0 if "send after" in name else 0.0
        asked, told = rig.say("a\nb\nc"), rig.desk_says("d\ne\nf")
        await trio.sleep(known + 0.5)
        steps.lose("desk.send")
        steps.lose("discord.send")
        await trio.sleep(0.7)
        steps.outage |= {"desk", "discord"}
        rig.edit(asked, "x")
        rig.desk_edits(told, "y")
        await _back(rig)
        assert rig.chat_bodies() == ["x"]
        assert rig.thread().bodies() == ["y"]
        assert _doubts(rig) == []


@pytest.mark.parametrize("then", ["y\nz", "y"])
@pytest.mark.parametrize("kind", ["lost", "crash", "kill"])
async def test_a_part_that_an_edit_added_without_an_answer_is_changed_or_goes_with_the_next_edit(
    autojump_clock: object, kind: str, then: str
) -> None:
    rig = VIPRig()
    steps = rig.world.steps
    async with rig.running():
        await rig.opened()
        asked, told = rig.say("a"), rig.desk_says("d")
        await trio.sleep(5)
        if kind == "lost":
            steps.lose("desk.send")
            steps.lose("discord.send")
        elif kind == "kill":
            steps.delay = lambda name: 1.0 if "send after" in name else 0.0
        rig.edit(asked, "a\nb")
        rig.desk_edits(told, "d\ne")
        await rig.until(lambda: len(rig.chat_bodies()) == len(rig.thread().bodies()) == 2)
        if kind == "crash":
            steps.crash_at = len(steps.log)
        if kind != "kill":
            steps.outage |= {"desk", "discord"}
            rig.edit(asked, then)
            rig.desk_edits(told, then)
            await _back(rig)
    if kind == "kill":
        steps.delay = lambda _: 0.0
        await trio.sleep(LONG)
        rig.edit(asked, then)
        rig.desk_edits(told, then)
    async with rig.running():
        await _back(rig)
        assert rig.chat_bodies() == then.split("\n")
        assert rig.thread().bodies() == then.split("\n")


@pytest.mark.parametrize("tells_nonces", [True, False])
@pytest.mark.parametrize("arrived", list(itertools.product([True, False], repeat=2)))
@pytest.mark.parametrize("restart", [True, False])
async def test_equal_texts_are_neither_lost_nor_doubled_nor_swapped(
    autojump_clock: object, tells_nonces: bool, arrived: tuple[bool, bool], restart: bool
) -> None:
    """Each "ok" is sent once without an answer: it arrived, or did not."""
    rig = VIPRig()
    rig.world.tells_nonces = tells_nonces
    steps = rig.world.steps
    async with rig.running():
        await rig.opened()
        told = []
        for one in arrived:
            for operation in ("desk.send", "discord.send"):
                if one:
                    steps.lose(operation)
                else:
                    steps.fail(operation, Unreachable("not done (ordered by the test)"))
            before = steps.log.count("discord.send before")
            asked = rig.say("ok")
            told.append(rig.desk_says("ok"))
            await rig.until(lambda before=before: steps.log.count("discord.send before") > before)
            steps.outage |= {"desk", "discord"}
            await trio.sleep(LONG)
            if restart:
                break
            steps.outage.clear()
            await trio.sleep(LONG)
    steps.outage.clear()
    async with rig.running():
        await trio.sleep(LONG)
        if restart:
            asked = rig.say("ok")
            told.append(rig.desk_says("ok"))
            await trio.sleep(LONG)
        assert rig.chat_bodies() == rig.thread().bodies() == ["ok", "ok"]
        rig.edit(asked, "second")
        rig.desk_edits(told[1], "second")
        await trio.sleep(LONG)
        assert rig.chat_bodies() == rig.thread().bodies() == ["ok", "second"]
        assert _doubts(rig) == []


@pytest.mark.parametrize("tells_nonces", [True, False])
async def test_an_older_message_edited_meanwhile_takes_no_doubt_from_the_one_that_waits(
    autojump_clock: object, tells_nonces: bool
) -> None:
    rig = VIPRig()
    rig.world.tells_nonces = tells_nonces
    steps = rig.world.steps
    async with rig.running():
        await rig.opened()
        first = rig.desk_says("one")
        await trio.sleep(5)
        steps.lose("discord.send")
        rig.desk_says("two")
        await rig.until(lambda: rig.thread().bodies() == ["one", "two"])
        steps.outage.add("discord")
        rig.desk_edits(first, "one\nmore")
        await _back(rig)
        assert sorted(rig.thread().bodies()) == ["more", "one", "two"]


@pytest.mark.parametrize("then", ["edited", "deleted"])
@pytest.mark.parametrize("tells_nonces", [True, False])
async def test_after_a_crash_what_nobody_can_tell_is_told_to_staff(
    autojump_clock: object, tells_nonces: bool, then: str
) -> None:
    """The text that was sent is stored nowhere: without nonces a person has to look."""
    rig = VIPRig()
    rig.world.tells_nonces = tells_nonces
    async with rig.running():
        await rig.opened()
        rig.world.steps.delay = lambda name: 1.0 if name == "discord.send after" else 0.0
        message = rig.desk_says("old")
        await rig.until(lambda: bool(rig.thread().bodies()))
    rig.world.steps.delay = lambda _: 0.0
    await trio.sleep(LONG)
    if then == "edited":
        rig.desk_edits(message, "new")
    else:
        rig.desk_deletes(message)
    async with rig.running():
        await trio.sleep(LONG)
        wanted = ["new"] if then == "edited" else []
        assert rig.thread().bodies() == (wanted if tells_nonces else ["old", *wanted])
        assert _doubts(rig) == ([] if tells_nonces else [Word.DOUBTFUL])
        assert {c.state for c in rig.crossings()} <= {CrossingState.SENT, CrossingState.WITHDRAWN}


async def test_a_warning_with_the_same_words_is_given_again(autojump_clock: object) -> None:
    rig = VIPRig()
    rig.world.tells_nonces = False
    rig.change(inactivity=7200.0)
    async with rig.running():
        await rig.opened()
        for _ in range(3):
            await trio.sleep(3700)
            rig.say("still here")
            await trio.sleep(5)
        assert rig.thread().words().count(Word.INACTIVITY_WARNING) == 3


async def test_a_crash_between_recording_and_telling_hides_no_skipped_message(autojump_clock: object) -> None:
    for step in range(1, 60):
        rig = VIPRig()
        rig.change(replay_max=1)
        async with rig.running():
            await rig.opened()
        rig.say("older words")
        rig.say("newer words")
        async with rig.running():
            rig.world.steps.kill_at = len(rig.world.steps.log) + step
            await trio.sleep(60)
        rig.world.steps.kill_at = None
        async with rig.running():
            await trio.sleep(60)
            assert rig.chat_bodies() == ["newer words"]
            assert rig.thread().words() == [Word.WELCOME, Word.SKIPPED]


@pytest.mark.parametrize("told", [True, False])
async def test_a_second_edit_within_a_second_that_was_missed_is_shown_once(
    autojump_clock: object, told: bool
) -> None:
    rig = VIPRig()
    async with rig.running():
        message, at = await _edited_at_desk(rig)
        assert rig.thread().bodies() == ["second"]
        rig.connected = told
        rig.desk_edits(message, "third", version=at)
        await trio.sleep(120)
        rig.connected = True
        edits = []
        for _ in range(3):
            rig.pool.tell(DeskResync(rig.session().account))
            await trio.sleep(30)
            edits.append(rig.world.calls["discord.edit"])
        assert rig.thread().bodies() == ["third"]
        assert edits[0] == edits[1] == edits[2]


async def test_an_introduction_whose_id_can_not_be_told_is_a_border_nevertheless(
    autojump_clock: object,
) -> None:
    rig = VIPRig(accounts=("a",))
    async with rig.running():
        await rig.until_free()
        rig.world.steps.lose("desk.send")
        rig.click()
        chat = rig.world.chat("a")
        await rig.until(lambda: bool(chat.messages))
        chat.seen_keys = dict.fromkeys(chat.seen_keys, "")
        await rig.until(lambda: rig.state() is SessionState.OPEN)
        assert rig.session().desk_from == chat.messages[-1].id
        rig.desk_says("hello")
        await trio.sleep(5)
        assert rig.thread().bodies() == ["hello"]


async def test_a_second_edit_within_a_second_is_shown_by_the_next_look_however_soon(
    autojump_clock: object,
) -> None:
    rig = VIPRig()
    async with rig.running():
        message, at = await _edited_at_desk(rig)
        rig.connected = False
        rig.desk_edits(message, "third", version=at)
        rig.connected = True
        rig.pool.tell(DeskResync(rig.session().account))
        await trio.sleep(20)
        assert rig.clock.now() - int(at) < LATE
        assert rig.thread().bodies() == ["third"]


async def _outbox(*states: tuple[CrossingState, bool]) -> tuple[Outbox, list[str]]:
    """An outbox with one message of each state; `True`: it was edited, and that is to be shown."""
    outbox = Outbox(MemoryStore(), "s")
    for source, (state, edited) in enumerate(states, start=1):
        await outbox.accept(Crossing("s", Side.DESK, str(source), 0, 0.0, state=state, edited=edited))
    return outbox, [crossing.key for crossing in outbox.of(Side.DESK)]


async def test_in_doubt_is_what_is_edited_and_the_first_that_waits() -> None:
    outbox, (old, first, second) = await _outbox(
        (CrossingState.SENT, True), (CrossingState.WAITING, False), (CrossingState.WAITING, False)
    )
    doubts = Doubts()
    doubts.inherit(outbox, Side.DESK)
    assert [doubts.given(key) for key in (old, first, second)] == [UNKNOWN, UNKNOWN, None]
    doubts.settle(first)
    assert doubts.given(first) is None


async def test_what_this_life_sent_is_known_after_the_store_was_away() -> None:
    outbox, (first,) = await _outbox((CrossingState.WAITING, False))
    doubts, content = Doubts(), Content("as it was sent")
    doubts.give(first, content)
    doubts.inherit(outbox, Side.DESK)
    assert doubts.given(first) is content
