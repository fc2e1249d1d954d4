"""What guilds are called is written as it is today, where something is set up for them."""

from collections.abc import Mapping
from typing import Any

import trio
from attrs import define, field

from actors.ports import StoreUnavailable
from daemon.discord.guild_names import AGAIN, GuildNames
from tests.daemon.discord.conftest import open_actor, until


@define(eq=False)
class Written:
    names: dict[str, str] = field(factory=dict)
    away: bool = False
    tries: int = 0

    async def write(self, names: Mapping[str, str]) -> None:
        await trio.lowlevel.checkpoint()
        self.tries += 1
        if self.away:
            raise StoreUnavailable("away")
        self.names |= names


async def test_names_wait_for_the_store_and_the_newest_counts(autojump_clock: object) -> None:
    written = Written(away=True)
    names = GuildNames(written.write)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(names.keep)
        names.note("1", "Old")
        names.note("2", "Ice")
        await trio.sleep(1)
        names.note("1", "New")
        written.away = False
        await trio.sleep(AGAIN)
        nursery.cancel_scope.cancel()

    assert written.names == {"1": "New", "2": "Ice"}
    assert written.tries == 2


async def test_a_server_that_is_renamed_while_the_bot_is_there_is_known_by_its_new_name(
    discord: Any,
) -> None:
    (guild,) = discord.guilds.values()
    written = Written()
    async with open_actor(discord, names=GuildNames(written.write)) as running:
        await running.until_state("connected")
        await until(lambda: written.names == {guild.id: "Snow"})

        discord.gateway.dispatch("GUILD_UPDATE", guild.gateway_payload() | {"name": "Thaw"}, guild.id)
        await until(lambda: written.names == {guild.id: "Thaw"})

    assert written.tries == 2
