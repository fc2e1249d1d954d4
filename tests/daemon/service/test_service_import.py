import csv
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.giftcodes.model import Player, Registration
from actors.ports import Put, StoreUnavailable
from daemon.service import MAX_CSV_BYTES, BadFile, Refused, RowFault, Service, import_players, players_to_csv
from daemon.service.importing import BATCH
from daemon.service.roster_csv import MAX_LINES, read_csv
from daemon.service.values import read_name
from daemon.storage import MemoryStore

HEADER = "game,fid,state,name\n"


async def test_every_bad_line_is_reported_with_number_value_and_reason_and_the_good_ones_are_kept(
    service: Service, store: MemoryStore
) -> None:
    lines = [
        "wos,1,10,Anna",
        "wos,abc,10,Bo",
        "chess,2,10,Cleo",
        "wos,3,,Dora",
        "wos,4,10",
        "wos,5,10,Eve, the second",
        'wos,6,10,"Finn',
        "wos,7,10,Gus",
    ]
    report = await import_players(service, (HEADER + "\n".join(lines)).encode())
    assert [(fault.line, fault.value) for fault in report.faults] == [
        (3, "wos,abc,10,Bo"),
        (4, "chess,2,10,Cleo"),
        (5, "wos,3,,Dora"),
        (6, "wos,4,10"),
        (7, "wos,5,10,Eve, the second"),
        (8, 'wos,6,10,"Finn'),
    ]
    reasons = [fault.reason for fault in report.faults]
    assert reasons[0].startswith("fid 'abc': a fid is the decimal number")
    assert reasons[1] == "game 'chess' is not configured: use one of wos, ks, or add it to config.toml"
    assert reasons[2].startswith("state is missing")
    assert reasons[3] == "3 values where the header names 4"
    assert reasons[4] == '5 values where the header names 4: put "…" around a name that holds a comma'
    assert reasons[5].startswith("its quotes do not match")
    assert report.added == 2
    assert [player.name for player in await store.find(Player)] == ["Anna", "Gus"]


async def test_each_imported_player_gets_the_operators_registration(
    service: Service, store: MemoryStore
) -> None:
    await import_players(service, (HEADER + "wos,1,10,A\nks,2,,B\n").encode())
    assert [one.key for one in await store.find(Registration)] == ["terminal//ks/2", "terminal//wos/1"]


async def test_of_two_lines_for_one_player_the_first_counts_and_the_second_is_reported(
    service: Service, store: MemoryStore
) -> None:
    report = await import_players(service, (HEADER + "wos,1,10,A\nwos,2,10,B\nwos,1,11,C\n").encode())
    assert report.faults == (RowFault(4, "wos,1,11,C", "player wos/1 is on line 2 already: that one counts"),)
    assert (await store.get(Player, "wos/1")).state == "10"


async def test_a_bad_line_does_not_take_the_place_of_a_good_one_for_the_same_player(
    service: Service, store: MemoryStore
) -> None:
    report = await import_players(service, (HEADER + "wos,1,,A\nwos,1,10,A\n").encode())
    assert [fault.line for fault in report.faults] == [2]
    assert report.added == 1


async def test_players_that_are_stored_already_are_counted_as_unchanged_or_updated(
    service: Service, store: MemoryStore
) -> None:
    await store.commit(Put(Player("wos", "1", "10", "A")), Put(Player("wos", "2", "10", "B")))
    report = await import_players(service, (HEADER + "wos,1,10,A\nwos,2,11,B\nwos,3,10,C\n").encode())
    assert (report.added, report.unchanged, report.faults) == (1, (2,), ())
    (rewrite,) = report.updated
    assert (rewrite.line, rewrite.player, rewrite.changes) == (3, "wos/2", ("state 10 → 11",))


