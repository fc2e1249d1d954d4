"""When Discord is back all sessions look at their threads: a few at once, and who presses does not wait."""

import pytest
import trio

from actors.vip.messages import ThreadsResync
from actors.vip.pacing import Pacing
from actors.vip.parts import READING_AT_ONCE
from actors.vip.words import Word
from tests.worlds.vip_rig import VIPRig

SESSIONS = 40
READS = ("discord.fetch", "discord.history")


def _at_once(log: list[str]) -> int:
    """The most questions that were under way together."""
    now = most = 0
    for operation, _, when in (step.partition(" ") for step in log):
        if operation in READS:
            now += 1 if when == "before" else -1
            most = max(most, now)
    return most


async def _opened(rig: VIPRig) -> None:
    async with trio.open_nursery() as nursery:
        for number in range(SESSIONS):
            nursery.start_soon(rig.opened, f"{100 + number}")
    rig.world.steps.delay = lambda name: 0.5 if name.startswith(READS) else 0.0


async def test_the_histories_of_many_sessions_are_read_a_few_at_once(autojump_clock: object) -> None:
    rig = VIPRig(accounts=tuple(f"a{number}" for number in range(SESSIONS)))
    async with rig.running():
        await _opened(rig)
        for number in range(SESSIONS):
            rig.connected = False
            rig.say("missed", f"{100 + number}")
            rig.connected = True
        rig.world.steps.log.clear()
        rig.office.tell(ThreadsResync())
        await rig.until(lambda: all("missed" in chat.bodies() for chat in rig.world.chats.values()))
        assert _at_once(rig.world.steps.log) == READING_AT_ONCE
    rig.world.steps.log.clear()
    async with rig.running():
        await trio.sleep(60)
        assert _at_once(rig.world.steps.log) == READING_AT_ONCE
        assert rig.world.steps.log.count("discord.fetch after") >= SESSIONS


@pytest.mark.parametrize("takes", [0.0, 0.1, 1.0])
async def test_no_more_begin_in_a_second_than_may(autojump_clock: object, takes: float) -> None:
    pacing, begun = Pacing(5, 20.0), list[float]()

    async def one() -> None:
        async with pacing.turn():
            begun.append(trio.current_time())
            await trio.sleep(takes)

    for pause in (0.0, 3.0):
        await trio.sleep(pause)
        first = trio.current_time()
        async with trio.open_nursery() as nursery:
            for _ in range(100):
                nursery.start_soon(one)
        assert begun[-100:][4] == pytest.approx(first)  # a few need not wait
        assert begun[-1] - first == pytest.approx(max(95 / 20, 19 * takes))
    for at in begun:
        assert sum(at <= other < at + 0.999 for other in begun) <= 24


async def test_a_turn_that_is_given_up_is_free_for_others(autojump_clock: object) -> None:
    pacing = Pacing(1, 10.0)
    async with pacing.turn():
        pass
    for _ in range(3):
        with trio.move_on_after(0.01):
            async with pacing.turn():
                pytest.fail("it has to wait")
    with trio.fail_after(1.0):
        async with pacing.turn():
            pass


async def test_who_presses_the_button_does_not_wait_for_the_reading(autojump_clock: object) -> None:
    rig = VIPRig(accounts=tuple(f"a{number}" for number in range(SESSIONS)))
    async with rig.running():
        await _opened(rig)
        rig.world.steps.delay = lambda name: 10.0 if name.startswith("discord.history") else 0.0
        rig.office.tell(ThreadsResync())
        await trio.sleep(1)
        ticket = rig.click(f"{100 + SESSIONS - 1}")
        await trio.sleep(1)
        assert rig.answers(ticket) == [Word.ALREADY_OPEN]


async def test_an_outage_of_one_thread_keeps_no_other_from_being_read(autojump_clock: object) -> None:
    rig = VIPRig(accounts=tuple(f"a{number}" for number in range(SESSIONS)))
    async with rig.running():
        await _opened(rig)
        rig.world.steps.outage.add("discord")
        rig.office.tell(ThreadsResync())
        await trio.sleep(120)
        rig.world.steps.outage.clear()
        for number in range(SESSIONS):
            rig.say("hello", f"{100 + number}")
        await rig.until(
            lambda: all("hello" in chat.bodies() for chat in rig.world.chats.values()), within=180
        )
        assert len(rig.sessions()) == SESSIONS
