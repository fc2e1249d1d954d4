"""Importing players from a CSV file: every bad line is reported, every good one is kept."""

from collections.abc import Iterator, Sequence

import trio
from attrs import define, field, frozen

from actors.giftcodes.counted import counted
from actors.giftcodes.model import TERMINAL_GUILD, Guild, Player, Registration
from actors.ports import Change, Put, StoreUnavailable
from daemon.service.audit import By, entry
from daemon.service.guild_settings import present_guild
from daemon.service.players import (
    Merge,
    changes_of,
    leave_to_others,
    merge_player,
    read_player,
    registration_of,
)
from daemon.service.ports import Service
from daemon.service.problems import Refused
from daemon.service.roster_csv import Row, RowFault, Sheet, read_csv
from daemon.service.values import require_state

OPERATOR = By(TERMINAL_GUILD, "", "")
"""Whoever has the command line."""
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


async def import_players(service: Service, data: bytes, *, by: By = OPERATOR) -> ImportReport:
    """Add the players of a CSV file (see `read_csv`), in batches of at most 500.

    Of two lines for one player the first counts and the second is reported. Importing a file again
    changes nothing. They are registered for the member `by` of its guild: without one for the operator, who
    may correct any player. An admin of a guild may correct those that were registered there; what was
    imported is in the guild's audit log.

    Raises:
        BadFile: the file can't be read at all.
        StoreUnavailable: the store can't be written now; its text says how much is stored.
    """
    sheet = read_csv(data)
    async with service.lock:
        reading = _Reading(service, await _stored(service, by), service.clock.now())
        for number, line in enumerate(sheet.lines):
            reading.read(line)
            if number % BATCH == 0:  # a large file must not stop everything else
                await trio.lowlevel.checkpoint()
        await _commit(reading, by)
    report = _report(reading, sheet)
    if by != OPERATOR:
        await _close(service, by, report)
    return report


def _report(reading: "_Reading", sheet: Sheet) -> ImportReport:
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


@frozen
class _Stored:
    """What was there before."""

    players: dict[str, Player]
    registered: frozenset[str]
    """Keys of registrations of the guild."""
    foreign: frozenset[str]
    """Keys of players that are others' to correct."""


async def _stored(service: Service, by: By) -> _Stored:
    players = {player.key: player for player in await service.store.find(Player)}
    ours = await service.store.find(Registration, guild=by.guild)
    foreign = set() if by == OPERATOR else players.keys() - {f"{one.game}/{one.fid}" for one in ours}
    return _Stored(players, frozenset(one.key for one in ours), frozenset(foreign))


async def _close(service: Service, by: By, report: ImportReport) -> None:
    """The guild has a record, and its audit log says what was imported."""
    async with service.lock:
        known = await service.store.get(Guild, by.guild)
        present = present_guild(known, by.guild, by.guild_name)
        audit = entry(service, by, "players import", told(report))
        await service.commit_all(*([] if present == known else [Put(present)]), Put(audit))


def told(report: ImportReport) -> str:
    """The report in a line, as the audit log has it."""
    left_out = counted(len(report.faults), "line")
    return (
        f"{report.added} added, {len(report.updated)} changed, {len(report.unchanged)} as they were, "
        f"{left_out} left out"
    )


@define
class _Reading:
    """The rows so far: what is to be stored, and what was left out."""

    service: Service
    stored: _Stored
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
        stored = self.stored.players.get(written.key)
        if stored is not None and written.key in self.stored.foreign:
            written = leave_to_others(written, stored, "leave the column empty, or have it corrected there")
        merge = merge_player(written, stored, self.now)
        require_state(merge.player.state, written.game, games[written.game])
        self.first_lines[written.key] = row.line
        return merge


async def _commit(reading: _Reading, by: By) -> None:
    done, merges, service = 0, reading.merges, reading.service
    for batch in _batches(merges):
        try:
            if changes := _changes(batch, reading, by):
                await service.commit(Player.collection, *changes)
        except StoreUnavailable as error:
            text = (
                f"{error}; {done} of {len(merges)} players are stored: import the file again for the others"
            )
            raise StoreUnavailable(text) from error
        done += len(batch)


def _batches(merges: Sequence[tuple[Row, Merge]]) -> Iterator[Sequence[tuple[Row, Merge]]]:
    return (merges[start : start + BATCH] for start in range(0, len(merges), BATCH))


def _changes(batch: Sequence[tuple[Row, Merge]], reading: _Reading, by: By) -> list[Change]:
    changes: list[Change] = []
    for _, merge in batch:
        registration = registration_of(merge.player, by.guild, by.member, reading.now)
        is_there = registration.key in reading.stored.registered
        changes += changes_of(merge, None if is_there else registration)
    return changes
