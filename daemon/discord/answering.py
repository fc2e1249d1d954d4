"""Answers to interactions, on asyncio's side: acknowledged at once, worked out in trio, then shown.

Discord waits three seconds for the first sign, and takes the rest for fifteen minutes. Commands, buttons and
modals all go through `answer`, so that errors read the same everywhere.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from enum import Enum, auto

import hikari
from attrs import frozen

from actors.ports import StoreUnavailable
from daemon.aio import Loop, LoopEnded
from daemon.discord.link import DiscordAway
from daemon.discord.locale import say
from daemon.discord.post_failures import NETWORK, without_addresses
from daemon.discord.render import message_of, modal_of
from daemon.discord.text import plain
from daemon.discord.values import Later, Modal, Reply
from daemon.service import Refused

logger = logging.getLogger("perkd.discord")

Interaction = hikari.CommandInteraction | hikari.ComponentInteraction | hikari.ModalInteraction


@frozen
class InPlace:
    """A reply in the place of the message that the button is on. Only an answer at once may be one."""

    reply: Reply


Shown = Reply | InPlace | Modal | Later
"""What is shown. Only an answer at once may open a modal; only a deferred one may come later."""

Run = Callable[[], Awaitable[Shown]]
"""What works an answer out, in trio."""

FIRST_SIGN = 2.0
"""Seconds for an answer that is not deferred; Discord waits three."""
LONGEST = 14 * 60.0
"""Seconds for a deferred one; the interaction's token is good for fifteen minutes."""

_ALREADY_ACKNOWLEDGED = 40060
_OUR_FAULT = frozenset({400, 413})
"""HTTP's words for an answer that is wrong, or too large: another one may be taken."""


class Manner(Enum):
    """How the first sign is given, and where the answer is shown."""

    DEFER = auto()
    """Said to be worked on, seen by the asking member alone; the answer takes that message's place."""
    UPDATE = auto()
    """The same, but the answer takes the place of the message that the button is on."""
    AT_ONCE = auto()
    """The answer is the first sign: it may be a modal, and has to be there within `FIRST_SIGN` seconds."""


async def answer(interaction: Interaction, loop: Loop, run: Run, manner: Manner = Manner.DEFER) -> None:
    """Answer an interaction with what `run` works out in trio.

    What a person did wrong (`Refused` and the like) is said in its own words, a store that is away in a
    friendly sentence. Anything else that `run` raises is logged with its traceback. Where Discord does not
    take the first sign, `run` is not begun: Discord tells the member that it failed, and who asks again gets
    another try. Where its reply was cut off, the sign counts as taken. Nothing of this is raised.
    """
    if manner is Manner.AT_ONCE:
        await _show_first(interaction, await _worked_out(interaction, loop, run, FIRST_SIGN))
    elif await _acknowledged(interaction, manner):
        await _show_later(interaction, await _worked_out(interaction, loop, run, LONGEST))


# --- working it out -----------------------------------------------------------------------------


async def _worked_out(interaction: Interaction, loop: Loop, run: Run, within: float) -> Shown:
    try:
        async with asyncio.timeout(within):
            return await loop.run_in_trio(run)
    except TimeoutError:
        return Reply(say("answer.too_slow", locale_of(interaction)))
    except Exception as error:  # noqa: BLE001 - all are told apart, and none is passed over
        return Reply(_said(interaction, error))


def _said(interaction: Interaction, error: Exception) -> str:
    """What the member is told of an error."""
    locale = locale_of(interaction)
    match error:
        case Refused():
            return plain(str(error))
        case StoreUnavailable():
            return say("answer.store_away", locale)
        case DiscordAway() | hikari.HTTPError():
            logger.warning("%s could not be answered: %s", named(interaction), described(error))
            return say("answer.discord_away", locale)
        case LoopEnded():
            return say("answer.failed", locale)  # perkd stops, and so does the bot: nobody will see this
        case _:
            logger.error("%s failed inside perkd", named(interaction), exc_info=error)
            return say("answer.failed", locale)


# --- showing it ---------------------------------------------------------------------------------


