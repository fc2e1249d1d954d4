"""What answers are given in tests without any Discord: a store in memory, and people with their rights."""

from collections.abc import Mapping, Sequence
from typing import Any

import trio
from attrs import define, evolve, field

from actors.giftcodes.model import Player
from actors.giftcodes.verifier import Verified
from actors.ports import Store
from daemon.discord.answers.desk import Desk
from daemon.discord.rights import Staff
from daemon.discord.values import Caller, Reply, Right
from daemon.service import Service

NOW = 1_795_000_000.0
GAMES: Mapping[str, str] = {"wos": "v2", "ks": "v1"}
GUILD = "700"

MEMBER = Caller("11", "Ann", GUILD, "Snow", "900", Right.MEMBER)
OTHER = evolve(MEMBER, member="12", name="Ben")
ADMIN = Caller("21", "Mod", GUILD, "Snow", "900", Right.ADMIN)
OWNER = Caller("31", "Root", GUILD, "Snow", "900", Right.OWNER)


def in_direct_message(caller: Caller) -> Caller:
    """The same person in a direct message, where nobody is an admin."""
    right = Right.MEMBER if caller.right is Right.ADMIN else caller.right
    return evolve(caller, guild="", guild_name="", right=right)


class FixedClock:
    def now(self) -> float:
        return NOW


@define(eq=False)
class FakeChannels:
    """What the bot lacks, by channel."""

    lacking: dict[str, tuple[str, ...]] = field(factory=dict)
    gone: set[str] = field(factory=set)
    """Those that were deleted."""
    asked: list[tuple[str, tuple[str, ...]]] = field(factory=list)
    """Guilds, and the channels of each of which it was asked whether they were deleted."""

    async def lacking_to_post(self, guild: str, channel: str) -> tuple[str, ...]:
        await trio.lowlevel.checkpoint()
        return self.lacking.get(channel, ())

    async def lacking_to_watch(self, guild: str, channel: str) -> tuple[str, ...]:
        return await self.lacking_to_post(guild, channel)

    async def deleted(self, guild: str, channels: Sequence[str]) -> tuple[str, ...]:
        await trio.lowlevel.checkpoint()
        self.asked.append((guild, tuple(channels)))
        return tuple(channel for channel in channels if channel in self.gone)


@define(eq=False)
class FakeGame:
    """What the game says of players; by default that they are right."""

    answers: dict[str, Verified] = field(factory=dict)
    asked: list[Player] = field(factory=list)

    async def verify(self, player: Player) -> Verified:
        await trio.lowlevel.checkpoint()
        self.asked.append(player)
        return self.answers.get(player.fid, Verified("right"))


async def no_status() -> Mapping[str, Any]:
    await trio.lowlevel.checkpoint()
    return {}


def a_desk(
    store: Store,
    *,
    games: Mapping[str, str] = GAMES,
    channels: FakeChannels | None = None,
    game: FakeGame | None = None,
    status: Any = no_status,
    staff: Staff = Staff(),  # noqa: B008 - it is frozen
    **more: Any,
) -> Desk:
    """A desk over this store; `more` goes to its service."""
    verify = (game or FakeGame()).verify
    service = Service(store, FixedClock(), lambda: games, verify=verify, **more)
    return Desk(service, staff, status, channels or FakeChannels())


def shown(reply: Reply) -> str:
    """All that a member would read."""
    parts = [reply.text]
    for card in reply.cards:
        parts += [card.title, card.text, *(f"{one.name}\n{one.value}" for one in card.fields), card.footer]
    return "\n".join(filter(None, parts))
