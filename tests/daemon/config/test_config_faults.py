"""What people read when a file is refused."""

from collections.abc import Callable
from pathlib import Path

import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from daemon.config import Config, ConfigError, RedeemConfig, find_config, load_config
from daemon.config.faults import show, show_key

Faults = Callable[..., tuple[str, ...]]

GAME = '[games.wos]\nbase_url = "https://a.example/api"\nsign_key_env = "KEY"\n'

TWO = "must be 1 or 2: the games' API never gets more than two sessions at once"


def source(name: str = "one", game: str = "wos", kind: str = "rss", url: str = "https://a.example") -> str:
    return f'[[sources]]\nname = "{name}"\ngame = "{game}"\nkind = "{kind}"\nurl = "{url}"\n'


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[redeem.budgets]\nunknown = -1", "[redeem.budgets] unknown = -1: must be 0 or more"),
        ("[redeem]\nbudgets = { unknown = -1 }", "[redeem.budgets] unknown = -1: must be 0 or more"),
        (
            "[redeem]\nconcurrency = 3",
            f"[redeem] concurrency = 3: {TWO}",
        ),
        ("[redeem]\ntimeout = 0", "[redeem] timeout = 0: must be more than 0"),
        ("[redeem]\ntimeout = nan", "[redeem] timeout = nan: must be a finite number"),
        ("[redeem]\ntimeout = 1e12", "[redeem] timeout = 1000000000000.0: must be 31622400 or less"),
        ("[poller]\nfetch_attempts = true", "[poller] fetch_attempts = true: must be a whole number"),
        (
            "[poller]\nfetch_attempts = 2024-01-01",
            "[poller] fetch_attempts = 2024-01-01: must be a whole number",
        ),
        (
            "[discord]\nrest_url = 'https://a.example:0/x'",
            '[discord] rest_url = "https://a.example:0/x": must have a port from 1 to 65535',
        ),
        (
            "[discord]\nrest_url = 'https://a.example/x?key=y'",
            '[discord] rest_url = "https://a.example/x?…": must not have a query or a fragment (? or #)',
        ),
        (
            GAME + "origin = 'https://a.example/x'",
            '[games.wos] origin = "https://a.example/x": must be scheme and host only, without a path',
        ),
        (
            "[perkd]\ndata_dir = '~no-such-user/x'",
            '[perkd] data_dir = "~no-such-user/x": must be a path; there is no such home directory',
        ),
        ("[perkd]\nlog_format = 'xml'", '[perkd] log_format = "xml": must be one of console, json'),
        ("redeem = 3", "redeem = 3: must be a section, with keys of its own"),
        ("[[redeem]]", "redeem = […]: must be a section, with keys of its own"),
        ("games = 1", "games = 1: must be a section"),
        ("[sources]", "[sources] = {}: must be written with double brackets, [[…]], once for each entry"),
        ("sources = [3]", "sources #1 = 3: must be a section, with keys of its own"),
        ("[discord]\nowners = 5", "[discord] owners = 5: must be a list, in [ and ]"),
        ("[discord]\nowners = [1, 0]", "[discord] owners #2 = 0: must be a Discord id, a positive number"),
        ("[redem]", "[redem]: unknown section; did you mean [redeem]?"),
        ("log_level = 'info'", "log_level: unknown section; did you mean the one of [perkd]?"),
        ("[redeem]\nunknown = 3", "[redeem] unknown: unknown key; did you mean the one of [redeem.budgets]?"),
        ("[redeem.backoff]\nxyz = 3", "[redeem.backoff] xyz: unknown key; known here: step, max"),
        (
            '[perkd]\n"\\u001b[2J" = 3',
            '[perkd] "\\u001b[2J": unknown key; known here: data_dir, log_format, log_level',
        ),
        (GAME + "orign = 'x'", "[games.wos] orign: unknown key; did you mean origin?"),
        (
            GAME + source(kind="xml"),
            '[[sources]] #1 "one": kind = "xml": must be one of json, rss, distribution, websocket',
        ),
    ],
)
def test_a_fault_names_place_value_and_way_out(faults: Faults, text: str, fault: str) -> None:
    assert faults(text) == (fault,)


VIP = """[vip]
enabled = true
upgrade_channel = 100000000000000001
desk = "@vip_desk"
[[telegram.accounts]]
name = "a"
session = "s"
"""


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            '[games.wos]\nbase_url = "https://a.example"',
            "[games.wos]: sign_key_env or sign_key_file must be given: where the game's signing key is",
        ),
        (
            GAME + 'sign_key_file = "key"',
            "[games.wos] sign_key_file: must not be given beside sign_key_env: choose one",
        ),
        (
            GAME.replace("wos", '"W O S"'),
            '[games."W O S"]: the name must be 1 to 32 of the characters a-z, 0-9, _ and -',
        ),
        (
            GAME + source(game="wso"),
            '[[sources]] #1 "one": game = "wso": there is no [games.wso]; the games are: wos',
        ),
        (source(), '[[sources]] #1 "one": game = "wos": there is no [games.wos]; the games are: none'),
        (
            GAME + source() + source(),
            '[[sources]] #2 "one": name = "one": must be unique, but #1 has it too',
        ),
        (
            GAME + source(kind="websocket"),
            '[[sources]] #1 "one": url: must begin with ws:// or wss:// for kind = "websocket"',
        ),
        (
            GAME + source(url="wss://a.example"),
            '[[sources]] #1 "one": url: must begin with http:// or https:// for kind = "rss"',
        ),
        (
            'telegram = { accounts = [{ name = "a", session = "s" }, { name = "b", session = "s" }] }',
            '[[telegram.accounts]] #2 "b": session = "s": must be unique, but #1 has it too',
        ),
        (
            VIP.replace("upgrade_channel = 100000000000000001", "upgrade_channel = 0"),
            (
                "[vip] upgrade_channel: must be given while enabled = true: the id of the Discord channel "
                "whose button opens the threads"
            ),
        ),
        (
            VIP.replace('desk = "@vip_desk"', ""),
            '[vip] desk: must be given while enabled = true: the Telegram chat, as "@desk_username"',
        ),
        (
            VIP.partition("[[telegram")[0],
            (
                "[vip] enabled = true: needs at least one [[telegram.accounts]]: add it, then "
                "`perkd telegram login NAME`"
            ),
        ),
        (
            VIP.replace("enabled = true", "enabled = true\nlog_channel = 100000000000000001"),
            (
                "[vip] log_channel = 100000000000000001: must be another channel than upgrade_channel: only "
                "staff may read it"
            ),
        ),
    ],
)
def test_contradictions_between_keys_are_faults(faults: Faults, text: str, fault: str) -> None:
    assert faults(text) == (fault,)


