"""What admins set up for their guild. Each change leaves its audit record in the same commit."""

import logging
from collections.abc import Callable, Mapping

from attrs import evolve

from actors.giftcodes.model import Channel, ChannelTrouble, Guild, Watched
from actors.ports import Change, Delete, Put
from daemon.service.audit import By, entry
from daemon.service.ports import Service
from daemon.service.problems import NotFound, Refused
from daemon.service.values import read_game, shown

__all__ = [
    "By",
    "drop_channels",
    "guilds_named",
    "pause",
    "remove_channel",
    "resume",
    "set_auto_redeem",
    "set_channel",
    "set_priority",
    "set_summary",
    "unwatch",
    "watch",
]

logger = logging.getLogger("perkd.guilds")

MOST_CHANNELS = 10
"""Channels a guild may have codes posted to, and as many it may have watched."""
HIGHEST_PRIORITY = 1000
_Name = Callable[[Guild], str]
_Make = Callable[[Guild], Guild]


async def set_channel(service: Service, by: By, *, channel: str, games: tuple[str, ...] = ()) -> Guild:
    """Have codes posted to a channel from now on: of these games, or with none of all.

    One that is set up already keeps what it is owed, as far as it wanted those games before. One that
    could not be posted to counts as mended: it is tried again at once.

    Raises:
        Refused: a game is not configured, or the guild has `MOST_CHANNELS` already.
        StoreUnavailable: the store can't be asked or written now.
    """
    configured = service.games()
    wanted = tuple(dict.fromkeys(read_game(game, configured, where="in games") for game in games))
    now = service.clock.now()
    troubled = await service.store.get(ChannelTrouble, f"{by.guild}/{channel}") is not None

    def change(guild: Guild) -> Guild:
        old = next((one for one in guild.channels if one.id == channel), None)
        if old is None and len(guild.channels) >= MOST_CHANNELS:
            raise Refused(f"{MOST_CHANNELS} channels are set up already: remove one of them first")
        since = old.since if old is not None and _includes(old.games, wanted) else now
        renewed_at = old.renewed_at if old is not None else None
        new = Channel(channel, since, wanted, by.member, now if troubled else renewed_at)
        if old is not None and evolve(new, by=old.by) == old:
            return guild  # it is another admin who asks for the same
        return evolve(guild, channels=_with(guild.channels, new))

    def words(guild: Guild) -> str:
        again = troubled and any(one.renewed_at == now for one in guild.channels)
        return _channels(guild) + (f"; #{channel} is tried again" if again else "")

    return await _change(service, by, "setchannel", change, words, _forget_trouble(by, channel))


async def remove_channel(service: Service, by: By, *, channel: str) -> Guild:
    """Post no more codes to a channel. Raises `NotFound` where none were; `StoreUnavailable`."""

    def change(guild: Guild) -> Guild:
        left = tuple(one for one in guild.channels if one.id != channel)
        if len(left) == len(guild.channels):
            raise NotFound("no codes are posted to that channel: /manage giftcode show tells to which")
        return evolve(guild, channels=left)

    return await _change(service, by, "removechannel", change, _channels, _forget_trouble(by, channel))


async def drop_channels(service: Service, by: By, *, deleted: frozenset[str]) -> Guild:
    """Forget channels that are no more, so that nobody can choose them: posted to or watched.

    Raises `StoreUnavailable`.
    """

    def change(guild: Guild) -> Guild:
        posted = tuple(one for one in guild.channels if one.id not in deleted)
        return evolve(
            guild, channels=posted, watched=tuple(one for one in guild.watched if one.id not in deleted)
        )

    def words(guild: Guild) -> str:
        return f"codes to {_channels(guild)}, codes from {_watched(guild)}"

    others = tuple(gone for channel in sorted(deleted) for gone in _forget_trouble(by, channel))
    return await _change(service, by, "dropchannels", change, words, others)


async def set_auto_redeem(service: Service, by: By, *, on: bool) -> Guild:
    """Whether codes are redeemed unasked for the guild's players. Raises `StoreUnavailable`."""
    return await _change(
        service,
        by,
        "autoredeem",
        lambda guild: evolve(guild, auto_redeem=on),
        lambda guild: _on(guild.auto_redeem),
    )


async def set_priority(service: Service, by: By, *, priority: int) -> Guild:
    """Which guilds are served first. For owners of perkd only: it is about other guilds as well.

    Raises:
        Refused: it is beyond ±`HIGHEST_PRIORITY`.
        StoreUnavailable: the store can't be asked or written now.
    """
    if abs(priority) > HIGHEST_PRIORITY:
        raise Refused(f"priority {priority}: must be from -{HIGHEST_PRIORITY} to {HIGHEST_PRIORITY}")
    return await _change(
        service,
        by,
        "priority",
        lambda guild: evolve(guild, priority=priority),
        lambda guild: str(guild.priority),
    )


