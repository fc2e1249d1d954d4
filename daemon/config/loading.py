"""From the file and the environment to the configuration that perkd runs with."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs
import httpx

from daemon.config.crosschecks import cross_faults
from daemon.config.faults import ConfigError, RefusedError, lines, show
from daemon.config.files import read_toml
from daemon.config.reading import read_document
from daemon.config.rules import Whole
from daemon.config.schema import INTERVAL, Config, GameConfig

INTERVAL_VARIABLE = "GIFTCODE_CHECK_INTERVAL"
PORT_VARIABLE = "PORT"
_PORT = Whole(1, 65_535, "must be a port number, from 1 to 65535")


def load_config(path: Path, env: Mapping[str, str]) -> Config:
    """Read the configuration file, with what the environment overrides.

    Args:
        path: the file; relative paths in it are relative to its directory.
        env: the environment; `GIFTCODE_CHECK_INTERVAL` and `PORT` count where they are not empty.

    Raises:
        ConfigError: with every fault at once, each naming place, value and what it must be.
    """
    file = path.absolute()
    written = read_toml(path)
    wrong: list[str] = []
    overridden = _with_environment(written, env, wrong)
    config, faults = read_document(overridden)
    wrong.extend(lines(iter(faults), written, path.name))
    wrong.extend(lines(cross_faults(written), written, path.name))
    if config is None or wrong:
        raise ConfigError(list(dict.fromkeys(wrong)))
    games = {name: _with_origin(game) for name, game in config.games.items()}
    anchored: Config = _anchored(attrs.evolve(config, games=games), file.parent)
    return attrs.evolve(anchored, path=file)


def _with_environment(
    document: Mapping[str, object], env: Mapping[str, str], wrong: list[str]
) -> dict[str, object]:
    """A copy of the document where the environment's values stand; their faults go to `wrong`."""
    changed = dict(document)
    interval = _from_environment(INTERVAL_VARIABLE, env, float, INTERVAL.read, wrong)
    sources = document.get("sources")
    if interval is not None and isinstance(sources, list):
        changed["sources"] = [
            {"interval": interval, **source} if isinstance(source, Mapping) else source for source in sources
        ]
    port = _from_environment(PORT_VARIABLE, env, int, _PORT.read, wrong)
    status = document.get("status", {})
    if port is not None and isinstance(status, Mapping):
        changed["status"] = {**status, "listen": f"0.0.0.0:{port}"}
    return changed


def _from_environment(name: str, env: Mapping[str, str], kind: Any, read: Any, wrong: list[str]) -> Any:
    text = env.get(name, "").strip()
    if not text:
        return None
    try:
        return read(kind(text))
    except RefusedError as error:
        wrong.append(f"environment: {name} = {show(text)}: {error.text}")
    except ValueError:
        what = "a number" if kind is float else "a port number, from 1 to 65535"
        wrong.append(f"environment: {name} = {show(text)}: must be {what}")
    return None


def _with_origin(game: GameConfig) -> GameConfig:
    if game.origin:
        return game
    url = httpx.URL(game.base_url)
    return attrs.evolve(game, origin=f"{url.scheme}://{url.netloc.decode('ascii')}")


def _anchored(value: Any, base: Path) -> Any:
    """`value` with every relative path in it made absolute, from `base`."""
    match value:
        case Path():
            return base / value
        case tuple():
            return tuple(_anchored(item, base) for item in value)
        case dict():
            return {key: _anchored(item, base) for key, item in value.items()}
        case _ if attrs.has(type(value)):
            return attrs.evolve(value, **dict(_anchored_attributes(value, base)))
        case _:
            return value


def _anchored_attributes(value: Any, base: Path) -> Iterator[tuple[str, Any]]:
    for attribute in attrs.fields(type(value)):
        yield attribute.name, _anchored(getattr(value, attribute.name), base)
