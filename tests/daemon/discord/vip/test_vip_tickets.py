"""Tickets: answers in several parts, through outages, and never twice or for ever."""

import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest
import trio

from actors.vip.messages import ClearSession, Click
from actors.vip.words import Notice, Word
from daemon.discord.link import DiscordLink
from daemon.discord.values import Slip
from daemon.discord.vip import tickets as module
from daemon.discord.vip.ticket import Spot, Voice
from daemon.discord.vip.tickets import Tickets
from tests.worlds.vip_counter import BUTTON, Counter, open_counter, open_live_counter

QUEUED = Notice.of(Word.QUEUED, position=3)
OPENED = Notice.of(Word.OPENED, link="https://x.example/1")
EDIT = ("PATCH", "/webhooks/*/*/messages/@original")


@pytest.fixture
async def live(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Counter]:
    monkeypatch.setattr(module, "_PAUSE", 0.01)
    async with open_live_counter() as counter:
        counter.discord.interactions.patience = 30.0
        yield counter


async def test_an_answer_is_repeated_until_discord_takes_it(
    live: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WRITE_WITHIN", 0.2)
    panel = await live.panel()
    live.discord.faults.hang(*EDIT, times=3)
    answer = await live.ann.press(panel, BUTTON)
    assert "https://x.example/1" in answer.text


async def test_a_desk_that_answers_is_not_held_up_by_discord(live: Counter) -> None:
    panel = await live.panel()
    hang = live.discord.faults.hang(*EDIT)
    answers: list[Any] = []

    async def press() -> None:
        answers.append(await live.ann.press(panel, BUTTON))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(press)
        (click,) = await live.until_told(Click)
        with trio.fail_after(20.0):
            for position in range(100, 0, -1):
                await live.vip.answers.answer(click.ticket, Notice.of(Word.QUEUED, position=position))
        hang.release()
    await live.until(lambda: "number 1 " in answers[0].text)
    assert len(live.discord.asked(*EDIT)) <= 4  # the newest counts; those between need not be seen


async def test_a_token_that_is_over_is_no_trouble(live: Counter, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "perkd.discord")
    panel = await live.panel()
    answer = await live.ann.press(panel, BUTTON)
    (click,) = live.of(Click)
    live.discord.later(16 * 60)
    await live.vip.answers.answer(click.ticket, QUEUED)
    await live.until(lambda: "can't be answered" in caplog.text)
    assert answer.interaction.token not in caplog.text
    assert not len(live.vip.answers)
    assert live.tree.ref("watcher").alive


async def test_answers_wait_for_a_bot_that_comes_back() -> None:
    async with open_counter() as counter, counter.perkd():
        lounge = counter.guild.add_channel("lounge")
        async with counter.bot():
            message = await counter.eve.say(lounge, f"!clear_vip_session <@{counter.ann.id}>")
            (request,) = await counter.until_told(ClearSession)
            await counter.until(lambda: len(lounge.messages) == 2)
        await counter.vip.answers.answer(request.ticket, Notice.of(Word.CLEAR_DONE))
        async with counter.bot():
            await counter.until(lambda: "Cleared" in lounge.messages[-1].content)
    assert len(lounge.messages) == 2
    assert message.id in repr(lounge.messages[-1].payload()["message_reference"])


async def test_a_reply_whose_answer_was_lost_is_posted_once(live: Counter) -> None:
    lounge = live.guild.add_channel("lounge")
    live.discord.faults.drop_reply("POST", f"/channels/{lounge.id}/messages")
    await live.eve.say(lounge, f"!clear_vip_session <@{live.ann.id}>")
    (request,) = await live.until_told(ClearSession)
    await live.vip.answers.answer(request.ticket, Notice.of(Word.CLEAR_DONE))
    await live.until(lambda: len(lounge.messages) > 1 and "Cleared" in lounge.messages[-1].content)
    assert len(lounge.messages) == 2


async def test_a_channel_where_perkd_may_not_write_is_no_trouble(
    live: Counter, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "perkd.discord")
    lounge = live.guild.add_channel("lounge", deny=("SEND_MESSAGES",))
    await live.eve.say(lounge, f"!clear_vip_session <@{live.ann.id}>")
    assert await live.until_told(ClearSession)
    await live.until(lambda: "can't be answered" in caplog.text)


async def test_a_watcher_that_crashed_goes_on_with_what_was_not_shown(live: Counter) -> None:
    panel = await live.panel()
    live.notices = []
    answers: list[Any] = []

    async def press() -> None:
        answers.append(await live.ann.press(panel, BUTTON))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(press)
        (click,) = await live.until_told(Click)
        fault = live.discord.faults.hang(*EDIT)
        await live.vip.answers.answer(click.ticket, OPENED)
        await live.until(lambda: fault.waiting)
        live.tree.ref("watcher").tell("it crashes, since this means nothing to it")
        fault.release()
    assert "https://x.example/1" in answers[0].text


# --- on the virtual clock -----------------------------------------------------------------------


async def test_nobody_is_left_without_a_word_and_what_is_over_is_forgotten(autojump_clock: object) -> None:
    tickets = Tickets(DiscordLink())
    ticket = tickets.open(Slip("1", "2", "token"), Voice.CLICK, "en-US")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(tickets.serve)
        await trio.sleep(tickets.life - 15.0)
        assert "took too long" in tickets._tickets[ticket].text
        await trio.sleep(30.0)
        assert not len(tickets)
        nursery.cancel_scope.cancel()


async def test_who_waits_for_long_is_told_so_until_there_is_an_answer(autojump_clock: object) -> None:
    tickets = Tickets(DiscordLink())
    async with trio.open_nursery() as nursery:
        nursery.start_soon(tickets.serve)
        slow = tickets.open(Slip("1", "2", "token"), Voice.CLICK, "en-US")
        await trio.sleep(12)
        assert not tickets._tickets[slow].text
        await trio.sleep(10)
        assert "longer than usual" in tickets._tickets[slow].text
        await tickets.answer(slow, OPENED)
        assert "longer" not in tickets._tickets[slow].text
        nursery.cancel_scope.cancel()


async def test_who_was_answered_is_told_nothing_more_at_the_end(autojump_clock: object) -> None:
    tickets = Tickets(DiscordLink())
    ticket = tickets.open(Slip("1", "2", "token"), Voice.CLICK, "en-US")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(tickets.serve)
        await tickets.answer(ticket, QUEUED)
        await trio.sleep(tickets.life - 15.0)
        assert "took too long" not in tickets._tickets[ticket].text
        nursery.cancel_scope.cancel()


async def test_tickets_are_bounded_and_the_oldest_go_first(
    autojump_clock: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST", 10)
    tickets = Tickets(DiscordLink())
    made = [tickets.open(Spot("1", str(number)), Voice.STAFF, "en-US") for number in range(30)]
    for ticket in made:
        await tickets.answer(ticket, OPENED)
    assert len(tickets) == 10
    assert set(tickets._tickets) == set(made[-10:])
    assert set(tickets._waiting) == set(made[-10:])


def test_a_slip_keeps_its_token_to_itself() -> None:
    assert "secret" not in repr(Slip("1", "2", "secret"))
