"""Owners who left their threads while nobody was told: the real hikari against the stand-in."""

from collections.abc import AsyncIterator

import pytest

from actors.vip.messages import MemberLeft, ThreadEnded
from actors.vip.model import EndReason
from daemon.discord.vip import roll_call
from tests.worlds.vip_counter import Counter, open_counter


@pytest.fixture
async def unseen(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Counter]:
    """A bot without the members' intent: it is not told who leaves."""
    monkeypatch.setattr(roll_call, "ROLL_EVERY", 0.05)
    monkeypatch.setattr(roll_call, "BETWEEN", 0.0)
    async with open_counter() as counter:
        counter.discord.intents_allowed(members=False)
        async with counter.perkd(), counter.bot():
            yield counter


def asked(counter: Counter) -> int:
    return len(counter.discord.asked("GET", "/channels/*/thread-members/*"))


async def until_called(counter: Counter) -> None:
    """Two more roll calls are over."""
    before = asked(counter)
    await counter.until(lambda: asked(counter) >= before + 2)


async def test_an_owner_who_left_the_thread_is_noticed(unseen: Counter) -> None:
    thread = unseen.thread(unseen.ann)
    await until_called(unseen)
    thread.thread_members.pop(unseen.ann.id)
    assert (await unseen.until_told(ThreadEnded))[0] == ThreadEnded(thread.id, EndReason.LEFT_THREAD)


async def test_an_owner_who_left_the_server_is_noticed(unseen: Counter) -> None:
    unseen.thread(unseen.ann)
    await until_called(unseen)
    unseen.ann.leave()
    assert (await unseen.until_told(MemberLeft))[0] == MemberLeft(unseen.member(unseen.ann))
    assert not unseen.of(ThreadEnded)


async def test_who_is_there_and_who_is_only_about_to_be_let_in_has_not_left(unseen: Counter) -> None:
    unseen.thread(unseen.ann)
    opening = unseen.thread(unseen.eve)
    opening.thread_members.pop(unseen.eve.id)
    await until_called(unseen)
    await until_called(unseen)
    assert not unseen.of((ThreadEnded, MemberLeft))
    opening.join(unseen.eve.id)


async def test_who_left_while_perkd_was_away_is_noticed_in_the_end(
    unseen: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    thread = unseen.thread(unseen.ann)
    thread.thread_members.pop(unseen.ann.id)
    monkeypatch.setattr(roll_call, "YOUNG", 0.0)
    assert (await unseen.until_told(ThreadEnded))[0].thread == thread.id


async def test_a_discord_in_trouble_ends_nobodys_thread(unseen: Counter) -> None:
    thread = unseen.thread(unseen.ann)
    await until_called(unseen)
    unseen.discord.faults.answer("GET", "/channels/*/thread-members/*", status=404, code=10003, times=5)
    unseen.discord.faults.answer("GET", "/channels/*/thread-members/*", status=403, code=50001, times=5)
    await unseen.until(lambda: {404, 403} <= set(unseen.discord.asked("GET", "/channels/*/thread-members/*")))
    unseen.guild.set_available(False)
    await unseen.until(unseen.link.connection().bot.cache.get_unavailable_guilds_view)
    thread.thread_members.pop(unseen.ann.id)
    await until_called(unseen)
    assert not unseen.of(ThreadEnded)
    unseen.guild.set_available(True)
    assert await unseen.until_told(ThreadEnded)
