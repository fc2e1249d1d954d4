"""What a file and the environment together come to."""

import datetime as dt
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.config import Config
from daemon.config.crosschecks import cross_faults
from daemon.config.faults import lines
from daemon.config.keys import ANY, schema_keys
from daemon.config.reading import read_document

Load = Callable[..., Config]

GAME = '[games.wos]\nbase_url = "https://a.example/api/"\nsign_key_file = "keys/wos"\n'
SOURCE = (
    '[[sources]]\nname = "{name}"\ngame = "wos"\nkind = "rss"\nurl = "https://a.example/rss/?a=b"\n{more}\n'
)


def test_relative_paths_are_relative_to_the_file(load: Load, tmp_path: Path) -> None:
    config = load(
        GAME + '[perkd]\ndata_dir = "/srv/perkd"\n[[telegram.accounts]]\nname = "a"\nsession = "a.s"'
    )
    assert config.perkd.data_dir == Path("/srv/perkd")
    assert config.status.socket == tmp_path / "var/perkd.sock"
    assert config.games["wos"].sign_key_file == tmp_path / "keys/wos"
    assert config.telegram.accounts[0].session == tmp_path / "a.s"


def test_a_tilde_is_the_home_directory(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    assert load('[perkd]\ndata_dir = "~/perkd"').perkd.data_dir == Path("/home/ada/perkd")


def test_a_game_s_address_has_no_slash_at_its_end_and_lends_its_origin(load: Load) -> None:
    game = load(GAME).games["wos"]
    assert game.base_url == "https://a.example/api"
    assert game.origin == "https://a.example"


def test_a_source_s_address_stays_as_written(load: Load) -> None:
    config = load(GAME + SOURCE.format(name="a", more=""))
    assert config.sources[0].url == "https://a.example/rss/?a=b"


def test_a_whole_number_is_fine_where_a_fraction_is(load: Load) -> None:
    timeout = load("[redeem]\ntimeout = 5").redeem.timeout
    assert (timeout, type(timeout)) == (5.0, float)


@pytest.mark.parametrize("captcha", ["none", "person", "solver"])
@pytest.mark.parametrize("protocol", ["v1", "v2"])
def test_any_protocol_goes_with_any_captcha(load: Load, protocol: str, captcha: str) -> None:
    game = load(GAME + f'protocol = "{protocol}"\ncaptcha = "{captcha}"').games["wos"]
    assert (game.protocol, game.captcha) == (protocol, captcha)


def test_the_interval_of_the_environment_is_for_sources_without_one(load: Load) -> None:
    text = GAME + SOURCE.format(name="a", more="") + SOURCE.format(name="b", more="interval = 7")
    intervals = [source.interval for source in load(text, {"GIFTCODE_CHECK_INTERVAL": "20"}).sources]
    assert intervals == [20.0, 7.0]
    intervals = [source.interval for source in load(text, {"GIFTCODE_CHECK_INTERVAL": ""}).sources]
    assert intervals == [10.0, 7.0]


def test_a_port_of_the_environment_wins_and_listens_everywhere(load: Load) -> None:
    status = load('[status]\nlisten = ""', {"PORT": "8080"}).status
    assert status.listen == "0.0.0.0:8080"
    assert status.address == ("0.0.0.0", 8080)  # noqa: S104 - what PORT means


@pytest.mark.parametrize(
    ("listen", "address"),
    [("", None), ("localhost:0", ("localhost", 0)), ("[::1]:8470", ("::1", 8470))],
)
def test_listen_is_host_and_port(load: Load, listen: str, address: object) -> None:
    assert load(f'[status]\nlisten = "{listen}"').status.address == address


@pytest.mark.parametrize("value", ["0", "-1", "nan", "inf", "10s", "1e99", "\ud800"])
def test_a_wrong_interval_of_the_environment_is_a_fault(
    faults: Callable[..., tuple[str, ...]], value: str
) -> None:
    (fault,) = faults("", {"GIFTCODE_CHECK_INTERVAL": value})
    assert fault.startswith("environment: GIFTCODE_CHECK_INTERVAL = ")
    fault.encode()


@pytest.mark.parametrize("value", ["0", "65536", "8470.5", "http", "9" * 5000])
def test_a_wrong_port_of_the_environment_is_a_fault(
    faults: Callable[..., tuple[str, ...]], value: str
) -> None:
    (fault,) = faults("", {"PORT": value})
    assert fault.startswith("environment: PORT = ")
    assert fault.endswith(": must be a port number, from 1 to 65535")


# --- whatever a file holds ----------------------------------------------------------------------

WORDS = sorted(
    {step for key in schema_keys() for step in key.path if step != ANY} | {"wos", "path", "", "ü\n"}
)
SCALARS: st.SearchStrategy[object] = (
    st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["https://a.example", "wos", "rss", "KEY", "v1"])
    | st.datetimes()
    | st.just(dt.date(2026, 1, 1))
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=5),
    max_leaves=20,
)
DOCUMENTS = st.dictionaries(st.sampled_from(WORDS), VALUES, max_size=6)


@given(DOCUMENTS)
def test_whatever_the_file_holds_it_is_taken_or_refused_in_lines_for_people(
    document: Mapping[str, Any],
) -> None:
    config, faults = read_document(document)
    assert (config is None) == bool(faults)
    for line in lines(iter([*faults, *cross_faults(document)]), document, "config.toml"):
        assert line.startswith("config.toml: ")
        assert "\n" not in line
        assert len(line) < 2000
    if config is not None:
        assert attrs.evolve(config) == config
