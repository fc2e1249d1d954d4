"""Crashes, restarts and reloads under a VIP session, with the real libraries and the real store."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from supervision.testing import crash
from tests.worlds.discord_process import said
from tests.worlds.vip_daemon import VIPDaemon, open_vip_daemon, running
from tests.worlds.vip_process import ACCOUNT, open_vip_stage

ACTORS = (
    "storage",
    "gateways/discord",
    "gateways/telegram",
    "gateways/vip",
    "vip/leasing/account_pool",
    "vip/desk",
    "giftcodes/campaign",
)


async def exchange(vip: VIPDaemon, ann: Any, thread: Any, name: str) -> None:
    """A message each way, each told apart by `name`, while something happens."""
    (session,) = await vip.sessions()
    account = vip.stage.telegram.accounts[session.account]
    await ann.say(thread, f"to the desk {name}")
    vip.stage.telegram.desk.say(account, f"to the thread {name}")
    await vip.until_in_thread(thread, f"to the thread {name}")
    await vip.until_at_desk(f"to the desk {name}")


def assert_once(vip: VIPDaemon, thread: Any, *names: str) -> None:
    """Everything has crossed once."""
    shown = Counter(said(one).rsplit("\n", 1)[-1] for one in thread.messages)
    (account,) = [one for one in vip.stage.accounts if vip.stage.texts(one)]
    there = Counter(vip.stage.telegram.chat(account).texts)
    for name in names:
        assert shown[f"to the thread {name}"] == 1, shown
        assert there[f"to the desk {name}"] == 1, there


@pytest.mark.parametrize("path", ACTORS)
async def test_a_crash_of_any_actor_loses_no_message_and_doubles_none(tmp_path: Path, path: str) -> None:
    async with open_vip_daemon(tmp_path) as vip:
        await vip.until_ready()
        ann, thread = await vip.opened()
        await exchange(vip, ann, thread, "before")
        crash(vip.made.tree.ref(path))
        await exchange(vip, ann, thread, "meanwhile")
        await exchange(vip, ann, thread, "after")
        assert_once(vip, thread, "before", "meanwhile", "after")
        assert vip.made.events.crashes == 1


async def test_a_crash_of_the_members_own_actor_loses_nothing(tmp_path: Path) -> None:
    async with open_vip_daemon(tmp_path) as vip:
        await vip.until_ready()
        ann, thread = await vip.opened()
        child = f"{vip.stage.server.id}-{ann.id}"
        crash(vip.made.tree.dynamic("vip/leasing/threads").get(child))
        await exchange(vip, ann, thread, "meanwhile")
        assert_once(vip, thread, "meanwhile")


async def test_a_session_survives_a_restart_and_what_was_missed_is_brought(tmp_path: Path) -> None:
    async with open_vip_stage(tmp_path) as stage:
        async with running(stage) as vip:
            await vip.until_ready()
            ann, thread = await vip.opened()
            await exchange(vip, ann, thread, "before")
        await ann.say(thread, "to the desk meanwhile")
        (account,) = stage.accounts
        stage.telegram.desk.say(account, "to the thread meanwhile")
        async with running(stage) as vip:
            await vip.until_in_thread(thread, "to the thread meanwhile")
            await vip.until_at_desk("to the desk meanwhile")
            await exchange(vip, ann, thread, "after")
            assert_once(vip, thread, "before", "after")
            assert sum("to the desk meanwhile" in one for one in stage.telegram.chat(account).texts) == 1
            assert sum("to the thread meanwhile" in said(one) for one in thread.messages) == 1


async def test_the_session_of_an_account_that_is_no_longer_configured_moves_to_another(
    tmp_path: Path,
) -> None:
    async with open_vip_stage(tmp_path, accounts=2) as stage:
        async with running(stage) as vip:
            await vip.until_ready()
            ann, thread = await vip.opened()
            await exchange(vip, ann, thread, "before")
            (session,) = await vip.sessions()
        text = stage.host.config.read_text()
        removed = ACCOUNT.format(name=session.account)
        assert removed in text
        stage.host.config.write_text(text.replace(removed, ""))
        async with running(stage) as vip:
            (other,) = [one for one in stage.accounts if one.name != session.account]
            await vip.until(lambda: stage.texts(other))
            await exchange(vip, ann, thread, "after")
            assert await vip.states() == {session.account: "dead", other.name: "leased"}
            (moved,) = await vip.sessions()
            assert (moved.id, moved.account) == (session.id, other.name)


async def test_an_account_that_is_banned_goes_and_its_session_moves(tmp_path: Path) -> None:
    async with open_vip_daemon(tmp_path, accounts=2) as vip:
        await vip.until_ready()
        ann, thread = await vip.opened()
        (session,) = await vip.sessions()
        banned = vip.stage.telegram.accounts[session.account]
        vip.stage.telegram.kill(banned, "USER_DEACTIVATED_BAN")
        await ann.say(thread, "to the desk after")
        (other,) = [one for one in vip.stage.accounts if one is not banned]
        await vip.until(lambda: "to the desk after" in vip.stage.texts(other))
        assert await vip.states() == {banned.name: "dead", other.name: "leased"}
        status = await vip.status()
    assert any(f"{banned.name} is out of use" in problem for problem in status["problems"])


async def test_who_is_staff_is_read_anew_by_a_reload(tmp_path: Path) -> None:
    async with open_vip_daemon(tmp_path) as vip:
        stage = vip.stage
        await vip.until_ready()
        ann, thread = await vip.opened()
        night = stage.server.guild.add_role("night shift")
        owl = stage.server.guild.add_member("Owl", roles=(night,))
        await owl.say(stage.log, f"!clear_vip_session <@{ann.id}>")
        await vip.until(lambda: [one for one in stage.log.messages if one.author.id != owl.id])
        assert not thread.archived

        text = stage.host.config.read_text()
        stage.host.config.write_text(
            text.replace(f"staff_roles = [{stage.staff.id}]", f"staff_roles = [{night.id}]")
        )
        answer = await vip.made.reload()
        assert answer["needs_restart"] == []
        await owl.say(stage.log, f"!clear_vip_session <@{ann.id}>")
        await vip.until(lambda: thread.archived)


async def test_telegram_that_is_away_at_the_start_is_waited_for(tmp_path: Path) -> None:
    async with open_vip_stage(tmp_path) as stage:
        stage.telegram.faults.refuse_connections = True
        async with running(stage) as vip:
            await vip.until_accounts(desk_1="quarantined")
            await stage.stage.until(lambda: stage.stage.discord.commands)
            await stage.post_panel()
            ann = stage.member("Ann")
            answer = await stage.press(ann)
            assert "1" in answer  # the place on the waiting list
            stage.telegram.faults.refuse_connections = False
            await vip.until(lambda: stage.threads_of(ann))
