"""`/manage giftcode`: what admins set up for their guild. Each change is in the audit log."""

from actors.giftcodes.model import ChannelTrouble, Guild
from daemon.discord.answers.audited import by
from daemon.discord.answers.desk import Desk
from daemon.discord.answers.lists import fitting
from daemon.discord.answers.settings_text import (
    intent_lines,
    mention,
    reading_lines,
    settings_lines,
    trouble_lines,
)
from daemon.discord.locale import say, say_count
from daemon.discord.values import Caller, Card, Field, Reply
from daemon.discord.words import game_label, game_name
from daemon.service import NotFound, Refused, guild_settings
from daemon.service.values import read_game, shown

HIDDEN = ("View Channel",)
"""What the bot lacks in a channel that it can't see; a thread, or another server's, looks the same."""
_FIELD = 1000


async def set_channel(desk: Desk, caller: Caller, channel: str = "", games: str = "") -> Reply:
    """Post codes to a channel, once it is sure that the bot may."""
    channel = _place(caller, channel)
    wanted = _games(desk, caller, games)
    if lacking := await desk.channels.lacking_to_post(caller.guild, channel):
        return _lacking(caller, channel, lacking)
    dropped = await _drop_deleted(desk, caller)
    await guild_settings.set_channel(desk.service, by(caller), channel=channel, games=wanted)
    named = ", ".join(game_name(game, caller.locale) for game in wanted) or say("settings.all", caller.locale)
    text = say("settings.channel.set", caller.locale, channel=mention(channel), games=named)
    return _said(dropped, text)


async def remove_channel(desk: Desk, caller: Caller, channel: str = "") -> Reply:
    """Post no more codes to a channel, nor to those that were deleted: nobody could choose them."""
    channel = _place(caller, channel)
    dropped = await _drop_deleted(desk, caller)
    try:
        await guild_settings.remove_channel(desk.service, by(caller), channel=channel)
    except NotFound:
        if not dropped:
            raise
        return _said(dropped)
    return _said(dropped, say("settings.channel.removed", caller.locale, channel=mention(channel)))


async def set_auto_redeem(desk: Desk, caller: Caller, on: bool) -> Reply:
    """Whether codes are redeemed unasked."""
    await guild_settings.set_auto_redeem(desk.service, by(caller), on=on)
    return Reply(say("settings.auto.on" if on else "settings.auto.off", caller.locale))


async def set_priority(desk: Desk, caller: Caller, priority: int) -> Reply:
    """Which guilds come first."""
    await guild_settings.set_priority(desk.service, by(caller), priority=priority)
    return Reply(say("settings.priority", caller.locale, priority=priority))


async def pause(desk: Desk, caller: Caller) -> Reply:
    """Redeem nothing for the guild's players."""
    await guild_settings.pause(desk.service, by(caller))
    return Reply(say("settings.paused", caller.locale))


async def resume(desk: Desk, caller: Caller) -> Reply:
    """Redeem again."""
    await guild_settings.resume(desk.service, by(caller))
    return Reply(say("settings.resumed", caller.locale))


async def set_summary(desk: Desk, caller: Caller, on: bool) -> Reply:
    """Whether members who asked for it are mentioned when a code is done."""
    await guild_settings.set_summary(desk.service, by(caller), on=on)
    return Reply(say("settings.summary.on" if on else "settings.summary.off", caller.locale))


async def watch(desk: Desk, caller: Caller, channel: str = "", game: str = "") -> Reply:
    """Read codes from a channel, once it is sure that the bot may."""
    channel = _place(caller, channel)
    wanted = read_game(game, desk.service.games(), where="in the option game")
    if lacking := await desk.channels.lacking_to_watch(caller.guild, channel):
        return _lacking(caller, channel, lacking)
    dropped = await _drop_deleted(desk, caller)
    await guild_settings.watch(desk.service, by(caller), channel=channel, game=wanted)
    named = game_name(wanted, caller.locale)
    text = say("settings.watched", caller.locale, channel=mention(channel), game=named)
    return _said(dropped, text, *intent_lines(await desk.status(), caller.locale))


async def unwatch(desk: Desk, caller: Caller, channel: str = "") -> Reply:
    """Read no more codes from a channel, nor from those that were deleted."""
    channel = _place(caller, channel)
    dropped = await _drop_deleted(desk, caller)
    try:
        await guild_settings.unwatch(desk.service, by(caller), channel=channel)
    except NotFound:
        if not dropped:
            raise
        return _said(dropped)
    return _said(dropped, say("settings.unwatched", caller.locale, channel=mention(channel)))


async def show(desk: Desk, caller: Caller) -> Reply:
    """Everything that is set up, and what does not work."""
    guild = await desk.service.store.get(Guild, caller.guild) or Guild(caller.guild, caller.guild_name)
    troubles = await desk.service.store.find(ChannelTrouble, guild=caller.guild)
    text = fitting(settings_lines(guild, caller.locale), caller.locale, most=60)
    lines = trouble_lines(troubles, caller.locale) + reading_lines(await desk.status(), guild, caller.locale)
    wrong = fitting(lines, caller.locale, room=_FIELD)
    fields = (Field(say("guild.troubles", caller.locale), wrong),) if wrong else ()
    return Reply(cards=(Card(title=say("guild.settings", caller.locale), text=text, fields=fields),))


def _place(caller: Caller, channel: str) -> str:
    """The channel that was chosen, or the one that the command is used in. Raises `Refused` in a thread."""
    if not channel and caller.in_thread:
        raise Refused(say("settings.thread", caller.locale))
    return channel or caller.channel


def _lacking(caller: Caller, channel: str, lacking: tuple[str, ...]) -> Reply:
    names = ", ".join(f"**{name}**" for name in lacking)
    text_id = "settings.hidden" if lacking == HIDDEN else "settings.lacking"
    return Reply(say(text_id, caller.locale, channel=mention(channel), permissions=names))


async def _drop_deleted(desk: Desk, caller: Caller) -> str:
    """Forget channels that were deleted; what there is to say of it, "" where there were none."""
    guild = await desk.service.store.get(Guild, caller.guild)
    if guild is None:
        return ""
    known = dict.fromkeys([*(one.id for one in guild.channels), *(one.id for one in guild.watched)])
    deleted = await desk.channels.deleted(caller.guild, list(known))
    if not deleted:
        return ""
    await guild_settings.drop_channels(desk.service, by(caller), deleted=frozenset(deleted))
    return say_count("settings.dropped", len(deleted), caller.locale)


def _said(*texts: str) -> Reply:
    return Reply("\n".join(filter(None, texts)))


def _games(desk: Desk, caller: Caller, text: str) -> tuple[str, ...]:
    """The games that are named, by their ids or by what players call them. Raises `Refused`."""
    games = desk.service.games()
    called = {word.casefold(): game for game in games for word in (game_label(game, caller.locale), game)}
    commas = [part.strip().casefold() for part in text.split(",")]
    parts = [word for part in commas for word in ([part] if part in called else part.split())]
    if unknown := next((part for part in parts if part not in called), ""):
        known = ", ".join(game_label(game, caller.locale) for game in games)
        raise Refused(say("settings.games.unknown", caller.locale, game=shown(unknown), games=known))
    return tuple(dict.fromkeys(called[part] for part in parts))
