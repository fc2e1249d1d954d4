"""Suggestions while an option is typed."""

import logging
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.giftcodes.model import Code, CodeState, Player, Registration
from actors.ports import Put, StoreUnavailable
from daemon.discord import completing
from daemon.discord.answers.desk import Desk
from daemon.discord.completing import suggestions
from daemon.discord.values import Caller, Choice
from daemon.storage import MemoryStore
from tests.worlds.discord_desk import ADMIN, GUILD, MEMBER, NOW, OTHER, OWNER, a_desk, in_direct_message


async def values(
    desk: Desk, caller: Caller, suggest: completing.Suggest, typed: str = "", **others: str
) -> list[str]:
    return [one.value for one in await suggestions(desk, caller, suggest, typed, others)]


async def test_of_a_thousand_codes_25_are_suggested_live_and_newest_first() -> None:
    store = MemoryStore()
    await store.commit(*(Put(Code("wos", f"Code{n:04}", first_seen=NOW - n)) for n in range(1000)))
    await store.commit(Put(Code("wos", "Ended", state=CodeState.EXPIRED, first_seen=NOW + 9)))
    desk = a_desk(store)

    assert await values(desk, MEMBER, completing.all_codes) == [f"wos/Code{n:04}" for n in range(25)]
    assert await values(desk, MEMBER, completing.all_codes, "code09") == [
        f"wos/Code09{n:02}" for n in range(25)
    ]
    assert await values(desk, MEMBER, completing.live_codes, "ended") == []
    assert await values(desk, MEMBER, completing.all_codes, "ENDED") == ["wos/Ended"]


async def test_with_one_game_a_code_is_its_own_value() -> None:
    store = MemoryStore()
    await store.commit(Put(Code("wos", "SNOW")), Put(Code("gone", "OTHER")))

    found = await suggestions(a_desk(store, games={"wos": "v2"}), MEMBER, completing.live_codes, "", {})

    assert found == (Choice("SNOW", "SNOW"),)  # the other is of a game that is configured no more


async def test_codes_of_the_game_that_was_chosen_already() -> None:
    store = MemoryStore()
    await store.commit(Put(Code("wos", "SNOW")), Put(Code("ks", "KING")))

    assert await values(a_desk(store), MEMBER, completing.live_codes, game="ks") == ["ks/KING"]


async def test_a_member_gets_the_own_players_an_admin_the_servers() -> None:
    store = MemoryStore()
    for fid, name, by, guild in (
        ("1", "Frosty", MEMBER, GUILD),
        ("2", "Blaze", OTHER, GUILD),
        ("3", "Far", MEMBER, "701"),
        ("4", "Stranger", OTHER, "701"),
    ):
        await store.commit(
            Put(Player("wos", fid, "1", name)), Put(Registration(guild, by.member, "wos", fid))
        )
    desk = a_desk(store)

    assert await values(desk, MEMBER, completing.reachable_players) == ["wos/1"]
    assert await values(desk, ADMIN, completing.reachable_players) == ["wos/1", "wos/2"]
    assert await values(desk, ADMIN, completing.reachable_players, "BLAZ") == ["wos/2"]
    assert await values(desk, ADMIN, completing.owned_players) == []
    assert await values(desk, in_direct_message(MEMBER), completing.reachable_players) == ["wos/1", "wos/3"]
    assert len(await values(desk, in_direct_message(OWNER), completing.reachable_players)) == 4


async def test_players_of_the_game_of_the_code_that_was_chosen() -> None:
    store = MemoryStore()
    for game in ("wos", "ks"):
        await store.commit(
            Put(Player(game, "1", "1", "A")), Put(Registration(GUILD, MEMBER.member, game, "1"))
        )

    assert await values(a_desk(store), MEMBER, completing.reachable_players, code="ks/KING") == ["ks/1"]


async def test_games_by_their_name_or_id() -> None:
    desk = a_desk(MemoryStore())

    assert await values(desk, MEMBER, completing.games, "white") == ["wos"]
    assert await values(desk, MEMBER, completing.games, "k") == ["ks"]
    assert await values(desk, MEMBER, completing.games) == ["wos", "ks"]


async def test_what_the_store_or_perkd_fails_at_is_an_empty_list(caplog: pytest.LogCaptureFixture) -> None:
    async def away(*_: object) -> list[Choice]:
        raise StoreUnavailable("the disk is full")

    async def broken(*_: object) -> list[Choice]:
        raise ZeroDivisionError

    desk = a_desk(MemoryStore())
    with caplog.at_level(logging.ERROR, "perkd.discord"):
        assert await suggestions(desk, MEMBER, away, "", {}) == ()
        assert caplog.records == []
        assert await suggestions(desk, MEMBER, broken, "", {}) == ()

    assert [record.message for record in caplog.records] == ["suggestions failed inside perkd"]


TEXTS = st.text(max_size=160)


@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=60))
async def test_nothing_is_suggested_that_discord_would_refuse(pairs: list[tuple[str, str]]) -> None:
    async def suggest(*_: object) -> list[Choice]:
        return [Choice(name, value) for name, value in pairs]

    others: Mapping[str, str] = {}
    found = await suggestions(a_desk(MemoryStore()), MEMBER, suggest, "", others)

    assert len(found) <= 25
    assert all(1 <= len(one.name) <= 100 and 1 <= len(one.value) <= 100 for one in found)
    assert len({one.value for one in found}) == len(found)


async def test_names_from_right_to_left_are_closed_off() -> None:
    store = MemoryStore()
    await store.commit(
        Put(Player("wos", "1", "1", "שלום")), Put(Registration(GUILD, MEMBER.member, "wos", "1"))
    )

    (choice,) = await suggestions(a_desk(store), MEMBER, completing.owned_players, "שלו", {})

    assert choice.name.startswith("\u2068")
    assert "\u2069" in choice.name


async def test_to_be_taken_back_are_suggested_the_own_ones_and_for_admins_the_servers() -> None:
    store = MemoryStore()
    for guild, member, fid in ((GUILD, ADMIN.member, "3"), (GUILD, MEMBER.member, "1"), ("701", "99", "2")):
        await store.commit(Put(Player("wos", fid)), Put(Registration(guild, member, "wos", fid)))

    async def to_take_back(caller: Caller) -> list[str]:
        found = await suggestions(a_desk(store), caller, completing.removable_players, "", {})
        return [choice.value for choice in found]

    assert await to_take_back(MEMBER) == ["wos/1"]
    assert await to_take_back(ADMIN) == ["wos/3", "wos/1"]
    assert await to_take_back(in_direct_message(OWNER)) == []
