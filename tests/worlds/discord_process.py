"""The whole perkd as a process, with a stand-in Discord and simulated games in the test's own process."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import trio
from attrs import define, field, frozen

from actors.giftcodes.model import Channel, Guild, Player, Record, Registration
from daemon.simulator import Listing, SimCode, SimPlayer, World
from tests.worlds.discord import Discord, open_discord
from tests.worlds.processes import FAST, Host, open_host, small_world

PATIENCE = 90.0
OWNER = "100000000000000001"


@frozen
class Server:
    """A Discord server with a channel for codes and somebody who manages it."""

    guild: Any
    channel: Any
    admin: Any

    @property
    def id(self) -> str:
        return str(self.guild.id)

    def member(self, name: str) -> Any:
        """Somebody new."""
        return self.guild.add_member(name)

    def record(self, *, since: float = 0.0, **fields: Any) -> Guild:
        """As it is stored once its admin has used `setchannel`."""
        channel = Channel(self.channel.id, since, by=self.admin.id)
        return Guild(self.guild.id, self.guild.name, channels=(channel,), **fields)

    def registration(self, fid: str, member: str = "", *, mention: bool = False) -> Registration:
        return Registration(self.guild.id, member or self.admin.id, "wos", fid, mention=mention)


@define(eq=False)
class Stage:
    """Where everything plays. `host` runs perkd, `discord` and `world` are what it talks to."""

    host: Host
    discord: Discord
    world: World
    servers: list[Server] = field(factory=list)

    def add_server(self, name: str = "Snow") -> Server:
        guild = self.discord.add_guild(name)
        channel = guild.add_channel("codes")
        server = Server(guild, channel, guild.add_member(f"{name} admin", manage_guild=True))
        self.servers.append(server)
        return server

    def write_config(
        self, more: str = "", *, discord: str = "", rest_url: str | None = None, **how: Any
    ) -> None:
        """`discord`: more lines of `[discord]`."""
        where = f'[discord]\nrest_url = "{rest_url or self.discord.rest_url}"\n{discord}\n'
        self.host.write_config(f"{FAST}{where}{more}", **how)

    def set_up(self, *records: Record, players: Sequence[SimPlayer] = ()) -> None:
        """Into the store of the stopped daemon; the players into the game as well."""
        self.world.games["wos"].add_player(*players)
        self.host.commit([*records, *(Player("wos", one.fid, one.kid, one.name) for one in players)])

    def list_code(self, *codes: str) -> None:
        """The codes appear at the source; the game knows them."""
        self.world.games["wos"].add_code(*map(SimCode, codes))
        source = self.world.sources["feed"]
        source.listings = [*source.listings, *map(Listing, codes)]

    async def until_connected(self, within: float = PATIENCE) -> dict[str, Any]:
        """Until the bot is there, and Discord knows its commands."""
        found = await self.host.until(lambda seen: seen["discord"]["state"] == "connected", within)
        await self.until(lambda: self.discord.commands)
        return found

    async def until(self, look: Callable[[], Any], within: float = PATIENCE) -> Any:
        """What `look` finds, once it is true."""
        with trio.move_on_after(within):
            while not (found := look()):  # noqa: ASYNC110 - perkd's process changes it
                await trio.sleep(0.01)
            return found
        raise AssertionError(f"not within {within:g} s; log:\n{self.host.log_text()}")

    async def until_shown(self, channel: Any, *texts: str, within: float = PATIENCE) -> Any:
        """The channel's only message, once it shows these texts."""

        def look() -> Any:
            return [one for one in channel.messages if all(text in said(one) for text in texts)]

        try:
            (message,) = await self.until(look, within)
        except AssertionError as error:
            shown = "\n---\n".join(said(one) for one in channel.messages)
            raise AssertionError(f"{texts} not shown; shown:\n{shown}\n{error}") from None
        return message

    def about(self, channel: Any, code: str) -> list[Any]:
        """The announcements of a code in a channel; `said` tells them from answers."""
        return [one for one in channel.messages if f"\n{code}\n" in said(one)]

    def posts(self, status: int = 200) -> int:
        """How many messages were sent with this answer."""
        return self.discord.asked("POST", "/channels/*/messages").count(status)


def said(shown: Any) -> str:
    """All that a person reads in a message or an answer."""
    parts = [shown.text or ""]
    for embed in shown.embeds:
        parts += [embed.get("title") or "", embed.get("description") or ""]
        parts += [f"{one['name']}: {one['value']}" for one in embed.get("fields") or ()]
        parts.append((embed.get("footer") or {}).get("text") or "")
    return "\n".join(filter(None, parts))


@asynccontextmanager
async def open_stage(
    directory: Path, *, players: int = 0, codes: Sequence[str] = (), **game: Any
) -> AsyncIterator[Stage]:
    """A stage without servers. `players` are in the game, none of them registered; `codes` are listed."""
    world, people = small_world(players=players, **game)
    world.sources["feed"].listings = []
    world.games["wos"].add_player(*people)
    async with open_discord() as discord, open_host(directory, world) as host:
        host.env["DISCORD_TOKEN"] = discord.token
        stage = Stage(host, discord, world)
        stage.list_code(*codes)
        stage.write_config()
        yield stage
