"""What `perkd simulate` prints can be used as it is."""

import re
import shlex
from pathlib import Path
from typing import Any

import httpx
import pytest

from daemon.cli.simulate import FOR_CONFIG, FOR_SHELL, introduce
from daemon.config import load_config
from daemon.simulator import create_app, sample_world

BASE = "http://127.0.0.1:8471"


@pytest.fixture
def printed() -> str:
    return "\n".join(introduce(sample_world(now=lambda: 0.0), BASE))


def test_the_part_for_config_toml_is_a_whole_configuration(printed: str, tmp_path: Path) -> None:
    part = printed[printed.index(FOR_CONFIG) : printed.index(FOR_SHELL)]
    (tmp_path / "config.toml").write_text(part, encoding="utf-8")
    config = load_config(tmp_path / "config.toml", {})
    world = sample_world(now=lambda: 0.0)
    assert {name: game.protocol for name, game in config.games.items()} == {"wos": "v2", "ks": "v1"}
    assert config.games["wos"].base_url == f"{BASE}/wos/api"
    assert [(one.name, one.kind) for one in config.sources] == [(name, "json") for name in world.sources]

    exported = dict(re.findall(r"^export (\w+)=(.*)$", printed, re.MULTILINE))
    for name, game in config.games.items():
        assert exported[game.sign_key_env] == world.games[name].key


def test_each_other_kind_of_a_source_can_be_uncommented(printed: str, tmp_path: Path) -> None:
    part = printed[printed.index(FOR_CONFIG) : printed.index(FOR_SHELL)]
    for kind in ("rss", "distribution", "websocket"):
        chosen = re.sub(r"^(kind|url) .*\n", "", part, flags=re.MULTILINE)
        chosen = re.sub(rf'^# (kind = "{kind}")\n# (url)', r"\1\n\2", chosen, flags=re.MULTILINE)
        (tmp_path / "config.toml").write_text(chosen, encoding="utf-8")
        assert {one.kind for one in load_config(tmp_path / "config.toml", {}).sources} == {kind}


def test_three_players_that_it_knows_are_commands(printed: str, perkd: Any) -> None:
    lines = [line for line in printed.splitlines() if line.startswith("perkd players add")]
    assert len(lines) == 3
    players = sample_world(now=lambda: 0.0).games["wos"].players
    for line in lines:
        _, *arguments = shlex.split(line)
        assert perkd(*arguments).returncode == 0
        fid, state = re.findall(r"--(?:fid|state) (\d+)", line)
        assert players[fid].kid == state


async def test_the_curl_line_orders_a_fault(printed: str) -> None:
    order = shlex.split(next(line for line in printed.splitlines() if "/_faults -d" in line))
    transport = httpx.ASGITransport(create_app(sample_world()))
    async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
        assert (order[0], order[2]) == ("curl", "-d")
        assert (await client.post(order[1], content=order[3])).status_code == 201