async def test_importing_a_file_again_changes_nothing(service: Service, store: MemoryStore) -> None:
    data = (HEADER + "wos,1,10,A\nks,2,,B\n").encode()
    await import_players(service, data)
    batches = len(store.history)
    report = await import_players(service, data)
    assert (report.added, report.unchanged) == (0, (2, 3))
    assert len(store.history) == batches


async def test_batches_are_bounded(service: Service, store: MemoryStore) -> None:
    rows = "".join(f"wos,{fid},10,P{fid}\n" for fid in range(1, BATCH * 2 + 2))
    report = await import_players(service, (HEADER + rows).encode())
    assert report.added == BATCH * 2 + 1
    assert [len(batch.changes) for batch in store.history] == [2 * BATCH, 2 * BATCH, 2]


async def test_a_store_that_goes_away_midway_says_how_much_is_stored(
    service: Service, store: MemoryStore
) -> None:
    rows = "".join(f"wos,{fid},10,P{fid}\n" for fid in range(1, BATCH + 2))
    with pytest.raises(StoreUnavailable) as error:
        await import_players(_failing_at(service, store, 2), (HEADER + rows).encode())
    assert f"{BATCH} of {BATCH + 1} players are stored: import the file again" in str(error.value)


def _failing_at(service: Service, store: MemoryStore, number: int) -> Service:
    """A service whose store refuses its `number`-th commit."""

    class Failing:
        commits = 0

        def __getattr__(self, name: str) -> object:
            return getattr(store, name)

        async def commit(self, *changes: object) -> object:
            self.commits += 1
            if self.commits == number:
                raise StoreUnavailable("disk full")
            return await store.commit(*changes)  # type: ignore[arg-type]

    return Service(Failing(), service.clock, service.games, service.on_change)  # type: ignore[arg-type]


async def test_a_byte_order_mark_crlf_blank_lines_and_spare_commas_are_fine(service: Service) -> None:
    data = b"\xef\xbb\xbf" + (HEADER + "\nwos,1,10,A\n,,,\n   \nks,2,,B").replace("\n", "\r\n").encode()
    report = await import_players(service, data)
    assert (report.added, report.faults) == (2, ())


async def test_columns_may_come_in_any_order_and_others_are_named(
    service: Service, store: MemoryStore
) -> None:
    data = b"Name , STATE,fid,game,rank,\nAnna,10,1,wos,R4,\n"
    report = await import_players(service, data)
    assert report.ignored_columns == ("rank",)
    assert (await store.get(Player, "wos/1")).name == "Anna"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "the file is empty: it needs a header line game,fid,state,name"),
        (b"\n \n", "the file is empty"),
        (b"wos,1,10,Anna\n", "line 1: the header 'wos,1,10,Anna' lacks game, fid, state, name"),
        (b"game,fid,name\n", "lacks state: the file must begin with the line game,fid,state,name"),
        (b"game;fid;state;name\nwos;1;10;A\n", "must be separated by commas, not semicolons"),
        (b"game\tfid\tstate\tname\n", "must be separated by commas, not tabs"),
        (b"game,fid,fid,state,name\n", "has fid more than once"),
        (b'game,fid,state,"name\n', "lacks game, fid, state, name"),
        (b"game,fid,state,name,r\xe9gion\n", "line 1: byte 0xe9 is no UTF-8 text: save the file as UTF-8"),
        (
            (HEADER + "wos,1,10,A\n").encode("utf-16-le"),
            "line 1: byte 0x00 is in no UTF-8 text, but in UTF-16",
        ),
        (HEADER.encode() + b"wos,1,10,A\nwos,2,10,\0\n", "line 3: byte 0x00"),
        ((HEADER + "wos,1,10,A\n").encode("utf-16"), "UTF-16 text: save it as UTF-8"),
        (HEADER.encode() + b"x" * MAX_CSV_BYTES, f"at most {MAX_CSV_BYTES}: split it"),
        (HEADER.encode() + b"x\n" * MAX_LINES, f"lines: at most {MAX_LINES}: split it"),
    ],
)
async def test_a_file_that_cannot_be_read_is_refused_as_a_whole(
    service: Service, store: MemoryStore, data: bytes, says: str
) -> None:
    with pytest.raises(BadFile) as refused:
        await import_players(service, data)
    assert says in str(refused.value)
    assert str(refused.value).endswith("; nothing was imported")
    assert store.history == []


