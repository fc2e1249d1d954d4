"""The `Board` over Discord: announcements as messages with buttons, sent so that none is sent twice.

hikari sends a nonce with `enforce_nonce`: the same nonce in a channel within minutes brings the first message
back. That is also why its own repetition of a POST after a 5xx or a lost connection makes no second message.
"""

import hashlib
import logging
import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TypeVar

import hikari
from attrs import field, frozen

from actors.giftcodes.model import Channel, CodeState, Guild
from actors.ports import Announcement, BoardAway, Mention, MessageGone, PostError, Progress
from daemon.discord.announcement import announcement_card
from daemon.discord.link import DiscordAway, DiscordLink
from daemon.discord.locale import say_count
from daemon.discord.pace import Pace
from daemon.discord.post_failures import NETWORK, Asked, Place, in_short, post_error
from daemon.discord.post_search import code_name, mention_of, message_about
from daemon.discord.render import SILENT, message_of
from daemon.discord.text import cut, plain_lines
from daemon.discord.values import Reply
from daemon.discord.words import game_name

logger = logging.getLogger("perkd.discord")

T = TypeVar("T")
Ask = Callable[[Asked], Awaitable[T]]

WITHIN = 30.0
"""Seconds for one call, with hikari's own repetitions and its waits for the rate limit."""
_LONGEST_NONCE = 25
_SNOWFLAKE = re.compile(r"[1-9][0-9]{0,19}")
_CHANNEL = re.compile(r"\bchannel (\d{15,20})\b")
_REFUSED = (hikari.BadRequestError, hikari.ForbiddenError, hikari.NotFoundError)
"""With a code of Discord's: no such member, one who takes no messages, or none from perkd."""


@frozen
class DiscordBoard:
    """The `Board` of every guild that is a Discord server. Raises what the port says."""

    link: DiscordLink
    within: float = WITHIN
    pace: Pace = field(factory=Pace)

    async def post(self, guild: Guild, channel: Channel, announcement: Announcement, nonce: str) -> str:
        """Announce the code; see the port."""
        place = _place(guild, channel)

        async def send(asked: Asked) -> str:
            message = message_of(_reply(announcement))
            sent = await asked.rest.create_message(place.channel, nonce=_nonce(nonce), **message)
            return str(sent.id)

        return await self._ask("post", place, send)

    async def edit(self, guild: Guild, channel: Channel, message: str, announcement: Announcement) -> None:
        """Show the announcement in a message that was posted; see the port."""
        place = _place(guild, channel)
        message_id = snowflake(message)
        if message_id is None:
            raise MessageGone(f"{place}: no message is known")

        async def change(asked: Asked) -> None:
            shown = message_of(_reply(announcement))
            await asked.rest.edit_message(place.channel, message_id, **shown)

        await self._ask("edit", place, change)

    async def find(
        self, guild: Guild, channel: Channel, sought: Announcement | Mention, since: float
    ) -> str | None:
        """Our message about this code and activation, or that mentions members for it; see the port.

        Raises `ChannelGone` where perkd may not read the history: Discord shows an empty one instead, and
        what was sent would be sent again.
        """
        place = _place(guild, channel)

        async def search(asked: Asked) -> str | None:
            match sought:
                case Mention(announcement, members):
                    return await mention_of(asked, place, announcement.code, _numbers(members), since)
                case _:
                    return await message_about(asked, place, sought.code, since)

        return await self._ask("find", place, search)

    async def mention(self, guild: Guild, channel: Channel, message: str, news: Mention, nonce: str) -> str:
        """Mention exactly these members, in answer to the message; see the port."""
        place, members = _place(guild, channel), _numbers(news.members)
        if not members:
            return ""

        async def tell(asked: Asked) -> str:
            sent = await asked.rest.create_message(
                place.channel,
                _mention_text(news.announcement, members),
                nonce=_nonce(nonce),
                reply=snowflake(message) or hikari.UNDEFINED,
                reply_must_exist=False,  # where it was deleted, the members are told all the same
                mentions_everyone=False,
                mentions_reply=False,
                user_mentions=members,
                role_mentions=False,
            )
            return str(sent.id)

        return await self._ask("post", place, tell)

    async def alert(self, guild: Guild, member: str, text: str) -> None:
        """Send the member a direct message; one who takes none is passed over with a warning."""
        user = snowflake(member)
        if user is None:
            logger.warning("Nobody to tell: %s", text, extra={"guild": guild.id})
            return

        async def tell(rest: hikari.api.RESTClient) -> str:
            try:
                channel = await rest.create_dm_channel(user)
                await rest.create_message(channel.id, _spoken(text), **SILENT)
            except NETWORK as error:
                if isinstance(error, _REFUSED) and error.code:
                    return in_short(error)
                raise PostError(f"member {user}: {in_short(error)}") from error
            return ""

        try:
            refusal = await self.link.rest(tell, within=self.within)
        except DiscordAway as away:
            raise BoardAway(str(away)) from away
        if refusal:
            extra = {"guild": guild.id, "member": member}
            logger.warning("Member %s takes no direct message (%s): %s", user, refusal, text, extra=extra)

    async def _ask(self, kind: str, place: Place, ask: Ask[T]) -> T:
        async with self.pace.turn(kind, place.channel):
            return await self._ask_now(place, ask)

    async def _ask_now(self, place: Place, ask: Ask[T]) -> T:
        try:
            cache = self.link.connection().bot.cache

            async def guarded(rest: hikari.api.RESTClient) -> T:
                asked = Asked(rest, cache)
                if cache.get_unavailable_guild(place.guild) is not None:
                    raise PostError(f"{place}: Discord says that the server is unavailable for now")
                try:
                    return await ask(asked)
                except NETWORK as error:
                    raise await post_error(asked, place, error) from error

            return await self.link.rest(guarded, within=self.within)
        except DiscordAway as away:
            raise BoardAway(str(away)) from away


