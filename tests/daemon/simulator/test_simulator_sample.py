"""The demo's world holds the fates it promises."""

import unicodedata
from collections import Counter

import httpx
import pytest
import trio
from trio.testing import MockClock

from daemon.simulator import World, create_app, sample_players, sample_world
from daemon.simulator.signing import signature

BROWSER = {"Origin": "https://game.example", "Referer": "https://game.example/"}


async def _first_answers(
    world: World, game: str, code: str, endpoint: str = "gift_code"
) -> Counter[str | int]:
    """What each registered player of a game is told first."""
    transport = httpx.ASGITransport(create_app(world))
    told: Counter[str | int] = Counter()
    async with httpx.AsyncClient(transport=transport, base_url="http://sim", headers=BROWSER) as client:
        for player in (one for one in sample_players() if one.game == game):
            fields = {"fid": player.fid, "cdk": code, "kid": player.state, "time": "1790000000"}
            await trio.sleep(3)
            fields["sign"] = signature(fields, world.games[game].key)
            try:
                answer = await client.post(f"/{game}/api/{endpoint}", data=fields)
            except httpx.ReadError:
                told["LOST"] += 1
                continue
            told[
                answer.json()["msg"].rstrip(".").upper() if answer.status_code == 200 else answer.status_code
            ] += 1
    return told


async def test_the_players_of_wos_meet_the_common_fates(autojump_clock: MockClock) -> None:
    told = await _first_answers(sample_world(), "wos", "SNOWFALL2026")
    assert told.pop("SUCCESS") >= 12
    assert told == {
        "RECEIVED": 2,
        "USER INFO ERROR": 1,
        "RECHARGE_MONEY_VIP ERROR": 1,
        "RECHARGE_MONEY ERROR": 1,
        "SAME TYPE EXCHANGE": 1,
        "TOO FREQUENT": 1,
        "ACTIVITY NOT OPEN": 1,
        "LOST": 1,
    }


async def test_the_players_of_ks_lose_a_session_and_meet_a_broken_server(autojump_clock: MockClock) -> None:
    world = sample_world()
    assert await _first_answers(world, "ks", "", "player") == {"SUCCESS": 12}
    told = await _first_answers(world, "ks", "KSBANNER26")
    assert told == {"SUCCESS": 9, "RECEIVED": 1, "NOT LOGIN": 1, 502: 1}


async def test_the_third_code_comes_later_and_one_is_expired(autojump_clock: MockClock) -> None:
    world = sample_world()
    source = world.sources["wosgiftcodes"]
    assert [one.code for one in source.visible(world.elapsed())] == ["AUTUMN2025", "SNOWFALL2026"]
    await trio.sleep(12)
    assert [one.code for one in source.visible(world.elapsed())][-1] == "FROSTLIGHT"
    assert await _first_answers(world, "wos", "AUTUMN2025") == {"TIME ERROR": 23, "USER INFO ERROR": 1}


def test_names_are_human_and_of_several_scripts() -> None:
    names = [player.name for player in sample_players()]
    assert len(set(names)) == len(names) == 36
    scripts = {unicodedata.name(letter).split()[0] for name in names for letter in name if letter.isalpha()}
    assert {"LATIN", "CYRILLIC", "CJK", "HANGUL", "ARABIC", "GREEK"} <= scripts


def test_one_player_is_registered_with_the_wrong_state() -> None:
    world = sample_world(now=lambda: 0.0)
    wrong = [one for one in sample_players() if world.games[one.game].players[one.fid].kid != one.state]
    assert len(wrong) == 1


@pytest.mark.parametrize("seed", [0, 7])
def test_the_same_seed_gives_the_same_demo(seed: int) -> None:
    first, second = (sample_world(seed, lambda: 0.0) for _ in range(2))
    assert [first.next_latency() for _ in range(5)] == [second.next_latency() for _ in range(5)]
