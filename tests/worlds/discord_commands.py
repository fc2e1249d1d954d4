"""perkd's commands, with the real libraries, at a stand-in Discord: a store in memory behind them."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import hikari
import trio
from attrs import define, evolve, field

from actors.ports import Store
from daemon.aio import Loop
from daemon.discord.answers.buttons import add_buttons
from daemon.discord.answers.desk import Desk
from daemon.discord.bot import Client
from daemon.discord.channels import GuildChannels
from daemon.discord.commands import register
from daemon.discord.components import Components
from daemon.discord.link import DiscordLink
from daemon.discord.rights import Staff
from daemon.storage import MemoryStore
from tests.worlds.discord import Discord, open_discord
from tests.worlds.discord_bots import open_bot
from tests.worlds.discord_desk import GAMES, FakeGame, a_desk, no_status

PATIENCE = 90.0


@define(eq=False)
class Place:
    """A server `Snow` with a channel, and people in it."""

    discord: Discord
    store: Store
    game: FakeGame
    desk: Desk
    guild: Any
    channel: Any
    ann: Any
    """A member."""
    mod: Any
    """With Manage Server."""
    root: Any
    """An owner of perkd."""
    loop: Loop = field(init=False)

    def private(self, who: Any) -> Any:
        """The channel of direct messages with somebody."""
        return self.discord.dm_channel(who.user)


@asynccontextmanager
async def open_place(
    store: Store | None = None,
    *,
    games: Mapping[str, str] = GAMES,
    status: Any = no_status,
    staffed: bool = True,
    **more: Any,
) -> AsyncIterator[Place]:
    """A bot with all commands and buttons, connected; `staffed`: Root and the role `mods` are configured."""
    with trio.fail_after(PATIENCE):
        async with open_discord() as discord:
            more |= {"games": games, "status": status}
            place = _place(discord, store or MemoryStore(), more, staffed=staffed)
            clients: list[Client] = []

            def add(client: Client, _bot: hikari.GatewayBot, loop: Loop) -> None:
                clients.append(client)
                register(client, loop, place.desk)

            components = Components(place.desk.staff)
            add_buttons(components, place.desk)
            link = place.desk.channels.link  # type: ignore[attr-defined]
            async with open_bot(discord, link, add, components.register) as connection:
                place.loop = connection.loop
                await connection.loop.call(clients[0].sync_application_commands)
                yield place


def _place(discord: Discord, store: Store, more: dict[str, Any], *, staffed: bool) -> Place:
    guild = discord.add_guild("Snow")
    channel = guild.add_channel("codes")
    mods = guild.add_role("mods")
    root = guild.add_member("Root")
    staff = Staff.of((root.id,), (mods.id,)) if staffed else Staff()
    game = FakeGame()
    desk = a_desk(store, game=game, staff=staff, **more)
    return Place(
        discord,
        store,
        game,
        evolve(desk, channels=GuildChannels(DiscordLink())),
        guild,
        channel,
        guild.add_member("Ann"),
        guild.add_member("Mod", manage_guild=True),
        root,
    )


def read(answer: Any) -> str:
    """All that the member reads of an answer."""
    parts = [answer.text]
    for embed in answer.embeds:
        parts += [embed.get("title", ""), embed.get("description", "")]
        parts += [f"{one['name']}\n{one['value']}" for one in embed.get("fields", ())]
    return "\n".join(filter(None, parts))
