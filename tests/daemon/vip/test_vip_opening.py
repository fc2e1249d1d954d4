"""Whether there are VIP threads: what is missing is said, and the rest of perkd goes on."""

from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from daemon.clock import SteadyClock
from daemon.config import AccountConfig, Config, TelegramConfig, VipConfig
from daemon.discord.parts import DiscordParts
from daemon.secrets import Secret
from daemon.vip.opening import open_vip
from tests.worlds.processes import imported

VARIABLES = ("TELEGRAM_API_ID", "TELEGRAM_API_HASH", "TELEGRAM_SESSION_KEY")
OPEN = VipConfig(enabled=True, upgrade_channel=11, staff_roles=(12,), desk="@vip_desk")


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TELEGRAM_API_ID", "12345")
    monkeypatch.setenv("TELEGRAM_API_HASH", "a secret hash")
    return monkeypatch


async def opened(vip: VipConfig, *, discord: bool = True) -> tuple[bool, list[str]]:
    """Whether they run, and what is said of it."""
    config = Config(vip=vip, telegram=TelegramConfig(accounts=(AccountConfig("a", Path("a")),)))
    clock, notes = SteadyClock(), list[str]()
    parts = DiscordParts(config.discord, Secret("a.b.c"), clock) if discord else None
    async with AsyncExitStack() as stack:
        side = await open_vip(config, clock, parts, notes, stack)
    return side is not None, notes


async def test_they_run_where_everything_is_there() -> None:
    assert await opened(OPEN) == (True, [])


async def test_where_they_are_off_nothing_is_said_and_nothing_is_missing() -> None:
    assert await opened(VipConfig(), discord=False) == (False, [])


async def test_all_that_is_missing_is_named_at_once(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("TELEGRAM_API_ID")
    environment.delenv("TELEGRAM_API_HASH")
    runs, notes = await opened(OPEN, discord=False)
    said = "\n".join(notes)
    assert not runs
    assert all(name in said for name in ("DISCORD_TOKEN", "TELEGRAM_API_ID", "TELEGRAM_API_HASH"))
    assert all(note.startswith("there are no VIP threads: ") for note in notes)


@pytest.mark.parametrize(
    ("name", "value"),
    [("TELEGRAM_API_ID", "my-id"), ("TELEGRAM_API_ID", "0"), ("TELEGRAM_SESSION_KEY", "my-secret-key")],
)
async def test_what_can_not_be_right_is_named_and_not_shown(
    environment: pytest.MonkeyPatch, name: str, value: str
) -> None:
    environment.setenv(name, value)
    runs, (note,) = await opened(OPEN)
    assert not runs
    assert name in note
    assert value not in note.replace(name, "")


async def test_without_staff_they_run_and_it_is_told() -> None:
    runs, (note,) = await opened(VipConfig(enabled=True, upgrade_channel=11, desk="@vip_desk"))
    assert runs
    assert "staff_roles" in note


def test_a_perkd_without_them_imports_no_telethon(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[perkd]\ndata_dir = "var"\n[[telegram.accounts]]\nname = "a"\nsession = "a"\n')
    assert not imported(config, "telethon", "cryptg", "cryptography", "hikari")
