"""Captchas, end to end: the real hikari against the stand-in."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any

import pytest
import trio
from attrs import define, field

from actors.giftcodes.model import Player
from daemon.discord import captcha
from daemon.discord.answering import Manner
from daemon.discord.captcha import CaptchaAnswers, DiscordCaptchaSolver
from daemon.discord.captcha_desk import CaptchaDesk
from daemon.discord.components import Components
from daemon.discord.custom_ids import CaptchaPress
from daemon.discord.link import DiscordLink
from daemon.discord.rights import Staff
from tests.worlds.discord import open_discord
from tests.worlds.discord_bots import PATIENCE, WallClock, open_bot, until

PNG = b"\x89PNG\r\n\x1a\nnot really"
ANN = Player("wos", "1001", name="Ann")
EVIL = Player("wos", "1002", name="**@everyone** <@1> `x`\u202e")


@define(eq=False)
class Place:
    """A Discord with a captcha channel, and perkd's part for captchas."""

    discord: Any
    channel: Any
    link: DiscordLink = field(factory=DiscordLink)
    desk: CaptchaDesk = field(factory=CaptchaDesk)

    def register(self) -> Callable[..., None]:
        """Of a new life of perkd, with this desk."""
        components, answers = Components(Staff()), CaptchaAnswers(self.desk)
        components.on_button(CaptchaPress, answers.press, Manner.AT_ONCE)
        components.on_modal(CaptchaPress, answers.submit, Manner.AT_ONCE)
        return components.register

    def solver(self, timeout: float = 60.0, channel: str = "") -> DiscordCaptchaSolver:
        return DiscordCaptchaSolver(self.link, channel or self.channel.id, self.desk, WallClock(), timeout)

    async def messages(self, number: int) -> list[Any]:
        """The channel's messages once there are so many."""
        await until(lambda: len(self.channel.messages) >= number)
        return list(self.channel.messages)


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    async with open_discord() as discord:
        guild = discord.add_guild("Snow")
        yield Place(discord, guild.add_channel("captchas"))


@pytest.fixture
async def live(place: Place) -> AsyncIterator[Place]:
    async with open_bot(place.discord, place.link, place.register()):
        yield place


def _member(place: Place, name: str) -> Any:
    return place.channel.guild.add_member(name)


async def _solving(nursery: trio.Nursery, solve: Callable[[], Awaitable[str | None]]) -> list[str | None]:
    answers: list[str | None] = []

    async def run() -> None:
        answers.append(await solve())

    nursery.start_soon(run)
    await trio.lowlevel.checkpoint()
    return answers


async def test_anybody_in_the_channel_answers_and_the_message_says_who(
    live: Place, nursery: trio.Nursery, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    answers = await _solving(nursery, lambda: live.solver().solve("wos", EVIL, PNG))
    (message,) = await live.messages(1)
    assert message.attachments
    assert "1002" in message.content
    assert "@everyone" not in message.content.replace("\u200b", "!")
    assert not message.pinged
    assert not message.pinged_everyone
    bob = _member(live, "Bob")
    form = await bob.press(message, "Answer")
    assert form.modal is not None
    await bob.submit(form, text=" aB 3d\u200b ")
    await until(lambda: answers)
    assert answers == ["aB3d"]
    await until(lambda: not message.components)
    assert f"<@{bob.id}>" in message.content
    assert not message.attachments
    assert not message.embeds
    assert not message.pinged
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("perkd")]
    assert not [line for line in ours if "aB3d" in line or "aB 3d" in line]


async def test_two_answer_at_once_and_the_first_counts(live: Place, nursery: trio.Nursery) -> None:
    answers = await _solving(nursery, lambda: live.solver().solve("wos", ANN, PNG))
    (message,) = await live.messages(1)
    bob, eve = _member(live, "Bob"), _member(live, "Eve")
    forms = [await bob.press(message, "Answer"), await eve.press(message, "Answer")]
    replies: dict[str, Any] = {}

    async def submit(who: Any, form: Any, text: str) -> None:
        replies[text] = await who.submit(form, text=text)

    async with trio.open_nursery() as both:
        both.start_soon(submit, bob, forms[0], "bobs")
        both.start_soon(submit, eve, forms[1], "eves")
    await until(lambda: answers)
    (first,) = answers
    second = "eves" if first == "bobs" else "bobs"
    assert "was faster" in replies[second].text
    assert replies[second].ephemeral


async def test_an_empty_answer_is_asked_for_again(live: Place, nursery: trio.Nursery) -> None:
    answers = await _solving(nursery, lambda: live.solver().solve("wos", ANN, PNG))
    (message,) = await live.messages(1)
    bob = _member(live, "Bob")
    reply = await bob.submit(await bob.press(message, "Answer"), text="\u2009 \u2009")
    assert "nothing in it" in reply.text
    assert not answers
    await bob.submit(await bob.press(message, "Answer"), text="ok12")
    await until(lambda: answers)
    assert answers == ["ok12"]


