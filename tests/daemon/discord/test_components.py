"""Buttons and modals, end to end: the real hikari against the stand-in."""

import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest
import trio
from attrs import define, field

from actors.ports import StoreUnavailable
from daemon.discord import answering
from daemon.discord.answering import InPlace, Manner, Shown
from daemon.discord.components import Components, Pressed
from daemon.discord.custom_ids import RegisterPress, StatusPress, register_id, status_id
from daemon.discord.link import DiscordLink
from daemon.discord.render import message_of
from daemon.discord.rights import Staff
from daemon.discord.values import Button, Modal, Reply, Right, TextInput
from daemon.service import Refused
from tests.worlds.discord import open_discord
from tests.worlds.discord_bots import open_bot, until

FORM = Modal(register_id("wos"), "Your player", (TextInput("fid", "Player ID"), TextInput("state", "State")))
BUTTONS = (
    Button(register_id("wos"), "Register"),
    Button(status_id(3), "Next"),
    Button("gc:of-another-version", "Old"),
    Button("other:app", "Foreign"),
)


@define(eq=False)
class Desk:
    """What the handlers heard, and what they do next."""

    heard: list[Pressed] = field(factory=list)
    shown: Shown = FORM
    raises: Exception | None = None
    delay: float = 0.0

    async def handle(self, pressed: Pressed) -> Shown:
        self.heard.append(pressed)
        await trio.sleep(self.delay)
        if self.raises is not None:
            raise self.raises
        return self.shown


@define(eq=False)
class Place:
    discord: Any
    channel: Any
    ann: Any
    desk: Desk = field(factory=Desk)
    link: DiscordLink = field(factory=DiscordLink)

    def components(self) -> Components:
        components = Components(Staff(owners=frozenset({self.ann.id})))
        components.on_button(RegisterPress, self.desk.handle, Manner.AT_ONCE)
        components.on_modal(RegisterPress, self.desk.handle)
        components.on_button(StatusPress, self.desk.handle, Manner.UPDATE)
        return components

    async def post(self) -> Any:
        """A message with buttons, by the bot."""

        async def create(rest: Any) -> None:
            await rest.create_message(int(self.channel.id), **message_of(Reply("Look", buttons=BUTTONS)))

        await self.link.rest(create)
        return self.channel.messages[-1]


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    async with open_discord() as discord:
        guild = discord.add_guild("Snow")
        yield Place(discord, guild.add_channel("codes"), guild.add_member("Ann"))


@pytest.fixture
async def live(place: Place) -> AsyncIterator[Place]:
    async with open_bot(place.discord, place.link, place.components().register):
        yield place


async def test_a_button_opens_a_form_and_the_form_is_answered(live: Place) -> None:
    message = await live.post()
    form = await live.ann.press(message, "Register")
    assert form.modal is not None
    live.desk.shown = Reply("Registered")
    answer = await live.ann.submit(form, fid="123", state="45")
    assert answer.text == "Registered"
    assert answer.ephemeral
    assert answer.deferred
    pressed, sent = live.desk.heard
    assert pressed.what == sent.what == RegisterPress("wos")
    assert dict(sent.inputs) == {"fid": "123", "state": "45"}
    assert sent.caller.member == live.ann.id
    assert sent.caller.right is Right.OWNER
    assert "123" not in repr(sent)


async def test_buttons_work_after_a_restart_of_the_bot(place: Place) -> None:
    async with open_bot(place.discord, place.link, place.components().register):
        message = await place.post()
    async with open_bot(place.discord, place.link, place.components().register):
        place.desk.shown = Reply("Page 4")
        answer = await place.ann.press(message, "Next")
    assert answer.text == "Page 4"
    assert place.desk.heard[-1].what == StatusPress(3)


async def test_a_page_takes_the_place_of_the_message_it_was_asked_from(live: Place) -> None:
    message = await live.post()
    live.desk.shown = Reply("Page 4")
    await live.ann.press(message, "Next")
    assert message.content == "Page 4"
    assert not message.components


async def test_an_answer_at_once_may_take_the_messages_place_too(live: Place) -> None:
    message = await live.post()
    live.desk.shown = InPlace(Reply("Over"))
    await live.ann.press(message, "Register")
    assert message.content == "Over"
    assert not message.components


async def test_a_button_of_another_version_is_answered_politely(live: Place) -> None:
    answer = await live.ann.press(await live.post(), "Old")
    assert "another version" in answer.text
    assert answer.ephemeral
    assert not live.desk.heard


