"""The commands without a daemon: on the store itself. Most in this process, for speed."""

import json
import subprocess
from typing import Any

import pytest

from daemon.cli.players import MAX_CSV_BYTES
from daemon.config import load_config
from daemon.service import MAX_CSV_BYTES as SERVICE_MAX_CSV_BYTES
from daemon.storage import SQLiteBackend
from daemon.storing import database

CSV = "game,fid,state,name\nwos,1,10,Anna\nwos,abc,10,Bo\nks,2,,雪狐\n"


def test_the_version_is_told(process: Any) -> None:
    done = process("--version")
    assert (done.returncode, done.stdout) == (0, "perkd 0.1.0\n")


def test_every_command_is_there_and_explains_itself(perkd: Any) -> None:
    for command in (
        ["run"],
        ["demo"],
        ["simulate"],
        ["status"],
        ["check"],
        ["players", "add"],
        ["players", "import"],
        ["codes", "retire"],
        ["guilds", "list"],
        ["history"],
        ["reload"],
    ):
        done = perkd(*command, "--help")
        assert (done.returncode, done.stderr) == (0, "")
        assert all(len(line) <= 80 for line in done.stdout.splitlines())


def test_a_player_is_added_corrected_listed_and_removed(perkd: Any) -> None:
    done = perkd("players", "add", "--game", "wos", "--fid", "123", "--state", "456", "--name", "雪狐")
    assert (done.returncode, done.stdout) == (0, "added wos/123 雪狐 (state 456)\n")
    assert "perkd is not running: its store was changed" in done.stderr
    done = perkd("players", "add", "--game", "wos", "--fid", "123", "--state", "457")
    assert done.stdout == "updated wos/123 雪狐 (state 457): state 456 → 457\n"
    done = perkd("players", "add", "--game", "wos", "--fid", "123", "--state", "457")
    assert done.stdout == "unchanged: wos/123 雪狐 (state 457) is registered already\n"
    assert perkd("players", "list").stdout.splitlines() == [
        "game  fid  state  redeems  name",
        "wos   123    457  yes      雪狐",
    ]
    player = {"game": "wos", "fid": "123", "state": "457", "name": "雪狐", "auto_redeem": True}
    assert json.loads(perkd("players", "list", "--json").stdout) == [player]
    assert (
        perkd("players", "remove", "--game", "wos", "--fid", "123").stdout
        == "removed wos/123 雪狐 (state 457)\n"
    )
    assert perkd("players", "list", "--json").stdout == "[]\n"


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (
            ["players", "add", "--game", "wos", "--fid", "x1", "--state", "2"],
            2,
            "fid 'x1': a fid is the decimal",
        ),
        (
            ["players", "add", "--game", "chess", "--fid", "1"],
            2,
            "game 'chess' is not configured: use one of wos, ks",
        ),
        (["players", "add", "--game", "wos"], 2, "Missing option '--fid'"),
        (["players", "remove", "--game", "wos", "--fid", "9"], 1, "player wos/9: not registered"),
        (["codes", "retire", "NONE", "--game", "wos"], 1, "code NONE (wos): no such code"),
        (["codes", "add", " ", "--game", "wos"], 2, "code ' ': holds nothing that can be seen"),
        (["codes", "list", "--state", "dead"], 2, "must be one of live, expired, invalid, used_up, retired"),
        (["history", "--code", "nope"], 1, "code nope: no such code"),
        (["players", "add", "--fid", "9"], 2, "which game? Name one of wos, ks with --game"),
        (["history", "--player", "Zoe"], 1, "player 'Zoe': nobody of that name or fid"),
        (["players", "import", "none.csv"], 2, "none.csv"),
        (["reload"], 3, "perkd is not running: nobody listens at"),
        (["status"], 3, "perkd is not running: nobody listens at"),
        (["nothing"], 2, "No such command 'nothing'"),
    ],
)
def test_what_fails_says_why_on_stderr_and_in_the_exit_code(
    perkd: Any, arguments: Any, code: Any, says: str
) -> None:
    done = perkd(*arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_status_without_a_daemon_is_json_too(perkd: Any) -> None:
    done = perkd("status", "--json")
    assert done.returncode == 3
    assert json.loads(done.stdout)["health"] == "down"


def test_an_import_lists_every_bad_line_and_keeps_the_good_ones(perkd: Any, home: Any) -> None:
    (home / "players.csv").write_text(CSV, encoding="utf-8")
    done = perkd("players", "import", str(home / "players.csv"))
    assert done.returncode == 1
    assert done.stdout == "2 added, 0 updated, 1 left out (line 3)\n"
    assert "line 3: fid 'abc': a fid is the decimal number" in done.stderr
    assert "    wos,abc,10,Bo\n" in done.stderr
    again = perkd("players", "import", "-", stdin=CSV.replace("abc", "3").replace("Anna", "Anne"))
    assert again.returncode == 0
    assert again.stdout.splitlines() == [
        "line 2: updated wos/1: name Anna → Anne",
        "1 added, 1 updated, 1 unchanged (line 4)",
    ]


def test_an_export_is_what_an_import_reads(perkd: Any, home: Any) -> None:
    perkd("players", "import", "-", stdin=CSV.replace("abc", "3"))
    path = home / "out.csv"
    path.write_text("something else")
    done = perkd("players", "export", str(path))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", f"3 players written to {path}\n")
    assert (
        path.read_bytes().decode() == "game,fid,state,name\r\nks,2,,雪狐\r\nwos,1,10,Anna\r\nwos,3,10,Bo\r\n"
    )
    printed = perkd("players", "export")
    assert printed.raw == path.read_bytes()
    assert perkd("players", "import", str(path)).stdout == "0 added, 0 updated, 3 unchanged (lines 2–4)\n"
    assert perkd("players", "export", str(home / "no" / "out.csv")).returncode == 1


@pytest.mark.parametrize("data", [b"\xff\xfe\x00", b"game;fid;state;name\n", b"", b"x" * (MAX_CSV_BYTES + 1)])
def test_a_file_that_cannot_be_read_fails_with_its_reason(perkd: Any, data: bytes) -> None:
    done = perkd("players", "import", "-", stdin=data)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    assert done.stderr.endswith("; nothing was imported\n")


def test_the_bound_of_files_is_the_services() -> None:
    assert MAX_CSV_BYTES == SERVICE_MAX_CSV_BYTES


def test_codes_are_added_listed_and_retired(perkd: Any) -> None:
    assert perkd("codes", "add", " SNOW\u200b", "--game", "wos").stdout == "added SNOW (wos)\n"
    assert perkd("codes", "add", "SNOW", "--game", "wos").stdout == "unchanged: SNOW (wos) is live already\n"
    (code,) = json.loads(perkd("codes", "list", "--json").stdout)
    assert (code["state"], code["source"], code["first_seen"][-1]) == ("live", "manual", "Z")
    assert perkd("codes", "retire", "SNOW", "--game", "wos").stdout == "retired SNOW (wos)\n"
    assert (
        perkd("codes", "retire", "SNOW", "--game", "wos").stdout
        == "unchanged: SNOW (wos) is retired already\n"
    )
    ended = perkd("codes", "add", "SNOW", "--game", "wos")
    assert ended.returncode == 1
    assert "SNOW (wos) is retired, and stays so: perkd is not running: start it" in ended.stderr
    table = perkd("codes", "list").stdout.splitlines()
    assert table[0].split("  ")[:2] == ["game", "code"]
    assert "retired" in table[1]


def test_before_anything_there_is_a_terminal_and_no_history(perkd: Any) -> None:
    assert perkd("guilds", "list").stdout.splitlines()[1].split() == [
        "terminal",
        "0",
        "none",
        "–",
        "–",
        "Terminal",
    ]
    assert json.loads(perkd("guilds", "list", "--json").stdout)[0]["id"] == "terminal"
    assert perkd("history").stdout == "nothing was redeemed yet\n"
    assert perkd("history", "--json").stdout == "[]\n"
    assert perkd("players", "list").stdout.startswith("no players: add one with")
    assert perkd("codes", "list").stdout.startswith("no codes: the sources bring them")


def test_a_store_held_by_a_daemon_that_does_not_listen_is_left_alone(perkd: Any, home: Any) -> None:
    backend = SQLiteBackend(database(load_config(home / "config.toml", {})))
    backend.open()
    try:
        done = perkd("players", "list")
    finally:
        backend.close()
    assert done.returncode == 1
    assert "is in use by another perkd" in done.stderr
    assert "if that perkd is starting or stopping, try again in a moment" in done.stderr


LISTING = ["players", "list"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(LISTING, 0), ([*LISTING, "--json"], 0), (["players", "export"], 0), (["status", "--watch"], 3)],
)
def test_a_reader_that_closes_the_pipe_is_no_error_and_ends_a_watch(
    perkd: Any, command: Any, env: Any, arguments: list[str], code: int
) -> None:
    rows = "".join(f"wos,{fid},10,P{fid}\n" for fid in range(1, 5_000))
    perkd("players", "import", "-", stdin="game,fid,state,name\n" + rows)
    pipe = subprocess.PIPE
    with subprocess.Popen([*command, *arguments], env=env, stdout=pipe, stderr=pipe) as process:  # noqa: S603 - our own command
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == code