async def test_a_byte_that_is_no_utf_8_spoils_its_own_line_alone(
    service: Service, store: MemoryStore
) -> None:
    rows = [b"wos,1,10,Anna", b"wos,2,10,Andr\xe9", "wos,3,10,雪狐".encode(), b"wos,\xff\xfe,10,B"]
    report = await import_players(service, HEADER.encode() + b"\n".join(rows))
    assert report.faults == (
        RowFault(3, r"wos,2,10,Andr\xe9", "byte 0xe9 is no UTF-8 text: save the file as UTF-8"),
        RowFault(5, r"wos,\xff\xfe,10,B", "byte 0xff is no UTF-8 text: save the file as UTF-8"),
    )
    assert [player.name for player in await store.find(Player)] == ["Anna", "雪狐"]


async def test_a_line_without_a_game_is_told_of_its_column(service: Service) -> None:
    (fault,) = (await import_players(service, (HEADER + ",1,10,A\n").encode())).faults
    assert fault.reason == "which game? Name one of wos, ks in the column game"


async def test_a_report_repeats_only_the_beginning_of_an_endless_line(service: Service) -> None:
    report = await import_players(service, HEADER.encode() + b"x" * 300_000)
    assert len(report.faults[0].value) == 200


async def test_exported_players_can_be_imported(service: Service, store: MemoryStore) -> None:
    players = [
        Player("wos", "1", "10", 'Anna, "the" Bear'),
        Player("ks", "2", "", "雪狐\u2028x"),
        Player("ks", "3"),
    ]
    await store.commit(*map(Put, players))
    report = await import_players(service, players_to_csv(players).encode())
    assert report.faults == ()
    assert len(report.unchanged) + len(report.updated) == 3


names = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)


def _readable(name: str) -> str:
    try:
        return read_name(name)
    except Refused:
        return ""


@given(st.lists(st.tuples(st.integers(1, 10**12), names), max_size=20, unique_by=lambda row: row[0]))
async def test_whatever_players_are_called_an_export_is_read_back_the_same(rows: Any) -> None:
    players = [Player("wos", str(fid), "7", _readable(name)) for fid, name in rows]
    read = list(read_csv(players_to_csv(players).encode()).lines)
    assert [(row.fid, row.name) for row in read] == [(one.fid, one.name) for one in players]


class _Clock:
    def now(self) -> float:
        return 0.0


cells = st.one_of(st.sampled_from(["wos", "ks", "1", "22", "", '"', "a,b", "\n", ";"]), st.text(max_size=8))
csv_like = st.lists(st.lists(cells, max_size=6), max_size=10).map(
    lambda rows: (HEADER + "\n".join(",".join(row) for row in rows)).encode(errors="replace")
)


@given(st.one_of(st.binary(max_size=300), csv_like))
async def test_any_file_comes_to_a_report_or_a_refusal_and_every_line_is_accounted_for(data: bytes) -> None:
    store = MemoryStore()
    try:
        report = await import_players(Service(store, _Clock(), lambda: {"wos": "v2", "ks": "v1"}), data)
    except BadFile:
        return
    lines = data.decode("utf-8-sig", errors="replace").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    told = report.added + len(report.updated) + len(report.unchanged) + len(report.faults)
    assert told == sum(bool(line.strip(" \t,")) for line in lines) - 1
    assert len(await store.find(Player)) == report.added


def test_what_is_written_is_csv_as_others_read_it() -> None:
    text = players_to_csv([Player("wos", "1", "10", 'a "b", c')])
    assert list(csv.reader(io.StringIO(text)))[1] == ["wos", "1", "10", 'a "b", c']