async def test_what_is_not_ours_is_left_alone(live: Place) -> None:
    message = await live.post()
    before = len(live.discord.requests)
    with trio.move_on_after(0.3):
        await live.ann.press(message, "Foreign")
    assert not live.desk.heard
    assert not [one for one in live.discord.requests[before:] if "interactions" in one[1]]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (Refused("fid '**x** @everyone': no number"), "no number"),
        (StoreUnavailable("away"), "can't reach my records"),
        (KeyError("oops"), "failed inside perkd"),
    ],
    ids=["a person's", "the store's", "ours"],
)
@pytest.mark.parametrize("button", ["Register", "Next"])
async def test_every_error_is_answered_in_words(
    live: Place, caplog: pytest.LogCaptureFixture, error: Exception, said: str, button: str
) -> None:
    live.desk.raises = error
    message = await live.post()
    answer = await live.ann.press(message, button)
    text = answer.text or message.content
    assert said in text
    assert "@everyone" not in text
    assert ("Traceback" in caplog.text) == isinstance(error, KeyError)


async def test_an_answer_at_once_that_takes_too_long_says_so_in_time(
    live: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answering, "FIRST_SIGN", 0.2)
    live.desk.delay = 30.0
    answer = await live.ann.press(await live.post(), "Register")
    assert "too long" in answer.text


async def test_an_expired_token_is_logged_without_it_and_harms_nothing(
    live: Place, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "perkd.discord")
    message = await live.post()
    live.desk.shown, live.desk.delay = Reply("Too late"), 0.3

    async def press() -> None:
        with trio.move_on_after(2):
            await live.ann.press(message, "Next")

    async with trio.open_nursery() as nursery:
        nursery.start_soon(press)
        await until(lambda: live.desk.heard)
        live.discord.later(16 * 60)
        await until(lambda: "got no answer" in caplog.text)
        nursery.cancel_scope.cancel()
    assert "/webhooks/" not in caplog.text
    live.desk.delay = 0.0
    assert (await live.ann.press(message, "Next")).text == "Too late"


async def test_where_discord_does_not_take_the_first_sign_nothing_is_done(
    live: Place, caplog: pytest.LogCaptureFixture
) -> None:
    message = await live.post()
    live.discord.faults.answer("POST", "/interactions/*/*/callback", status=404, code=10062)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(live.ann.press, message, "Next")
        await until(lambda: "code 10062" in caplog.text)
        nursery.cancel_scope.cancel()  # the member would wait for long
    assert not live.desk.heard


async def test_a_first_sign_whose_reply_was_lost_counts(live: Place) -> None:
    message = await live.post()
    live.discord.faults.drop_reply("POST", "/interactions/*/*/callback")
    live.desk.shown = Reply("Page 4")
    await live.ann.press(message, "Next")
    assert message.content == "Page 4"


@pytest.mark.parametrize("as_whole", [False, True], ids=["cut", "half the JSON"])
async def test_a_first_sign_whose_reply_broke_off_counts(
    live: Place, caplog: pytest.LogCaptureFixture, as_whole: bool
) -> None:
    message = await live.post()
    live.discord.faults.cut_reply("POST", "/interactions/*/*/callback", as_whole=as_whole)
    form = await live.ann.press(message, "Register")
    assert form.modal is not None
    await until(lambda: "whether Discord took it is not known" in caplog.text)
    live.discord.faults.cut_reply("POST", "/interactions/*/*/callback", as_whole=as_whole)
    live.desk.shown = Reply("Page 4")
    await live.ann.press(message, "Next")
    assert message.content == "Page 4"
    assert not [one for one in caplog.records if one.levelno >= logging.ERROR]


async def test_an_answer_that_can_not_be_shown_is_said_to_have_failed(
    live: Place, caplog: pytest.LogCaptureFixture
) -> None:
    message = await live.post()
    live.desk.shown = Reply("Look", buttons=(Button("x" * 101, "Too long"),))
    await live.ann.press(message, "Next")
    assert "failed inside perkd" in message.content
    assert "can't be put into a message" in caplog.text


async def test_an_answer_that_discord_refuses_is_said_to_have_failed(
    live: Place, caplog: pytest.LogCaptureFixture
) -> None:
    message = await live.post()
    live.desk.shown = Reply("Page 4")
    live.discord.faults.answer("PATCH", "/webhooks/*/*/messages/@original", status=400, code=50035)
    await live.ann.press(message, "Next")
    assert "failed inside perkd" in message.content
    assert "code 50035" in caplog.text
