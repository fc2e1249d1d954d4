"""Limits per address and per player, on the virtual clock."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
import trio
from trio.testing import MockClock

from daemon.simulator import World, create_app


async def test_every_answer_names_the_limit_and_what_is_left(world: World, caller: Any) -> None:
    world.games["wos"].limit = 3
    answers = [await caller.redeem(), await caller.call("nowhere"), await caller.call("gift_code_config")]
    assert [one.headers["x-ratelimit-remaining"] for one in answers] == ["2", "1", "0"]
    assert {one.headers["x-ratelimit-limit"] for one in answers} == {"3"}


@pytest.mark.parametrize("window", ["sliding", "fixed"])
async def test_the_request_beyond_the_limit_gets_429_until_the_window_moves(
    world: World, caller: Any, autojump_clock: MockClock, window: Any
) -> None:
    world.games["wos"].limit, world.games["wos"].window = 2, window
    await caller.redeem()
    await trio.sleep(40.5)
    await caller.redeem()
    refused = await caller.redeem()
    assert (refused.status_code, refused.json()) == (429, {"message": "Too Many Attempts."})
    assert refused.headers["x-ratelimit-remaining"] == "0"
    assert refused.headers["retry-after"] == "20"
    assert refused.headers["x-ratelimit-reset"] == str(1_790_000_060)
    await trio.sleep(19.5)
    answers = [(await caller.redeem()).status_code for _ in range(2)]
    assert answers == ([200, 429] if window == "sliding" else [200, 200])


async def test_a_429_may_come_without_a_hint(world: World, caller: Any) -> None:
    world.games["wos"].limit, world.games["wos"].hints = 0, False
    world.games["wos"].limit = 1
    await caller.redeem()
    refused = await caller.redeem()
    assert refused.status_code == 429
    assert not {"retry-after", "x-ratelimit-reset"} & set(refused.headers)


async def test_each_game_and_each_address_has_its_own_budget(world: World, caller: Any) -> None:
    for game in world.games.values():
        game.limit = 1
    await caller.redeem()
    assert (await caller.login()).status_code == 200
    assert (await caller.redeem()).status_code == 429
    other = httpx.ASGITransport(create_app(world), client=("192.0.2.9", 9))
    caller.client._transport = other
    assert (await caller.redeem()).status_code == 200


async def test_two_calls_of_a_player_within_three_seconds_are_too_frequent(
    world: World, caller: Any, autojump_clock: MockClock, say: Callable[[httpx.Response], str]
) -> None:
    world.games["wos"].spacing = 3.0
    assert say(await caller.redeem()) == "SUCCESS"
    await trio.sleep(2.9)
    assert say(await caller.redeem()) == "TOO FREQUENT"
    assert say(await caller.redeem("1002")) == "SUCCESS"
    await trio.sleep(0.1)
    assert say(await caller.redeem()) == "RECEIVED"


async def test_thirty_a_minute_for_one_address_is_met_exactly_by_a_pace_of_two_seconds(
    world: World, caller: Any, autojump_clock: MockClock
) -> None:
    for _ in range(100):
        assert (await caller.redeem()).status_code == 200
        await trio.sleep(2.0)
    assert (await caller.stats())["rate_limited"] == 0


async def test_latency_passes_on_the_clock_of_trio(
    world: World, caller: Any, autojump_clock: MockClock
) -> None:
    world.latency = type(world.latency)(2.5, 2.5)
    before = trio.current_time()
    await caller.redeem()
    assert trio.current_time() - before == pytest.approx(2.5)
