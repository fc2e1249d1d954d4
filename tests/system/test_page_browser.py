"""The page in a real browser: what it shows, how soon, and that nothing foreign becomes markup."""

import json
from pathlib import Path

import trio

from actors.giftcodes.model import Code
from actors.ports import Put
from daemon.simulator import SimPlayer
from supervision.testing import crash
from tests.worlds.page import Shown, showing

ANNOUNCER = '[data-path="perkd/giftcodes/announcer"]'
EVIL = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'


def text_of(selector: str) -> str:
    return f"document.querySelector({json.dumps(selector)})?.innerText"


async def test_every_part_of_a_daemon_is_shown_and_nothing_fails_on_the_console(
    tmp_path: Path,
) -> None:
    async with showing(tmp_path, players=4) as shown:
        tab = shown.tab
        await tab.until("document.querySelector('[data-code=\"wos/SNOW\"]')")
        await tab.until(f"{text_of('#codes')}.includes('4 redeemed')")
        assert "healthy" in await tab.run(text_of("#health"))
        paths = await tab.run("[...document.querySelectorAll('[data-path]')].map(e => e.dataset.path)")
        assert {"perkd", "perkd/storage", "perkd/giftcodes/pollers/feed"} <= set(paths)
        assert "of 30 calls" in await tab.run(text_of("#rate"))
        assert "sqlite" in await tab.run(text_of("#connections"))
        assert "P0" in await tab.run(text_of("#players"))
        assert "perkd/giftcodes/campaign" in await tab.run(text_of("#events"))
        assert "yes" in await tab.run(text_of("#tiles"))
        assert await tab.run("getComputedStyle(document.querySelector('.action')).display") == "none"
        assert tab.faults == []


async def test_what_is_waited_for_may_be_on_the_page_that_comes_next(tmp_path: Path) -> None:
    reload_once = "sessionStorage.again ? done(true) : (sessionStorage.again = 1, location.reload())"
    async with showing(tmp_path) as shown:
        assert await shown.tab.until(f"new Promise(done => {{ {reload_once} }})")


async def test_a_crash_shows_within_a_second_and_so_does_its_restart(tmp_path: Path) -> None:
    async with showing(tmp_path) as shown:
        tab = shown.tab
        await trio.sleep(0.3)  # whatever was to come with the first status is there
        crash(shown.made.tree.ref("giftcodes/announcer"))
        await tab.until(f"{text_of(f'{ANNOUNCER} .chip')}.includes('crashed')", within=1.0)
        assert "ordered for" in await tab.run(text_of(f"{ANNOUNCER} .error"))
        assert await tab.run(f"document.querySelector({json.dumps(f'{ANNOUNCER} .flash')}) !== null")
        await tab.until(f"{text_of(f'{ANNOUNCER} .facts')}.includes('1 restart')")
        await tab.until(f"{text_of('#announce')}.includes('perkd/giftcodes/announcer')")
        await tab.until(f"{text_of('#events')}.includes('incarnation 2')")
        await tab.click('#events button[aria-label^="Traceback of perkd/giftcodes/announcer"]')
        await tab.until(f"{text_of('#events pre')}.includes('It has none')")  # an injected error
        assert tab.faults == []


async def test_what_is_foreign_is_text_and_never_markup(tmp_path: Path) -> None:
    async with showing(tmp_path, players=[SimPlayer("1001", kid="7", name=EVIL)]) as shown:
        tab = shown.tab
        await shown.made.store.commit(Put(Code("wos", "<b>SNOW</b>", source="<i>", first_seen=1.0)))
        shown.made.changed(frozenset({"codes"}))
        await tab.until(f"{text_of('#players')}.includes('<script>')")
        await tab.until(f"{text_of('#codes')}.includes('<b>SNOW</b>')")
        await tab.click("#players .lines button")
        await tab.until("document.querySelector('#players .history li')")
        assert await tab.run("window.hacked === undefined")
        assert await tab.run("document.querySelectorAll('main img, main script, main b, main i').length") == 0
        assert tab.faults == []


async def test_players_and_codes_are_looked_for_on_the_servers_side(tmp_path: Path) -> None:
    async with showing(tmp_path, players=40) as shown:
        tab = shown.tab
        await tab.until(f"{text_of('#players .pager')}.includes('1–15 of 40')")
        await tab.click("#players .pager button:last-child")
        await tab.until(f"{text_of('#players .pager')}.includes('16–30 of 40')")
        await tab.type("#players input", "p39")
        await tab.until("document.querySelectorAll('#players [data-player]').length === 1")
        await tab.type("#codes input", "nothing like it")
        await tab.until("document.querySelectorAll('#codes [data-code]').length === 0")
        assert tab.faults == []


async def test_ten_thousand_children_are_one_line_and_a_page_of_them_on_demand(tmp_path: Path) -> None:
    crowd = [SimPlayer(str(10_000 + n), kid="7", name=f"P{n}") for n in range(10_000)]
    slow = "\n[redeem]\nrequests_per_minute = 1\n"
    async with showing(tmp_path, players=crowd, more=slow) as shown:
        tab = shown.tab
        redeemers = '[data-path="perkd/giftcodes/redemption/redeemers"]'
        await tab.until(f"/9,99|10,000/.test({text_of(redeemers)})", 60)
        await trio.sleep(2)
        tab.received.clear()
        await tab.click(f"{redeemers} .toggle")
        await tab.until(f"document.querySelectorAll({json.dumps(f'{redeemers} [data-path]')}).length === 25")
        longest = await tab.run(_LONGEST_FRAME)
        await tab.type(f"{redeemers} input", "wos:12345")
        await tab.until(f"document.querySelectorAll({json.dumps(f'{redeemers} [data-path]')}).length === 1")
        assert await tab.run("document.querySelectorAll('*').length") < 2000
        assert max(tab.received) <= 64 * 1024
        assert longest < 200  # ms, with everything on two shared cores
        assert tab.faults == []


_LONGEST_FRAME = """
new Promise(done => {
  let last = performance.now(), longest = 0;
  const end = last + 4000;
  const look = now => {
    longest = Math.max(longest, now - last);
    last = now;
    now < end ? requestAnimationFrame(look) : done(longest);
  };
  requestAnimationFrame(look);
})
"""


async def test_a_page_that_was_away_shows_no_old_crash_as_new(tmp_path: Path) -> None:
    async with showing(tmp_path) as shown:
        crash(shown.made.tree.ref("giftcodes/announcer"))
        await shown.tab.until(f"{text_of(f'{ANNOUNCER} .facts')}.includes('1 restart')")
        before = shown.tab.loaded
        await shown.tab.send("Page.reload")
        await shown.tab.until_loaded(before)
        await _until_tree(shown)
        await shown.tab.until(f"{text_of('#events')}.includes('crashed')")
        assert await shown.tab.run("document.querySelector('.flash')") is None


async def _until_tree(shown: Shown) -> None:
    await shown.tab.until("document.querySelector('[data-path]')")
    await trio.sleep(1.2)  # one more status
