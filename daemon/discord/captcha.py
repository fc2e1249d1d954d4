"""Captchas are read by people in a Discord channel: a picture, a button *Answer*, a form for its text."""

import logging
import secrets

import hikari
import trio
from attrs import define, field

from actors.giftcodes.model import Player
from actors.ports import Clock
from daemon.captcha import ANSWER_WITHIN
from daemon.discord import custom_ids
from daemon.discord.answering import InPlace, Shown, described
from daemon.discord.captcha_desk import LONGEST, CaptchaDesk, Taken
from daemon.discord.components import Pressed
from daemon.discord.link import DiscordAway, DiscordLink
from daemon.discord.locale import say
from daemon.discord.render import message_of
from daemon.discord.text import code_span, moment, plain
from daemon.discord.values import Button, Card, Modal, Reply, TextInput
from daemon.discord.words import game_name

logger = logging.getLogger("perkd.discord")

INPUT = "text"
"""The id of the form's only line."""
CONNECT_WITHIN = 10.0
"""Seconds that a bot which is just connecting is waited for: at a start work begins before it is there."""
EDIT_WITHIN = 10.0
"""Seconds that showing an expiry may take: the player's work waits for it."""


@define(eq=False)
class DiscordCaptchaSolver:
    """Asks whoever is in the captcha channel. Several captchas may wait at once, each with its own time.

    Where Discord stays away or the channel can't be posted to, nobody can answer, and nobody is waited for.
    """

    _link: DiscordLink
    _channel: str
    _desk: CaptchaDesk
    _clock: Clock
    timeout: float = ANSWER_WITHIN
    connect_within: float = CONNECT_WITHIN
    _trouble: str = field(default="", init=False)

    async def solve(self, game: str, player: Player, picture: bytes) -> str | None:
        """Post the picture, and wait for the first answer; None where none comes, or none can."""
        with trio.move_on_after(self.connect_within):
            await self._link.wait_open()
        id_, about = secrets.token_hex(8), _about(game, player)
        self._desk.open(id_, about)
        message = None
        try:
            message = await self._post(id_, about, picture)
            if message is not None:
                with trio.move_on_after(self.timeout):
                    await self._desk.wait(id_)
        finally:
            text = self._desk.close(id_)
        if message is not None and text is None:
            await self._show_expired(message, about)
        return text

    async def _post(self, id_: str, about: str, picture: bytes) -> int | None:
        """The message's id; None where it could not be posted."""
        until = moment(self._clock.now() + self.timeout, "R")
        reply = Reply(
            say("captcha.asked", about=about, answer=say("captcha.answer"), until=until),
            cards=(Card(image=picture),),
            buttons=(Button(custom_ids.captcha_id(id_), say("captcha.answer")),),
        )

        async def create(rest: hikari.api.RESTClient) -> int:
            message = await rest.create_message(int(self._channel), nonce=id_, **message_of(reply))
            return int(message.id)

        try:
            posted = await self._link.rest(create)
        except (DiscordAway, hikari.HTTPError) as error:
            self._say_unasked(error)
            return None
        self._trouble = ""
        return posted

    async def _show_expired(self, message: int, about: str) -> None:
        text = say("captcha.expired", about=about, seconds=f"{self.timeout:g}")

        async def edit(rest: hikari.api.RESTClient) -> None:
            await rest.edit_message(int(self._channel), message, **message_of(Reply(text)))

        try:
            await self._link.rest(edit, within=EDIT_WITHIN)
        except (DiscordAway, hikari.HTTPError) as error:
            # Its button says so as well, to who presses it.
            logger.debug("An expired captcha could not be shown as such: %s", described(error))

    def _say_unasked(self, error: Exception) -> None:
        """Each reason is told once, until a captcha can be posted again."""
        reason = described(error)
        if isinstance(error, hikari.ForbiddenError | hikari.NotFoundError):
            reason = (
                f"{reason}: [discord] captcha_channel must be a channel that perkd may view, write to "
                "and attach files in"
            )
        level = logging.DEBUG if reason == self._trouble else logging.WARNING
        self._trouble = reason
        logger.log(
            level,
            "⚠️ No captcha can be posted to channel %s, so nobody can answer: %s",
            self._channel,
            reason,
            extra={"channel": self._channel, "reason": reason},
        )


@define(eq=False)
class CaptchaAnswers:
    """What the button *Answer* and its form do. Anybody who sees the channel may answer."""

    _desk: CaptchaDesk

    async def press(self, pressed: Pressed) -> Shown:
        """Open the form, or say why not."""
        await trio.lowlevel.checkpoint()
        id_, locale = _captcha_of(pressed), pressed.caller.locale
        if self._desk.is_open(id_):
            line = TextInput(INPUT, say("captcha.text", locale), longest=LONGEST)
            return Modal(pressed.id, say("captcha.title", locale), (line,))
        if winner := self._desk.answered_by(id_):
            return _second(winner, locale)
        return InPlace(Reply(say("captcha.over")))

    async def submit(self, pressed: Pressed) -> Shown:
        """Take the answer. The first one counts."""
        await trio.lowlevel.checkpoint()
        id_, locale, member = _captcha_of(pressed), pressed.caller.locale, pressed.caller.member
        about = self._desk.about(id_)
        match self._desk.answer(id_, pressed.inputs.get(INPUT, ""), member):
            case Taken.COUNTS:
                return InPlace(Reply(say("captcha.answered", about=about, member=f"<@{member}>")))
            case Taken.EMPTY:
                return Reply(say("captcha.empty", locale, answer=say("captcha.answer")))
            case Taken.SECOND:
                return _second(self._desk.answered_by(id_), locale)
            case Taken.OVER:
                return Reply(say("captcha.late", locale))


def _captcha_of(pressed: Pressed) -> str:
    assert isinstance(pressed.what, custom_ids.CaptchaPress)  # noqa: S101 - it is found by this
    return pressed.what.id


def _second(winner: str, locale: str) -> Reply:
    return Reply(say("captcha.second", locale, member=f"<@{winner}>"))


def _about(game: str, player: Player) -> str:
    named = {"player": plain(player.label, 80), "fid": code_span(player.fid), "game": game_name(game)}
    return say("captcha.player", **named)
