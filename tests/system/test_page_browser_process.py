"""The page of `perkd run`, a process of its own: what it shows of a crash, and of a restart of perkd."""

from pathlib import Path

from tests.worlds.browser import open_tab
from tests.worlds.ports import free_port
from tests.worlds.processes import Host, open_host, small_world

FRAIL = """
from pathlib import Path

class Frail:
    \"\"\"A source that lists nothing, and crashes its actor once when it is told to.\"\"\"

    def __init__(self, settings):
        self._order = Path(__file__).with_name("crash")

    async def fetch(self):
        if self._order.exists():
            self._order.unlink()
            raise RuntimeError("ordered by a file")
        return []

    def accept(self):
        pass
"""
CONFIG = """
[[sources]]
name = "frail"
game = "wos"
kind = "frail"
url = "http://127.0.0.1:9/"
interval = 0.1
"""
SOURCE = '[data-path="perkd/giftcodes/pollers/frail"]'


def text_of(selector: str) -> str:
    return f"document.querySelector('{selector}')?.innerText"


def install(host: Host) -> Path:
    """The frail source as an installed package; returns the file that has it crash."""
    place = host.directory / "packages"
    info = place / "frail-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: frail\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[perkd.sources]\nfrail = frail:Frail\n")
    (place / "frail.py").write_text(FRAIL)
    host.env["PYTHONPATH"] = str(place)
    return place / "crash"


async def test_a_crash_in_a_process_of_its_own_shows_within_a_second(tmp_path: Path) -> None:
    world, _ = small_world()
    async with open_host(tmp_path, world) as host, open_tab(tmp_path) as tab:
        order, port = install(host), free_port()
        host.write_config(CONFIG, listen=f"127.0.0.1:{port}")
        async with host.perkd() as process:
            await host.until_ready()
            await tab.open(f"http://127.0.0.1:{port}/")
            await tab.until(f"{text_of(f'{SOURCE} .chip')}.includes('running')")
            await tab.until(f"{text_of('#players')}.includes('Nobody is registered yet')")
            await tab.type("#players input", "Zoe")
            await tab.until(f"{text_of('#players')}.includes('none fits')")
            order.touch()
            await tab.until(f"{text_of(f'{SOURCE} .error')}.includes('ordered by a file')", within=1.0)
            await tab.until(f"{text_of(f'{SOURCE} .facts')}.includes('1 restart')")
            await tab.until(f"{text_of(f'{SOURCE} .chip')}.includes('running')")
            assert tab.faults == []
            await host.stop(process)


async def test_it_comes_back_by_itself_after_a_restart_of_perkd_and_says_so_meanwhile(tmp_path: Path) -> None:
    world, players = small_world()
    async with open_host(tmp_path, world) as host, open_tab(tmp_path) as tab:
        port = free_port()
        host.write_config(listen=f"127.0.0.1:{port}")
        host.add_players(players)
        async with host.perkd() as process:
            await host.until_ready()
            await tab.open(f"http://127.0.0.1:{port}/")
            await tab.until(f"{text_of('#codes')}.includes('3 redeemed')")
            assert tab.faults == []
            await host.stop(process)
            await tab.until(f"{text_of('#connection')}.includes('does not answer')")
            assert "no answer" in await tab.run(text_of("#health"))
        async with host.perkd() as process:
            await tab.until("document.getElementById('connection').hidden")
            await tab.until(f"{text_of('#health')}.includes('healthy')")
            await tab.until(f"{text_of('#announce')}.includes('answers again')")
            refused = [fault for fault in tab.faults if "ERR_CONNECTION_REFUSED" not in fault]
            assert refused == []
            await host.stop(process)
