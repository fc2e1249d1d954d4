"""The state as files, as an operator meets it. Most in this process, for speed."""

import json
import os
import sqlite3
import subprocess
from pathlib import Path
from typing import Any

import pytest

from actors.giftcodes.model import Player
from actors.ports import Put
from tests.worlds.stores import contents, fill, leads, some_players, writing


@pytest.fixture
def database(home: Path) -> Path:
    return home / "var" / "perkd.sqlite3"


@pytest.fixture
def store(database: Path) -> Path:
    fill(database, *some_players(2))
    return database


@pytest.fixture(autouse=True)
def _here(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home)


@pytest.mark.parametrize(
    "command",
    [["backup"], ["restore"], ["export"], ["import"], ["storage"], ["storage", "check"], ["storage", "keep"]],
)
def test_every_command_explains_itself(perkd: Any, command: list[str]) -> None:
    done = perkd(*command, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert all(len(line) <= 80 for line in done.stdout.splitlines())
    assert "..." not in done.stdout.replace("[ARGS]...", "")


def test_a_backup_says_what_is_in_it_and_is_put_back(perkd: Any, store: Path, home: Path) -> None:
    done = perkd("backup", "b.sqlite3")
    first, *more = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (0, "")
    assert first.startswith("b.sqlite3: 2 records, up to batch 2 of term 1 (2023-11-14T22:13:20Z), ")
    assert first.endswith(" KiB")
    assert more == ["  players               2"]
    fill(store, Player("wos", "9"))
    done = perkd("restore", "b.sqlite3")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"there is a store at {store} already: with --force it is set aside (not deleted), "
        "and the backup takes its place\n"
    )
    done = perkd("restore", "b.sqlite3", "--force")
    lines = done.stdout.splitlines()
    assert done.returncode == 0
    assert lines[0].startswith("restored b.sqlite3: 2 records, ")
    assert lines[2].startswith(f"what was there is now {store}.aside-20")
    assert lines[3].startswith("With MongoDB configured, everything in MongoDB is replaced by this state")
    assert contents(store) == some_players(2)
    assert len(contents(Path(lines[2].removeprefix("what was there is now ")))) == 3


def test_a_backup_is_not_overwritten_unasked(perkd: Any, store: Path, home: Path) -> None:
    (home / "b").write_text("precious")
    done = perkd("backup", "b")
    assert (done.returncode, done.stderr) == (
        1,
        "b is there already: name another file, or replace it with --force\n",
    )
    assert perkd("backup", "b", "--force").returncode == 0
    assert "a backup can't be written to a pipe" in perkd("backup", "-").stderr


def test_a_running_daemons_state_can_be_copied_but_not_replaced(perkd: Any, store: Path, home: Path) -> None:
    perkd("export", "e.jsonl")
    with writing(store):
        for command in (["backup", "b"], ["export"], ["storage", "check"]):
            assert perkd(*command).returncode == 0
        for command in (
            ["restore", "b", "--force"],
            ["import", "--merge", "e.jsonl"],
            ["storage", "keep", "file"],
        ):
            done = perkd(*command)
            assert (done.returncode, done.stdout) == (1, "")
            assert done.stderr == (
                f"{store} is in use by another perkd (process {os.getpid()}): "
                "stop that one first, or use another data_dir\n"
            )
    assert not leads(store)


def test_an_export_goes_to_standard_output_and_comes_in_from_standard_input(
    perkd: Any, store: Path, database: Path
) -> None:
    out = perkd("export").stdout
    assert json.loads(out.splitlines()[0])["counts"]["players"] == 2
    assert perkd("export", "-").stdout.splitlines()[1:] == out.splitlines()[1:]
    store.unlink()
    done = perkd("import", "-", stdin=out)
    assert (done.returncode, done.stdout) == (
        0,
        "2 records added, 0 updated, 0 unchanged: batch 1 of term 1\n",
    )
    assert contents(database) == some_players(2)
    done = perkd("import", "-", stdin=out)
    assert done.returncode == 1
    assert "holds 2 records already: with --merge" in done.stderr
    done = perkd("import", "--merge", "-", stdin=out)
    assert (done.returncode, done.stdout) == (0, "0 records added, 0 updated, 2 unchanged\n")


