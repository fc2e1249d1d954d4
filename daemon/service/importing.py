"""Importing players from a CSV file: every bad line is reported, every good one is kept."""

from collections.abc import Iterator, Sequence

import trio
from attrs import define, field, frozen

from actors.giftcodes.model import TERMINAL_GUILD, Player, Registration
from actors.ports import Change, StoreUnavailable
from daemon.service.players import (
    Merge,
    changes_of,
    merge_player,
    operators_registration,
    read_player,
)
from daemon.service.ports import Service
from daemon.service.problems import Refused
from daemon.service.roster_csv import Row, RowFault, read_csv
from daemon.service.values import require_state

BATCH = 500
"""Players in one commit."""


@frozen
class Rewrite:
    """A line that changed a player that was there already."""

    line: int
    player: str
    changes: tuple[str, ...]


@frozen
class ImportReport:
    """What became of every line.

    Attributes:
        added: how many players are new.
        updated: those that were there with other data, and what is different now.
        unchanged: lines of players that were there with the same data.
        faults: lines that were left out, in the order of the file.
        ignored_columns: columns of the header that perkd has no use for.
    """

    added: int
    updated: tuple[Rewrite, ...]
    unchanged: tuple[int, ...]
    faults: tuple[RowFault, ...]
    ignored_columns: tuple[str, ...]


async def import_players(service: Service, data: bytes) -> ImportReport:
    """Add the players of a CSV file (see `read_csv`), in batches of at most 500.

    Of two lines for one player the first counts and the second is reported. Importing a file again
    changes nothing.

    Raises:
        BadFile: the file can't be read at all.
        StoreUnavailable: the store can't be written now; its text says how much is stored.
    """
    sheet = read_csv(data)
    now = service.clock.now()
    reading = _Reading(service, {player.key: player for player in await service.store.find(Player)}, now)
    for number, line in enumerate(sheet.lines):
        reading.read(line)
        if number % BATCH == 0:  # a large file must not stop everything else
            await trio.lowlevel.checkpoint()
    operators = await service.store.find(Registration, guild=TERMINAL_GUILD)
    await _commit(service, reading.merges, {one.key for one in operators}, now)
    return ImportReport(
        added=sum(merge.what == "added" for _, merge in reading.merges),
        updated=tuple(
            Rewrite(row.line, merge.player.key, merge.changes)
            for row, merge in reading.merges
            if merge.what == "updated"
        ),
        unchanged=tuple(row.line for row, merge in reading.merges if merge.what == "unchanged"),
        faults=tuple(reading.faults),
        ignored_columns=sheet.ignored_columns,
    )


@define
class _Reading:
    """The rows so far: what is to be stored, and what was left out."""

    service: Service
    stored: dict[str, Player]
    now: float
    merges: list[tuple[Row, Merge]] = field(factory=list)
    faults: list[RowFault] = field(factory=list)
    first_lines: dict[str, int] = field(factory=dict)

    def read(self, line: Row | RowFault) -> None:
        if isinstance(line, RowFault):
            self.faults.append(line)
            return
        try:
            self.merges.append((line, self._merge(line)))
        except Refused as problem:
            self.faults.append(RowFault(line.line, line.text, str(problem)))

    def _merge(self, row: Row) -> Merge:
        games = self.service.games()
        values = {"game": row.game, "fid": row.fid, "state": row.state, "name": row.name}
        written = read_player(games, **values, where="in the column game")
        if (first := self.first_lines.get(written.key)) is not None:
            raise Refused(f"player {written.key} is on line {first} already: that one counts")
        merge = merge_player(written, self.stored.get(written.key), self.now)
        require_state(merge.player.state, written.game, games[written.game])
        self.first_lines[written.key] = row.line
        return merge


async def _commit(
    service: Service, merges: Sequence[tuple[Row, Merge]], registered: set[str], now: float
) -> None:
    done = 0
    for batch in _batches(merges):
        try:
            if changes := _changes(batch, registered, now):
                await service.commit(Player.collection, *changes)
        except StoreUnavailable as error:
            text = (
                f"{error}; {done} of {len(merges)} players are stored: import the file again for the others"
            )
            raise StoreUnavailable(text) from error
        done += len(batch)


def _batches(merges: Sequence[tuple[Row, Merge]]) -> Iterator[Sequence[tuple[Row, Merge]]]:
    return (merges[start : start + BATCH] for start in range(0, len(merges), BATCH))


def _changes(batch: Sequence[tuple[Row, Merge]], registered: set[str], now: float) -> list[Change]:
    changes: list[Change] = []
    for _, merge in batch:
        registration = operators_registration(merge.player, now)
        changes += changes_of(merge, None if registration.key in registered else registration)
    return changes
