"""Files of every earlier schema version are brought up to the newest, with what is in them."""

import contextlib
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from attrs import evolve

from actors.giftcodes.model import (
    TERMINAL_GUILD,
    Audit,
    ChannelTrouble,
    Code,
    Player,
    Post,
    PostKind,
    Record,
    Registration,
    Wish,
)
from actors.history import NOWHERE, Relation, Term, compare
from actors.ports import Delete, Position, Put
from daemon.storage import SQLiteBackend, SQLiteStore, codec, journal, schema
from daemon.storage.lookups import to_write
from daemon.storage.soundness import check_store

Make = Callable[..., None]


def write_version_1(path: Path, batches: list[tuple[int, int, Record]], term: int, pruned: Position) -> None:
    """A file as the first perkd left it."""
    path.parent.mkdir(parents=True)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        schema.migrate(connection, schema.MIGRATIONS[:1])
        for number, sequence, record in batches:
            connection.execute(*to_write(Put(record)))
            connection.execute(
                "INSERT INTO journal (term, sequence, at, batch) VALUES (?, ?, 5.0, ?)",
                (number, sequence, codec.encode_batch([Put(record)])),
            )
        journal.write_meta(connection, "term", term)
        journal.begin_after(connection, pruned)


ANN, BOB, CODE = Player("wos", "1", name="Ann"), Player("wos", "2", name="Bob"), Code("wos", "A")


def test_a_version_1_file_gets_terms_with_writers(database: Path) -> None:
    write_version_1(database, [(2, 1, ANN), (2, 2, BOB), (5, 1, CODE)], 7, NOWHERE)
    store = SQLiteStore(database)
    history = store.attach()
    assert [(term.number, term.after) for term in history.terms] == [
        (2, NOWHERE),
        (5, Position(2, 2)),
        (7, Position(5, 1)),
    ]
    assert len({term.writer for term in history.terms}) == 3
    assert history.last == Position(7, 0)
    assert history.end == Position(5, 1)
    assert not history.leads
    assert schema.version(store._database.connection) == len(schema.MIGRATIONS)
    assert (store.get(Player, ANN.key), store.find(Code)) == (ANN, [CODE])
    assert [entry.position for entry in store.entries(NOWHERE, 10)] == [
        Position(2, 1),
        Position(2, 2),
        Position(5, 1),
    ]
    store.begin(Term(8, "w", history.end))
    assert store.write([Put(ANN)]).position == Position(8, 1)
    store.close()
    assert SQLiteStore(database).attach().holds(history)


@pytest.mark.parametrize(
    ("batches", "pruned", "terms"),
    [
        ([(3, 8, ANN)], Position(3, 7), [(3, NOWHERE), (4, Position(3, 8))]),
        ([(3, 1, ANN)], Position(2, 9), [(2, NOWHERE), (3, Position(2, 9)), (4, Position(3, 1))]),
    ],
)
def test_a_version_1_file_whose_journal_was_pruned_knows_where_its_terms_begin(
    database: Path,
    batches: list[tuple[int, int, Record]],
    pruned: Position,
    terms: list[tuple[int, Position]],
) -> None:
    write_version_1(database, batches, 4, pruned)
    store = SQLiteStore(database)
    history = store.attach()
    assert [(term.number, term.after) for term in history.terms] == terms
    assert history.oldest == pruned
    store.close()


def test_a_version_1_file_in_which_nothing_was_written_stays_empty(database: Path) -> None:
    write_version_1(database, [], 3, NOWHERE)
    store = SQLiteStore(database)
    assert store.attach().empty
    store.close()
    other = database.with_name("unopened") / "perkd.db"
    write_version_1(other, [], 0, NOWHERE)
    store = SQLiteStore(other)
    assert store.attach().terms == ()
    store.close()


def test_two_copies_of_a_version_1_file_are_two_stores(database: Path, tmp_path: Path) -> None:
    histories = []
    for path in (database, tmp_path / "other" / "perkd.db"):
        write_version_1(path, [(1, 1, ANN)], 1, NOWHERE)
        store = SQLiteStore(path)
        histories.append(store.attach())
        store.close()
    assert compare(*histories) is Relation.DIVERGED