def test_an_encoding_without_the_sign_shows_its_number(perkd: Any, process: Any) -> None:
    perkd("players", "add", "--game", "ks", "--fid", "1", "--name", "雪")
    done = process("players", "list", PYTHONIOENCODING="latin-1", PYTHONUTF8="0")
    assert done.returncode == 0
    assert r"\u96ea" in done.stdout


def test_colours_are_for_terminals(perkd: Any, process: Any) -> None:
    perkd("codes", "add", "SNOW", "--game", "wos")
    assert "\x1b[" not in perkd("codes", "list").stdout
    coloured = process("codes", "list", FORCE_COLOR="1", TERM="xterm-256color")
    assert "\x1b[" in coloured.stdout


HEAVY = {
    "actors",
    "httpcore",
    "hypercorn",  # (sqlite3 is not among them: the coverage that tests run under loads it)
    "starlette",
    "structlog",
    "supervision",
    "trio",
}


def test_a_look_for_a_daemon_loads_nothing_of_the_daemon(command: Any, env: Any, home: Any) -> None:
    done = subprocess.run(  # noqa: S603 - our own command
        [command[0], "-X", "importtime", *command[1:], "status"], check=False, env=env, capture_output=True
    )
    assert done.returncode == 3
    lines = done.stderr.decode().splitlines()
    loaded = {line.rpartition("|")[2].strip() for line in lines if line.startswith("import time:")}
    assert "daemon.cli.status" in loaded
    assert {name.partition(".")[0] for name in loaded} & HEAVY == set()