async def pause(service: Service, by: By) -> Guild:
    """Redeem nothing for players that only this guild registered. Raises `StoreUnavailable`."""
    return await _change(service, by, "pause", lambda guild: evolve(guild, paused=True), _running)


async def resume(service: Service, by: By) -> Guild:
    """Redeem again. Raises `StoreUnavailable`."""
    return await _change(service, by, "resume", lambda guild: evolve(guild, paused=False), _running)


async def set_summary(service: Service, by: By, *, on: bool) -> Guild:
    """Whether members who asked for it are mentioned when a code is done. Raises `StoreUnavailable`."""
    return await _change(
        service, by, "summary", lambda guild: evolve(guild, summary=on), lambda guild: _on(guild.summary)
    )


async def watch(service: Service, by: By, *, channel: str, game: str) -> Guild:
    """Read codes of a game from a channel, of messages from now on.

    Raises:
        Refused: the game is not configured, or the guild has `MOST_CHANNELS` watched already.
        StoreUnavailable: the store can't be asked or written now.
    """
    wanted, now = read_game(game, service.games(), where="in game"), service.clock.now()

    def change(guild: Guild) -> Guild:
        old = next((one for one in guild.watched if one.id == channel), None)
        if old is not None and old.game == wanted:
            return guild
        if old is None and len(guild.watched) >= MOST_CHANNELS:
            raise Refused(f"{MOST_CHANNELS} channels are watched already: unwatch one of them first")
        return evolve(guild, watched=_with(guild.watched, Watched(channel, wanted, now, by.member)))

    return await _change(service, by, "watch", change, _watched)


async def unwatch(service: Service, by: By, *, channel: str) -> Guild:
    """Read no more codes from a channel. Raises `NotFound` where none were read; `StoreUnavailable`."""

    def change(guild: Guild) -> Guild:
        left = tuple(one for one in guild.watched if one.id != channel)
        if len(left) == len(guild.watched):
            raise NotFound("that channel is not watched: /manage giftcode show tells which are")
        return evolve(guild, watched=left)

    return await _change(service, by, "unwatch", change, _watched)


async def guilds_named(service: Service, names: Mapping[str, str]) -> None:
    """These guilds are called so now; only of those that have a record is it written.

    Raises `StoreUnavailable`.
    """
    async with service.lock:
        known = [guild for guild in await service.store.find(Guild) if names.get(guild.id)]
        await service.commit_all(
            *[Put(evolve(guild, name=names[guild.id])) for guild in known if guild.name != names[guild.id]]
        )


def present_guild(known: Guild | None, guild: str, name: str) -> Guild:
    """The guild's record with its name of today, or a new one."""
    if known is None:
        return Guild(guild, name)
    return evolve(known, name=name) if name else known


# --- inside -------------------------------------------------------------------------------------


async def _change(  # noqa: PLR0917 - what every change needs
    service: Service, by: By, action: str, make: _Make, words: _Name, others: tuple[Change, ...] = ()
) -> Guild:
    """Change the record of the guild, nobody else in between, and audit it. What is so already is left so."""
    if not by.guild:
        raise Refused("that is about a server: use the command there")
    async with service.lock:
        known = await service.store.get(Guild, by.guild)
        before = present_guild(known, by.guild, by.guild_name)
        after = make(before)
        changes: list[Change] = [] if after == known else [Put(after)]
        if after != before:
            audit = entry(service, by, action, f"{words(before)} → {words(after)}")
            changes += [Put(audit), *others]
            logger.info(
                "Server %s: %s: %s", shown(after.name), action, audit.details, extra={"guild": by.guild}
            )
        await service.commit_all(*changes)
        return after


def _with(known: tuple, new: Channel | Watched) -> tuple:  # type: ignore[type-arg]
    if any(one.id == new.id for one in known):
        return tuple(new if one.id == new.id else one for one in known)
    return (*known, new)


def _includes(old: tuple[str, ...], new: tuple[str, ...]) -> bool:
    """Whether the old games (none: all) hold all of the new."""
    return not old or (bool(new) and set(new) <= set(old))


def _forget_trouble(by: By, channel: str) -> tuple[Change, ...]:
    """An admin has seen to the channel: should it fail again, that is told again."""
    return (Delete(ChannelTrouble, f"{by.guild}/{channel}"),)


def _channels(guild: Guild) -> str:
    return ", ".join(f"#{one.id} ({' '.join(one.games) or 'all games'})" for one in guild.channels) or "none"


def _watched(guild: Guild) -> str:
    return ", ".join(f"#{one.id} ({one.game})" for one in guild.watched) or "none"


def _running(guild: Guild) -> str:
    return "paused" if guild.paused else "running"


def _on(flag: bool) -> str:
    return "on" if flag else "off"
