"""The whole of VIP sessions in one process: real hikari, real Telethon, real store, two stand-ins."""

import logging
from pathlib import Path
from typing import Any

import pytest

from tests.worlds.discord.sending import store_file
from tests.worlds.telegram.desk import document
from tests.worlds.vip_daemon import VIPDaemon, open_vip_daemon, running
from tests.worlds.vip_process import open_vip_stage

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


def media_of(vip: VIPDaemon, account: Any) -> list[bytes]:
    """The files in the account's chat with the desk."""
    found = []
    for message in vip.stage.telegram.chat(account).messages:
        kept = getattr(message.media, "photo", None) or getattr(message.media, "document", None)
        if kept is not None:
            found.append(vip.stage.telegram.files[kept.id])
    return found


async def test_a_member_talks_to_the_desk_and_the_account_is_free_and_empty_again(tmp_path: Path) -> None:
    async with open_vip_daemon(tmp_path) as vip:
        stage = vip.stage
        await vip.until_ready()
        ann, thread = await vip.opened()
        assert (thread.invitable, thread.parent) == (False, stage.upgrade)

        await ann.say(thread, "I'd like **two** of them")
        account = await vip.until_at_desk("I'd like two of them")
        stage.telegram.desk.say(account, "Here you are")
        await vip.until_in_thread(thread, "Here you are")

        await ann.say(thread, "!end")
        await vip.until(lambda: thread.archived and thread.locked)
        await vip.until_accounts(desk_1="free")
        assert stage.telegram.chat(account).texts == []
        assert stage.telegram.chat(account).seen_by_peer == []
        (closed,) = await vip.until(vip.closed)
        assert await vip.sessions() == []
        assert (closed.member, closed.reason.value, closed.undelivered) == (ann.id, "owner", 0)
        status = await vip.status()
    assert status["problems"] == []
    assert status["vip"]["accounts"] == {"free": 1}


async def test_files_cross_both_ways_and_one_that_expired_is_told_in_words(tmp_path: Path) -> None:
    async with open_vip_daemon(tmp_path) as vip:
        await vip.until_ready()
        ann, thread = await vip.opened()
        discord, telegram = vip.stage.stage.discord, vip.stage.telegram

        await ann.say(thread, "look", attachments=[store_file(thread, "cat.png", PICTURE)])
        account = await vip.until_at_desk("look")
        assert media_of(vip, account) == [PICTURE]

        expired = store_file(thread, "old.png", PICTURE)
        discord.files.pop(expired["id"])
        await ann.say(thread, "and this", attachments=[expired])
        await vip.until_at_desk("and this")
        assert "old.png" in vip.stage.texts(account)
        assert media_of(vip, account) == [PICTURE]

        media = document(telegram, b"the contract", "contract.txt", "text/plain")
        telegram.desk.say(account, "sign this", media=media)
        message = await vip.until_in_thread(thread, "sign this")
        (attached,) = message.attachments
        assert discord.files[attached["id"]] == b"the contract"
        assert attached["filename"] == "contract.txt"


async def test_the_lines_that_operators_look_for_are_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="actors.vip")

    def logged(text: str) -> bool:
        return text in caplog.messages

    async with open_vip_daemon(tmp_path, more="cooldown_minutes = 0") as vip:
        await vip.until_ready()
        ann, thread = await vip.opened()
        crew = vip.stage.member("StaffName", staff=True)

        assert thread.id in await vip.stage.press(ann)
        await vip.until(
            lambda: logged(f"User {ann.id} has valid active thread {thread.id} - blocking duplicate session")
        )

        thread.archived = True
        thread.tell("UPDATE")
        await vip.until(lambda: logged(f"🧹 Cleaning up expired/archived thread for user {ann.id}"))
        await vip.until(
            lambda: logged(f"✅ Session cleaned up for user {ann.id} - Reason: Thread expired/archived")
        )

        thread = await vip.press(ann)
        vip.stage.server.guild.channels.pop(thread.id)
        thread.delete()
        await vip.until(lambda: logged(f"🧹 Cleaning up deleted thread for user {ann.id}"))

        thread = await vip.press(ann)
        await crew.say(vip.stage.log, f"!clear_vip_session <@{ann.id}>")
        await vip.until(
            lambda: logged(
                f"✅ Session cleaned up for user {ann.id} - Reason: Manual cleanup by staff StaffName"
            )
        )
        assert logged(f"✅ VIP session manually cleared for user Ann ({ann.id}) by staff StaffName")


async def test_without_its_secrets_the_rest_of_perkd_goes_on_and_says_what_is_missing(tmp_path: Path) -> None:
    async with open_vip_stage(tmp_path) as stage:
        del stage.host.env["TELEGRAM_API_HASH"]
        stage.stage.list_code("SNOW")
        async with running(stage) as vip:
            status = await vip.until_status(
                lambda seen: seen["giftcodes"]["codes"] == 1 and seen["discord"]["state"] == "connected"
            )
            assert vip.made.vip is None
            await vip.until(lambda: stage.stage.discord.commands)
            names = {command["name"] for command in stage.stage.discord.commands}
    (problem,) = status["problems"]
    assert problem.startswith("there are no VIP threads: ")
    assert "TELEGRAM_API_HASH" in problem
    assert "vip" not in [node["name"] for node in status["tree"]["children"]]
    assert "vip" not in names