def write_version_2(path: Path, rows: list[tuple[Record, tuple[str, ...]]]) -> None:
    """A file as the second perkd left it: each record with the attributes that were indexed then."""
    path.parent.mkdir(parents=True)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        schema.migrate(connection, schema.MIGRATIONS[:2])
        for number, (record, indexed) in enumerate(rows, start=1):
            values = [getattr(record, name) for name in indexed]
            marks = ", ".join("?" * (2 + len(values)))
            connection.execute(
                f'INSERT INTO "{record.collection}" VALUES ({marks})',  # noqa: S608 - names of ours
                (record.key, codec.encode(record), *values),
            )
            connection.execute(
                "INSERT INTO journal (term, sequence, at, batch) VALUES (1, ?, 5.0, ?)",
                (number, codec.encode_batch([Put(record)])),
            )
        connection.execute("INSERT INTO terms VALUES (1, 'w', 0, 0)")


def test_a_version_2_file_finds_its_registrations_by_member_and_its_posts_by_code(database: Path) -> None:
    ours = Registration(TERMINAL_GUILD, "", "wos", "1", at=5.0)
    anns = Registration("77", "501", "wos", "2")
    bobs = Registration("77", "502", "ks", "2")
    posts = [Post("77", "9", "wos", code, 1, at=5.0) for code in ("A", "Bé")]
    rows: list[tuple[Record, tuple[str, ...]]] = [(one, ("guild", "game")) for one in (ours, anns, bobs)]
    rows += [(post, ("game", "guild")) for post in posts]
    write_version_2(database, rows)
    store = SQLiteStore(database)
    store.attach()
    assert schema.version(store._database.connection) == len(schema.MIGRATIONS)
    assert store.find(Registration, member="501") == [anns]
    assert store.find(Registration, member="") == [ours]
    assert store.find(Registration, fid="2", guild="77") == [anns, bobs]
    assert store.find(Registration, fid="2", game="ks") == [bobs]
    assert [store.find(Post, code=post.code) for post in posts] == [[post] for post in posts]
    assert store.find(Wish) == store.find(Audit) == store.find(ChannelTrouble) == []
    store.begin(Term(2, "w2", store.history().end))
    wish = Wish("wos", "2", "A", 1, 6.0, "77", "501")
    store.write([Put(wish), Put(evolve(anns, mention=True)), Delete(Post, posts[0].key)])
    assert store.find(Wish, member="501") == [wish]
    assert store.find(Registration, member="501") == [evolve(anns, mention=True)]
    assert store.find(Post) == [posts[1]]
    store.close()


def test_a_version_3_file_finds_the_posts_that_mention_members(database: Path) -> None:
    posts = [Post("77", "9", "wos", "A", 1, at=5.0, kind=kind) for kind in PostKind]
    database.parent.mkdir()
    with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as connection:
        schema.migrate(connection, schema.MIGRATIONS[:3])
        for post in posts:
            document = codec.to_document(post)
            del document["number"], document["members"]  # it knew of neither
            values = (post.key, codec.to_text(document), post.game, post.guild, post.code)
            connection.execute("INSERT INTO posts VALUES (?, ?, ?, ?, ?)", values)
    backend = SQLiteBackend(database)
    backend.open()
    assert backend.find(Post, kind=PostKind.MENTION.value, code="A") == posts[1:]
    assert backend.find(Post) == posts
    backend.close()


def test_a_version_2_file_whose_posts_had_no_kind_is_sound(database: Path) -> None:
    database.parent.mkdir()
    with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as connection:
        schema.migrate(connection, schema.MIGRATIONS[:2])
        known = {"guild": "77", "channel": "9", "game": "wos", "code": "A", "activation": 1, "at": 5.0}
        values = ("77/9/wos/A/1", codec.to_text(known), "wos", "77")
        connection.execute("INSERT INTO posts VALUES (?, ?, ?, ?)", values)
    backend = SQLiteBackend(database)
    backend.open()
    assert backend.find(Post, kind=PostKind.CODE.value) == [Post("77", "9", "wos", "A", 1, at=5.0)]
    backend.close()
    assert [finding.text for finding in check_store(database) if not finding.well] == []


@pytest.mark.parametrize("old", range(1, len(schema.MIGRATIONS)))
def test_every_earlier_version_becomes_the_same_schema_as_a_new_file(
    database: Path, tmp_path: Path, old: int
) -> None:
    database.parent.mkdir()
    with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as connection:
        schema.migrate(connection, schema.MIGRATIONS[:old])
    shapes = []
    for path in (database, tmp_path / "new" / "perkd.db"):
        backend = SQLiteBackend(path)
        backend.open()
        rows = backend._open.execute("SELECT type, name, sql FROM sqlite_schema ORDER BY name").fetchall()
        meta = backend._open.execute("SELECT name FROM meta ORDER BY name").fetchall()
        shapes.append(json.dumps([rows, meta]))
        backend.close()
    assert shapes[0] == shapes[1]
