"""The config.toml and the manual that come with perkd say what the schema says."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

from daemon.config import Config, load_config
from daemon.config.keys import ANY, Key, schema_keys
from daemon.config.reading import read_document
from daemon.config.reload import RELOADABLE

ROOT = Path(__file__).parents[3]
SHIPPED = ROOT / "config.toml"
MANUAL = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")
KEYS = tuple(schema_keys())
NAMED = {f"games.{ANY}", f"boards.{ANY}"}
"""Sections that are called as an operator likes."""


def uncommented() -> dict[str, Any]:
    text = SHIPPED.read_text(encoding="utf-8")
    return tomllib.loads(re.sub(r"(?m)^# (?=\[|\w+ *= )", "", text))


def written(value: Any, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    match value:
        case dict():
            for name, inner in value.items():
                yield from written(inner, (*above, ANY if above in {("games",), ("boards",)} else name))
        case [dict(), *_]:
            for inner in value:
                yield from written(inner, (*above, ANY))
        case _:
            yield above


def test_the_shipped_file_names_every_key_commented_or_not() -> None:
    assert set(written(uncommented())) == {key.path for key in KEYS}


def test_what_is_commented_out_is_right_as_well() -> None:
    document = uncommented()
    del document["games"]["wos"]["sign_key_file"]
    config, faults = read_document(document)
    assert faults == ()
    assert config is not None


def test_the_shipped_file_states_the_defaults() -> None:
    config, defaults = load_config(SHIPPED, {}), Config()
    assert config.perkd.data_dir == ROOT / defaults.perkd.data_dir
    assert config.status.socket == ROOT / defaults.status.socket
    bare = attrs.evolve(
        config,
        perkd=attrs.evolve(config.perkd, data_dir=defaults.perkd.data_dir),
        status=attrs.evolve(config.status, socket=defaults.status.socket),
        games={},
        sources=(),
        path=defaults.path,
    )
    assert bare == defaults


def test_the_shipped_file_states_every_default_itself() -> None:
    stated = set(written(tomllib.loads(SHIPPED.read_text(encoding="utf-8"))))
    optional = {("games", ANY, "sign_key_file"), ("telegram", "accounts", ANY, "name")}
    optional |= {("storage", "backup_dir"), ("boards", ANY, "url"), ("boards", ANY, "token_env")}
    optional |= {("telegram", "accounts", ANY, "session")}
    optional |= {("sources", ANY, name) for name in ("interval", "api_key_env", "token_env")}
    assert {key.path for key in KEYS} - stated == optional


def test_the_shipped_games_and_sources_are_those_of_the_domain() -> None:
    config = load_config(SHIPPED, {})
    assert {name: (game.protocol, game.base_url, game.origin) for name, game in config.games.items()} == {
        "wos": ("v2", "https://wos-giftcode-api.centurygame.com/api", "https://wos-giftcode.centurygame.com"),
        "ks": ("v2", "https://kingshot-giftcode.centurygame.com/api", "https://ks-giftcode.centurygame.com"),
    }
    assert [(source.game, source.kind, source.url) for source in config.sources] == [
        ("wos", "rss", "https://wosgiftcodes.com/rss.php"),
        ("ks", "json", "https://kingshot.net/api/gift-codes"),
    ]


def test_the_interval_of_the_environment_applies_to_the_shipped_sources() -> None:
    config = load_config(SHIPPED, {"GIFTCODE_CHECK_INTERVAL": "42"})
    assert {source.interval for source in config.sources} == {42.0}


def rows() -> dict[tuple[str, str], list[str]]:
    """(section, key) → the cells behind it, out of the manual's tables."""
    found: dict[tuple[str, str], list[str]] = {}
    section = ""
    for line in MANUAL.splitlines():
        if heading := re.fullmatch(r"#+ `\[+([^\]]+)\]+`", line):
            section = heading[1].replace("NAME", ANY)
        elif row := re.fullmatch(r"\| `(\w+)` \| (.*) \|", line):
            found[section, row[1]] = [cell.strip() for cell in row[2].split(" | ")]
    return found


@pytest.mark.parametrize("key", KEYS, ids=lambda key: ".".join(key.path))
def test_the_manual_tells_default_and_reload_of_every_key(key: Key) -> None:
    section = key.section if key.section in NAMED else key.section.removesuffix(f".{ANY}")
    default, *_, reload = rows()[section, key.name]
    name = ".".join(step for step in key.path if step != ANY)
    applies = any(name == item or name.startswith(f"{item}.") for item in RELOADABLE)
    assert reload == ("yes" if applies else "no")
    match key.default:
        case attrs.NOTHING:
            assert default == "must be given"
        case () | None | "":
            words = {"none", "scheme and host of `base_url`", "`backups` in `data_dir`"}
            assert default in {"`[]`", '`""`'} | words
        case bool():
            assert default == f"`{str(key.default).lower()}`"
        case int() | float():
            assert float(default.split("`")[1]) == key.default
        case _:
            assert default == f'`"{key.default}"`'


def test_the_manual_describes_no_key_that_is_not() -> None:
    sections = {key.section.removesuffix(f".{ANY}") for key in KEYS} | NAMED
    assert {section for section, _ in rows()} - {""} <= sections
    names = {key.name for key in KEYS}
    assert {name for section, name in rows() if section} <= names
