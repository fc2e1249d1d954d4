"""`/history`: whose pairs are shown, and in which words."""

import csv
import io

import pytest

from actors.giftcodes.model import Code, Outcome, Player, Redemption, Registration
from actors.ports import Put
from daemon.discord.answers.history import show_history
from daemon.discord.render import message_of
from daemon.discord.values import Caller
from daemon.service import NotFound
from daemon.service.history import MANY, MOST
from daemon.storage import MemoryStore
from tests.worlds.discord_desk import (
    ADMIN,
    GUILD,
    MEMBER,
    NOW,
    OTHER,
    OWNER,
    a_desk,
    in_direct_message,
    shown,
)


async def add_player(store: MemoryStore, fid: str, name: str, by: Caller, guild: str = GUILD) -> None:
    await store.commit(
        Put(Player("wos", fid, "1", name)), Put(Registration(guild, by.member, "wos", fid, at=NOW))
    )


def pair(fid: str, code: str, outcome: Outcome, status: str = "", at: float = NOW) -> Put:
    return Put(Redemption("wos", fid, code, 1, outcome, status=status, last_at=at))


@pytest.fixture
async def store() -> MemoryStore:
    """Ann's and Ben's players on one server, Cid's on another."""
    store = MemoryStore()
    await add_player(store, "1", "Frosty", MEMBER)
    await add_player(store, "2", "Blaze", OTHER)
    await add_player(store, "3", "Faraway", OTHER, guild="701")
    await store.commit(
        Put(Code("wos", "SNOW")),
        Put(Code("wos", "ICE")),
        pair("1", "SNOW", Outcome.REDEEMED, "SUCCESS", NOW - 3),
        pair("1", "ICE", Outcome.FAILED, "WRONG_STATE", NOW - 1),
        pair("2", "SNOW", Outcome.ALREADY, "ALREADY_RECEIVED", NOW - 2),
        pair("3", "SNOW", Outcome.PENDING),
    )
    return store


async def test_a_member_sees_the_own_players_and_nobody_elses(store: MemoryStore) -> None:
    text = shown(await show_history(a_desk(store), MEMBER))

    assert "Frosty" in text
    assert "Blaze" not in text
    assert "Faraway" not in text


async def test_the_newest_comes_first_with_what_became_of_it_in_words(store: MemoryStore) -> None:
    first, second = (await show_history(a_desk(store), MEMBER)).cards[0].text.splitlines()

    assert "`ICE`" in first
    assert "failed: wrong state number or player ID" in first
    assert "`SNOW`" in second
    assert "redeemed" in second


async def test_an_admin_sees_the_server_and_an_owner_in_private_everything(store: MemoryStore) -> None:
    of_admin = shown(await show_history(a_desk(store), ADMIN))
    of_owner = shown(await show_history(a_desk(store), in_direct_message(OWNER)))

    assert "Frosty" in of_admin
    assert "Blaze" in of_admin
    assert "Faraway" not in of_admin
    assert "Faraway" in of_owner
    assert "on its way" in of_owner


async def test_in_a_direct_message_a_members_players_of_all_servers_count(store: MemoryStore) -> None:
    text = shown(await show_history(a_desk(store), in_direct_message(OTHER)))

    assert "Blaze" in text
    assert "Faraway" in text


async def test_of_one_code_or_one_player(store: MemoryStore) -> None:
    desk = a_desk(store)

    assert "ICE" not in shown(await show_history(desk, ADMIN, code="SNOW"))
    assert "Frosty" not in shown(await show_history(desk, ADMIN, player="blaze"))
    assert "Frosty" in shown(await show_history(desk, ADMIN, player="wos/1", code="wos/SNOW"))


async def test_somebody_elses_player_is_not_found(store: MemoryStore) -> None:
    with pytest.raises(NotFound, match="nobody of that name or fid"):
        await show_history(a_desk(store), MEMBER, player="wos/2")


async def test_a_code_that_is_not_there_is_said_to_be_so(store: MemoryStore) -> None:
    with pytest.raises(NotFound, match="there is SNOW: case matters"):
        await show_history(a_desk(store), MEMBER, code="snow")


async def test_without_players_the_way_out_is_named() -> None:
    assert "/register" in shown(await show_history(a_desk(MemoryStore()), MEMBER))


async def test_many_pairs_are_cut_and_come_as_a_file() -> None:
    store = MemoryStore()
    await add_player(store, "1", "=cmd()", MEMBER)
    await store.commit(*(pair("1", f"C{n:04}", Outcome.REDEEMED, at=NOW - n) for n in range(1200)))

    reply = await show_history(a_desk(store), MEMBER)

    rows = list(csv.DictReader(io.StringIO(reply.files[0].content.decode("utf-8-sig"))))
    assert [row["code"] for row in rows] == [f"C{n:04}" for n in range(1000)]
    assert rows[0]["name"] == "'=cmd()"  # a spreadsheet would run it
    assert reply.cards[0].title == "The newest 1000 redemptions"


async def test_a_server_of_many_players_is_read_as_a_whole() -> None:
    store = MemoryStore()
    for number in range(30):
        await add_player(store, str(number + 1), f"P{number}", MEMBER)
    await store.commit(
        Put(Code("wos", "SNOW")), *(pair(str(n + 1), "SNOW", Outcome.REDEEMED, at=NOW - n) for n in range(40))
    )

    reply = await show_history(a_desk(store), ADMIN)

    assert len(reply.files[0].content.splitlines()) == 1 + 30  # ten belong to nobody here


@pytest.mark.parametrize("players", [25, MANY + 1])
async def test_what_is_newer_elsewhere_hides_nothing_of_a_server(players: int) -> None:
    store = MemoryStore()
    await store.commit(Put(Code("wos", "SNOW")))
    for number in range(players):
        await add_player(store, str(number + 1), f"P{number}", MEMBER)
    await store.commit(
        *(pair(str(n + 1), "SNOW", Outcome.REDEEMED, at=NOW - 50_000) for n in range(players)),
        *(pair(str(100_000 + n), "SNOW", Outcome.REDEEMED, at=NOW - n) for n in range(MOST)),
    )

    reply = await show_history(a_desk(store), ADMIN)

    assert len(reply.files[0].content.splitlines()) == 1 + players


async def test_names_do_not_ping_format_or_turn_the_line_around() -> None:
    store = MemoryStore()
    await add_player(store, "1", "**שלום** @everyone <@1>", MEMBER)
    await store.commit(pair("1", "SNOW", Outcome.REDEEMED))

    message = message_of(await show_history(a_desk(store), MEMBER))

    text = message["embeds"][0].description
    assert "\u2068" in text  # isolated
    assert "@everyone" not in text
    assert "<@1>" not in text
    assert "**שלום**" not in text
    assert message["mentions_everyone"] is False
