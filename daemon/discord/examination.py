"""The part of `perkd check` that is about Discord: token, intents, guilds, permissions in each channel."""

import contextlib
import sqlite3
from collections.abc import Mapping, Sequence

import aiohttp
import hikari
import trio
from attrs import frozen
from hikari import Permissions

from actors.giftcodes.model import TERMINAL_GUILD, Guild
from daemon.aio import LoopEnded, TaskCancelled, open_loop
from daemon.config import Config
from daemon.discord.permissions import (
    CAPTCHAS,
    POSTING,
    WATCHING,
    Overwrite,
    invite_link,
    missing,
    permissions_in,
)
from daemon.discord.vip.examination import examine_vip
from daemon.finding import Finding
from daemon.secrets import Secret
from daemon.storage import codec
from daemon.storage.contents import open_beside, stored_types
from daemon.storing import database

_NAMED = 10
"""Servers that are listed by name."""
WITHIN = 20.0
"""Seconds for everything that Discord is asked."""
_PORTAL = "https://discord.com/developers/applications"
_MEMBERS = hikari.ApplicationFlags.GUILD_MEMBERS_INTENT | (
    hikari.ApplicationFlags.VERIFIED_FOR_GUILD_MEMBERS_INTENT
)
_CONTENT = (
    hikari.ApplicationFlags.MESSAGE_CONTENT_INTENT | hikari.ApplicationFlags.MESSAGE_CONTENT_INTENT_LIMITED
)


@frozen
class _Use:
    """A channel that the configuration or a guild's admins chose, and for what."""

    guild: str
    channel: str
    purpose: str
    needed: Mapping[Permissions, str]
    way_out: str


async def examine_discord(config: Config, token: Secret) -> list[Finding]:
    """Ask Discord, over its REST API alone, and change nothing."""
    guilds = stored_guilds(config)
    try:
        async with open_loop("check of Discord") as loop:
            with trio.fail_after(WITHIN):
                return await loop.call(_ask, config, token, guilds)
    except trio.TooSlowError:
        text = f"did not answer within {WITHIN:.0f} s"
        return [Finding("Discord", well=False, text=text, way_out="check the network and rest_url")]
    except (LoopEnded, TaskCancelled) as error:
        return [Finding("Discord", well=False, text=str(error))]


def stored_guilds(config: Config) -> list[Guild]:
    """What is set up, read from beside a daemon that may be running; nothing where there is no file yet."""
    path = database(config)
    if not path.exists():
        return []
    with contextlib.suppress(sqlite3.DatabaseError), open_beside(path) as connection:
        if Guild in stored_types(connection):
            rows = connection.execute("SELECT key, doc FROM guilds ORDER BY key").fetchall()
            return [codec.decode(Guild, key, text) for key, text in rows]
    return []


async def _ask(config: Config, token: Secret, guilds: Sequence[Guild]) -> list[Finding]:
    app = hikari.RESTApp(url=config.discord.rest_url, max_retries=1)
    await app.start()
    try:
        async with app.acquire(token.reveal(), hikari.TokenType.BOT) as rest:
            return await _Examination(rest, config).everything(guilds)
    except hikari.UnauthorizedError:
        variable = config.discord.token_env
        way_out = f"copy it anew from {_PORTAL} (Bot → Reset Token) into {variable}"
        return [
            Finding("Discord token", well=False, text=f"the token in {variable} is wrong", way_out=way_out)
        ]
    except hikari.HikariError as error:
        return [_failed("Discord", error)]
    except (aiohttp.ClientError, OSError) as error:
        way_out = "check rest_url, the network and the firewall"
        return [
            Finding("Discord", well=False, text=f"can't be reached: {type(error).__name__}", way_out=way_out)
        ]
    finally:
        await app.close()


