"""Channels of plugged-in boards, as an operator sets them up."""

import pytest
from attrs import evolve

from actors.giftcodes.model import Channel, Guild
from daemon.service import (
    NotFound,
    Refused,
    Service,
    list_audit,
    list_guilds,
    remove_board_channel,
    set_board_channel,
)

NOW = 1_795_000_000.0
FRIENDS, GENERAL = "matrix:friends", "#general"


@pytest.fixture
def boards(service: Service) -> Service:
    return evolve(service, boards=lambda: ("matrix", "webhook"))


async def test_a_channel_is_owed_what_is_found_from_now_on_and_its_guild_is_made(boards: Service) -> None:
    await set_board_channel(boards, guild=FRIENDS, channel=GENERAL, games=("wos",))
    assert await list_guilds(boards) == [
        Guild(FRIENDS, "friends", channels=(Channel(GENERAL, NOW, ("wos",)),))
    ]
    (entry,) = await list_audit(boards, FRIENDS)
    assert (entry.action, entry.member) == ("setchannel", "")


async def test_a_channel_can_be_removed_and_its_guild_keeps_its_name(boards: Service) -> None:
    await set_board_channel(boards, guild=FRIENDS, channel=GENERAL, name="Friends of the north")
    await remove_board_channel(boards, guild=FRIENDS, channel=GENERAL)
    assert await list_guilds(boards) == [Guild(FRIENDS, "Friends of the north")]
    with pytest.raises(NotFound, match="perkd guilds list"):
        await remove_board_channel(boards, guild=FRIENDS, channel=GENERAL)


@pytest.mark.parametrize(
    ("guild", "channel", "reason"),
    [
        ("123456789012345678", GENERAL, r"write BOARD:NAME.*servers at Discord are set up there"),
        ("terminal", GENERAL, r"write BOARD:NAME"),
        ("matrix:", GENERAL, r"write BOARD:NAME"),
        ("matrix:a\nb", GENERAL, r"guild 'matrix:a\\nb': write BOARD:NAME"),
        ("irc:friends", GENERAL, r"there is no \[boards.irc\]; the boards are: matrix, webhook"),
        (FRIENDS, "", r"channel '': must be 1 to 200 visible ASCII characters"),
        (FRIENDS, "a b", r"channel 'a b': must be"),
    ],
)
async def test_what_is_no_channel_of_a_board_is_refused(
    boards: Service, guild: str, channel: str, reason: str
) -> None:
    with pytest.raises(Refused, match=reason):
        await set_board_channel(boards, guild=guild, channel=channel)
    with pytest.raises(Refused, match=reason):
        await remove_board_channel(boards, guild=guild, channel=channel)


async def test_without_boards_none_is_named(service: Service) -> None:
    with pytest.raises(Refused, match=r"there is no \[boards.matrix\]; the boards are: none"):
        await set_board_channel(service, guild=FRIENDS, channel=GENERAL)


async def test_a_game_that_is_not_configured_is_refused(boards: Service) -> None:
    with pytest.raises(Refused, match="'tetris' is not configured"):
        await set_board_channel(boards, guild=FRIENDS, channel=GENERAL, games=("tetris",))
