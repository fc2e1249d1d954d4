"""A guild's settings and troubles in lines. Channels show as Discord's links; nobody is pinged by them."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from actors.giftcodes.model import ChannelTrouble, Guild
from daemon.cli.status_words import word
from daemon.discord.intents import MESSAGE_CONTENT
from daemon.discord.locale import say
from daemon.discord.status import place_and_reason
from daemon.discord.text import moment, plain
from daemon.discord.words import game_name


def settings_lines(guild: Guild, locale: str) -> list[str]:
    """What is set up, a line each."""
    return list(_settings(guild, locale))


def _settings(guild: Guild, locale: str) -> Iterator[str]:
    for channel in guild.channels:
        games = ", ".join(game_name(game, locale) for game in channel.games) or say("settings.all", locale)
        yield say("settings.channel", locale, channel=mention(channel.id), games=games)
    if not guild.channels:
        yield say("settings.channel.none", locale)
    for watched in guild.watched:
        game = game_name(watched.game, locale)
        yield say("settings.watching", locale, channel=mention(watched.id), game=game)
    yield say("settings.auto.on" if guild.auto_redeem else "settings.auto.off", locale)
    yield say("settings.summary.on" if guild.summary else "settings.summary.off", locale)
    if guild.paused:
        yield say("settings.paused", locale)
    if guild.priority:
        yield say("settings.priority", locale, priority=guild.priority)


def trouble_lines(troubles: Iterable[ChannelTrouble], locale: str) -> list[str]:
    """The channels that can't be posted to, and why."""
    return [
        say(
            "settings.trouble",
            locale,
            channel=mention(trouble.channel),
            since=moment(trouble.since),
            reason=plain(place_and_reason(trouble)[1], 200),
        )
        for trouble in troubles
    ]


def reading_lines(document: Mapping[str, Any], guild: Guild, locale: str) -> list[str]:
    """From perkd's status why codes can't be read from channels of the guild that are watched."""
    discord = document.get("discord") or {}
    troubles = (discord.get("watched") or {}).get("troubles") or ()
    unread = [(word(one["channel"]), word(one["reason"])) for one in troubles if one["guild"] == guild.id]
    lines = intent_lines(document, locale) if guild.watched else []
    return lines + [
        say("settings.unread", locale, channel=mention(channel), reason=plain(reason, 200))
        for channel, reason in unread
    ]


def intent_lines(document: Mapping[str, Any], locale: str) -> list[str]:
    """What an admin has to know while Discord shows perkd no text of messages; empty while it does."""
    is_off = MESSAGE_CONTENT in ((document.get("discord") or {}).get("intents_off") or ())
    return [say("settings.intent", locale)] if is_off else []


def mention(channel: str) -> str:
    """The channel as a link; an id that is none, as text."""
    return f"<#{channel}>" if channel.isascii() and channel.isdecimal() else plain(channel)
