"""What is written while a session ends: it is in the thread, in the staff log, or counted."""

from types import SimpleNamespace

import pytest
import trio

from actors.vip.last_words import LastWords
from actors.vip.messages import ThreadPosted
from actors.vip.model import SessionState
from actors.vip.ports import Forbidden, Mark, ThreadMessage
from actors.vip.words import Word
from tests.worlds.vip import find
from tests.worlds.vip_rig import VIPRig


def _for_staff(rig: VIPRig) -> list[object]:
    return [body for notice, body in rig.world.staff_log if notice.word is Word.LATE_ANSWER]


async def _drained(rig: VIPRig, slow: str = "discord.send") -> None:
    """Its member has ended the session; what comes now is too late to cross."""
    await rig.opened()
    rig.say("hello")
    rig.desk_says("hi")
    await trio.sleep(5)
    rig.world.steps.delay = lambda name: 5.0 if name.startswith(slow) else 0.0
    rig.say("!end", command="end")
    await rig.until(lambda: rig.session().drained)


async def _closed(rig: VIPRig) -> None:
    await rig.until(lambda: not rig.sessions())
    await rig.until_free()
    assert rig.world.chat("a").messages == []


@pytest.mark.parametrize("slow", ["discord.send", "discord.close", "store"])
async def test_what_the_desk_writes_while_a_session_is_closed_goes_to_staff(
    autojump_clock: object, slow: str
) -> None:
    rig = VIPRig(accounts=("a",))
    async with rig.running():
        await _drained(rig, slow)
        rig.desk_says("important answer")
        await _closed(rig)
        assert _for_staff(rig) == ["important answer"]
        assert next(iter(rig.world.threads.values())).bodies() == ["hi"]


async def test_also_where_perkd_is_killed_in_that_moment(autojump_clock: object) -> None:
    rig = VIPRig(accounts=("a",))
    async with rig.running():
        await _drained(rig)
        rig.desk_says("important answer")
    rig.desk_says("and another")
    async with rig.running():
        await _closed(rig)
        assert _for_staff(rig) == ["important answer", "and another"]


async def test_what_has_crossed_goes_to_staff_neither_way_although_telegram_was_away_at_the_end(
    autojump_clock: object,
) -> None:
    rig = VIPRig(accounts=("a",))
    async with rig.running():
        await rig.opened()
        rig.desk_says("hi")
        await trio.sleep(5)
        rig.world.steps.outage.add("desk")
        rig.connected = False
        rig.desk_says("is this too late?")
        rig.connected = True
        rig.say("!end", command="end")
        await trio.sleep(120)
        rig.world.steps.outage.clear()
        await _closed(rig)
        assert _for_staff(rig) == ["is this too late?"]


async def test_a_late_answer_that_staff_were_not_told_of_before_the_end_is_told_after_it(
    autojump_clock: object,
) -> None:
    rig = VIPRig(accounts=("a",))
    async with rig.running():
        await rig.opened()
        rig.desk_says("hi")
        rig.world.steps.outage.add("staff")
        rig.desk_says("for somebody else", reply_to="1")
        await trio.sleep(5)
        rig.say("!end", command="end")
        await rig.until(lambda: not rig.sessions())
        assert rig.closed()[0].undelivered == 0
        rig.world.steps.outage.clear()
        await _closed(rig)
        assert _for_staff(rig) == ["for somebody else"]


async def test_what_the_member_writes_while_a_session_is_closed_is_marked_and_counted(
    autojump_clock: object,
) -> None:
    rig = VIPRig(accounts=("a",))
    async with rig.running():
        await _drained(rig)
        thread = rig.thread()
        last = rig.say("a last word")
        other = rig.say("nobody relays this", author="66")
        await _closed(rig)
        assert (find(thread.messages, last).mark, find(thread.messages, other).mark) == (Mark.FAILED, None)
        assert rig.closed()[0].undelivered == 1
        assert "a last word" not in rig.world.chat("a").delivered()


async def test_it_is_counted_also_where_perkd_was_away(autojump_clock: object) -> None:
    rig = VIPRig(accounts=("a",))
    async with rig.running():
        await _drained(rig)
        rig.say("a last word")
    rig.say("another one")
    async with rig.running():
        await _closed(rig)
        assert rig.closed()[0].undelivered == 2


async def test_what_can_not_be_marked_or_counted_holds_up_no_end(autojump_clock: object) -> None:
    rig = VIPRig(accounts=("a",))
    async with rig.running():
        await _drained(rig)
        rig.world.steps.fail("discord.mark", Forbidden("Missing Permissions"))
        rig.world.steps.fail("discord.history", Forbidden("Missing Permissions"))
        rig.say("a last word")
        await _closed(rig)
        assert rig.closed()[0].undelivered == 0
        assert not [name for name in rig.trace.names() if "Crashed" in name]


async def test_what_is_written_during_the_last_half_minute_is_marked_when_that_is_over(
    autojump_clock: object,
) -> None:
    rig = VIPRig(accounts=("a",))
    async with rig.running():
        await rig.opened()
        thread = rig.thread()
        rig.world.steps.outage.add("desk.send")
        rig.say("never arrives")
        rig.say("!end", command="end")
        await trio.sleep(10)
        assert rig.state() is SessionState.ENDING
        assert not rig.session().drained
        last = rig.say("a last word")
        rig.world.steps.delay = lambda name: 5.0 if name.startswith("discord.close") else 0.0
        await rig.until(lambda: not rig.sessions())
        assert rig.closed()[0].undelivered == 2
        assert find(thread.messages, last).mark is Mark.FAILED


@pytest.mark.parametrize("step", ["discord.close after", "store.commit after"])
async def test_what_is_written_at_the_very_moment_of_closing_crashes_nothing(
    autojump_clock: object, step: str
) -> None:
    rig = VIPRig(accounts=("a",))
    async with rig.running():
        await _drained(rig)
        thread, steps = rig.thread(), rig.world.steps

        def write() -> None:
            if len(steps.log) < 5000 and steps.log[-1] == step and rig.tree is not None:
                message = rig.world.post_in_thread(thread.id, "7", "a last word")
                rig.office.tell(ThreadPosted(thread.id, message))

        steps.watch = write
        await rig.until(lambda: not rig.sessions())
        steps.watch = lambda: None
        await _closed(rig)
        assert not [name for name in rig.trace.names() if "Crashed" in name]


async def test_nothing_is_shown_in_a_session_that_was_closed_meanwhile() -> None:
    session = SimpleNamespace(state=SessionState.ENDING, drained=True, thread="1")
    parts, started = SimpleNamespace(book=SimpleNamespace(session=session, live=session)), []
    words = LastWords(parts, lambda *call: started.append(call))  # type: ignore[arg-type]
    words.hear(ThreadPosted("1", ThreadMessage("2", "7", "a last word", 0.0)))
    parts.book.session = None
    ((show, *arguments),) = started
    await show(*arguments)
    assert not hasattr(parts, "ports")