def snowflake(text: str) -> int | None:
    """The number of a Discord id; None for what is none."""
    if not _SNOWFLAKE.fullmatch(text) or int(text) >= 1 << 64:
        return None
    return int(text)


def _place(guild: Guild, channel: Channel) -> Place:
    server, room = snowflake(guild.id), snowflake(channel.id)
    if server is None or room is None:
        raise PostError(f"channel {channel.id!r} of {guild.id!r} is not on Discord")
    return Place(server, guild.name, room)


def _reply(announcement: Announcement) -> Reply:
    card, buttons = announcement_card(announcement)
    return Reply(cards=(card,), buttons=buttons)


def _nonce(nonce: str) -> hikari.UndefinedOr[str]:
    """As it is where it fits; "" is none."""
    if len(nonce) <= _LONGEST_NONCE:
        return nonce or hikari.UNDEFINED
    return hashlib.sha256(nonce.encode()).hexdigest()[:_LONGEST_NONCE]


# --- telling members ----------------------------------------------------------------------------


def _numbers(members: Iterable[str]) -> list[int]:
    return list(dict.fromkeys(one for one in map(snowflake, members) if one is not None))


def _mention_text(announcement: Announcement, members: Sequence[int]) -> str:
    code, progress = announcement.code, announcement.progress or Progress()
    stage = "live" if code.state is CodeState.LIVE else "ended"
    return say_count(
        f"mention.{stage}",
        progress.total,
        game=game_name(code.game),
        code=code_name(code),
        have=progress.redeemed + progress.already,
        members=" ".join(f"<@{member}>" for member in members),
    )


def _spoken(text: str) -> str:
    """A text of perkd's log for a person: foreign names in it harmless, channels to be clicked on."""
    return cut(_CHANNEL.sub(r"<#\1>", plain_lines(text)), 2000)
