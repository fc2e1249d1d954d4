"""VIP on the page, in a real browser: numbers, accounts with their reasons, and parts that do not answer."""

import json
from pathlib import Path
from typing import Any

from attrs import define

from daemon.vip_report import VIPPart
from tests.worlds.page import Shown, showing

VIP = "document.querySelector('#vip-body').innerText"
EVIL = '<img src=x onerror="window.hacked=1">'
ACCOUNT = {"state": "leased", "reason": None, "connection": "connected", "until": None}
DOCUMENT: dict[str, Any] = {
    "enabled": True,
    "sessions": 4,
    "by_state": {"open": 3, "waiting": 1},
    "accounts": {"leased": 3, "dead": 1},
    "waiting": 1,
    "oldest_undelivered": 200.0,
    "unanswered": 0,
    "account_list": [
        {**ACCOUNT, "name": "desk-1"},
        {**ACCOUNT, "name": "desk-2", "connection": "away", "reason": "Telegram can't be reached"},
        {**ACCOUNT, "name": "desk-3", "state": "dead", "connection": "dead", "reason": EVIL},
    ],
    "silent": [],
}


@define
class Told:
    """In the place of `VIPReport`: tells what a test wants."""

    document: dict[str, Any]

    async def look(self, _within: float) -> VIPPart:
        return VIPPart(self.document, ())


def tell(shown: Shown, document: dict[str, Any]) -> None:
    shown.made.report.vip = Told(document)  # type: ignore[assignment]


async def test_sessions_the_waiting_list_and_each_account_are_shown(tmp_path: Path) -> None:
    async with showing(tmp_path) as shown:
        tab = shown.tab
        await tab.until(f"{VIP}.includes('There are no VIP threads')")
        tell(shown, DOCUMENT)
        await tab.until(f"{VIP}.includes('4 sessions')")
        text = await tab.run(VIP)
        for part in (
            "3 open · 1 waiting · oldest undelivered message 3 min 20 s",
            "1 member",
            "account desk-1",
            "Telegram: connected",
            "Telegram can't be reached",
            "dead",
            EVIL,
        ):
            assert part in text
        assert await tab.run("window.hacked") is None
        assert tab.faults == []


async def test_parts_that_do_not_answer_are_not_shown_as_well(tmp_path: Path) -> None:
    async with showing(tmp_path) as shown:
        unknown = dict.fromkeys(("sessions", "waiting", "oldest_undelivered", "unanswered"))
        silent = {**DOCUMENT, **unknown, "by_state": {}, "accounts": {}, "account_list": []}
        tell(shown, {**silent, "silent": ["desk", "account_pool", "telegram"]})
        await shown.tab.until(f"{VIP}.includes('no answer')")
        text = await shown.tab.run(VIP)
        assert "the VIP desk does not tell" in text
        assert "the account pool does not tell" in text
        assert json.dumps(text).count("no answer") == 2
        assert shown.tab.faults == []
