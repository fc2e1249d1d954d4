"""`perkd pause` and `perkd resume`, as an operator runs them."""

from pathlib import Path

import click
import pytest

from actors.giftcodes.model import Audit
from daemon.cli.games import Length
from tests.worlds.processes import FAST, open_host, small_world


async def test_a_game_is_paused_shown_so_and_resumed(tmp_path: Path) -> None:
    world, _ = small_world()
    async with open_host(tmp_path, world) as host:
        host.write_config(FAST)
        without = await host.command("pause", "wos", check=False)
        assert without.returncode == 3
        async with host.perkd() as process:
            await host.until_ready()
            paused = await host.command("pause", "--for", "2h")
            assert paused.stdout.decode().startswith("wos is paused until 20")
            status = await host.until(lambda seen: seen["giftcodes"]["rate"])
            assert status["giftcodes"]["rate"]["wos"]["reason"] == "PAUSED_BY_OPERATOR"
            assert status["health"] == "degraded"
            wrong = await host.command("pause", "none", check=False)
            assert wrong.returncode == 2
            resumed = await host.command("resume", "wos")
            assert resumed.stdout.decode() == "wos is called again.\n"
            await host.until(lambda seen: seen["health"] == "healthy")
            await host.stop(process)
        found = [(one.member, one.action) for one in sorted(host.find(Audit), key=lambda one: one.at)]
        assert found == [("cli", "games pause"), ("cli", "games resume")]


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", "90"), ("90s", "90"), ("15M", "900"), (" 2h", "7200"), ("1d", "86400")]
)
def test_a_length_has_a_unit(text: str, seconds: str) -> None:
    assert Length().convert(text, None, None) == seconds


@pytest.mark.parametrize("text", ["", "0", "h", "-5m", "1.5h", "2 weeks", "9999999999"])
def test_what_is_no_length_is_refused_with_examples(text: str) -> None:
    with pytest.raises(click.BadParameter, match="15m, 2h or 1d"):
        Length().convert(text, None, None)
