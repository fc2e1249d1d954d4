"""`perkd check` names what others may read, and shows no secret itself."""

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace

import pytest

from daemon.config import load_config
from daemon.doctor import draw_findings
from daemon.exposure import examine_exposure, without_secrets
from daemon.finding import Finding
from daemon.logs import add_secret
from daemon.output import plain_console
from daemon.secrets import BESIDE, look_beside
from tests.worlds.processes import FAST, open_host, small_world

CONFIG = """
[status]
listen = "{listen}"
[games.wos]
base_url = "http://127.0.0.1:9/api"
origin = "http://127.0.0.1:9"
sign_key_file = "wos.key"
"""


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A directory that everybody may look into, as `/etc` is; what pytest makes, it keeps shut."""
    for name in ("PERKD_STATUS_TOKEN", "CREDENTIALS_DIRECTORY", "PORT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(BESIDE, "directory", None)
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def findings(home: Path, listen: str = "127.0.0.1:8470") -> dict[str, Finding]:
    path = home / "config.toml"
    path.write_text(CONFIG.format(listen=listen))
    look_beside(path)
    return {finding.what: finding for finding in examine_exposure(load_config(path, {}))}


def secret(path: Path, mode: int) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text("a key")
    path.chmod(mode)
    return path


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
@pytest.mark.parametrize("name", ["wos.key", "credentials/DISCORD_TOKEN"])
def test_a_secret_that_others_may_read_is_named_with_the_remedy(home: Path, name: str, mode: int) -> None:
    path = secret(home / name, mode)
    found = findings(home)["secret file"]
    assert not found.well
    assert found.text == f"{path} may be read by others: it holds a secret"
    assert found.way_out == f"chmod 600 {path}"
    path.chmod(0o600)
    assert "secret file" not in findings(home)


def test_what_somebody_else_owns_and_perkd_reads_through_its_group_stays_readable_for_it(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = secret(home / "wos.key", 0o640)
    monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)
    assert "secret file" not in findings(home)
    path.chmod(0o644)
    assert findings(home)["secret file"].way_out == f"chmod o= {path}"


def test_a_directory_that_nobody_else_may_enter_is_enough(home: Path) -> None:
    secret(home / "credentials/DISCORD_TOKEN", 0o644)
    (home / "credentials").chmod(0o700)
    assert "secret file" not in findings(home)


def test_what_a_container_mounts_has_the_mode_that_it_has(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret(home / "wos.key", 0o644)
    monkeypatch.setattr(os, "statvfs", lambda _path: SimpleNamespace(f_flag=os.ST_RDONLY))
    assert "secret file" not in findings(home)


def test_a_key_that_is_not_there_is_told_elsewhere(home: Path) -> None:
    assert list(findings(home)) == ["page"]


@pytest.mark.parametrize(
    ("listen", "token", "says"),
    [
        ("127.0.0.1:8470", "", "for this machine, without a token"),
        ("[::1]:8470", "a token", "at [::1]:8470, for this machine"),
        ("0.0.0.0:8470", "a token", "for who has the token"),
        ("0.0.0.0:8470", "", "others reach it, and there is no token"),
    ],
)
def test_a_page_that_others_reach_without_a_token_is_named(
    home: Path, monkeypatch: pytest.MonkeyPatch, listen: str, token: str, says: str
) -> None:
    monkeypatch.setenv("PERKD_STATUS_TOKEN", token)
    found = findings(home, listen)["page"]
    assert says in found.text
    assert found.well is ("no token" not in says)
    assert ("set PERKD_STATUS_TOKEN" in found.way_out) is not found.well


def test_without_a_page_nothing_is_said_of_it(home: Path) -> None:
    assert findings(home, "") == {}


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://x.example/codes?api_key=TOPSECRET", "https://x.example/codes?…"),
        ("https://anna:TOPSECRET@x.example:8443/codes", "https://x.example:8443/codes"),
        ("wss://x.example", "wss://x.example"),
        ("http://[::1]:8443/codes", "http://[::1]:8443/codes"),
        ("http://x.example:TOPSECRET/", "as configured"),
    ],
)
def test_an_address_is_shown_without_what_may_be_secret(url: str, shown: str) -> None:
    assert without_secrets(url) == shown


def test_a_known_secret_is_in_no_finding(capsys: pytest.CaptureFixture[str]) -> None:
    add_secret("hunter2-hunter2")
    text = "GET /?key=hunter2-hunter2 failed"
    plain_console().print(draw_findings([Finding("source x", False, text, f"ask {text}")]))
    said = capsys.readouterr().out
    assert said.count("key=***") == 2


async def test_the_way_out_of_a_source_and_of_a_key_show_no_secret_and_where_a_credential_belongs(
    tmp_path: Path,
) -> None:
    world, _ = small_world()
    async with open_host(tmp_path, world) as host:
        host.write_config(
            f'{FAST}\n[games.third]\nbase_url = "http://127.0.0.1:9/api"\nsign_key_env = "PERKD_NOT_SET"\n'
            '[[sources]]\nname = "gone"\ngame = "wos"\nkind = "rss"\n'
            'url = "http://127.0.0.1:9/rss?api_key=TOPSECRET"\n'
        )
        done = await host.command("check", check=False)
        said = "".join(done.stdout.decode().split())
        assert "checkitsurl,http://127.0.0.1:9/rss?…,andthenetwork" in said
        assert "TOPSECRET" not in said
        assert (
            f"setthePERKD_NOT_SET,orwriteitinto{tmp_path}/credentials/PERKD_NOT_SET".replace(
                "setthe", "settheenvironmentvariable"
            )
            in said
        )
