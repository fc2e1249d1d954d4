"""Accounts in a daemon: dead ones that come back, and hosts that lose their disk; with the real libraries."""

import shutil
from pathlib import Path
from typing import Any

import trio
from click.testing import CliRunner, Result

from actors.giftcodes.model import Audit
from actors.vip.model import TelegramLease, TelegramSession
from daemon.assembly_gateways import TELEGRAM
from daemon.cli import main
from daemon.telegram.keys import new_key
from daemon.telegram.status import AccountNumbers, TelegramStatus
from tests.worlds.mongodb.server import open_mongo
from tests.worlds.vip_daemon import VIPDaemon, open_vip_daemon, running
from tests.worlds.vip_process import open_vip_stage


async def order(vip: VIPDaemon, *words: str) -> Result:
    """What an operator types."""
    command = ["--config", str(vip.stage.host.config), "telegram", *words]
    return await trio.to_thread.run_sync(lambda: CliRunner().invoke(main, command))


def signed_in_anew(vip: VIPDaemon, name: str) -> None:
    """As `perkd telegram login` does it."""
    telegram, path = vip.stage.telegram, vip.made.config.path.parent / f"var/telegram/{name}.session"
    telegram.accounts[name].dead = ""
    path.unlink()
    telegram.write_session(path, telegram.accounts[name])


async def test_a_dead_account_that_was_signed_in_anew_is_free_again_without_a_restart(tmp_path: Path):
    async with open_vip_daemon(tmp_path) as vip:
        await vip.until_ready()
        telegram, account = vip.stage.telegram, vip.stage.accounts[0]
        telegram.kill(account, "SESSION_REVOKED")
        telegram.drop_connections(account)
        await vip.until_accounts(desk_1="dead")
        in_vain = await order(vip, "restore", "desk-1")
        signed_in_anew(vip, "desk-1")
        telegram.desk.say(account, "left from before")

        done = await order(vip, "restore", "desk-1")
        await vip.until_accounts(desk_1="free")
        texts = telegram.chat(account).texts
        _, thread = await vip.opened("Ann")
        in_use = await order(vip, "restore", "desk-1")
        audits = await vip.made.store.find(Audit)

    assert (in_vain.exit_code, "its owner has ended perkd's session" in in_vain.stderr) == (1, True)
    assert (done.exit_code, done.stdout.startswith("desk-1 is connected;")) == (0, True)
    assert texts == []
    assert in_use.stdout == "desk-1 is connected, and in use: its session goes on\n"
    assert thread.messages
    assert ("telegram restore", "desk-1") in {(audit.action, audit.details) for audit in audits}


async def unreachable(vip: VIPDaemon, name: str) -> bool:
    """It was refused a new connection; the loss of the old one has a reason of its own."""
    accounts: tuple[AccountNumbers, ...] = await vip.made.tree.ref(TELEGRAM).ask(TelegramStatus())
    return any(one.name == name and "can't be reached" in one.reason for one in accounts)


async def test_an_account_that_is_not_connected_yet_is_said_to_be_tried(tmp_path: Path, monkeypatch: Any):
    monkeypatch.setattr("daemon.vip.orders.CONNECT_WITHIN", 0.2)
    async with open_vip_daemon(tmp_path) as vip:
        await vip.until_ready()
        unknown = await order(vip, "restore", "desk-9")
        vip.stage.telegram.faults.refuse_connections = True
        vip.stage.telegram.drop_connections()
        await vip.until(lambda: unreachable(vip, "desk-1"))

        tried = await order(vip, "restore", "desk-1")

    assert (unknown.exit_code, "no account 'desk-9'" in unknown.stderr) == (1, True)
    assert (tried.exit_code, "not connected yet: Telegram can't be reached" in tried.stdout) == (0, True)


async def test_on_a_host_that_loses_its_disk_accounts_come_back_from_mongodb(tmp_path: Path):
    async with open_vip_stage(tmp_path) as stage, open_mongo() as mongo:
        key = new_key().strip()
        stage.host.env |= {"MONGODB_URI": f"{mongo.uri}perkd", "TELEGRAM_SESSION_KEY": key}
        async with running(stage) as vip:
            await vip.until_ready()
            store = vip.made.store
            await vip.until(lambda: store.get(TelegramSession, "desk-1"))
            lease = await store.get(TelegramLease, "desk-1")
            ann, thread = await vip.opened("Ann")
        shutil.rmtree(tmp_path / "var")
        stage.telegram.desk.say(stage.accounts[0], "while there was no host")

        async with running(stage) as vip:
            shown = await vip.until_in_thread(thread, "while there was no host")
            await ann.say(thread, "you are back")
            await vip.until_at_desk("you are back")
            sealed = await vip.made.store.get(TelegramSession, "desk-1")

    assert lease.host
    assert shown
    assert key not in str(sealed)
    assert "SendCode" not in {seen.name for seen in stage.telegram.log}
