"""The panel and its button, end to end: the real hikari against the stand-in."""

import logging
from collections.abc import AsyncIterator

import pytest
import trio

from actors.vip.messages import Click
from actors.vip.words import Notice, Word
from tests.worlds.discord_commands import read
from tests.worlds.vip_counter import BUTTON, Counter, open_counter, open_live_counter


@pytest.fixture
async def live() -> AsyncIterator[Counter]:
    async with open_live_counter() as counter:
        yield counter


async def test_a_press_reaches_the_desk_with_the_members_roles_and_its_answer_is_shown(live: Counter) -> None:
    panel = await live.panel()
    gold = live.guild.add_role("gold")
    live.guild.set_roles(live.ann, gold)
    answer = await live.ann.press(panel, BUTTON)
    assert "https://x.example/1" in answer.text
    assert answer.ephemeral
    assert answer.deferred
    (click,) = live.of(Click)
    assert click.member == live.member(live.ann)
    assert click.name == "Ann"
    assert click.roles == {gold.id}


async def test_a_newer_answer_takes_the_older_ones_place(live: Counter) -> None:
    panel = await live.panel()
    live.notices = [Notice.of(Word.QUEUED, position=3)]
    answer = await live.ann.press(panel, BUTTON)
    assert "number 3" in answer.text
    (click,) = live.of(Click)
    await live.vip.answers.answer(click.ticket, Notice.of(Word.QUEUED, position=1))
    await live.until(lambda: "number 1" in answer.text)
    assert "number 3" not in answer.text


async def test_a_hundred_presses_are_a_hundred_requests_and_all_are_answered(live: Counter) -> None:
    panel = await live.panel()
    live.discord.interactions.patience = 30.0
    answers = []

    async def press() -> None:
        answers.append(await live.ann.press(panel, BUTTON))

    async with trio.open_nursery() as nursery:
        for _ in range(100):
            nursery.start_soon(press)
    assert len({click.ticket for click in live.of(Click)}) == 100
    assert all("https://x.example/1" in answer.text for answer in answers)
    assert len(answers) == 100


async def test_the_button_works_after_a_restart_of_the_bot_and_of_perkd() -> None:
    async with open_counter() as counter:
        async with counter.perkd(), counter.bot():
            panel = await counter.panel()
        async with counter.perkd(), counter.bot():
            answer = await counter.ann.press(panel, BUTTON)
        assert "https://x.example/1" in answer.text


async def test_what_a_member_is_called_can_not_mention_or_format_anything(live: Counter) -> None:
    panel = await live.panel()
    live.ann.nick = "**@everyone** <@1>"
    live.notices = [Notice.of(Word.MISSING_PERMISSIONS, missing="@everyone **x** <@1>")]
    answer = await live.ann.press(panel, BUTTON)
    assert "@everyone" not in answer.text
    assert "<@1>" not in answer.text
    assert r"\*\*x\*\*" in answer.text


async def test_a_desk_that_is_full_is_said_at_once() -> None:
    async with open_live_counter(mailbox=1) as counter:
        panel = await counter.panel()
        await counter.until(lambda: counter.told)
        counter.held = True
        counter.office.tell("being worked on")
        await counter.until(lambda: "being worked on" in counter.told)
        counter.office.tell("waits")
        answer = await counter.ann.press(panel, BUTTON)
        assert "more requests than it can take" in answer.text
        assert not len(counter.vip.answers)
        counter.held = False


async def test_a_desk_that_has_ended_is_said_at_once() -> None:
    async with open_counter() as counter:
        async with counter.perkd():
            pass
        async with counter.bot():
            counter.upgrade.add_message(counter.discord.bot, {"content": "", "components": _rows()})
            answer = await counter.ann.press(counter.upgrade.messages[-1], BUTTON)
        assert "not at work" in answer.text


async def test_an_answer_that_comes_after_a_restart_is_logged(
    live: Counter, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "perkd.discord")
    await live.vip.answers.answer("i17", Notice.of(Word.OPENED, link="x"))
    assert "Nobody can be told vip.opened" in caplog.text


