"""What operators see of VIP, and `/forget`, with the real libraries: status, endpoints, what is stored."""

from pathlib import Path
from typing import Any

from actors.records import RECORDS
from daemon.cli.status_view import draw_status
from daemon.storage import codec
from daemon.web.metrics import exposition
from daemon.web.readiness import not_ready
from tests.worlds.discord_process import said
from tests.worlds.vip_daemon import VIPDaemon, open_vip_daemon


async def stored(vip: VIPDaemon) -> str:
    found = [record for type_ in RECORDS for record in await vip.made.store.find(type_)]
    return "\n".join(f"{record.collection} {record.key} {codec.encode(record)}" for record in found)


def reasons(vip: VIPDaemon, status: Any) -> list[str]:
    """Of VIP, as `/readyz` has them."""
    return [one for one in not_ready(status, vip.made.clock.now()) if "VIP" in one]


def ban(vip: VIPDaemon, name: str) -> None:
    telegram = vip.stage.telegram
    telegram.kill(telegram.accounts[name], "USER_DEACTIVATED_BAN")
    telegram.drop_connections(telegram.accounts[name])


async def test_sessions_and_accounts_are_shown_everywhere_and_no_member_is(tmp_path: Path) -> None:
    async with open_vip_daemon(tmp_path, accounts=2) as vip:
        await vip.until_ready()
        ann, _ = await vip.opened("Annika")

        status = await vip.status()

        shown = status["vip"]
        assert (shown["enabled"], shown["sessions"], shown["by_state"]) == (True, 1, {"open": 1})
        assert shown["accounts"] == {"free": 1, "leased": 1}
        assert [one["connection"] for one in shown["account_list"]] == ["connected"] * 2
        assert shown["silent"] == []
        assert status["problems"] == []
        assert reasons(vip, status) == []
        drawn = draw_status(status, None, now=vip.made.clock.now()).plain
        assert "1 session (1 open) · accounts: 1 free, 1 leased" in drawn
        metrics = exposition(status, ready=True).decode()
        assert 'perkd_vip_sessions{state="open"} 1.0' in metrics
        assert "perkd_vip_accounts_connected 2.0" in metrics
        for text in (str(status), drawn, metrics):
            assert ann.id not in text
            assert "Annika" not in text


async def test_an_account_that_is_banned_is_named_with_the_way_out(tmp_path: Path) -> None:
    async with open_vip_daemon(tmp_path, accounts=2) as vip:
        await vip.until_ready()
        ban(vip, "desk-2")

        async def told() -> Any:
            status = await vip.status()
            return status if status["vip"]["accounts"].get("dead") else None

        status = await vip.until(told)
        (problem,) = status["problems"]
        assert problem.startswith("Telegram account desk-2 is out of use: Telegram has banned the account")
        assert "[[telegram.accounts]]" in problem
        assert reasons(vip, status) == []  # the other one works

        ban(vip, "desk-1")

        async def none_is_left() -> Any:
            return reasons(vip, await vip.status())

        assert await vip.until(none_is_left) == ["VIP: no Telegram account is connected"]


async def test_a_member_who_is_forgotten_leaves_an_empty_chat_and_nothing_in_the_store(
    tmp_path: Path,
) -> None:
    async with open_vip_daemon(tmp_path, more="cooldown_minutes = 0") as vip:
        await vip.until_ready()
        ann, thread = await vip.opened("Annika")
        await ann.say(thread, "!end")
        await vip.until(vip.closed)
        await vip.until_accounts(desk_1="free")
        thread = await vip.press(ann)
        await ann.say(thread, "please")
        account = await vip.until_at_desk("please")
        channel = vip.stage.upgrade

        asked = await ann.slash(channel, "forget")
        assert "1 VIP session that is open (it ends)" in said(asked)
        assert "1 VIP session of earlier days" in said(asked)
        done = await ann.press(asked, "Erase it all")

        assert "1 VIP session that is open" in said(done)
        assert "still being ended" not in said(done)
        assert thread.archived
        assert thread.locked
        await vip.until_accounts(desk_1="free")
        assert vip.stage.telegram.chat(account).texts == []
        left = await stored(vip)
        assert ann.id not in left
        assert "Annika" not in left
        assert "knows nothing of you" in said(await ann.slash(channel, "forget"))
