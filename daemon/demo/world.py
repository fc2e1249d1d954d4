"""The demo's surroundings: a directory of its own with a real configuration that points to the simulator."""

from pathlib import Path

from daemon.simulator import World

_CONFIG = """\
# Written by `perkd demo`. The daemon below is the real one; only the games are simulated.
[perkd]
data_dir = "var"

[status]
listen = "{listen}"
socket = "var/perkd.sock"

{games}
{sources}
[redeem]
requests_per_minute = 120     # the simulator publishes four times the real limit: a demo should not take long

[redeem.circuit]
network_first = 2.0

[poller]
health_every = 10
"""

_GAME = """\
[games.{name}]
protocol      = "{protocol}"
base_url      = "http://127.0.0.1:{port}/{name}/api"
origin        = "http://127.0.0.1:{port}"
sign_key_file = "{name}.key"
captcha       = "none"
"""

_SOURCE = """\
[[sources]]
name     = "{name}"
game     = "{game}"
kind     = "{kind}"
url      = "http://127.0.0.1:{port}/sources/{name}.{kind}"
interval = 2.0
"""

_KINDS = {"wos": "rss", "ks": "json"}
"""How each game's real source publishes: one of each is shown."""


def write_configuration(directory: Path, world: World, port: int, *, web: bool = True) -> Path:
    """Write `config.toml` and the games' keys into `directory`; return the configuration's path.

    `web`: the page is served, at a port that is free.
    """
    for game in world.games.values():
        key_file = directory / f"{game.name}.key"
        key_file.touch(mode=0o600)
        key_file.write_text(game.key, encoding="utf-8")
    games = [_GAME.format(name=game.name, protocol=game.protocol, port=port) for game in world.games.values()]
    sources = [
        _SOURCE.format(name=source.name, game=source.game, kind=_KINDS[source.game], port=port)
        for source in world.sources.values()
    ]
    path = directory / "config.toml"
    listen = "127.0.0.1:0" if web else ""
    text = _CONFIG.format(games="\n".join(games), sources="\n".join(sources), listen=listen)
    path.write_text(text, encoding="utf-8")
    return path
