"""A store as it is after years: 20,000 players of two games, a hundred codes, a million redemptions.

Written with the store's own statements and documents, but without its journal and its commits: those would
take hours. The same numbers make the same store.
"""

import sqlite3
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from random import Random

from attrs import frozen

from actors.giftcodes.model import (
    Call,
    Channel,
    Code,
    CodeState,
    Guild,
    Outcome,
    Player,
    Post,
    Record,
    Redemption,
    Registration,
    Spent,
    Status,
)
from daemon.storage import SQLiteBackend, codec
from daemon.storage.statements import statements

DAY = 86_400.0
BETWEEN_CODES = 3 * DAY
CALLS_PER_MINUTE = 30
FIRST_FID = 100_000_000
GUILDS = 5
NAMES = (
    "Frostbjörn",
    "雪狐",
    "Маришка",
    "IceQueen",
    "겨울늑대",
    "Señor Tundra",
    "GlacierGary",
    "xX_Avalanche_Xx",
)

_ENDS = (CodeState.EXPIRED, CodeState.EXPIRED, CodeState.EXPIRED, CodeState.USED_UP, CodeState.RETIRED)
_FATES: tuple[tuple[float, Outcome, Status, int], ...] = (
    (0.80, Outcome.REDEEMED, Status.SUCCESS, 1),
    (0.92, Outcome.ALREADY, Status.ALREADY_RECEIVED, 1),
    (0.93, Outcome.ALREADY, Status.SAME_TYPE_EXCHANGE, 1),
    (0.95, Outcome.FAILED, Status.LEVEL_TOO_LOW, 1),
    (0.96, Outcome.FAILED, Status.WRONG_STATE, 1),
    (0.97, Outcome.FAILED, Status.UPSTREAM_ERROR, 10),
    (1.00, Outcome.FAILED, Status.EXPIRED, 0),
)
"""How often, up to which share of the pairs, which outcome with which word after how many calls."""


@frozen
class LargeCase:
    """How much there is. Every player has a redemption of every code of its game."""

    players: tuple[tuple[str, int], ...] = (("wos", 14_000), ("ks", 6_000))
    codes: int = 50
    """Of each game; the newest `live` of them still live."""
    live: int = 2
    seed: int = 6

    @property
    def redemptions(self) -> int:
        """How many there are."""
        return sum(number for _, number in self.players) * self.codes

    def fids(self, game: str) -> list[str]:
        """The players of a game."""
        return [str(FIRST_FID + number) for number in range(dict(self.players)[game])]

    def code_names(self, game: str) -> list[str]:
        """The codes of a game, the oldest first."""
        return [f"{game.upper()}GIFT{number:03}" for number in range(self.codes)]

    def few(self, now: float) -> Iterator[Record]:
        """Everything but the redemptions."""
        random = Random(self.seed)  # noqa: S311 - sample data
        channels = tuple(Channel(f"channel-{number}", 0.0) for number in range(2))
        for number in range(GUILDS):
            yield Guild(str(number), f"Guild {number}", priority=number, channels=channels)
        for game, number in self.players:
            yield from self._players(game, random, now)
            for index in range(self.codes):
                yield (code := self._code(game, index, now))
                for guild in range(GUILDS):
                    for channel in channels:
                        at = code.first_seen + 5.0
                        yield Post(str(guild), channel.id, game, code.code, 1, at)
            for call in range(60 * CALLS_PER_MINUTE):
                at = now - 120.0 - call * 60.0 / CALLS_PER_MINUTE
                fid = str(FIRST_FID + call % number)
                yield Call(game, fid, f"{random.getrandbits(128):032x}", at, at + 0.3)

    def _players(self, game: str, random: Random, now: float) -> Iterator[Record]:
        for fid in self.fids(game):
            name = f"{random.choice(NAMES)} {random.randrange(1000)}"
            at = now - random.random() * 300 * DAY
            yield Player(game, fid, str(random.randrange(1, 3000)), name, added_at=at)
            for guild in {random.randrange(GUILDS) for _ in range(random.choice((1, 1, 1, 2)))}:
                yield Registration(str(guild), str(random.getrandbits(60)), game, fid, at)

    def _code(self, game: str, index: int, now: float) -> Code:
        age = self.codes - index
        first_seen = now - age * BETWEEN_CODES
        name = self.code_names(game)[index]
        if age <= self.live:
            return Code(game, name, source="benchmark", first_seen=first_seen)
        ended = first_seen + 14 * DAY if age > 5 else first_seen + BETWEEN_CODES
        state = _ENDS[index % len(_ENDS)]
        tried = None if state is CodeState.RETIRED else now - 3600.0 * (index % 24)
        canary = "" if tried is None else str(FIRST_FID)
        return Code(
            game, name, state, "benchmark", first_seen, ended_at=ended, canary_at=tried, canary=canary
        )

    def redeemed(self, now: float) -> Iterator[Redemption]:
        """The redemptions, in the order in which they happened."""
        random = Random(self.seed)  # noqa: S311 - sample data
        for index, name in enumerate(self.code_names("")):
            for game, _ in self.players:
                code = f"{game.upper()}{name}"
                lives = index >= self.codes - self.live
                first_seen = now - (self.codes - index) * BETWEEN_CODES
                fids = self.fids(game)
                random.shuffle(fids)
                for number, fid in enumerate(fids):
                    at = first_seen + number * 60.0 / CALLS_PER_MINUTE + random.random()
                    yield _fate(random, Redemption(game, fid, code), at, lives=lives, now=now)


def _fate(random: Random, pair: Redemption, at: float, *, lives: bool, now: float) -> Redemption:
    share = random.random()
    _, outcome, status, calls = next(fate for fate in _FATES if share < fate[0])
    if lives and status in {Status.EXPIRED, Status.WRONG_STATE}:
        outcome, status, calls = Outcome.REDEEMED, Status.SUCCESS, 1
    retries = lives and status is Status.UPSTREAM_ERROR
    return Redemption(
        pair.game,
        pair.fid,
        pair.code,
        outcome=outcome,
        status=status.value,
        attempts=calls,
        spent=Spent(temporary=calls if status is Status.UPSTREAM_ERROR else 0, total=calls),
        due_at=now + DAY * (1 + random.random()) if retries else at,
        retries=retries,
        state="7",
        first_at=at,
        last_at=at + 0.3,
    )


def fill(path: Path, case: LargeCase, now: float) -> None:
    """Write the store. The indexes are made at the end, once."""
    backend = SQLiteBackend(path)
    backend.open()  # makes the tables
    backend.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA cache_size = -200000")
        indexes = connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql NOT NULL",
            (Redemption.collection,),
        ).fetchall()
        connection.execute("BEGIN")
        for name, _ in indexes:
            connection.execute(f'DROP INDEX "{name}"')
        for record in case.few(now):
            _put(connection, type(record), [record])
        _put(connection, Redemption, case.redeemed(now))
        for _, text in indexes:
            connection.execute(text)
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _put(connection: sqlite3.Connection, type_: type[Record], records: Iterable[Record]) -> None:
    rows = ((record.key, codec.encode(record), *codec.index_values(record)) for record in records)
    connection.executemany(statements(type_).put, rows)


def main(path: Path) -> None:
    """Fill the store at `path`, in a process of its own: it takes memory that is nobody's to measure."""
    fill(path, LargeCase(), time.time())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
