"""The page for everybody: by keyboard, by screen reader, on a phone, in the dark."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trio

from actors.giftcodes.model import Code, CodeState, Outcome, Redemption
from actors.ports import Put
from supervision.testing import crash
from tests.worlds.page import TOKEN, Shown, log_in, showing

AXE = os.environ.get("PERKD_TEST_AXE", "")
REDEEMERS = '[data-path="perkd/giftcodes/redemption/redeemers"]'
ACTIVE = "document.activeElement"


@asynccontextmanager
async def full_page(directory: Path) -> AsyncIterator[Shown]:
    """A page that shows something of everything, to somebody who may act."""
    slow = "\n[redeem]\nrequests_per_minute = 10\n"
    async with showing(directory, players=40, more=slow, token=TOKEN) as shown:
        store = shown.made.store
        failed = [("WRONG_STATE", 3), ("UNKNOWN_STATUS_X", 2)]
        await store.commit(
            Put(Code("wos", "OLD", CodeState.EXPIRED, source="feed", first_seen=1e9, ended_at=2e9))
        )
        for status, number in failed:
            for n in range(number):
                fid = f"{status[0]}{n}"
                await store.commit(Put(Redemption("wos", fid, "OLD", outcome=Outcome.FAILED, status=status)))
        shown.made.changed(frozenset({"codes"}))
        await log_in(shown)
        crash(shown.made.tree.ref("giftcodes/announcer"))
        await shown.tab.click(f"{REDEEMERS} .toggle")
        await shown.tab.until(f"document.querySelector('{REDEEMERS} [data-path]')")
        await shown.tab.until("document.querySelector('[data-code=\"wos/OLD\"]')")
        await shown.tab.click('[data-code="wos/OLD"] button')
        await shown.tab.until("document.querySelector('[data-code=\"wos/OLD\"] .legend .minor')")
        await shown.tab.click("#players .lines button")
        yield shown


async def violations(shown: Shown) -> Any:
    script = await trio.Path(AXE).read_text()
    await shown.tab.run(f"{script}; true")
    return await shown.tab.run(
        "axe.run().then(found => found.violations.map("
        "one => [one.id, one.nodes.map(node => node.html + ' ' + node.failureSummary)]))"
    )


@pytest.mark.skipif(not AXE, reason="PERKD_TEST_AXE names no axe-core: scripts/chromium.sh gets it with npm")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
async def test_axe_finds_no_violations(tmp_path: Path, scheme: str, width: int) -> None:
    async with full_page(tmp_path) as shown:
        tab = shown.tab
        await tab.prefer(scheme)
        await tab.size(width, 900, phone=width < 500)
        await tab.run("Promise.all(document.getAnimations().map(a => (a.finish(), a.finished)))")
        assert await violations(shown) == []
        await tab.click('[aria-label="Pause wos"]')
        await tab.until("document.querySelector('dialog').open")
        assert await violations(shown) == []
        await tab.open(f"{shown.url}login")
        assert await violations(shown) == []
        assert tab.faults == []


async def test_on_a_phone_nothing_is_wider_than_the_screen(tmp_path: Path) -> None:
    async with full_page(tmp_path) as shown:
        await shown.tab.size(360, 780, phone=True)
        await trio.sleep(0.3)
        assert await shown.tab.run("document.documentElement.scrollWidth") == 360
        wide = await shown.tab.run(
            "[...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > 361)"
            ".map(e => e.outerHTML.slice(0, 200))"
        )
        assert wide == []


async def test_everything_can_be_done_by_keyboard(tmp_path: Path) -> None:
    async with showing(tmp_path) as shown:
        tab = shown.tab
        await tab.press("Tab")
        assert await tab.run(f"{ACTIVE}.textContent") == "Skip to the content"
        await tab.press("Enter")
        for _ in range(40):
            await tab.press("Tab")
            if await tab.run(f"{ACTIVE}.getAttribute('aria-label')") == "pollers: what is below it":
                break
        assert await tab.run(f"{ACTIVE}.getAttribute('aria-expanded')") == "true"
        assert await tab.run(f"getComputedStyle({ACTIVE}).outlineStyle") == "solid"
        await tab.press("Enter")
        assert await tab.run(f"{ACTIVE}.getAttribute('aria-expanded')") == "false"
        feed = "document.querySelector('[data-path=\"perkd/giftcodes/pollers/feed\"]')"
        assert await tab.run(f"{feed}.checkVisibility()") is False
        await trio.sleep(1.2)  # a status later the focus is where it was, and what was folded stays so
        assert await tab.run(f"{ACTIVE}.getAttribute('aria-expanded')") == "false"
        assert tab.faults == []


async def test_a_chosen_theme_outlives_the_page_and_else_the_systems_counts(tmp_path: Path) -> None:
    async with showing(tmp_path) as shown:
        tab = shown.tab
        ground = "getComputedStyle(document.body).backgroundColor"
        light = await tab.run(ground)
        await tab.prefer("dark")
        dark = await tab.run(ground)
        assert light != dark
        await tab.until("document.getElementById('theme').ariaPressed === 'true'")
        await tab.click("#theme")
        assert await tab.run(ground) == light
        await tab.open(shown.url)
        assert await tab.run(ground) == light