def test_a_whole_vip_section_is_no_fault_and_one_that_is_off_needs_nothing(
    load: Callable[..., Config],
) -> None:
    assert load(VIP).vip.enabled
    assert not load("[vip]\nenabled = false").vip.enabled


def test_every_fault_is_listed_at_once(faults: Faults) -> None:
    text = "[redeem]\nconcurrency = 0\nnope = 1\n[poller]\nhealth_every = 0\n" + source(kind="xml") + source()
    found = faults(text, {"PORT": "http", "GIFTCODE_CHECK_INTERVAL": "often"})
    assert set(found) == {
        'environment: GIFTCODE_CHECK_INTERVAL = "often": must be a number',
        'environment: PORT = "http": must be a port number, from 1 to 65535',
        f"[redeem] concurrency = 0: {TWO}",
        f"[redeem] nope: unknown key; known here: {', '.join(attrs.fields_dict(RedeemConfig))}",
        "[poller] health_every = 0: must be 1 or more",
        '[[sources]] #1 "one": kind = "xml": must be one of json, rss, distribution, websocket',
        '[[sources]] #1 "one": game = "wos": there is no [games.wos]; the games are: none',
        '[[sources]] #2 "one": game = "wos": there is no [games.wos]; the games are: none',
        '[[sources]] #2 "one": name = "one": must be unique, but #1 has it too',
    }


@pytest.mark.parametrize("scheme", ["https", "ftp"])
def test_a_password_in_a_url_is_refused_and_not_shown(faults: Faults, scheme: str) -> None:
    (fault,) = faults(GAME + source(url=f"{scheme}://me:pass/@word@a.example/?key=secret"))
    assert "pass" not in fault.removesuffix("password")
    assert "secret" not in fault


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (b"a = \n", "line 1, column 5: Invalid value"),
        (b"[perkd]\nlog_level 3\n", "line 2, column 11: Expected '=' after a key in a key/value pair"),
        (b"[perkd]\ndata_dir = '", 'line 2, column 13: Expected "\'"'),
        (b"[perkd]\n[perkd]\n", "line 2, column 7: Cannot declare ('perkd',) twice"),
        (b"a = 1\nb = '\xe9'\n", "line 2: not UTF-8 (byte 0xe9): save it as UTF-8"),
        (b"a = " + b"[" * 20_000, "its brackets are nested too deep"),
        (b"a = " + b"9" * 5_000, "holds a number of thousands of digits"),
    ],
)
def test_what_is_no_toml_is_refused_with_its_place(faults: Faults, text: bytes, fault: str) -> None:
    assert faults(text) == (fault,)


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(load: Callable[..., Config]) -> None:
    assert load(b"\xef\xbb\xbf[perkd]\r\nlog_level = 'debug'\r\n").perkd.log_level == "debug"


def test_a_missing_file_tells_how_to_make_one_or_name_another(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refusal:
        load_config(tmp_path / "none.toml", {})
    assert str(refusal.value) == (
        f"{tmp_path}/none.toml: there is no such file: copy the config.toml that comes with perkd there, "
        "or name another file with --config or PERKD_CONFIG"
    )


def test_a_directory_and_an_endless_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"can't be read \(Is a directory\)"):
        load_config(tmp_path, {})
    with pytest.raises(ConfigError, match="is larger than"):
        load_config(Path("/dev/zero"), {})


def test_the_option_wins_over_the_variable_and_that_over_the_default() -> None:
    env = {"PERKD_CONFIG": "/etc/perkd.toml"}
    assert find_config(Path("mine.toml"), env) == Path("mine.toml")
    assert find_config(None, env) == Path("/etc/perkd.toml")
    assert find_config(None, {"PERKD_CONFIG": ""}) == Path("config.toml")
    assert find_config(None, {}) == Path("config.toml")


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists))
@example(16**5000)
@example(-(16**5000))
@example("\u202e\n\x1b" * 1000)
def test_a_value_shows_on_one_bounded_line(value: object) -> None:
    shown = show(value)
    assert not any(char in shown for char in "\n\r\x1b\u202e\u2028")
    assert len(shown) < 1000


@given(st.text())
def test_a_key_shows_on_one_bounded_line(key: str) -> None:
    shown = show_key(key)
    assert "\n" not in shown
    assert "\x1b" not in shown
    assert len(shown) < 1000
