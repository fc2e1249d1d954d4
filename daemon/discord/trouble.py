"""What keeps the bot from Discord, in words, and when it is worth another attempt."""

import json

import aiohttp
import hikari
from attrs import frozen

from daemon.aio import TaskCancelled

PORTAL = "https://discord.com/developers/applications"
SLOW = 300.0
"""Seconds until what a person has to mend is tried again."""
FIRST, LONGEST = 2.0, 300.0
"""Seconds until what passes by itself is tried again: doubling from the first to the last."""

_TOO_MANY = 429


class BadToken(Exception):  # noqa: N818 - what it is
    """The text in the token's variable can be no bot token. It says nothing of the text."""


class StartsSpent(Exception):  # noqa: N818 - what happened
    """Discord allows the bot no more sessions for now; the next one after `wait` seconds."""

    def __init__(self, wait: float) -> None:
        super().__init__(wait)
        self.wait = wait


class NotInTime(Exception):  # noqa: N818 - what happened
    """Discord took too long; the text says with what."""


class BotEnded(Exception):  # noqa: N818 - what happened
    """The bot closed although nobody asked it to, and did not say why."""


@frozen
class Trouble:
    """Why there is no connection now."""

    text: str
    wait: float | None = None
    """Seconds until the next attempt; None: soon, and later each time."""
    by_hand: bool = False
    """A person has to do something about it."""


def backoff(failures: int) -> float:
    """Seconds to wait after so many failures in a row (1 or more)."""
    return min(LONGEST, FIRST * 2.0 ** min(failures - 1, 10))


def trouble_of(error: BaseException, *, variable: str, rest_url: str) -> Trouble | None:
    """What an attempt ended of, for an operator; None where nothing of the kind was to be expected.

    Args:
        error: what was raised.
        variable: the environment variable with the token.
        rest_url: where Discord's REST API is.
    """
    match error:
        case BadToken() | hikari.UnauthorizedError():
            fault = (
                "holds no bot token" if isinstance(error, BadToken) else "is refused by Discord (HTTP 401)"
            )
            return _token(variable, fault)
        case hikari.HTTPResponseError():
            return _answered(error, rest_url)
        case hikari.HTTPError() | aiohttp.ClientError() | OSError() | json.JSONDecodeError():
            return Trouble(f"{rest_url} can't be reached: {_in_short(error)}")
        case hikari.GatewayServerClosedConnectionError():
            return _closed(error, variable)
        case hikari.GatewayError() | TaskCancelled():
            return Trouble(f"the connection to the gateway failed: {_in_short(error)}")
        case _:
            return _ours(error)


def _ours(error: BaseException) -> Trouble | None:
    match error:
        case StartsSpent():
            text = "the bot was started too often: Discord allows it no new session for now"
            return Trouble(text, max(error.wait, FIRST))
        case NotInTime():
            return Trouble(str(error))
        case BotEnded():
            return Trouble("hikari closed the connection by itself")
        case _:
            return None


def _token(variable: str, fault: str) -> Trouble:
    text = (
        f"the token in {variable} {fault}: copy it anew from {PORTAL} "
        f"(your application → Bot → Reset Token), set {variable} to it and restart perkd"
    )
    return Trouble(text, SLOW, by_hand=True)


def _closed(error: hikari.GatewayServerClosedConnectionError, variable: str) -> Trouble:
    code = int(error.code or 0)
    match code:
        case hikari.ShardCloseCode.AUTHENTICATION_FAILED:
            return _token(variable, "is refused by the gateway (close code 4004)")
        case hikari.ShardCloseCode.DISALLOWED_INTENT:
            text = (
                "the gateway refuses a privileged intent of the application (close code 4014): switch on "
                "Message Content Intent, and with VIP threads Server Members Intent, at "
                f"{PORTAL} (your application → Bot → Privileged Gateway Intents)"
            )
            return Trouble(text, SLOW, by_hand=True)
        case _:
            reason = f", {error.reason}" if error.reason else ""
            return Trouble(f"the gateway closed the connection for good (close code {code}{reason})", SLOW)


def _answered(error: hikari.HTTPResponseError, rest_url: str) -> Trouble:
    status = int(error.status)
    if status == _TOO_MANY:
        return Trouble("Discord asks perkd's address to wait (HTTP 429)", _retry_after(error))
    if status >= 500:  # noqa: PLR2004 - the server's faults
        return Trouble(f"Discord is out of order (HTTP {status})")
    return Trouble(
        f"{rest_url} answered HTTP {status} to the bot: is it Discord's address?", SLOW, by_hand=True
    )


def _retry_after(error: hikari.HTTPResponseError) -> float:
    try:
        return min(max(float(error.headers["Retry-After"]), FIRST), 3600.0)
    except (KeyError, ValueError):
        return SLOW


def _in_short(error: BaseException) -> str:
    """The error without what it carries along: one of hikari's may hold a whole page, or a header."""
    match error:
        case hikari.GatewayError():
            return error.reason
        case hikari.HTTPError() if error.__cause__ is not None:
            return _in_short(error.__cause__)
        case hikari.HTTPError():
            return str(error.message)
        case _:
            return str(error) or type(error).__name__
