"""What hikari does not pace: first requests go one after another, and all of them evenly."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st
from trio.testing import MockClock

from daemon.discord.pace import HELD_FOR, KNOWN_FOR, Pace

FAST = 1e6


async def run(pace: Pace, requests: Sequence[tuple[str, int, float]]) -> list[tuple[int, float, float]]:
    """All at once, in this order; returns (channel, begin, end) of each in the order they began."""
    done: list[tuple[int, float, float]] = []
    start = trio.current_time()

    async def one(kind: str, channel: int, takes: float) -> None:
        async with pace.turn(kind, channel):
            began = trio.current_time()
            await trio.sleep(takes)
            done.append((channel, began - start, trio.current_time() - start))

    async with trio.open_nursery() as nursery:
        for kind, channel, takes in requests:
            nursery.start_soon(one, kind, channel, takes)
            await trio.testing.wait_all_tasks_blocked()
    return sorted(done, key=lambda each: each[1])


async def test_first_requests_go_one_after_another_in_the_order_they_came(autojump_clock: MockClock) -> None:
    found = await run(Pace(FAST), [("post", channel, 0.1) for channel in range(5)])
    assert [channel for channel, _, _ in found] == [0, 1, 2, 3, 4]
    assert [began for _, began, _ in found] == pytest.approx([0.0, 0.1, 0.2, 0.3, 0.4], abs=0.01)


async def test_channels_that_are_known_are_asked_at_once_until_they_are_forgotten(
    autojump_clock: MockClock,
) -> None:
    pace = Pace(FAST)
    requests = [("post", channel, 0.1) for channel in range(5)]
    await run(pace, requests)
    assert max(end for _, _, end in await run(pace, requests)) < 0.2
    await trio.sleep(KNOWN_FOR + 1)
    assert max(end for _, _, end in await run(pace, requests)) > 0.4


async def test_another_kind_of_request_to_a_known_channel_is_a_first_one(autojump_clock: MockClock) -> None:
    pace = Pace(FAST)
    await run(pace, [("post", channel, 0.0) for channel in range(3)])
    found = await run(pace, [("edit", channel, 0.1) for channel in range(3)])
    assert max(end for _, _, end in found) > 0.25


async def test_a_first_request_that_hangs_holds_the_others_up_for_a_moment_only(
    autojump_clock: MockClock,
) -> None:
    found = await run(Pace(FAST), [("post", 0, 1000.0), ("post", 1, 0.1), ("post", 2, 0.1)])
    assert {channel: began for channel, began, _ in found} == pytest.approx(
        {0: 0.0, 1: HELD_FOR, 2: HELD_FOR + 0.1}, abs=0.01
    )


async def test_who_gives_up_waiting_holds_nobody_up(autojump_clock: MockClock) -> None:
    pace = Pace(FAST)

    async def impatient() -> None:
        with trio.move_on_after(0.5):
            async with pace.turn("post", 1):
                await trio.sleep(100)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(run, pace, [("post", 0, 1.0)])
        await trio.testing.wait_all_tasks_blocked()
        nursery.start_soon(impatient)
        await trio.testing.wait_all_tasks_blocked()
        ((_, began, _),) = await run(pace, [("post", 2, 0.0)])
    assert began == pytest.approx(1.0, abs=0.01)


async def test_a_request_that_fails_frees_the_turn_and_makes_no_channel_known(
    autojump_clock: MockClock,
) -> None:
    pace = Pace(FAST)
    with pytest.raises(ValueError, match="no"):
        async with pace.turn("post", 1):
            raise ValueError("no")
    found = await run(pace, [("post", 1, 0.1), ("post", 2, 0.1)])
    assert [began for _, began, _ in found] == pytest.approx([0.0, 0.1], abs=0.01)


async def test_all_together_keep_the_rate(autojump_clock: MockClock) -> None:
    pace = Pace(10.0)
    await run(pace, [("post", channel, 0.0) for channel in range(5)])
    start = trio.current_time()
    found = await run(pace, [("post", channel, 0.0) for channel in range(5) for _ in range(4)])
    begins = [began for _, began, _ in found]
    assert trio.current_time() - start == pytest.approx(2.0, abs=0.11)
    assert all(later - sooner > 0.09 for sooner, later in pairwise(begins))


@given(
    st.lists(st.tuples(st.sampled_from(["post", "edit"]), st.integers(0, 4), st.floats(0, 5)), max_size=20)
)
def test_nobody_waits_for_ever_and_at_most_one_first_request_is_young(
    requests: list[tuple[str, int, float]],
) -> None:
    async def main() -> None:
        with trio.fail_after(10_000):
            found = await run(Pace(FAST), requests)
        assert len(found) == len(requests)

    trio.run(main, clock=MockClock(autojump_threshold=0))
