"""The state as JSON lines: what goes out comes in again, all of it, or nothing."""

import io
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from hypothesis import example, given, settings
from hypothesis import strategies as st

from actors.giftcodes.model import Channel, Code, Guild, Player, Record, Redemption
from actors.history import NOWHERE
from actors.ports import Position, Put
from actors.records import RECORDS
from daemon.storage import StoreBusy, Unstorable, codec, dump_reader, load
from daemon.storage.contents import FileRefused
from daemon.storage.dump import dump, dump_to
from daemon.storage.load import Imported
from daemon.storage.schema import MIGRATIONS
from daemon.storage.sqlite import SQLiteStore
from tests.worlds.stores import AT, contents, fill, some_players, writing

HEADER = {"perkd": "0.1.0", "schema": 1, "exported_at": "2026-11-21T10:18:05Z"}
PLAYER = {"collection": "players", "record": {"game": "wos", "fid": "1"}}

Import = Callable[..., Imported]


@pytest.fixture
def import_(database: Path) -> Import:
    """Import lines (documents, or raw bytes) into the store."""

    def run(*lines: Any, merge: bool = False) -> Imported:
        raw = b"".join(
            line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n" for line in lines
        )
        return load.load(io.BytesIO(raw), "x.jsonl", database, merge=merge, clock=lambda: AT)

    return run


def exported(database: Path) -> str:
    return "".join(dump(database, AT))


# --- the round trip -----------------------------------------------------------------------------


def storable(record: Record) -> bool:
    try:
        codec.encode(record)
        codec.index_values(record)
    except Unstorable:
        return False
    return True


def any_records() -> st.SearchStrategy[list[Record]]:
    st.register_type_strategy(float, st.floats(allow_nan=False, allow_infinity=False))
    one = st.one_of([st.from_type(type_) for type_ in RECORDS]).filter(storable)
    return st.lists(one, max_size=12, unique_by=lambda record: (record.collection, record.key))


STRANGE = [
    Player(
        "wos", "1", name="half a pair: \ud83d, مرحبا \u202e\u2066 evil, \x00\x1b[2J\r\n\u2028, 👨\u200d👩"
    ),
    Player("w\nos", '"\\', name="\ufeff"),
    Guild("ü", "", channels=(Channel("7", -0.0, ("wos", "")), Channel("", 1e308))),
]


