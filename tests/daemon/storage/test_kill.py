"""What the store promises across processes: kill -9 at any moment, one writer, a disk that fills up."""

import random
import subprocess
import sys
from pathlib import Path
from typing import Self

import pytest

from actors.giftcodes.model import Code, Player, Redemption
from actors.ports import Position, Put, StoreUnavailable
from daemon.storage import SQLiteBackend, StoreBusy

COMMITTER = Path(__file__).with_name("committer.py")
KILLS = 10


class Committer:
    """The process of `committer.py`."""

    def __init__(self, database: Path, *arguments: str) -> None:
        self.process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, str(COMMITTER), str(database), *arguments], stdout=subprocess.PIPE, text=True
        )

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def kill(self) -> list[str]:
        """Kill it, and return what it had said up to then. A line cut in two was not said."""
        self.process.kill()
        assert self.process.stdout is not None
        with self.process.stdout as pipe:
            rest = pipe.read()
        self.process.wait()
        return [line for line in rest.splitlines(keepends=True) if line.endswith("\n")]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.stdout is not None and not self.process.stdout.closed:
            self.kill()


def positions(lines: list[str]) -> list[Position]:
    return [
        Position(int(term), int(number)) for word, term, number in map(str.split, lines) if word == "done"
    ]


def journal(backend: SQLiteBackend) -> list[Position]:
    """The places of all batches. A process that nobody listened to for a while has written many."""
    there = [Position(0, 0)]
    while more := backend.changes(there[-1], 1000):
        there += [batch.position for batch in more]
    return there[1:]


def assert_whole(backend: SQLiteBackend, last: Position) -> None:
    """The newest mark is everywhere, and every batch up to it is in the journal and in its collection."""
    mark = f"{last.term}.{last.sequence}"
    assert backend.get(Player, "wos/1") == Player("wos", "1", name=mark)
    assert backend.get(Player, "ks/1") == Player("ks", "1", name=mark)
    assert backend.get(Code, "wos/A") == Code("wos", "A", source=mark)
    in_journal = set(journal(backend))
    marks = {f"{position.term}.{position.sequence}" for position in in_journal}
    assert {record.fid for record in backend.find(Redemption)} == marks
    assert max(in_journal) == last


def test_after_kill_9_every_acknowledged_batch_is_there_and_none_is_half_there(database: Path) -> None:
    chance = random.Random(7)
    acknowledged: set[Position] = set()
    for life in range(KILLS):
        with Committer(database) as committer:
            term = 2 * life + 1  # ours is between each two of its
            assert committer.line() == f"open {term}\n"
            said = [committer.line() for _ in range(chance.randrange(0, 40))]
            acknowledged |= set(positions(said + committer.kill()))
        backend = SQLiteBackend(database)
        assert backend.open() == Position(term + 1, 0)  # the dead process's lock is gone at once
        there = journal(backend)
        assert acknowledged <= set(there)
        of_this_life = [position.sequence for position in there if position.term == term]
        assert of_this_life == list(range(1, len(of_this_life) + 1))
        assert len(of_this_life) <= sum(position.term == term for position in acknowledged) + 1
        if there:
            assert_whole(backend, there[-1])
        backend.close()
    assert len(acknowledged) > KILLS


def test_one_process_writes_and_the_second_is_refused_with_the_firsts_number(database: Path) -> None:
    with Committer(database) as first:
        first.line()
        with Committer(database) as second:
            refusal = second.line()
            assert second.process.wait() == 0
        assert refusal.startswith(f"busy {database} is in use by another perkd (process {first.process.pid})")
        with pytest.raises(StoreBusy, match=f"process {first.process.pid}"):
            SQLiteBackend(database).open()
        first.kill()
        backend = SQLiteBackend(database)
        backend.open()
        backend.close()


def test_when_files_may_not_grow_any_more_commits_are_unavailable_and_nothing_acknowledged_is_lost(
    database: Path,
) -> None:
    with Committer(database, str(512 * 1024)) as committer:
        lines = iter(committer.line, "")
        said = list(lines)
        assert committer.process.wait() == 0
    assert said[-1].startswith(f"unavailable {database}: ")
    acknowledged = positions(said[1:-1])
    assert acknowledged
    backend = SQLiteBackend(database)
    backend.open()
    assert_whole(backend, acknowledged[-1])
    backend.commit([Put(Player("wos", "2"))])
    backend.close()


def test_unavailable_is_one_condition_for_all_who_wait() -> None:
    assert issubclass(StoreBusy, StoreUnavailable)