async def test_nobody_answers_and_the_message_says_so_and_a_late_form_is_answered_politely(
    live: Place, nursery: trio.Nursery
) -> None:
    answers = await _solving(nursery, lambda: live.solver(timeout=2.5).solve("wos", ANN, PNG))
    (message,) = await live.messages(1)
    bob = _member(live, "Bob")
    form = await bob.press(message, "Answer")
    await until(lambda: answers)
    assert answers == [None]
    assert "nobody answered within 2.5 s" in message.content
    assert not message.components
    assert not message.attachments
    late = await bob.submit(form, text="ok12")
    assert "too late" in late.text
    assert late.ephemeral


async def test_several_captchas_wait_at_once_each_for_its_own_answer(
    live: Place, nursery: trio.Nursery
) -> None:
    solver = live.solver()
    players = [Player("wos", str(2000 + number)) for number in range(3)]
    answers = [await _solving(nursery, partial(solver.solve, "wos", one, PNG)) for one in players]
    bob = _member(live, "Bob")
    for message in await live.messages(3):
        fid = next(player.fid for player in players if player.fid in message.content)
        await bob.submit(await bob.press(message, "Answer"), text=f"of{fid}")
    await until(lambda: all(answers))
    assert answers == [[f"of{player.fid}"] for player in players]


async def test_after_a_restart_an_old_button_says_that_it_is_over(place: Place) -> None:
    async with open_bot(place.discord, place.link, place.register()), trio.open_nursery() as nursery:
        await _solving(nursery, lambda: place.solver().solve("wos", ANN, PNG))
        (message,) = await place.messages(1)
        nursery.cancel_scope.cancel()
    assert message.components
    place.desk = CaptchaDesk()  # of the next life
    async with open_bot(place.discord, place.link, place.register()):
        await _member(place, "Bob").press(message, "Answer")
        await until(lambda: not message.components)
    assert "over" in message.content
    assert not message.attachments


async def test_without_discord_nobody_can_answer_and_nobody_is_waited_for(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    solver = place.solver()
    solver.connect_within = 0.1
    with trio.fail_after(PATIENCE):
        assert await solver.solve("wos", ANN, PNG) is None
        assert await solver.solve("wos", ANN, PNG) is None
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "Discord is away" in caplog.text


@pytest.mark.parametrize("fault", ["gone", "denied", "refused"])
async def test_a_channel_that_cannot_be_posted_to_is_named_and_nobody_is_waited_for(
    live: Place, caplog: pytest.LogCaptureFixture, fault: str
) -> None:
    if fault == "gone":
        live.channel.delete()
    elif fault == "denied":
        live.channel.deny("SEND_MESSAGES")
    else:
        live.discord.faults.answer("POST", "/channels/*/messages", status=400)
    with trio.fail_after(PATIENCE):
        assert await live.solver().solve("wos", ANN, PNG) is None
    assert live.channel.id in caplog.text
    assert fault == "refused" or "captcha_channel" in caplog.text
    assert not live.channel.messages


async def test_a_captcha_outlives_the_bot_that_posted_it(place: Place, nursery: trio.Nursery) -> None:
    async with open_bot(place.discord, place.link, place.register()):
        answers = await _solving(nursery, lambda: place.solver().solve("wos", ANN, PNG))
        (message,) = await place.messages(1)
    assert not answers
    async with open_bot(place.discord, place.link, place.register()):
        bob = _member(place, "Bob")
        await bob.submit(await bob.press(message, "Answer"), text="ok12")
        await until(lambda: answers)
    assert answers == ["ok12"]


async def test_a_captcha_whose_post_lost_its_answer_is_posted_once(
    live: Place, nursery: trio.Nursery
) -> None:
    live.discord.faults.drop_reply("POST", "/channels/*/messages")
    answers = await _solving(nursery, lambda: live.solver().solve("wos", ANN, PNG))
    (message,) = await live.messages(1)
    bob = _member(live, "Bob")
    await bob.submit(await bob.press(message, "Answer"), text="ok12")
    await until(lambda: answers)
    assert answers == ["ok12"]
    assert len(live.channel.messages) == 1


async def test_an_expiry_that_can_not_be_shown_holds_nobody_up(
    live: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(captcha, "EDIT_WITHIN", 0.2)
    held = live.discord.faults.hang("PATCH", "/channels/*/messages/*")
    with trio.fail_after(PATIENCE):
        assert await live.solver(timeout=0.3).solve("wos", ANN, PNG) is None
    held.release()
