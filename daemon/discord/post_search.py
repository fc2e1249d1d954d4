"""Looking for our own message in a channel's history, after a crash. On asyncio's side."""

from collections.abc import Callable, Collection, Sequence

import hikari

from actors.giftcodes.model import Code
from actors.ports import ChannelGone
from daemon.discord.custom_ids import redeem_id
from daemon.discord.post_failures import Asked, Place, missing_permissions
from daemon.discord.text import code_span

SEARCHED = 1000
"""Messages that are looked through for ours. It was sent soon after its intent was recorded."""
LATITUDE = 60.0
"""Seconds by which Discord's clock may be behind ours."""

_DISCORD_EPOCH = 1_420_070_400_000


async def message_about(asked: Asked, place: Place, code: Code, since: float) -> str | None:
    """The id of our message about this code and activation, sent since then; None: there is none.

    Raises:
        ChannelGone: perkd may not read the history.
        hikari.HikariError: and what else `post_failures.NETWORK` has.
    """
    wanted = redeem_id(code)

    def is_it(message: hikari.Message) -> bool:
        return wanted in _button_ids(message.components)

    return await _ours(asked, place, since, is_it, f"code {code.code!r} was posted")


async def mention_of(
    asked: Asked, place: Place, code: Code, members: Collection[int], since: float
) -> str | None:
    """The id of our message that mentions one of these members for the code, sent since then; None: none.

    Each member is mentioned once for a code, so that message mentions them all. Raises as `message_about`.
    """
    name, mentioned = code_name(code), {f"<@{member}>" for member in members}

    def is_it(message: hikari.Message) -> bool:
        words = (message.content or "").split()
        return name in (message.content or "") and not mentioned.isdisjoint(words)

    return await _ours(asked, place, since, is_it, f"members were told of code {code.code!r}")


def code_name(code: Code) -> str:
    """The code as the message that mentions members has it."""
    return code_span(code.code, 100)


async def _ours(
    asked: Asked, place: Place, since: float, is_it: Callable[[hikari.Message], bool], what: str
) -> str | None:
    me = asked.cache.get_me() or await asked.rest.fetch_my_user()
    empty = True
    async for message in asked.rest.fetch_messages(place.channel, after=_since(since)).limit(SEARCHED):
        empty = False
        if message.author.id == me.id and is_it(message):
            return str(message.id)
    if empty and "Read Message History" in await missing_permissions(asked, place):
        raise ChannelGone(
            f"{place}: perkd lacks Read Message History there, so it can't see whether {what} "
            "before a crash; grant it in the channel's settings"
        )
    return None


def _since(moment: float) -> hikari.Snowflake:
    """The id that a message of that moment would have."""
    return hikari.Snowflake(max(0, int((moment - LATITUDE) * 1000) - _DISCORD_EPOCH) << 22)


def _button_ids(rows: Sequence[hikari.PartialComponent]) -> set[str | None]:
    return {
        one.custom_id
        for row in rows
        if isinstance(row, hikari.ActionRowComponent)
        for one in row.components
        if isinstance(one, hikari.ButtonComponent)
    }
