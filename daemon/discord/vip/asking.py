"""Asking Discord for the VIP half: what goes wrong becomes the port's errors."""

import contextlib
import json
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import TypeVar

import aiohttp
import hikari
from attrs import frozen

from actors.vip.ports import FloodWait, Forbidden, Gone, Refused, Trouble, Unreachable
from daemon.discord.link import DiscordAway, DiscordLink
from daemon.discord.post_failures import NETWORK, Asked, available, in_short

T = TypeVar("T")

WITHIN = 30.0
"""Seconds for one call, with hikari's own repetitions and waits."""
UNKNOWN_EMOJI = 10014
_SHORTLY = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.UNAUTHORIZED})
"""The token may have been reset: the bot's own connection finds out, and tells."""
_NO_HINT = 60.0
_LONGEST_WAIT = 3600.0


class Archived(Gone):
    """The thread is archived: nothing in it can be changed."""


class TooLarge(Refused):
    """More bytes than Discord takes."""


_BY_CODE = {50083: Archived, 160005: Archived, 40005: TooLarge}
_BY_STATUS = {400: Refused, 403: Forbidden, 404: Gone}


@frozen
class Asking:
    """Calls `ask(rest client)` in the bot's loop; raises errors of `actors.vip.ports` for Discord's."""

    link: DiscordLink
    within: float = WITHIN

    async def __call__(
        self,
        ask: Callable[[hikari.api.RESTClient], Awaitable[T]],
        *,
        guild: str = "",
        within: float | None = None,
    ) -> T:
        """`guild`: whose outage would make anything seem to be gone; "": any server's.

        Raises:
            Trouble: of the port, whatever Discord answered, or that it did not.
        """
        cache = self.cache()

        async def guarded(rest: hikari.api.RESTClient) -> T:
            try:
                return await ask(rest)
            except NETWORK as error:
                trouble = trouble_of(error)
                if trouble is None:
                    raise
                if isinstance(trouble, Gone | Forbidden) and await _is_out(Asked(rest, cache), guild):
                    trouble = Unreachable("Discord says that the server is unavailable for now")
                raise trouble from error

        try:
            return await self.link.rest(guarded, within=self.within if within is None else within)
        except DiscordAway as away:
            raise Unreachable(str(away)) from away

    def cache(self) -> hikari.api.Cache:
        """What the bot keeps in memory. Raises `Unreachable`."""
        try:
            return self.link.connection().bot.cache
        except DiscordAway as away:
            raise Unreachable(str(away)) from away

    async def own_id(self) -> int:
        """The bot's."""

        async def ask(rest: hikari.api.RESTClient) -> int:
            return int((await rest.fetch_my_user()).id)

        me = self.cache().get_me()
        return int(me.id) if me is not None else await self(ask)


def trouble_of(error: Exception) -> Trouble | None:
    """What an error of `NETWORK` means; None: a fault of perkd's or hikari's."""
    match error:
        case hikari.RateLimitTooLongError(retry_after=seconds):
            return FloodWait(seconds)
        case hikari.HTTPResponseError(status=HTTPStatus.TOO_MANY_REQUESTS):
            return FloodWait(_seconds(error))
        case hikari.HTTPResponseError():
            return _meaning(error)(in_short(error))
        case hikari.HTTPError() | aiohttp.ClientError() | json.JSONDecodeError() | TimeoutError():
            return Unreachable(in_short(error))
        case hikari.ComponentStateConflictError():
            return Unreachable("the bot is disconnecting")
        case _:
            return None


def _meaning(error: hikari.HTTPResponseError) -> type[Trouble]:
    """A 400, 403 or 404 without Discord's JSON is of something in between, and passes."""
    known = HTTPStatus.BAD_REQUEST <= error.status < HTTPStatus.INTERNAL_SERVER_ERROR
    if not known or error.status in _SHORTLY:
        return Unreachable
    match error:
        case hikari.BadRequestError() | hikari.ForbiddenError() | hikari.NotFoundError():
            if not error.code and not error.message:
                return Unreachable
            return _BY_CODE.get(error.code) or _BY_STATUS[int(error.status)]
        case _:
            return TooLarge if error.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE else Refused


def _seconds(error: hikari.HTTPResponseError) -> float:
    with contextlib.suppress(KeyError, ValueError):
        return min(max(float(error.headers["Retry-After"]), 1.0), _LONGEST_WAIT)
    return _NO_HINT


async def _is_out(asked: Asked, guild: str) -> bool:
    """Whether an outage of the server makes things seem to be gone. Where that can't be told, it is one."""
    if not guild:
        return bool(asked.cache.get_unavailable_guilds_view())
    try:
        return await available(asked, int(guild)) is None
    except NETWORK:
        return True
