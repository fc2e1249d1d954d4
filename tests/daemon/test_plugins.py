"""Plug-ins as packages as installed: the examples of docs/extending.md, run as they stand there."""

import json
import re
import sys
import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trio
from attrs import define, field
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from actors.giftcodes.model import Channel, Code, Guild, Player
from actors.ports import Announcement, ChannelGone, FoundCode, PostError, SourceError
from daemon.boards import BoardSettings, RoutedBoard, load_boards
from daemon.captcha import load_solver
from daemon.config import ConfigError, load_config
from daemon.control.server import serve_tcp
from daemon.plugins import PluginError
from daemon.secrets import Secret
from daemon.sources import SourceSettings, build_client, open_feed, open_source, pushes
from tests.worlds.processes import FAST, open_host, small_world

MANUAL = (Path(__file__).parents[2] / "docs/extending.md").read_text(encoding="utf-8")
MODULES = dict(re.findall(r"```python\n# (\w+)\.py\n(.*?)```", MANUAL, re.DOTALL))
(PROJECT,) = [block for block in re.findall(r"```toml\n(.*?)```", MANUAL, re.DOTALL) if "[project]" in block]
CONFIGS = re.findall(r"```toml\n# config\.toml\n(.*?)```", MANUAL, re.DOTALL)
GAME = '[games.wos]\nbase_url = "http://a/api"\nsign_key_env = "K"\n'
WITH_PLUGINS = """
[[sources]]
name = "club"
game = "wos"
kind = "lines"
url = "{url}/codes"
interval = 0.2
[boards.webhook]
url = "{url}/hook"
"""
ODD = """
from contextlib import asynccontextmanager
from actors.ports import FoundCode

class Pushing:
    def __init__(self, settings):
        self.settings = settings

    @asynccontextmanager
    async def listen(self):
        async def codes():
            yield FoundCode(self.settings.game, "PUSHED")
        yield codes()

def broken(settings):
    raise OSError("no such device")
"""


