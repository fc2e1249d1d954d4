"""The terminal is a guild beside those at Discord."""

from typing import Any

import pytest
from attrs import define, field

from actors.giftcodes.model import TERMINAL_GUILD, Channel, Code, Guild
from actors.ports import Announcement, Mention
from daemon.boards import RoutedBoard

TERMINAL, SNOW = Guild(TERMINAL_GUILD, "Terminal"), Guild("123", "Snow")
CHANNEL, ANNOUNCEMENT = Channel("1", since=0.0), Announcement(Code("wos", "SNOW"))


@define(eq=False)
class Noting:
    """A board that notes what it is asked, and answers with its name."""

    name: str
    asked: list[tuple[str, str]] = field(factory=list)

    async def post(self, guild: Guild, *_: Any, **__: Any) -> str:
        self.asked.append(("post", guild.id))
        return self.name

    async def edit(self, guild: Guild, *_: Any) -> None:
        self.asked.append(("edit", guild.id))

    async def find(self, guild: Guild, *_: Any) -> str | None:
        self.asked.append(("find", guild.id))
        return self.name

    async def mention(self, guild: Guild, *_: Any, **__: Any) -> str:
        self.asked.append(("mention", guild.id))
        return self.name

    async def alert(self, guild: Guild, *_: Any) -> None:
        self.asked.append(("alert", guild.id))


async def test_each_guild_is_served_where_it_is() -> None:
    terminal, discord = Noting("terminal"), Noting("discord")
    board = RoutedBoard(terminal, discord)
    for guild, name in ((TERMINAL, "terminal"), (SNOW, "discord")):
        assert await board.post(guild, CHANNEL, ANNOUNCEMENT, "nonce") == name
        await board.edit(guild, CHANNEL, "5", ANNOUNCEMENT)
        assert await board.find(guild, CHANNEL, ANNOUNCEMENT, 0.0) == name
        assert await board.mention(guild, CHANNEL, "5", Mention(ANNOUNCEMENT, ("7",)), "nonce") == name
        await board.alert(guild, "7", "text")
    what = ["post", "edit", "find", "mention", "alert"]
    assert terminal.asked == [(one, TERMINAL_GUILD) for one in what]
    assert discord.asked == [(one, "123") for one in what]


@pytest.mark.parametrize("answer", [None, 5, b"id"])
async def test_what_a_plugged_in_board_answers_instead_of_an_id_is_not_recorded(answer: Any) -> None:
    plugged = Noting(answer)
    board = RoutedBoard(Noting("terminal"), Noting("discord"), {"matrix": plugged})
    guild = Guild("matrix:friends", "Friends")
    assert await board.post(guild, CHANNEL, ANNOUNCEMENT, "nonce") == ""
    assert await board.mention(guild, CHANNEL, "5", Mention(ANNOUNCEMENT, ("7",)), "nonce") == ""
    assert len(plugged.asked) == 2
