"""Every key of the schema, one after another: none may be forgotten."""

from pathlib import Path
from typing import Any

import attrs
import pytest

from daemon.config import Config, ConfigError, load_config
from daemon.config.keys import ANY, Key, schema_keys
from daemon.config.reading import read_document
from daemon.config.rules import (
    Choice,
    EnvName,
    Flag,
    Listen,
    Location,
    Number,
    Plugged,
    Rule,
    Text,
    Url,
    Whole,
)

KEYS = tuple(schema_keys())
WRONG: dict[type[Rule], tuple[object, ...]] = {
    Flag: (1, "true"),
    Whole: (-1, True, 1.0, "3", 2**70),
    Number: (-0.1, True, "3", float("nan"), float("inf"), 10**400),
    Choice: ("nonsense", True, -1),
    Plugged: ("nonsense", True, -1),
    Text: ("\x1b[31m", "x" * 100, 3),
    EnvName: ("small", "WITH SPACE", 3),
    Url: (
        "no url",
        "ftp://example.com",
        "http://",
        "https://me:pw@example.com",
        "http://[::1",
        "http://a b",
        3,
    ),
    Listen: ("nowhere", "host:", "host:99999", 8470),
    Location: ("", "a\0b", 3),
}


def label(key: Key) -> str:
    return ".".join(key.path)


def valid() -> dict[str, Any]:
    """A document with one of everything that has to be named."""
    return {
        "games": {"wos": {"base_url": "https://a.example/api", "sign_key_env": "KEY"}},
        "sources": [{"name": "one", "game": "wos", "kind": "rss", "url": "https://a.example"}],
        "boards": {"wos": {"url": "https://a.example"}},
        "telegram": {"accounts": [{"name": "desk", "session": "desk.session"}]},
    }


def with_value(key: Key, value: object) -> dict[str, Any]:
    document = valid()
    here: Any = document
    for step in key.path[:-1]:
        if step == ANY:
            here = here["wos"] if isinstance(here, dict) else here[0]
        else:
            here = here.setdefault(step, {})
    here[key.name] = [value] if key.is_list else value
    return document


def test_the_base_document_is_valid() -> None:
    config, faults = read_document(valid())
    assert faults == ()
    assert config is not None


@pytest.mark.parametrize("key", KEYS, ids=label)
def test_a_wrong_value_of_any_key_is_refused_where_it_stands(key: Key) -> None:
    for value in (*WRONG[type(key.rule)], {"a": 1}, [[]]):
        config, (fault, *others) = read_document(with_value(key, value))
        assert config is None
        assert not others
        assert key.name in fault.path
        assert fault.text.startswith("must ")


@pytest.mark.parametrize("key", [key for key in KEYS if key.default is attrs.NOTHING], ids=label)
def test_a_key_without_default_must_be_given(key: Key) -> None:
    document = with_value(key, None)
    here: Any = document
    for step in key.path[:-1]:
        here = (here["wos"] if isinstance(here, dict) else here[0]) if step == ANY else here[step]
    del here[key.name]
    config, (fault,) = read_document(document)
    assert config is None
    assert fault.path[-1] == key.name
    assert fault.text == "must be given"


@pytest.mark.parametrize("key", [key for key in KEYS if isinstance(key.rule, EnvName)], ids=label)
def test_a_secret_in_the_place_of_its_variable_is_never_shown(key: Key, tmp_path: Path) -> None:
    where = key.section.replace(".*", ".wos") if key.section != "sources.*" else "sources"
    head = f"[[{where}]]" if where == "sources" else f"[{where}]"
    path = tmp_path / "config.toml"
    for value in ('"tB87secret"', '["tB87secret"]', '"mongodb://me:tB87secret@host"'):
        path.write_text(f"{head}\n{key.name} = {value}\n")
        with pytest.raises(ConfigError) as refusal:
            load_config(path, {})
        assert "tB87secret" not in str(refusal.value)
        assert f"{key.name}: must be the name of an environment variable" in str(refusal.value)


@pytest.mark.parametrize("key", KEYS, ids=label)
def test_every_default_passes_its_own_rule(key: Key) -> None:
    if key.default in {attrs.NOTHING, None} or key.is_list or (key.name, key.default) == ("origin", ""):
        return
    value = str(key.default) if isinstance(key.default, Path) else key.default
    assert key.rule.read(value) == key.default


@pytest.mark.parametrize(
    ("section", "name"), sorted({(key.section, key.name) for key in KEYS if ANY not in key.path})
)
def test_a_misspelt_key_is_named_with_the_one_that_was_meant(section: str, name: str) -> None:
    table: dict[str, Any] = {f"{name}_": 1}
    for step in reversed(section.split(".")):
        table = {step: table}
    config, (fault,) = read_document(table)
    assert config is None
    assert fault.path == (*section.split("."), f"{name}_")
    assert fault.text == f"unknown key; did you mean {name}?"


def test_an_empty_file_holds_the_defaults(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("")
    config = load_config(path, {})
    assert attrs.evolve(config, perkd=Config().perkd, status=Config().status, path=Config().path) == Config()
    assert config.path == path
