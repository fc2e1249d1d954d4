"""Whatever step an announcer's life ends at: one message for each channel, up to date, and one mention."""

from itertools import pairwise

import pytest
import trio
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from trio.testing import MockClock

from actors.giftcodes.model import Code, CodeState, Outcome, Redemption, Registration
from actors.ports import Progress, Put
from supervision.testing import crash
from tests.worlds.announcing import DONE, SNOW, NewsRig, a_guild

CHANNELS = ("a", "b")


async def a_rig() -> NewsRig:
    rig = NewsRig()
    await rig.add(a_guild("g", *CHANNELS), SNOW)
    await rig.store.commit(
        Put(Registration("g", "ann", "wos", "1", mention=True)),
        Put(Redemption("wos", "1", "SNOW", 1, Outcome.REDEEMED)),
    )
    return rig


def on_each_step(rig: NewsRig, do) -> None:
    rig.board.step = rig.store.step = do


async def first_life(rig: NewsRig) -> None:
    """A code is posted, has moved, and is done."""
    async with rig.running():
        await trio.sleep(12)
        rig.move("g", DONE)
        await trio.sleep(12)


def check(rig: NewsRig) -> None:
    assert sorted(m.channel for m in rig.board.messages if m.mention is None) == list(CHANNELS)
    assert len(rig.board.mentions) == 1
    assert {post.key for post in rig.posts() if post.at is None} == set()
    for channel in CHANNELS:
        (message,) = rig.board.live(channel, "SNOW")
        assert message.announcement.progress == DONE
        check_edits(message)


def check_edits(message) -> None:
    gaps = [b - a for a, b in pairwise([message.at, *message.edits])]
    assert min(gaps, default=5.0) >= 5.0


async def _steps() -> int:
    rig, steps = await a_rig(), []
    on_each_step(rig, steps.append)
    await first_life(rig)
    check(rig)
    return len(steps)


STEPS = trio.run(_steps, clock=MockClock(autojump_threshold=0))


def ending_at(rig: NewsRig, number: int, end) -> None:
    left = iter(range(number))

    def step(_: str) -> None:
        if next(left, None) is None:
            on_each_step(rig, None)
            end()

    on_each_step(rig, step)


@pytest.mark.parametrize("number", range(STEPS))
async def test_a_crash_at_any_step_leaves_one_message(autojump_clock, number):
    rig = await a_rig()
    ending_at(rig, number, lambda: crash(rig.announcer))
    await first_life(rig)
    assert rig.store.step is None  # it did crash
    check(rig)


@pytest.mark.parametrize("number", range(STEPS))
@pytest.mark.parametrize("pause", [1.0, 400.0])
async def test_a_kill_at_any_step_leaves_one_message(autojump_clock, number, pause):
    rig = await a_rig()
    ending_at(rig, number, rig.kill)
    await first_life(rig)
    rig.progress[SNOW.code_key, "g"] = DONE
    await trio.sleep(pause)
    async with rig.running():
        await trio.sleep(60)
    check(rig)


# --- at random ----------------------------------------------------------------------------------

HAIL = Code("wos", "HAIL", first_seen=20.0)
on_off = st.tuples(
    st.sampled_from(["down", "away", "refusing", "lose_answers", "teller_crashes"]), st.booleans()
)
of_channel = st.tuples(
    st.sampled_from(["gone", "muted", "refused", "lost", "slow"]), st.sampled_from(CHANNELS)
)
once = st.tuples(
    st.sampled_from(["crash", "kill", "heal", "hail", "end", "crash at a step"]), st.integers(0, 9)
)
waits = st.tuples(st.just("wait"), st.sampled_from([0.1, 1.0, 4.0, 6.0, 30.0, 100.0, 130.0, 1000.0]))
moves = st.tuples(st.just("move"), st.integers(0, 6))
deletions = st.tuples(st.just("delete"), st.sampled_from(CHANNELS))
stories = st.lists(st.one_of(waits, waits, moves, on_off, of_channel, once, deletions), max_size=30)


def heal(rig: NewsRig) -> None:
    rig.board.down = rig.store.away = rig.store.refusing = rig.store.lose_answers = False
    rig.teller_crashes = False
    for faults in (rig.board.gone, rig.board.muted, rig.board.refused, rig.board.lost, rig.board.slow):
        faults.clear()


def toggle_channel(rig: NewsRig, what: str, channel: str) -> None:
    if what == "slow":
        rig.board.slow[channel] = 40.0 if channel not in rig.board.slow else 1.0
    else:
        faults = getattr(rig.board, what)
        (faults.discard if channel in faults else faults.add)(channel)


async def do(rig: NewsRig, what: str, how) -> None:
    match what:
        case "wait":
            await trio.sleep(how)
        case "move":
            rig.move("g", Progress(total=6, redeemed=how, waiting=6 - how))
        case "delete":
            for message in rig.board.live(how, "SNOW"):
                rig.board.delete(message)
                rig.deletions[how] += 1
        case "hail" | "end":
            ended = evolve(HAIL, state=CodeState.EXPIRED, ended_at=rig.clock.now())
            rig.store.backend.commit([Put(HAIL if what == "hail" else ended)])
            rig.changed()
        case "gone" | "muted" | "refused" | "lost" | "slow":
            toggle_channel(rig, what, how)
        case _ if isinstance(how, bool):
            fault = {"down": rig.board, "teller_crashes": rig}.get(what, rig.store)
            assert hasattr(fault, what)
            setattr(fault, what, how)
        case _:
            end_life(rig, what, how)


def end_life(rig: NewsRig, what: str, how: int) -> None:
    match what:
        case "crash":
            crash(rig.announcer)
        case "crash at a step":
            ending_at(rig, how, lambda: crash(rig.announcer))
        case "kill":
            rig.kill()
        case _:
            heal(rig)


async def live_through(rig: NewsRig, story) -> None:
    left = iter(story)
    over = False
    while not over:
        over = True
        async with rig.running():
            for what, how in left:
                await do(rig, what, how)
                if what == "kill":
                    over = False
                    await trio.lowlevel.checkpoint()
    heal(rig)
    on_each_step(rig, None)
    async with rig.running():
        await trio.sleep(4000)
        rig.move("g", Progress(total=7, redeemed=7))
        await trio.sleep(4000)


@given(story=stories)
@settings(deadline=None, max_examples=150)
def test_there_is_one_message_whatever_happens(story):
    async def main() -> None:
        rig = await a_rig()
        await live_through(rig, story)
        for channel in CHANNELS:
            live = rig.board.live(channel, "SNOW")
            assert len(live) == (1 if rig.deletions[channel] < 2 else len(live))
            assert len(live) <= 1
            assert len(rig.board.live(channel, "HAIL")) <= 1
            for message in live:
                assert message.announcement.progress == Progress(total=7, redeemed=7)
        for message in rig.board.messages:
            check_edits(message)
        there = any(rig.board.live(channel, "SNOW") for channel in CHANNELS)
        assert [m.announcement.code.code for m in rig.board.mentions] in (
            [["SNOW"]] if there else [[], ["SNOW"]]
        )
        assert [post for post in rig.posts() if post.at is None and post.code == "SNOW"] == []

    trio.run(main, clock=MockClock(autojump_threshold=0))
