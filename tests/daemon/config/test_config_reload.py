"""What a changed file changes in a running daemon."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

from daemon.config import BoardConfig, Config, GameConfig, SourceConfig, reloadable_changes
from daemon.config.keys import ANY, Key, schema_keys
from daemon.config.reload import RELOADABLE
from daemon.config.rules import Choice, EnvName, Flag, Location, Number, Whole
from daemon.config.schema import AccountConfig

KEYS = tuple(key for key in schema_keys() if key.path[-2:] != (ANY, "name"))
OLD = Config(
    games={"wos": GameConfig(base_url="https://a.example", sign_key_env="KEY")},
    sources=(SourceConfig("one", "wos", "rss", "https://a.example"),),
    boards={"hook": BoardConfig("https://b.example")},
)
OLD = attrs.evolve(OLD, telegram=attrs.evolve(OLD.telegram, accounts=(AccountConfig("desk", Path("s")),)))


def reloads(key: Key) -> bool:
    name = ".".join(step for step in key.path if step != ANY)
    return any(name == item or name.startswith(f"{item}.") for item in RELOADABLE)


def another(key: Key) -> object:
    """Some value that the key does not have."""
    if key.is_list:
        return (7,)
    others = {Flag: not key.default, Whole: 77, Number: 2.5, Location: Path("elsewhere"), EnvName: "ANOTHER"}
    if isinstance(key.rule, Choice):
        return next(option for option in key.rule.options if option != key.default)
    return others.get(type(key.rule), "another")


def changed(value: Any, path: tuple[str, ...], new: object) -> Any:
    step, *rest = path
    if step == ANY:
        if isinstance(value, dict):
            return {name: changed(entry, tuple(rest), new) for name, entry in value.items()}
        return tuple(changed(entry, tuple(rest), new) for entry in value)
    return attrs.evolve(value, **{step: changed(getattr(value, step), tuple(rest), new) if rest else new})


@pytest.mark.parametrize("key", KEYS, ids=lambda key: ".".join(key.path))
def test_a_change_of_any_key_is_applied_or_named_as_needing_a_restart(key: Key) -> None:
    new = changed(OLD, key.path, another(key))
    assert new != OLD
    merged, fixed = reloadable_changes(OLD, new)
    if reloads(key):
        assert (merged, fixed) == (new, ())
    else:
        assert merged == OLD
        (name,) = fixed
        assert name.endswith(f" {key.name}")


VIP_FIXED = {"enabled", "upgrade_channel", "desk"}
"""The server, the bot and the accounts go by these."""


def test_the_keys_that_reload_are_those_agreed() -> None:
    assert {".".join(key.path) for key in KEYS if reloads(key)} == {
        "perkd.log_level",
        "sources.*.interval",
        "redeem.requests_per_minute",
        "redeem.player_spacing",
        "redeem.retry_after",
        "redeem.retry_rounds",
        *(f"redeem.budgets.{name}" for name in attrs.fields_dict(type(OLD.redeem.budgets))),
        *(f"redeem.backoff.{name}" for name in attrs.fields_dict(type(OLD.redeem.backoff))),
        *(f"poller.{name}" for name in attrs.fields_dict(type(OLD.poller))),
        "discord.players_per_member",
        *(f"vip.{name}" for name in attrs.fields_dict(type(OLD.vip)) if name not in VIP_FIXED),
    }


def test_sources_are_known_by_name_and_what_came_or_went_needs_a_restart() -> None:
    one, two, three = (
        SourceConfig(name, "wos", "rss", "https://a.example") for name in ("one", "two", "three")
    )
    old = attrs.evolve(OLD, sources=(one, two))
    new = attrs.evolve(OLD, sources=(attrs.evolve(three), attrs.evolve(one, interval=99.0)), games={})
    merged, fixed = reloadable_changes(old, new)
    assert [(source.name, source.interval) for source in merged.sources] == [("one", 99.0), ("two", 10.0)]
    assert merged.games == OLD.games
    assert fixed == ("[games.wos] (removed)", '[[sources]] "two" (removed)', '[[sources]] "three" (added)')


def test_another_order_of_sources_is_no_change() -> None:
    one, two = (SourceConfig(name, "wos", "rss", "https://a.example") for name in ("one", "two"))
    old = attrs.evolve(OLD, sources=(one, two))
    assert reloadable_changes(old, attrs.evolve(OLD, sources=(two, one))) == (old, ())


def test_places_are_named_as_in_the_file() -> None:
    new = changed(OLD, ("redeem", "circuit", "first"), 1.0)
    new = changed(new, ("games", ANY, "protocol"), "v1")
    new = changed(new, ("telegram", "accounts", ANY, "session"), Path("t"))
    assert reloadable_changes(OLD, new)[1] == (
        "[games.wos] protocol",
        "[redeem.circuit] first",
        '[[telegram.accounts]] "desk" session',
    )


def test_the_path_of_the_file_stays(load: Callable[..., Config]) -> None:
    config = load("")
    merged, fixed = reloadable_changes(config, attrs.evolve(config, path=Path("/elsewhere")))
    assert (merged, fixed) == (config, ())