async def _acknowledged(interaction: Interaction, manner: Manner) -> bool:
    try:
        if manner is Manner.UPDATE and not isinstance(interaction, hikari.CommandInteraction):
            await interaction.create_initial_response(hikari.ResponseType.DEFERRED_MESSAGE_UPDATE)
        else:
            await interaction.create_initial_response(
                hikari.ResponseType.DEFERRED_MESSAGE_CREATE, flags=hikari.MessageFlag.EPHEMERAL
            )
    except hikari.BadRequestError as error:
        if error.code == _ALREADY_ACKNOWLEDGED:  # the first sign was repeated since its reply was lost
            return True
        _not_answered(interaction, error)
        return False
    except hikari.HikariError as error:
        _not_answered(interaction, error)
        return False
    # There was a reply, and its body is lost. A `run` that nobody waits for does less harm than a member who
    # looks at "thinking…" for a quarter of an hour.
    except NETWORK as error:
        logger.debug("%s: the reply to the first sign was cut off: %s", named(interaction), described(error))
    return True


async def _show_first(interaction: Interaction, shown: Shown) -> None:
    try:
        match shown:
            case InPlace(reply) if not isinstance(interaction, hikari.CommandInteraction):
                await interaction.create_initial_response(
                    hikari.ResponseType.MESSAGE_UPDATE, **message_of(reply)
                )
            case Modal() if not isinstance(interaction, hikari.ModalInteraction):
                await interaction.create_modal_response(**modal_of(shown))
            case Reply():
                await interaction.create_initial_response(
                    hikari.ResponseType.MESSAGE_CREATE,
                    flags=hikari.MessageFlag.EPHEMERAL,
                    **message_of(shown),
                )
            case _:
                raise TypeError(f"{named(interaction)} can't be answered with {type(shown).__name__}")
    except NETWORK as error:
        _not_answered(interaction, error)


async def _show_later(interaction: Interaction, shown: Shown) -> None:
    if isinstance(shown, Later):
        return
    if not isinstance(shown, Reply):
        raise TypeError(f"{named(interaction)}: only an answer at once can be {type(shown).__name__}")
    try:
        await interaction.edit_initial_response(**message_of(shown))
    except hikari.ClientHTTPResponseError as error:
        if int(error.status) not in _OUR_FAULT:
            _not_answered(interaction, error)
            return
        logger.error("%s: Discord refuses our answer: %s", named(interaction), described(error))  # noqa: TRY400 - its text says it all
        await _show_failed(interaction)
    except NETWORK as error:  # before the ValueError: JSON that was cut off is one
        _not_answered(interaction, error)
    # What we made of it can't be shown. The member shall not look at "thinking…" for ever.
    except ValueError:
        logger.exception("%s: the answer can't be put into a message", named(interaction))
        await _show_failed(interaction)


async def _show_failed(interaction: Interaction) -> None:
    try:
        await interaction.edit_initial_response(
            **message_of(Reply(say("answer.failed", locale_of(interaction))))
        )
    except NETWORK as error:
        _not_answered(interaction, error)


# --- what is said about it ----------------------------------------------------------------------


def _not_answered(interaction: Interaction, error: Exception) -> None:
    text = "%s by %s got no answer: %s"
    if not isinstance(error, hikari.HikariError):  # Discord's reply was cut off, and we were heard
        text = "%s by %s was answered, but whether Discord took it is not known: %s"
    logger.warning(text, named(interaction), interaction.user.id, described(error))


def named(interaction: Interaction) -> str:
    """What was used, for the log: `/redeem`, `button gc:…`; nothing that a person typed."""
    match interaction:
        case hikari.CommandInteraction():
            return f"/{interaction.command_name}"
        case hikari.ComponentInteraction():
            return f"button {interaction.custom_id[:100]!r}"
        case _:
            return f"modal {interaction.custom_id[:100]!r}"


def locale_of(interaction: Interaction) -> str:
    """The language of the member's client."""
    return str(getattr(interaction.locale, "value", interaction.locale))


def described(error: BaseException) -> str:
    """The error for the log, without the address it came from."""
    if isinstance(error, hikari.HTTPResponseError):
        code = f" (code {error.code})" if error.code else ""
        return f"HTTP {int(error.status)}{code} {error.message}".rstrip()
    return f"{type(error).__name__}: {without_addresses(str(error))}"
