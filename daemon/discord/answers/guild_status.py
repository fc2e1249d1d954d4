"""A guild's part of the status: what its admins need to know."""

from collections.abc import Iterable, Mapping
from typing import Any

from actors.giftcodes.model import (
    ChannelTrouble,
    Code,
    CodeState,
    Guild,
    Outcome,
    Player,
    PlayerKey,
    Redemption,
)
from daemon.discord.answers.desk import Desk
from daemon.discord.answers.lists import fitting
from daemon.discord.answers.scope import guild_players
from daemon.discord.answers.settings_text import reading_lines, settings_lines, trouble_lines
from daemon.discord.locale import say, say_count
from daemon.discord.text import code_span
from daemon.discord.values import Caller, Card, Field, Reply
from daemon.service import Service

CODES = 8
"""Live codes whose progress is counted, the newest."""
_FIELD = 1000


async def guild_status(desk: Desk, caller: Caller, document: Mapping[str, Any]) -> Reply:
    """The settings, troubles, and how far the newest codes are for the guild's players.

    `document`: perkd's status, of which a guild's admins are told what concerns them.
    """
    service, locale = desk.service, caller.locale
    guild = await service.store.get(Guild, caller.guild) or Guild(caller.guild, caller.guild_name)
    players = await guild_players(service, caller.guild)
    troubles = await service.store.find(ChannelTrouble, guild=caller.guild)
    codes = await _progress(service, players, locale)
    fields = [
        Field(say("guild.settings", locale), fitting(settings_lines(guild, locale), locale, room=_FIELD)),
        Field(say("guild.players", locale), say_count("guild.players.count", len(players), locale)),
        Field(
            say("guild.codes", locale), fitting(codes, locale, room=_FIELD) or say("guild.codes.none", locale)
        ),
    ]
    if lines := trouble_lines(troubles, locale) + reading_lines(document, guild, locale):
        fields.insert(0, Field(say("guild.troubles", locale), fitting(lines, locale, room=_FIELD)))
    health = str(document.get("health", ""))
    known = health if health in {"healthy", "degraded", "down"} else "unknown"
    text = say(f"guild.health.{known}", locale)
    return Reply(cards=(Card(title=say("guild.title", locale), text=text, fields=tuple(fields)),))


async def _progress(service: Service, players: Iterable[Player], locale: str) -> list[str]:
    """Of the games that somebody here plays."""
    keys = {player.player_key for player in players}
    played = {key.game for key in keys}
    live = [code for code in await service.store.find(Code, state=CodeState.LIVE) if code.game in played]
    codes = sorted(live, key=lambda code: code.first_seen, reverse=True)
    return [await _of_code(service, code, keys, locale) for code in codes[:CODES]]


async def _of_code(service: Service, code: Code, players: set[PlayerKey], locale: str) -> str:
    wanted = {key for key in players if key.game == code.game}
    records = await service.store.find(Redemption, game=code.game, code=code.code)
    outcomes = [
        record.outcome
        for record in records
        if record.activation == code.activation and record.player_key in wanted
    ]
    have = outcomes.count(Outcome.REDEEMED) + outcomes.count(Outcome.ALREADY)
    return say(
        "guild.code",
        locale,
        code=code_span(code.code),
        have=have,
        failed=outcomes.count(Outcome.FAILED),
        total=len(wanted),
    )