async def test_a_press_while_vip_is_off_says_which_setting_turns_it_on() -> None:
    async with open_counter() as counter:
        async with counter.perkd(), counter.bot():
            panel = await counter.panel()
        async with counter.bot(off=True):
            answer = await counter.ann.press(panel, BUTTON)
            names = {command["name"] for command in counter.discord.commands}
    assert "enabled = true" in answer.text
    assert "vip" not in names


async def test_a_press_in_another_server_is_refused(live: Counter) -> None:
    elsewhere = live.discord.add_guild("Fire")
    channel = elsewhere.add_channel("upgrade")
    bob = elsewhere.add_member("Bob")
    channel.add_message(live.discord.bot, {"content": "", "components": _rows()})
    answer = await bob.press(channel.messages[-1], BUTTON)
    assert "another server" in answer.text
    assert not live.of(Click)


async def test_a_press_without_the_upgrade_channel_is_told_what_to_mend() -> None:
    async with open_counter() as counter:
        other = counter.guild.add_channel("other")
        other.add_message(counter.discord.bot, {"content": "", "components": _rows()})
        counter.upgrade.delete()
        async with counter.perkd(), counter.bot():
            answer = await counter.ann.press(other.messages[-1], BUTTON)
        assert "gone, or hidden from me" in answer.text


async def test_where_discord_does_not_tell_whose_channel_it_is_that_is_said() -> None:
    async with open_counter() as counter, counter.perkd(), counter.bot():
        counter.upgrade.add_message(counter.discord.bot, {"content": "", "components": _rows()})
        channel = f"/channels/{counter.upgrade.id}"
        counter.discord.faults.answer("GET", channel, status=403, body="<html>blocked</html>")
        answer = await counter.ann.press(counter.upgrade.messages[-1], BUTTON)
        assert "Discord" in answer.text
        assert not counter.of(Click)
        again = await counter.ann.press(counter.upgrade.messages[-1], BUTTON)
        assert "https://x.example/1" in again.text


# --- /vip panel ---------------------------------------------------------------------------------


async def test_an_admin_posts_the_panel_where_it_is_wanted(live: Counter) -> None:
    lounge = live.guild.add_channel("lounge")
    answer = await live.mod.slash(live.upgrade, "vip panel", channel=lounge)
    assert lounge.id in read(answer)
    (panel,) = lounge.messages
    assert panel.components[0]["components"][0]["custom_id"] == BUTTON
    assert not live.upgrade.messages


async def test_a_panel_that_was_posted_is_told_so_though_the_audit_log_is_away(
    live: Counter, caplog: pytest.LogCaptureFixture
) -> None:
    live.store.away = True
    answer = await live.mod.slash(live.upgrade, "vip panel")
    assert live.upgrade.id in read(answer)
    assert len(live.upgrade.messages) == 1
    assert "The audit log lacks vip panel" in caplog.text


async def test_members_and_vip_staff_post_no_panel(live: Counter) -> None:
    for who in (live.ann, live.eve):
        assert "admins" in read(await who.slash(live.upgrade, "vip panel"))
    assert not live.upgrade.messages


@pytest.mark.parametrize("lacking", ["SEND_MESSAGES", "CREATE_PRIVATE_THREADS", "MANAGE_THREADS"])
async def test_a_panel_whose_button_could_not_work_is_not_posted(live: Counter, lacking: str) -> None:
    live.upgrade.deny(lacking)
    answer = await live.mod.slash(live.upgrade, "vip panel")
    assert lacking.replace("_", " ").title() in read(answer)
    assert not live.upgrade.messages


async def test_a_panel_in_another_server_is_refused(live: Counter) -> None:
    elsewhere = live.discord.add_guild("Fire")
    channel = elsewhere.add_channel("upgrade")
    boss = elsewhere.add_member("Boss", manage_guild=True)
    assert "another server" in read(await boss.slash(channel, "vip panel"))
    assert not channel.messages


def _rows() -> list[object]:
    button = {"type": 2, "style": 3, "label": "Upgrade to VIP", "custom_id": BUTTON, "id": 2}
    return [{"type": 1, "id": 1, "components": [button]}]