@settings(max_examples=40, deadline=None)
@given(any_records())
@example(STRANGE)
@example([])
def test_an_export_that_is_imported_is_exported_as_it_was(records: list[Record]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        first, second = Path(directory, "a", "perkd.db"), Path(directory, "b", "perkd.db")
        fill(first, *records)
        out = exported(first)
        done = load.load(io.BytesIO(out.encode("ascii")), "x", second)
        assert done.added == len(records)
        assert exported(second) == out
        assert contents(second) == contents(first)
        assert sorted(map(repr, contents(second))) == sorted(map(repr, records))


def test_an_export_is_a_header_and_a_line_a_record_in_the_order_of_keys(database: Path) -> None:
    fill(database, Player("wos", "2"), Code("ks", "B"), Player("wos", "10"), Code("ks", "A"))
    header, *lines = [json.loads(line) for line in exported(database).splitlines()]
    assert list(header) == ["perkd", "schema", "exported_at", "counts"]
    assert (header["schema"], header["exported_at"]) == (len(MIGRATIONS), "2023-11-14T22:13:20Z")
    assert header["counts"] == {**header["counts"], "players": 2, "codes": 2, "redemptions": 0}
    order = [(line["collection"], line["record"].get("fid") or line["record"]["code"]) for line in lines]
    assert order == [("codes", "A"), ("codes", "B"), ("players", "10"), ("players", "2")]


def test_an_export_is_of_one_moment(database: Path) -> None:
    with writing(database) as store:
        store.write([Put(record) for record in some_players(3000)])
        chunks = dump(database, AT)
        out = next(chunks)
        store.write([Put(Player("wos", "new"))])
        out += "".join(chunks)
    assert out.count("\n") == 3001
    assert '"new"' not in out


def test_an_export_to_a_file_is_whole_private_and_replaces_only_when_that_is_said(
    database: Path, tmp_path: Path
) -> None:
    fill(database, *some_players(3))
    file = tmp_path / "out.jsonl"
    assert dump_to(database, file, AT) == 3
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.read_text("ascii") == exported(database)
    with pytest.raises(FileRefused, match="is there already"):
        dump_to(database, file, AT)
    assert dump_to(database, file, AT, replace=True) == 3
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["out.jsonl"]


def test_nothing_is_exported_where_there_is_nothing(database: Path, tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match=r"there is no store at .* nothing to export"):
        dump_to(database, tmp_path / "out.jsonl", AT)
    assert not (tmp_path / "out.jsonl").exists()
    assert not database.exists()


# --- what is taken ------------------------------------------------------------------------------


def test_an_import_is_journalled_for_the_store_that_follows(
    import_: Import, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load, "BATCH", 4)
    lines = [{"collection": "players", "record": {"game": "wos", "fid": str(n)}} for n in range(10)]
    done = import_(HEADER, *lines)
    assert done == Imported(10, 0, 0, Position(1, 3))
    store = SQLiteStore(database)
    store.attach()
    changes = [change for entry in store.entries(NOWHERE, 10) for change in codec.decode_batch(entry.batch)]
    store.close()
    assert changes == [Put(Player("wos", str(n))) for n in range(10)]


def test_a_store_that_is_not_empty_is_refused_without_merge(import_: Import, database: Path) -> None:
    fill(database, Player("ks", "9"))
    with pytest.raises(FileRefused, match=r"holds 1 record already: with --merge .* nothing was imported"):
        import_(HEADER, PLAYER)
    assert contents(database) == [Player("ks", "9")]


def test_merging_puts_records_beside_and_over_those_that_are_there(import_: Import, database: Path) -> None:
    fill(database, Player("wos", "1", name="old"), Player("wos", "2"), Player("wos", "3"))
    changed = {"collection": "players", "record": {"game": "wos", "fid": "1", "name": "new"}}
    same = {"collection": "players", "record": {"game": "wos", "fid": "2"}}
    added = {"collection": "players", "record": {"game": "wos", "fid": "4"}}
    assert import_(HEADER, changed, same, added, merge=True) == Imported(1, 1, 1, Position(2, 1))
    assert contents(database) == [
        Player("wos", "1", name="new"),
        *(Player("wos", fid) for fid in "234"),
    ]


def test_what_is_looked_up_by_an_index_is_found_after_an_import(import_: Import, database: Path) -> None:
    record = codec.to_document(Redemption("wos", "1", "SNOW"))
    import_(HEADER, {"collection": "redemptions", "record": record})
    store = SQLiteStore(database)
    store.attach()
    assert store.find(Redemption, code="SNOW", fid="1") == [Redemption("wos", "1", "SNOW")]
    store.close()


def test_a_byte_order_mark_blank_lines_and_dos_line_ends_are_passed_over(
    import_: Import, database: Path
) -> None:
    header, player = json.dumps(HEADER).encode(), json.dumps(PLAYER).encode()
    import_(b"\xef\xbb\xbf" + header + b"\r\n", b"\r\n", player + b"\r\n", b"\n")
    assert contents(database) == [Player("wos", "1")]


# --- what is refused ----------------------------------------------------------------------------


def of_player(**attributes: Any) -> dict[str, Any]:
    return {"collection": "players", "record": {**PLAYER["record"], **attributes}}  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b"{not json\n", "no JSON: Expecting property name"),
        (b'{"collection": "pla\n', "no JSON: "),
        (b"[1]\n", "no JSON object"),
        (b"\xff\xfe\n", "no UTF-8 text"),
        (b"[" * 100_000 + b"\n", "no JSON: "),
        ({"collection": "players"}, "must have 'collection' and 'record', but has 'collection'"),
        ({**PLAYER, "more": 1}, "but has 'collection', 'record', 'more'"),
        ({**PLAYER, "collection": "playerz"}, "unknown collection 'playerz': this perkd knows audits, "),
        ({**PLAYER, "collection": ["players"]}, r"unknown collection \['players'\]"),
        ({"collection": "players", "record": 7}, "players: 7 is no JSON object"),
        (of_player(colour="red"), "players: extra fields found \\(colour\\)"),
        (of_player(fid=2), "players: 2 is no str @ .fid"),
        ({"collection": "players", "record": {"game": "wos"}}, "players: required field missing @ .fid"),
        (of_player(added_at=float("nan")), "players 'wos/1': Out of range float values"),
        (of_player(fid="\ud800"), "key = 'wos/.ud800' can't be stored"),
        (of_player(), "players 'wos/1' is there twice"),
        (HEADER, "but has 'perkd', 'schema', 'exported_at'"),
    ],
)
@pytest.mark.parametrize("merge", [False, True])
def test_a_line_that_is_wrong_is_named_and_nothing_is_imported(
    import_: Import, database: Path, line: Any, says: str, merge: bool
) -> None:
    good = [of_player(fid=str(n)) for n in range(1, 1200)]
    with pytest.raises(FileRefused, match=rf"^x\.jsonl: line 1201: .*{says}.*; nothing was imported$"):
        import_(HEADER, *good, line, of_player(fid="x"), merge=merge)
    assert contents(database) == []


@pytest.mark.parametrize(
    ("header", "says"),
    [
        (PLAYER, "no header of `perkd export`"),
        (b"", "no header of `perkd export`"),
        ({**HEADER, "schema": "1"}, "no header of `perkd export`"),
        (b"game,fid,state,name\n", "no JSON"),
        ({**HEADER, "schema": 99}, "schema version 99, this perkd knows .* import it with the newer perkd"),
    ],
)
def test_what_is_no_export_makes_no_store(import_: Import, database: Path, header: Any, says: str) -> None:
    with pytest.raises(FileRefused, match=rf"^x\.jsonl: line 1: .*{says}"):
        import_(header, PLAYER)
    assert not database.exists()


@pytest.mark.parametrize("counts", [{"players": 2}, {"players": 0}, {"players": 1, "codes": 3}])
def test_a_file_that_is_cut_off_is_noticed(import_: Import, database: Path, counts: dict[str, int]) -> None:
    with pytest.raises(FileRefused, match=r"the file is cut off, or was edited.*nothing was imported"):
        import_({**HEADER, "counts": counts}, PLAYER)
    assert contents(database) == []
    assert import_({**HEADER, "counts": {"players": 1}}, PLAYER).added == 1


def test_a_line_without_an_end_does_not_fill_the_memory(
    import_: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dump_reader, "LONGEST", 1000)
    with pytest.raises(FileRefused, match="line 2: longer than 1,000 bytes"):
        import_(HEADER, b"x" * 5000)


def test_a_running_daemons_store_takes_no_import(import_: Import, database: Path) -> None:
    fill(database)
    with writing(database), pytest.raises(StoreBusy):
        import_(HEADER, PLAYER)
    assert evolve(Player("wos", "1")) not in contents(database)
