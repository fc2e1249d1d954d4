"""How the bot stands: asked of the DiscordActor, shown by `perkd status`. Knows nothing of hikari."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Protocol

from attrs import frozen

from actors.giftcodes.model import ChannelTrouble, Guild

GUILD_WITHIN = 60.0
"""Seconds that a guild may be unavailable before it is told: at a start they come one after another."""
GATEWAY_WITHIN = 30.0
"""Seconds that the gateway may be lost before it is told: Discord cuts connections every few hours."""
_NAMED = 5
"""Guilds and channels that are named one by one."""


@frozen
class DiscordStatus:
    """Asks for `DiscordNumbers`."""


@frozen
class UnavailableGuild:
    """A guild that Discord can't serve now, since when (Unix seconds)."""

    id: str
    name: str
    """As far as it is known; foreign text."""
    since: float


@frozen
class DiscordNumbers:
    """How the bot stands, in this life of the actor."""

    state: str
    """`connecting`, `connected`, `reconnecting` (its gateway is lost, hikari mends that) or `away`."""
    since: float
    """Of the state, Unix seconds."""
    reason: str = ""
    """Why it is away."""
    next_attempt: float | None = None
    """Unix seconds."""
    name: str = ""
    """The bot's name; foreign text."""
    shards: int = 0
    guilds: int = 0
    """Those that are available."""
    unavailable: tuple[UnavailableGuild, ...] = ()
    latency: float | None = None
    """Seconds between a heartbeat and its answer."""
    reconnects: int = 0
    listener_failures: int = 0
    switched_off: tuple[str, ...] = ()
    """Privileged intents that the application has not, by their names in the portal."""
    vip: bool = False
    """VIP threads are switched on."""
    commands: str = ""
    """Why the commands are not registered with Discord; "" where they are."""
    stuck: bool = False
    """The loop's thread does not answer."""


def discord_problems(numbers: DiscordNumbers, now: float) -> Iterator[str]:
    """What is wrong with the bot itself, as sentences."""
    if numbers.state == "away":
        wait = (numbers.next_attempt or now) - now
        yield f"Discord is away: {numbers.reason}; next attempt in {max(wait, 0.0):.0f} s"
    if numbers.state == "reconnecting" and now - numbers.since >= GATEWAY_WITHIN:
        yield f"Discord's gateway is lost since {iso(numbers.since)}: commands and buttons wait for it"
    if numbers.stuck:
        yield "Discord's thread does not answer"
    if numbers.commands:
        yield f"Discord does not know perkd's commands yet: {numbers.commands}"
    gone = [guild for guild in numbers.unavailable if now - guild.since >= GUILD_WITHIN]
    for guild in gone[:_NAMED]:
        name = f" ({guild.name})" if guild.name else ""
        yield f"server {guild.id}{name} is unavailable at Discord since {iso(guild.since)}"
    if len(gone) > _NAMED:
        yield f"{len(gone) - _NAMED} more servers are unavailable at Discord"


class WatchNumbers(Protocol):
    """What the watcher tells of itself; see `daemon.discord.watching`."""

    @property
    def channels(self) -> int:
        """How many are watched."""
        ...

    @property
    def codes(self) -> int:
        """How many were read, in this life of the watcher."""
        ...

    @property
    def troubles(self) -> tuple[tuple[str, str, str], ...]:
        """Guild, channel and reason, of channels that can't be read."""
        ...


def watch_problems(watched: WatchNumbers) -> Iterator[str]:
    """What is wrong with the channels that codes are read from, as sentences."""
    for guild, channel, reason in watched.troubles[:_NAMED]:
        yield f"channel {channel} of server {guild} can't be read for codes: {reason}"
    if len(watched.troubles) > _NAMED:
        yield f"{len(watched.troubles) - _NAMED} more channels can't be read for codes"


def set_up_problems(
    numbers: DiscordNumbers | None, guilds: Iterable[Guild], troubles: Iterable[ChannelTrouble]
) -> Iterator[str]:
    """What is wrong with what admins set up, as sentences."""
    watching = [guild for guild in guilds if guild.watched]
    if watching and numbers is not None and "Message Content" in numbers.switched_off:
        yield (
            "channels are watched for codes, but the application's Message Content Intent is off: switch it "
            "on in Discord's Developer Portal (your application → Bot → Privileged Gateway Intents) and "
            "restart perkd"
        )
    if numbers is not None and numbers.vip and "Message Content" in numbers.switched_off:
        yield (
            "VIP threads are switched on, but the application's Message Content Intent is off: nothing that "
            "is written in them is relayed; switch it on in Discord's Developer Portal (your application → "
            "Bot → Privileged Gateway Intents) and restart perkd"
        )
    listed = sorted(troubles, key=lambda trouble: trouble.since)
    for trouble in listed[:_NAMED]:
        where, why = place_and_reason(trouble)
        yield f"{where} gets no codes since {iso(trouble.since)}: {why}"
    if len(listed) > _NAMED:
        yield f"{len(listed) - _NAMED} more channels get no codes"


def place_and_reason(trouble: ChannelTrouble) -> tuple[str, str]:
    """The channel as its reason names it, with its server's name, and the rest of the reason.

    >>> trouble = ChannelTrouble("12", "34", "channel 34 of Snow (12) was deleted: choose another", since=0.0)
    >>> place_and_reason(trouble)
    ('channel 34 of Snow (12)', 'it was deleted: choose another')
    """
    start, end = f"channel {trouble.channel} of ", f" ({trouble.guild})"
    place, found, why = trouble.reason.partition(end)
    if not (place.startswith(start) and found):
        return f"{start}server {trouble.guild}", trouble.reason
    return place + found, why.removeprefix(": ") if why.startswith(":") else f"it{why}"


def discord_json(
    numbers: DiscordNumbers | None,
    troubles: Iterable[ChannelTrouble] | None,
    watched: WatchNumbers | None = None,
) -> dict[str, object]:
    """The part `discord` of the status; what is None did not tell."""
    channels = (
        None
        if troubles is None
        else [
            {
                "guild": trouble.guild,
                "channel": trouble.channel,
                "since": iso(trouble.since),
                "reason": trouble.reason,
            }
            for trouble in troubles
        ]
    )
    reading = None if watched is None else _watched(watched)
    if numbers is None:
        return {"state": "no answer", "channel_troubles": channels, "watched": reading}
    return {
        "state": numbers.state,
        "since": iso(numbers.since),
        "reason": numbers.reason or None,
        "next_attempt": None if numbers.next_attempt is None else iso(numbers.next_attempt),
        "name": numbers.name or None,
        "shards": numbers.shards,
        "guilds": numbers.guilds,
        "unavailable_guilds": [guild.id for guild in numbers.unavailable],
        "latency": None if numbers.latency is None else round(numbers.latency, 3),
        "reconnects": numbers.reconnects,
        "listener_failures": numbers.listener_failures,
        "intents_off": list(numbers.switched_off),
        "channel_troubles": channels,
        "watched": reading,
    }


def _watched(watched: WatchNumbers) -> dict[str, object]:
    troubles = [
        {"guild": guild, "channel": channel, "reason": reason} for guild, channel, reason in watched.troubles
    ]
    return {"channels": watched.channels, "codes": watched.codes, "troubles": troubles}


def iso(at: float) -> str:
    """Unix seconds as ISO 8601 in UTC, to the second."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
