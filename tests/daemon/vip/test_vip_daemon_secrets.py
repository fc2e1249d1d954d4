"""What members write, and what perkd has to keep to itself, is in no log line and no file."""

import io
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from daemon.logs import LineHandler, configure_logging
from tests.worlds.discord.sending import store_file
from tests.worlds.vip_daemon import VIPDaemon, open_vip_daemon

WORDS = "quitesecretwords"


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """All that perkd logs, as an operator gets it."""
    root, stream = logging.getLogger(), io.StringIO()
    level = root.level
    configure_logging("json", "debug", stream)
    yield stream
    root.setLevel(level)
    for handler in [one for one in root.handlers if isinstance(one, LineHandler)]:
        root.removeHandler(handler)


async def talk(vip: VIPDaemon) -> None:
    """Text and files cross, some in vain; the account is banned, the session moves and is cleared."""
    stage = vip.stage
    member, thread = await vip.opened("Ann\x1b[31m\nEvil")
    await member.say(thread, f"{WORDS} one")
    account = await vip.until_at_desk(f"{WORDS} one")
    stage.telegram.desk.say(account, f"{WORDS} two")
    await vip.until_in_thread(thread, f"{WORDS} two")
    lost = store_file(thread, f"{WORDS}.png", b"x")
    stage.stage.discord.files.pop(lost["id"])
    await member.say(thread, "look", attachments=[lost])
    await vip.until_at_desk("look")
    refusal = stage.telegram.faults.fail("SendMessage", "CHAT_WRITE_FORBIDDEN", times=None)
    await member.say(thread, f"{WORDS} in vain")
    await vip.until(lambda: refusal.met)
    refusal.release()
    stage.telegram.kill(account, "USER_DEACTIVATED_BAN")
    await member.say(thread, f"{WORDS} last")
    other = next(one for one in stage.accounts if one is not account)
    await vip.until(lambda: f"{WORDS} last" in stage.texts(other))
    crew = stage.member("Staff\x1b[0m\nName", staff=True)
    await crew.say(stage.log, f"!clear_vip_session <@{member.id}>")


async def test_texts_files_and_secrets_are_in_no_line_and_no_file(tmp_path: Path, lines: io.StringIO) -> None:
    async with open_vip_daemon(tmp_path, accounts=2) as vip:
        configure_logging("json", "debug", lines)  # as starting has changed it
        await vip.until_ready()
        await talk(vip)
        await vip.until(lambda: "manually cleared" in lines.getvalue())
        secrets = (vip.stage.telegram.api_hash, vip.stage.host.env["DISCORD_TOKEN"])
    said = lines.getvalue()
    for text in (WORDS, "/attachments/", "\x1b", *secrets):
        assert text not in said
    assert "by staff Staff\\\\x1b[0m\\\\nName" in said
    kept = [path for path in (tmp_path / "var").rglob("*") if path.is_file()]
    assert kept
    for path in kept:
        assert WORDS.encode() not in path.read_bytes(), path.name
