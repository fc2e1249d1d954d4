# ruff: noqa: INP001 - a directory of scripts
"""The pictures of docs/page.md: the page of a daemon at work, in a real browser.

scripts/chromium.sh run .venv/bin/python -m scripts.page_pictures
"""

import tempfile
from pathlib import Path

import trio

from actors.giftcodes.model import Code, CodeState, Outcome, Redemption, Status
from actors.ports import Put, Store
from daemon.simulator import Fault, Listing, SimCode, SimPlayer
from supervision.testing import crash
from tests.worlds.browser import Tab
from tests.worlds.page import TOKEN, log_in, showing

PLACE = Path("docs/images")
NAMES = (
    "Frostbjörn",
    "Lancelittle",
    "Ember",
    "Nordwind",
    "Yuki",
    "Mara",
    "Oakheart",
    "Sable",
    "Tundra",
    "Ivo",
)
PLAYERS = 120
MORE = "\n[redeem]\nrequests_per_minute = 240\nplayer_spacing = 0.2\n"


async def take() -> None:
    """Light, dark, and as on a phone."""
    crowd = [
        SimPlayer(str(184_203_000 + 7 * n), kid="1187", name=f"{NAMES[n % 10]} {n // 10 + 1}")
        for n in range(PLAYERS)
    ]
    with tempfile.TemporaryDirectory() as directory:
        async with showing(Path(directory), players=crowd, more=MORE, token=TOKEN, latency=0.2) as shown:
            world, game = shown.host.world, shown.host.world.games["wos"]
            await _add_ended_code(shown.made.store, crowd)
            for answer, every in (("STOVE_LV ERROR", 9), ("RECHARGE_MONEY ERROR", 17)):
                for player in crowd[::every]:
                    world.order(Fault(game="wos", fid=player.fid, code="FROST26", answer=answer, times=1))
            game.add_code(SimCode("FROST26"))
            world.sources["feed"].listings.append(Listing("FROST26"))
            shown.made.changed(frozenset({"codes"}))
            await log_in(shown)
            tab = shown.tab
            await tab.size(1280, 980)
            await tab.until("document.querySelectorAll('[data-code]').length === 3")
            await tab.click('[data-code="wos/SPRING26"] button')
            await tab.until("/^[5-7]\\d/.test(document.querySelectorAll('#tiles dd')[2].innerText)", 60)
            await tab.run("scrollTo({top: 0, behavior: 'instant'})")
            crash(shown.made.tree.ref("giftcodes/announcer"))
            await tab.until("document.querySelector('.news:not(:empty)')")
            await _picture(tab, "light")
            await tab.prefer("dark")
            await _picture(tab, "dark")
            await tab.prefer("light")
            await tab.size(360, 780, phone=True)
            await tab.run("document.querySelector('#codes').scrollIntoView({behavior: 'instant'})")
            await _picture(tab, "phone")


async def _picture(tab: Tab, name: str) -> None:
    await trio.sleep(0.5)
    await tab.picture(PLACE / f"page-{name}.png")


async def _add_ended_code(store: Store, crowd: list[SimPlayer]) -> None:
    code = Code("wos", "SPRING26", CodeState.EXPIRED, source="feed", first_seen=1.79e9, ended_at=1.7905e9)
    ends = [(Outcome.REDEEMED, Status.SUCCESS)] * 9 + [(Outcome.FAILED, Status.WRONG_STATE)]
    records = [
        Redemption("wos", player.fid, code.code, outcome=ends[at % 10][0], status=ends[at % 10][1])
        for at, player in enumerate(crowd)
    ]
    await store.commit(Put(code), *map(Put, records))


if __name__ == "__main__":
    trio.run(take)
