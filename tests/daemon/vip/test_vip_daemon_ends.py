"""How sessions end, who comes next, and what an account's troubles do to them; with the real libraries."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.worlds.discord_process import said
from tests.worlds.vip_daemon import VIPDaemon, open_vip_daemon


def leave_thread(vip: VIPDaemon, member: Any, thread: Any) -> None:
    thread.part(member.id)


def leave_server(vip: VIPDaemon, member: Any, thread: Any) -> None:
    member.leave()


def delete_thread(vip: VIPDaemon, member: Any, thread: Any) -> None:
    thread.delete()


def delete_parent(vip: VIPDaemon, member: Any, thread: Any) -> None:
    vip.stage.upgrade.delete()


def archive(vip: VIPDaemon, member: Any, thread: Any) -> None:
    thread.archived = True
    thread.tell("UPDATE")


@pytest.mark.parametrize(
    ("happens", "reason"),
    [
        (leave_thread, "left_thread"),
        (leave_server, "left_guild"),
        (delete_thread, "deleted"),
        (delete_parent, "parent_deleted"),
        (archive, "archived"),
    ],
)
async def test_whatever_ends_a_session_the_account_comes_back_empty(
    tmp_path: Path, happens: Callable[[VIPDaemon, Any, Any], None], reason: str
) -> None:
    async with open_vip_daemon(tmp_path) as vip:
        await vip.until_ready()
        ann, thread = await vip.opened()
        await ann.say(thread, "hello")
        account = await vip.until_at_desk("hello")
        happens(vip, ann, thread)
        (closed,) = await vip.until(vip.closed)
        await vip.until_accounts(desk_1="free")
        assert closed.reason.value == reason
        assert await vip.sessions() == []
        assert vip.stage.telegram.chat(account).texts == []


async def test_who_finds_no_account_waits_and_is_served_when_one_is_free(tmp_path: Path) -> None:
    async with open_vip_daemon(tmp_path) as vip:
        await vip.until_ready()
        ann, first = await vip.opened()
        await ann.say(first, "of Ann")
        account = await vip.until_at_desk("of Ann")
        ben = vip.stage.member("Ben")
        assert "1" in await vip.stage.press(ben)
        assert vip.stage.threads_of(ben) == []
        await ann.say(first, "!end")
        (second,) = await vip.until(lambda: vip.stage.threads_of(ben))
        await vip.until(lambda: any(one.text for one in second.messages))
        assert "of Ann" not in vip.stage.texts(account)
        vip.stage.telegram.desk.say(account, "to Ben")
        await vip.until_in_thread(second, "to Ben")
        assert not [one for one in first.messages if "to Ben" in said(one)]


async def test_a_late_answer_reaches_staff_and_never_the_next_member(tmp_path: Path) -> None:
    async with open_vip_daemon(tmp_path) as vip:
        await vip.until_ready()
        ann, first = await vip.opened()
        await ann.say(first, "!end")
        await vip.until_accounts(desk_1="free")
        (account,) = vip.stage.accounts
        vip.stage.telegram.desk.say(account, "too late, Ann")
        await vip.until_in_thread(vip.stage.log, "too late, Ann")
        await vip.until_accounts(desk_1="free")
        ben = vip.stage.member("Ben")
        second = await vip.press(ben)
        await ben.say(second, "hello")
        await vip.until_at_desk("hello")
        assert not [one for one in (*first.messages, *second.messages) if "too late" in said(one)]
        assert "too late" not in vip.stage.texts(account)


async def test_an_upgrade_that_is_complete_gives_the_role_and_ends_the_session(tmp_path: Path) -> None:
    async with open_vip_daemon(tmp_path) as vip:
        await vip.until_ready()
        vip.stage.server.guild.bot_role.position = 100
        ann, thread = await vip.opened()
        crew = vip.stage.member("Crew", staff=True)
        await crew.slash(vip.stage.log, "vip complete", member=ann)
        await vip.until(lambda: thread.archived and thread.locked)
        await vip.until_accounts(desk_1="free")
        assert vip.stage.vip in ann.roles
        (closed,) = await vip.until(vip.closed)
        assert (closed.reason.value, closed.ended_by) == ("completed", crew.id)
        refusal = await vip.stage.press(ann)
        assert "VIP" in refusal
        assert vip.stage.threads_of(ann) == []


@pytest.mark.parametrize("error", ["PEER_FLOOD", "AUTH_KEY_UNREGISTERED"])
async def test_an_account_that_may_not_write_any_more_is_replaced(tmp_path: Path, error: str) -> None:
    async with open_vip_daemon(tmp_path, accounts=2) as vip:
        await vip.until_ready()
        ann, thread = await vip.opened()
        (session,) = await vip.sessions()
        out = vip.stage.telegram.accounts[session.account]
        vip.stage.telegram.faults.fail("SendMessage", error=error, times=None, account=out)
        await ann.say(thread, "hello")
        (other,) = [one for one in vip.stage.accounts if one is not out]
        await vip.until(lambda: "hello" in vip.stage.texts(other))
        vip.stage.telegram.desk.say(other, "hello yourself")
        await vip.until_in_thread(thread, "hello yourself")
        states = await vip.states()
        assert states[other.name] == "leased"
        assert states[out.name] in {"limited", "dead"}
        assert await vip.until(lambda: [m for m in vip.stage.log.messages if out.name in said(m)])


async def test_a_flood_wait_delays_and_loses_nothing(tmp_path: Path) -> None:
    async with open_vip_daemon(tmp_path) as vip:
        await vip.until_ready()
        ann, thread = await vip.opened()
        vip.stage.telegram.faults.fail("SendMessage", error="FLOOD_WAIT_1")
        for number in range(3):
            await ann.say(thread, f"message {number}")
        account = await vip.until_at_desk("message 2")
        texts = [one for one in vip.stage.telegram.chat(account).texts if one.startswith("message")]
    assert texts == ["message 0", "message 1", "message 2"]