@frozen
class _Examination:
    rest: hikari.impl.RESTClientImpl
    config: Config

    async def everything(self, stored: Sequence[Guild]) -> list[Finding]:
        me = await self.rest.fetch_my_user()
        application = await self.rest.fetch_application()
        findings = [Finding("Discord token", well=True, text=f"of {me.username}")]
        findings += self._intents(application, stored)
        joined = [guild async for guild in self.rest.fetch_my_guilds()]
        names = ", ".join(guild.name for guild in joined[:_NAMED]) + (", …" if len(joined) > _NAMED else "")
        page = invite_link(str(application.id), vip=self.config.vip.enabled)
        link = f"add it to a server: {page}"
        findings.append(
            Finding("Discord servers", well=True, text=f"{len(joined)}: {names}")
            if joined
            else Finding("Discord servers", well=False, text="the bot is in none", way_out=link)
        )
        there = {str(guild.id) for guild in joined}
        for guild in stored:
            elsewhere = guild.id == TERMINAL_GUILD or ":" in guild.id  # a plugged-in board's
            if not elsewhere and guild.id not in there and (guild.channels or guild.watched):
                text = f"the bot is not in {guild.name or guild.id} any more, which has channels set up"
                findings.append(Finding("Discord servers", well=False, text=text, way_out=link))
        for use in self._uses(stored, there):
            findings.append(await self._channel(use, str(me.id)))
        if self.config.vip.enabled:
            findings += await examine_vip(self.rest, self.config.vip)
        return findings

    def _intents(self, application: hikari.Application, stored: Sequence[Guild]) -> list[Finding]:
        """Privileged intents are switched on in the portal; each is needed for one thing only."""
        watched = any(guild.watched for guild in stored)
        wanted = [("Message Content", _CONTENT, "codes are read from a channel", watched)]
        if self.config.vip.enabled:
            wanted = [
                ("Message Content", _CONTENT, "what is written in VIP threads is relayed", True),
                ("Server Members", _MEMBERS, "that a VIP thread's member leaves is noticed at once", True),
            ]
        page = f"{_PORTAL}/{application.id}/bot"
        findings = []
        for name, flags, purpose, needed in wanted:
            given = bool(application.flags & flags)
            if given or not needed:
                text = f"{name} is {'on' if given else 'off, and not needed'}"
                findings.append(Finding("Discord intents", well=True, text=text))
            else:
                text = f"{name} is off, which is needed: {purpose}"
                findings.append(
                    Finding("Discord intents", well=False, text=text, way_out=f"switch it on: {page}")
                )
        return findings

    def _uses(self, stored: Sequence[Guild], there: set[str]) -> list[_Use]:
        again = "grant it in the channel's settings, or choose another with /manage giftcode"
        uses = []
        for guild in stored:
            if guild.id in there:
                uses += [
                    _Use(guild.id, one.id, f"codes of {guild.name}", POSTING, again) for one in guild.channels
                ]
                uses += [
                    _Use(guild.id, one.id, f"watched by {guild.name}", WATCHING, again)
                    for one in guild.watched
                ]
        if captchas := self.config.discord.captcha_channel:
            way_out = "grant it in the channel's settings, or change captcha_channel"
            uses.append(_Use("", str(captchas), "captchas", CAPTCHAS, way_out))
        return uses

    async def _channel(self, use: _Use, me: str) -> Finding:
        what = f"channel {use.channel}"
        try:
            channel = await self.rest.fetch_channel(int(use.channel))
            if not isinstance(channel, hikari.PermissibleGuildChannel):
                text = f"({use.purpose}) is no text channel of a server"
                return Finding(what, well=False, text=text, way_out=use.way_out)
            granted = await self._granted(channel, me)
        except (hikari.NotFoundError, hikari.ForbiddenError):
            text = f"({use.purpose}) is not there, or hidden from the bot"
            return Finding(what, well=False, text=text, way_out=use.way_out)
        except hikari.HikariError as error:
            return _failed(what, error)
        what = f"channel #{channel.name}"
        if lacking := missing(granted, use.needed):
            text = f"({use.purpose}) the bot lacks {', '.join(lacking)}"
            return Finding(what, well=False, text=text, way_out=use.way_out)
        return Finding(what, well=True, text=f"({use.purpose}) the bot may do what is needed")

    async def _granted(self, channel: hikari.PermissibleGuildChannel, me: str) -> Permissions:
        member = await self.rest.fetch_member(channel.guild_id, int(me))
        roles = await self.rest.fetch_roles(channel.guild_id)
        return permissions_in(
            guild=str(channel.guild_id),
            member=me,
            roles={str(role.id): role.permissions for role in roles},
            held=[str(role) for role in member.role_ids],
            overwrites={
                str(key): Overwrite(one.allow, one.deny) for key, one in channel.permission_overwrites.items()
            },
        )


def _failed(what: str, error: hikari.HikariError) -> Finding:
    """Discord's answer in a few words: an error of the library may hold a whole page, or a header."""
    if isinstance(error, hikari.HTTPResponseError):
        return Finding(what, well=False, text=f"answered HTTP {int(error.status)}", way_out="try again later")
    text = f"can't be reached ({type(error).__name__})"
    return Finding(
        what, well=False, text=text, way_out="check the network, the firewall and [discord] rest_url"
    )
