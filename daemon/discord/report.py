"""Discord's part of the status: asked of the actor and of the store, neither of them waited for."""

from contextlib import suppress

import trio
from attrs import frozen

from actors.giftcodes.model import ChannelTrouble, Guild
from actors.ports import Store, StoreUnavailable
from daemon.discord.status import (
    DiscordNumbers,
    DiscordStatus,
    WatchNumbers,
    discord_json,
    discord_problems,
    set_up_problems,
    watch_problems,
)
from supervision import ActorRef, SupervisionError


@frozen
class DiscordPart:
    """What is shown, and what is wrong, in sentences."""

    document: dict[str, object]
    problems: tuple[str, ...]


@frozen
class DiscordReport:
    """Makes Discord's part. Knows nothing of hikari."""

    actor: ActorRef
    store: Store
    watcher: ActorRef
    watch_status: object
    """Asks the watcher for its numbers."""

    async def make(self, now: float, within: float = 0.25) -> DiscordPart:
        """The part now (Unix seconds). `within`: seconds that the actors and the store have to answer."""
        numbers: DiscordNumbers | None = None
        guilds: list[Guild] = []
        troubles: list[ChannelTrouble] | None = None

        watched: WatchNumbers | None = None

        async def ask() -> None:
            nonlocal numbers
            with suppress(SupervisionError):
                numbers = await self.actor.ask(DiscordStatus(), timeout=within)

        async def ask_watcher() -> None:
            nonlocal watched
            with suppress(SupervisionError):  # a crash of it is told by the tree
                watched = await self.watcher.ask(self.watch_status, timeout=within)

        async def read() -> None:
            nonlocal guilds, troubles
            with trio.move_on_after(within):
                try:
                    guilds = await self.store.find(Guild)
                    troubles = await self.store.find(ChannelTrouble)
                except StoreUnavailable:
                    return  # that is told elsewhere

        async with trio.open_nursery() as nursery:
            nursery.start_soon(ask)
            nursery.start_soon(ask_watcher)
            nursery.start_soon(read)
        problems = [] if numbers is not None else ["Discord's part of perkd does not answer"]
        if numbers is not None:
            problems += discord_problems(numbers, now)
        problems += set_up_problems(numbers, guilds, troubles or ())
        problems += () if watched is None else watch_problems(watched)
        return DiscordPart(discord_json(numbers, troubles, watched), tuple(problems))
