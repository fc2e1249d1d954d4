"""Importing players from a CSV file: every bad line is reported, every good one is kept."""

from collections.abc import Mapping, Sequence

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
    reading = _Reading(service, by, service.games(), service.clock.now())
    rows = await reading.read(sheet)
    for start in range(0, len(rows), BATCH):
        try:
            await reading.store(rows[start : start + BATCH])
        except StoreUnavailable as error:
            stored = f"{reading.done} of {len(rows) - reading.refused} players are stored"
            raise StoreUnavailable(f"{error}; {stored}: import the file again for the others") from error
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
        faults=tuple(sorted(reading.faults, key=lambda fault: fault.line)),
        ignored_columns=sheet.ignored_columns,
    )


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


Written = tuple[Row, Player]
"""A line, and the player as it is written there."""


@define
class _Reading:
    """The rows so far: what is stored, and what was left out."""

    service: Service
    by: By
    games: Mapping[str, str]
    now: float
    merges: list[tuple[Row, Merge]] = field(factory=list)
    faults: list[RowFault] = field(factory=list)
    first_lines: dict[str, int] = field(factory=dict)
    refused: int = 0
    """Rows that could be read, and could not be taken."""
    done: int = 0
    """Players that are stored as their lines have them."""

    async def read(self, sheet: Sheet) -> list[Written]:
        """All that can be told without the store."""
        rows = []
        for number, line in enumerate(sheet.lines):
            if isinstance(line, RowFault):
                self.faults.append(line)
            elif (player := self._player(line)) is not None:
                rows.append((line, player))
            if number % BATCH == 0:  # a large file must not stop everything else
                await trio.lowlevel.checkpoint()
        return rows

    def _player(self, row: Row) -> Player | None:
        values = {"game": row.game, "fid": row.fid, "state": row.state, "name": row.name}
        try:
            return read_player(self.games, **values, where="in the column game")
        except Refused as problem:
            self._leave_out(row, problem)
            return None

    def _leave_out(self, row: Row, problem: Refused) -> None:
        self.faults.append(RowFault(row.line, row.text, str(problem)))

    async def store(self, rows: Sequence[Written]) -> None:
        """Commit these rows. Who wants the service's lock meanwhile gets it before the next ones."""
        taken: list[tuple[Row, Merge]] = []
        changes: list[Change] = []
        async with self.service.lock:
            for row, written in rows:
                try:
                    merge, registration = await self._merge(row, written)
                except Refused as problem:
                    self.refused += 1
                    self._leave_out(row, problem)
                    continue
                taken.append((row, merge))
                changes += changes_of(merge, registration)
            if changes:
                await self.service.commit(Player.collection, *changes)
        self.merges += taken
        self.done += len(taken)

    async def _merge(self, row: Row, written: Player) -> tuple[Merge, Registration | None]:
        """What the line makes of the player, and the registration that is missing."""
        if (first := self.first_lines.get(written.key)) is not None:
            raise Refused(f"player {written.key} is on line {first} already: that one counts")
        store, by = self.service.store, self.by
        stored = await store.get(Player, written.key)
        ours: list[Registration] = []
        if stored is not None:  # else nobody has registered it
            ours = await store.find(Registration, guild=by.guild, game=written.game, fid=written.fid)
            if by != OPERATOR and not ours:
                written = leave_to_others(
                    written, stored, "leave the column empty, or have it corrected there"
                )
        merge = merge_player(written, stored, self.now)
        require_state(merge.player.state, written.game, self.games[written.game])
        self.first_lines[written.key] = row.line
        is_there = any(one.member == by.member for one in ours)
        return merge, None if is_there else registration_of(merge.player, by.guild, by.member, self.now)
