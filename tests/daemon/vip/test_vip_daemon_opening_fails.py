"""An opening that Discord does not let through, with the real libraries and the real store."""

from functools import partial
from pathlib import Path

import pytest
import trio
from attrs import evolve

from actors.ports import Put
from actors.vip.model import AccountState, EndReason, SessionState, VIPAccount, VIPSession
from actors.vip.policy import VIPPolicy
from daemon.vip import settings
from tests.worlds.discord_process import said
from tests.worlds.vip_daemon import open_vip_daemon, running
from tests.worlds.vip_process import open_vip_stage

MAKING = "/channels/*/threads"


@pytest.mark.parametrize(
    ("status", "code", "told"),
    [
        (503, 0, "Discord does not answer me"),
        (403, 50013, "Discord does not let me open a thread"),
        (400, 160006, "Discord refuses to open a thread"),
    ],
)
async def test_an_opening_that_gets_no_thread_gives_everything_back(
    tmp_path: Path, status: int, code: int, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "VIPPolicy", partial(VIPPolicy, tries=1))  # hikari itself tries each again
    async with open_vip_stage(tmp_path) as stage:
        async with running(stage) as vip:
            await vip.until_ready()
            await stage.post_panel()
            ann = stage.member("Ann")
            stage.stage.discord.faults.answer("POST", MAKING, status=status, code=code, times=None)
            assert told in await stage.press(ann)
            (closed,) = await vip.until(vip.closed)
            assert closed.reason in {EndReason.OPENING_FAILED, EndReason.NO_PERMISSION}
            assert await vip.sessions() == []
            await vip.until_accounts(desk_1="free")
            assert vip.made.events.crashes == 0
            assert vip.stage.texts(stage.accounts[0]) == ""
        stage.stage.discord.faults.clear()
        async with running(stage) as vip:
            await vip.until_ready()
            thread = await vip.press(ann)
            await ann.say(thread, "hello")
            await vip.until_at_desk("hello")


async def test_staff_clear_an_opening_that_discord_does_not_let_through(tmp_path: Path) -> None:
    async with open_vip_daemon(tmp_path) as vip:
        stage = vip.stage
        await vip.until_ready()
        await stage.post_panel()
        ann, sam = stage.member("Ann"), stage.member("Sam", staff=True)
        fault = stage.stage.discord.faults.answer("POST", MAKING, status=503, times=None)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(stage.press, ann)
            await vip.until(lambda: fault.met)
            await sam.say(stage.log, f"!clear_vip_session <@{ann.id}>")
            (closed,) = await vip.until(vip.closed)
        assert closed.reason is EndReason.CLEARED
        await vip.until_accounts(desk_1="free")
        assert vip.made.events.crashes == 0


async def test_staff_clear_it_after_a_restart_as_well(tmp_path: Path) -> None:
    async with open_vip_stage(tmp_path) as stage:
        async with running(stage) as vip, trio.open_nursery() as nursery:
            await vip.until_ready()
            await stage.post_panel()
            ann, sam = stage.member("Ann"), stage.member("Sam", staff=True)
            fault = stage.stage.discord.faults.answer("POST", MAKING, status=503, times=None)
            nursery.start_soon(stage.press, ann)
            await vip.until(lambda: fault.met)
            nursery.cancel_scope.cancel()
        assert [one.state for one in stage.sessions()] == [SessionState.OPENING]
        met = fault.met
        async with running(stage) as vip:
            await vip.until(lambda: fault.met > met)
            await sam.say(stage.log, f"!clear_vip_session <@{ann.id}>")
            (closed,) = await vip.until(vip.closed)
            assert closed.reason is EndReason.CLEARED
            await vip.until_accounts(desk_1="free")
            assert vip.made.events.crashes == 0


async def test_what_an_earlier_perkd_left_stuck_without_a_thread_is_ended(tmp_path: Path) -> None:
    async with open_vip_stage(tmp_path) as stage:
        ann = stage.member("Ann")
        async with running(stage) as vip:
            await vip.until_ready()
            (account,) = await vip.made.store.find(VIPAccount)
            session = VIPSession(
                str(stage.server.id),
                str(ann.id),
                "0123456789abcdef",
                SessionState.ENDING,
                started_at=vip.made.clock.now(),
                account=account.name,
                epoch=account.epoch + 1,
                ending=EndReason.OPENING_FAILED,
            )
            leased = evolve(
                account,
                state=AccountState.LEASED,
                epoch=session.epoch,
                session=session.id,
                member=session.key,
            )
            await vip.made.store.commit(Put(session), Put(leased))
        async with running(stage) as vip:
            (closed,) = await vip.until(vip.closed)
            assert closed.id == session.id
            await vip.until_accounts(desk_1="free")
            assert vip.made.events.crashes == 0


@pytest.mark.parametrize("error", ["USER_IS_BLOCKED", "PEER_ID_INVALID"])
async def test_an_account_that_can_not_write_to_the_desk_is_out_and_another_one_opens(
    tmp_path: Path, error: str
) -> None:
    async with open_vip_daemon(tmp_path, accounts=2) as vip:
        await vip.until_ready()
        pool = await vip.pool()
        assert pool is not None
        first = min(pool.accounts, key=lambda account: (account.since, account.name)).name
        out, other = sorted(vip.stage.accounts, key=lambda account: account.name != first)
        vip.stage.telegram.faults.fail("SendMessage", error=error, times=None, account=out)
        ann, thread = await vip.opened()
        await ann.say(thread, "hello")
        await vip.until(lambda: "hello" in vip.stage.texts(other))
        assert await vip.states() == {out.name: "limited", other.name: "leased"}
        assert await vip.until(lambda: [one for one in vip.stage.log.messages if out.name in said(one)])
        status = await vip.status()
    assert any(f"perkd telegram restore {out.name}" in problem for problem in status["problems"])