def test_an_export_to_a_file_tells_how_many_records_it_holds(perkd: Any, store: Path, home: Path) -> None:
    done = perkd("export", "e.jsonl")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "2 records written to e.jsonl\n")
    assert "is there already" in perkd("export", "e.jsonl").stderr
    assert perkd("export", "e.jsonl", "--force").returncode == 0


def test_a_bad_line_of_an_import_is_named_with_nothing_that_drives_the_terminal(perkd: Any) -> None:
    lines = '{"perkd":"0.1.0","schema":1}\n{"collection":"\\u001b[2J","record":{}}\n'
    done = perkd("import", "-", stdin=lines)
    assert done.returncode == 1
    assert done.stderr.startswith(
        r"standard input: line 2: unknown collection '\x1b[2J': this perkd knows audits"
    )
    assert "\x1b" not in done.stderr


def test_a_reader_that_has_enough_ends_an_export(command: list[str], env: Any, database: Path) -> None:
    with writing(database) as store:
        store.write([Put(record) for record in some_players(5000)])
    with subprocess.Popen(  # noqa: S603 - our own command
        [*command, "export"], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith(b'{"perkd"')
        process.stdout.close()
        assert process.wait(30) == 0
        assert process.stderr.read() == b""


def test_the_check_marks_what_is_well_and_what_is_not(perkd: Any, store: Path) -> None:
    done = perkd("storage", "check")
    lines = done.stdout.splitlines()
    assert done.returncode == 0
    assert all(line.startswith("✓ ") for line in lines)
    assert lines[0].startswith(f"✓ file          {store}: schema version ")
    assert "✓ players       2 documents" in lines
    connection = sqlite3.connect(store)
    with connection:
        connection.execute("UPDATE players SET doc = ?", ('{"\x1b":1}',))
    connection.close()
    done = perkd("storage", "check")
    assert done.returncode == 1
    (bad,) = [line for line in done.stdout.splitlines() if not line.startswith("✓ ")]
    assert bad.startswith("✗ players       2 of 2 documents are wrong: players 'wos/1000': ")
    assert "\x1b" not in bad


def test_where_there_is_no_store_none_is_made(perkd: Any, database: Path) -> None:
    for command in (
        ["backup", "b"],
        ["export"],
        ["export", "e"],
        ["storage", "check"],
        ["storage", "keep", "file"],
    ):
        done = perkd(*command)
        assert done.returncode == 1
        assert f"there is no store at {database}" in done.stdout + done.stderr
    assert not database.exists()


def test_the_file_can_be_chosen_to_count(perkd: Any, store: Path) -> None:
    done = perkd("storage", "keep", "file")
    assert done.returncode == 0
    assert done.stdout.startswith(f"{store} counts from now on: 2 records, ")
    assert "what only MongoDB has is lost then." in done.stdout
    assert leads(store)


def test_mongodb_can_be_chosen_to_count_only_where_there_is_one(
    perkd: Any, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MONGODB_URI", raising=False)
    done = perkd("storage", "keep", "mongodb")
    assert done.returncode == 1
    assert "MongoDB is not configured here (MONGODB_URI is not set)" in done.stderr
    assert store.exists()
    monkeypatch.setenv("MONGODB_URI", "mongodb://user:secret@127.0.0.1:9/")
    done = perkd("storage", "keep", "mongodb")
    assert done.returncode == 0
    assert "secret" not in done.stdout + done.stderr
    assert not store.exists()
    (aside,) = store.parent.glob("perkd.sqlite3.aside-*")
    assert str(aside) in done.stdout
    assert contents(aside) == some_players(2)
    done = perkd("storage", "keep", "mongodb")
    assert (done.returncode, done.stdout) == (
        0,
        f"there is no file {store}: the next start fills it from MongoDB anyway\n",
    )


def test_a_faulty_configuration_is_told_and_nothing_is_done(perkd: Any, store: Path, home: Path) -> None:
    (home / "config.toml").write_text("[storage]\nbackup_every = 5\nbackup_keep = 0\n", encoding="utf-8")
    done = perkd("backup", "b")
    assert done.returncode == 2
    assert "config.toml: [storage] backup_every = 5: must be 0, or 60 or more" in done.stderr
    assert "config.toml: [storage] backup_keep = 0: must be 1 or more" in done.stderr
    assert not (home / "b").exists()