def install(directory: Path) -> None:
    """What `pip install` leaves behind: modules, and metadata with the entry points of the manual."""
    groups = tomllib.loads(PROJECT)["project"]["entry-points"]
    groups["perkd.sources"] |= {"pushing": "perkd_odd:Pushing", "broken": "perkd_odd:broken"}
    groups["perkd.sources"] |= {"empty": "types:SimpleNamespace.mro", "wrong": "builtins:repr"}
    groups["perkd.boards"] |= {"half": "builtins:repr", "gone": "no_such_package:Board"}
    lines = []
    for group, names in groups.items():
        lines += [f"[{group}]", *(f"{name} = {value}" for name, value in names.items())]
    info = directory / "perkd_extras-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: perkd-extras\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("\n".join(lines))
    for name, code in {**MODULES, "perkd_odd": ODD}.items():
        (directory / f"{name}.py").write_text(code)


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory of packages that Python looks into."""
    directory = tmp_path / "packages"
    install(directory)
    monkeypatch.syspath_prepend(str(directory))
    for name in (*MODULES, "perkd_odd"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return directory


@define
class Club:
    """A server with a page of codes, and a hook that messages are posted to."""

    page: str = "SNOW\n\nnot a code\n ICE2 \n"
    hook_answers: int = 200
    posted: list[dict[str, str]] = field(factory=list)
    tokens: list[str] = field(factory=list)

    async def codes(self, request: Request) -> Response:
        self.tokens.append(request.headers.get("authorization", ""))
        return PlainTextResponse(self.page) if self.page else Response(status_code=500)

    async def hook(self, request: Request) -> Response:
        self.posted.append(json.loads(await request.body()))
        self.tokens.append(request.headers.get("authorization", ""))
        return JSONResponse({"id": f"m{len(self.posted)}"}, self.hook_answers)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[str]:
        app = Starlette(routes=[Route("/codes", self.codes), Route("/hook", self.hook, methods=["POST"])])
        async with trio.open_nursery() as nursery:
            port = await nursery.start(serve_tcp, app, "127.0.0.1", 0)
            yield f"http://127.0.0.1:{port}"
            nursery.cancel_scope.cancel()


def settings(kind: str, url: str = "http://127.0.0.1:1/", **more: Any) -> SourceSettings:
    return SourceSettings("club", "wos", kind, url, **more)


# --- sources ------------------------------------------------------------------------------------


@pytest.mark.usefixtures("packages")
async def test_the_manuals_source_reads_its_page() -> None:
    club = Club()
    async with club.open() as url, build_client() as client:
        asked = settings("lines", f"{url}/codes", secret=Secret("hunter2"))
        assert not pushes(asked)
        source = open_source(asked, client)
        assert await source.fetch() == [FoundCode("wos", "SNOW"), FoundCode("wos", "ICE2")]
        source.accept()
        club.page = ""
        with pytest.raises(SourceError, match="500"):
            await source.fetch()
    assert club.tokens == ["Bearer hunter2"] * 2


@pytest.mark.usefixtures("packages")
async def test_a_plugged_in_source_that_can_be_listened_to_is_a_feed() -> None:
    assert pushes(settings("pushing"))
    async with open_feed(settings("pushing")).listen() as codes:
        assert [code async for code in codes] == [FoundCode("wos", "PUSHED")]


@pytest.mark.usefixtures("packages")
@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("lanes", r"source club: kind = 'lanes': no such source; there are json, rss, .*, broken, .*lines, "),
        ("broken", r"kind = 'broken': perkd_odd:broken can't be loaded \(OSError: no such device\): repair"),
        ("wrong", r"kind = 'wrong': what the plug-in makes \(str\) has no method fetch\(\): it is no source"),
    ],
)
def test_a_source_that_cannot_be_had_is_refused_with_the_reason(kind: str, reason: str) -> None:
    with pytest.raises(PluginError, match=reason):
        pushes(settings(kind))


@pytest.mark.usefixtures("packages")
def test_an_unknown_kind_is_a_fault_of_the_configuration_that_lists_what_there_is(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    source = f'{GAME}[[sources]]\nname = "a"\ngame = "wos"\n'
    path.write_text(f'{source}kind = "lines"\nurl = "http://a/"\n')
    assert load_config(path, {}).sources[0].kind == "lines"
    path.write_text(f'{source}kind = "lanes"\nurl = "http://a/"\n')
    with pytest.raises(ConfigError, match=r'kind = "lanes": must be one of json, .*, broken, .*lines'):
        load_config(path, {})


# --- captcha solvers ----------------------------------------------------------------------------


@pytest.mark.usefixtures("packages")
async def test_the_manuals_solver_waits_for_an_answer_in_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "captchas"
    monkeypatch.setenv("CAPTCHA_FOLDER", str(folder))
    folder.mkdir()
    (folder / "wos-1001.txt").write_text("x7Kp\n")
    solver = load_solver("folder")
    with trio.fail_after(20):
        assert await solver.solve("wos", Player("wos", "1001"), b"picture") == "x7Kp"
    assert list(folder.iterdir()) == []


# --- boards -------------------------------------------------------------------------------------

FRIENDS = Guild("webhook:friends", "Friends")
CHANNEL, ANNOUNCEMENT = Channel("general", since=0.0), Announcement(Code("wos", "SNOW"))


def config_of(path: Path, text: str) -> Any:
    path.write_text(text)
    return load_config(path, {})


@pytest.mark.usefixtures("packages")
async def test_the_manuals_board_posts_and_edits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    club, heard = Club(), list[str]()
    monkeypatch.setenv("PERKD_WEBHOOK_TOKEN", "hunter2")
    async with club.open() as url:
        text = f'[boards.webhook]\nurl = "{url}/hook"\ntoken_env = "PERKD_WEBHOOK_TOKEN"\n'
        plugged = load_boards(config_of(tmp_path / "config.toml", text), heard.append)
        board = RoutedBoard(plugged["webhook"], plugged["webhook"], plugged)
        assert await board.post(FRIENDS, CHANNEL, ANNOUNCEMENT, "nonce") == "m1"
        await board.edit(FRIENDS, CHANNEL, "m1", ANNOUNCEMENT)
        club.hook_answers = 404
        with pytest.raises(ChannelGone):
            await board.post(FRIENDS, CHANNEL, ANNOUNCEMENT, "nonce")
        club.hook_answers = 500
        with pytest.raises(PostError, match="500"):
            await board.post(FRIENDS, CHANNEL, ANNOUNCEMENT, "nonce")
    assert heard == ["hunter2"]
    said = "SNOW (wos, live): 0 of 0 players"
    assert club.posted[:2] == [
        {"channel": "general", "text": said, "nonce": "nonce"},
        {"channel": "general", "text": said, "message": "m1"},
    ]
    assert set(club.tokens) == {"Bearer hunter2"}


@pytest.mark.usefixtures("packages")
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("nowhere", r"\[boards.nowhere\]: no such board; there are gone, half, webhook\. Install"),
        ("gone", r"\[boards.gone\]: no_such_package:Board can't be loaded \(ModuleNotFoundError"),
        ("half", r"\[boards.half\]: what the plug-in makes \(str\) has no method post\(guild, "),
    ],
)
def test_a_board_that_cannot_be_had_is_refused_with_the_reason(
    name: str, reason: str, tmp_path: Path
) -> None:
    with pytest.raises(PluginError, match=reason):
        load_boards(config_of(tmp_path / "config.toml", f'[boards.{name}]\nurl = "http://a/"\n'))


async def test_the_guild_of_a_board_that_is_gone_is_not_posted_to_elsewhere() -> None:
    board = RoutedBoard(None, None)  # type: ignore[arg-type]
    with pytest.raises(PostError, match=r"guild webhook:friends: there is no \[boards.webhook\]"):
        await board.post(FRIENDS, CHANNEL, ANNOUNCEMENT, "nonce")


def test_a_boards_secret_is_not_shown() -> None:
    assert "hunter2" not in repr(BoardSettings("webhook", "http://a/", Secret("hunter2")))


# --- the whole of it ----------------------------------------------------------------------------


@pytest.mark.usefixtures("packages")
@pytest.mark.parametrize("text", CONFIGS)
def test_the_configurations_of_the_manual_are_accepted(text: str, tmp_path: Path) -> None:
    game = GAME if "[games." not in text else ""
    assert config_of(tmp_path / "config.toml", game + text)


async def test_a_start_without_a_plug_in_that_is_named_ends_with_2_and_says_which(tmp_path: Path) -> None:
    world, _ = small_world(players=0)
    async with open_host(tmp_path, world) as host:
        host.write_config('[boards.webhook]\nurl = "http://a/"\n')
        async with host.perkd() as process:
            with trio.fail_after(30):
                assert await process.wait() == 2
        assert "[boards.webhook]: no such board; there are none. Install the package" in host.log_text()
        checked = await host.command("check", check=False)
        assert checked.returncode == 1
        assert "no such board" in checked.stdout.decode()


async def test_perkd_redeems_what_a_plugged_in_source_finds_and_posts_it_to_a_plugged_in_board(
    tmp_path: Path,
) -> None:
    install(tmp_path / "packages")
    world, players = small_world(players=1)
    world.sources["feed"].listings.clear()
    club = Club(page="SNOW\n")
    async with club.open() as url, open_host(tmp_path, world) as host:
        host.write_config(WITH_PLUGINS.format(url=url) + FAST)
        host.env = {"PYTHONPATH": f"{tmp_path / 'packages'}:{Path(__file__).parents[2]}"}
        host.add_players(players)
        refused = await host.command("guilds", "setchannel", "matrix:a", "b", check=False)
        assert refused.returncode == 2
        assert b"there is no [boards.matrix]; the boards are: webhook" in refused.stderr
        await host.command("guilds", "setchannel", "webhook:friends", "general", "--game", "wos")
        async with host.perkd() as process:
            await host.until_settled()
            with trio.fail_after(20):
                while not club.posted:  # noqa: ASYNC110 - another process posts it
                    await trio.sleep(0.02)
            assert await host.stop(process) == 0
        assert club.posted[0]["channel"] == "general"
        assert club.posted[0]["text"].startswith("SNOW (wos, live)")
        checked = await host.command("check", check=False)
        assert "boards" in checked.stdout.decode()
        assert "lists 1 code" in checked.stdout.decode()
        await host.command("guilds", "removechannel", "webhook:friends", "general")
        (guild,) = json.loads((await host.command("guilds", "list", "--json")).stdout)
        assert (guild["id"], guild["name"], guild["channels"]) == ("webhook:friends", "friends", [])
