"""The simulator counts what it was asked, so that others can prove what they did not ask."""

import json
from typing import Any

import httpx
import pytest
import trio
from trio.testing import MockClock

from daemon.simulator import Fault, Latency, Stats, World


async def test_calls_are_counted_per_game_endpoint_player_and_code(remote: Any) -> None:
    await remote.redeem()
    await remote.redeem()
    await remote.redeem(code="NOPE")
    await remote.login()
    await remote.call("gift_code_config")
    stats = await remote.stats()
    assert stats["requests"] == 5
    assert stats["games"]["wos"]["endpoints"] == {"gift_code": 3, "gift_code_config": 1}
    player = stats["games"]["wos"]["players"]["1001"]
    assert (player["redeem"], player["login"], player["codes"]) == (3, 0, {"SNOW2026": 2, "NOPE": 1})
    assert player["answers"] == {"SUCCESS": 1, "RECEIVED": 1, "CDK NOT FOUND": 1}
    assert stats["games"]["old"]["players"]["1001"]["login"] == 1


async def test_redemptions_are_counted_once_and_double_ones_not_granted(world: World, remote: Any) -> None:
    world.order(Fault(fid="1001", cut="connection", after_redeeming=True, times=1))
    with pytest.raises(httpx.ReadError):
        await remote.redeem()
    for _ in range(3):
        await remote.redeem()
    stats = await remote.stats()
    assert (stats["redeemed"], stats["double_redemptions"]) == (1, 0)
    assert stats["games"]["wos"]["players"]["1001"]["redeemed"] == ["SNOW2026"]


def test_a_double_redemption_would_be_seen() -> None:
    stats = Stats()
    for _ in range(2):
        stats.granted("wos", "1001", "SNOW")
    assert stats.as_json()["double_redemptions"] == 1


async def test_429s_given_are_counted(world: World, remote: Any) -> None:
    world.games["wos"].limit = 2
    for _ in range(5):
        await remote.redeem()
    assert (await remote.stats())["rate_limited"] == 3


async def test_most_in_flight_is_counted_over_all_games(
    world: World, caller: Any, autojump_clock: MockClock
) -> None:
    world.latency = Latency(1.0, 1.0)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(caller.redeem)
        nursery.start_soon(caller.login)
        nursery.start_soon(caller.redeem, "1002")
    stats = await caller.stats()
    assert (stats["in_flight"], stats["max_in_flight"]) == (0, 3)


async def test_a_client_that_has_its_answer_is_not_in_flight(world: World, remote: Any) -> None:
    for number in range(20):
        await remote.redeem(f"{number}")
    assert (await remote.stats())["max_in_flight"] == 1


async def test_a_request_that_its_client_gave_up_is_not_in_flight(world: World, remote: Any) -> None:
    world.order(Fault(delay=3600.0))
    remote.client.timeout = httpx.Timeout(20.0, read=0.02)
    with pytest.raises(httpx.ReadTimeout):
        await remote.redeem()
    with trio.fail_after(20):
        while world.stats.in_flight:  # the other end of a socket has no event to wait for
            await trio.lowlevel.checkpoint()


async def test_the_closest_two_calls_of_a_player_are_known(
    world: World, caller: Any, autojump_clock: MockClock
) -> None:
    for pause in (5.0, 3.25, 4.0):
        await caller.redeem()
        await trio.sleep(pause)
    await caller.redeem()
    await caller.redeem("1002")
    stats = await caller.stats()
    assert stats["games"]["wos"]["min_spacing"] == pytest.approx(3.25)
    assert stats["games"]["wos"]["players"]["1002"]["min_spacing"] is None


async def test_the_last_requests_are_listed_with_their_times(
    world: World, caller: Any, autojump_clock: MockClock
) -> None:
    await caller.redeem()
    await trio.sleep(7)
    await caller.redeem("1002", "NOPE")
    first, second = (await caller.stats())["last"]
    assert second == {
        "at": 7.0,
        "game": "wos",
        "endpoint": "gift_code",
        "fid": "1002",
        "code": "NOPE",
        "number": 2,
        "answer": "CDK NOT FOUND",
    }
    assert first["at"] == 0.0


async def test_the_list_is_bounded(world: World, caller: Any) -> None:
    world.stats = Stats(kept=3)
    for _ in range(5):
        await caller.redeem()
    assert [one["number"] for one in (await caller.stats())["last"]] == [3, 4, 5]


def test_statistics_of_nothing_are_json() -> None:
    assert json.loads(json.dumps(Stats().as_json()))["requests"] == 0
