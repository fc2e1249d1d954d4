"""Periodic backups: when the next is due, which are dropped, and the actor that makes them.

When the last one was made is told by the files' names, so that a restart does not begin to count anew.
"""

import contextlib
import logging
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import trio
from attrs import define, field, frozen

from actors.ports import Clock
from actors.storage import Run
from daemon.storage.backup import back_up
from daemon.storage.contents import Contents, FileRefused, compact_stamp, in_bytes
from daemon.storage.partial import SUFFIX, Partial, refused
from supervision import Actor

logger = logging.getLogger("perkd")

_NAME = re.compile(r"perkd-(\d{8}T\d{6}Z)\.sqlite3")
_FIRST_RETRY = 60.0
_LAST_RETRY = 3600.0
"""Seconds between attempts that fail: doubled from the first to the last, and never more than `every`."""


@frozen
class BackupPlan:
    """`[storage] backup_…`."""

    directory: Path
    every: float
    """Seconds."""
    keep: int


@define
class LastBackup:
    """What the status says of the backups; it outlives the actor's incarnations."""

    error: str = ""
    """Why the last attempt failed; "" after one that did not."""

    def problems(self) -> tuple[str, ...]:
        """What an operator has to know."""
        return (f"the last backup failed: {self.error}",) if self.error else ()


@define(eq=False)
class BackupActor(Actor):
    """Makes backups of the database, by a plan. What fails is told once, and tried again."""

    database: Path
    plan: BackupPlan
    clock: Clock
    last: LastBackup
    stale: Callable[[], Awaitable[str]]
    """Why the file is not the state now, so that a copy of it would be none either; "" where it is."""
    run: Run[Any] = trio.to_thread.run_sync
    """How blocking work is done; a test on a virtual clock does it at once."""
    _failures: int = field(default=0, init=False)

    async def started(self) -> None:
        """Begin to wait for the first one; it is due at once where there is none yet."""
        self.start_soon(self._make_backups)

    async def _make_backups(self) -> None:
        while True:
            await trio.sleep(await self._wait())
            try:
                await self._make_one()
            except FileRefused as error:
                self._failed(str(error))
            else:
                self._succeeded()

    async def _wait(self) -> float:
        """Seconds until the next attempt."""
        if self._failures:
            return min(_FIRST_RETRY * 2.0 ** (self._failures - 1), _LAST_RETRY, self.plan.every)
        made = await self.run(partial(_found, self.plan.directory))
        return until_due(made, self.clock.now(), self.plan.every)

    async def _make_one(self) -> None:
        if why := await self.stale():  # a disk that is read-only takes no mark that the file lags
            raise FileRefused(why)
        now, began = self.clock.now(), trio.current_time()
        target = self.plan.directory / backup_name(now)
        contents: Contents = await self.run(partial(_make, self.database, target))
        for dropped in await self.run(partial(_drop, self.plan, now)):
            logger.debug("Backup %s dropped: %d are kept", dropped, self.plan.keep)
        seconds = trio.current_time() - began
        logger.info(
            "💾 Backup made: %s (%s in %.1f s)",
            target,
            in_bytes(contents.size),
            seconds,
            extra={"file": str(target), "bytes": contents.size, "seconds": round(seconds, 3)},
        )

    def _failed(self, error: str) -> None:
        self._failures += 1
        if not self.last.error:
            logger.error("The backup failed, and is tried again: %s", error, extra={"error": error})
        self.last.error = error

    def _succeeded(self) -> None:
        if self.last.error:
            logger.warning("Backups work again")
        self._failures, self.last.error = 0, ""


# --- when, and which ----------------------------------------------------------------------------


def backup_name(at: float) -> str:
    """The name of a backup made at `at` (unix seconds)."""
    return f"perkd-{compact_stamp(at)}.sqlite3"


def made_at(name: str) -> float | None:
    """When the backup of this name was made; None for what is none of ours."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    try:
        return datetime.strptime(match[1], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None


def until_due(made: list[float], now: float, every: float) -> float:
    """Seconds until a backup is due, from when the others were made.

    Those that seem to be made later than now were made before the clock was set back: they say nothing.
    """
    last = max((at for at in made if at <= now), default=None)
    return 0.0 if last is None else max(0.0, every - (now - last))


def superfluous(names: list[str], now: float, keep: int) -> list[str]:
    """Which backups to drop, so that the newest `keep` stay. Other names are left alone.

    What seems to come from the future is older than it says (see `until_due`), and goes first.
    """
    dated = [(at <= now, at, name) for name in names if (at := made_at(name)) is not None]
    return [name for _, _, name in sorted(dated, reverse=True)[keep:]]


# --- in a thread --------------------------------------------------------------------------------


def _make(database: Path, target: Path) -> Contents:
    """Runs in a thread of trio's, and ends soon when its task is cancelled."""
    with refused(target.parent):
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _drop_leftovers(target.parent)
    return back_up(database, target, tick=trio.from_thread.check_cancelled)


def _drop_leftovers(directory: Path) -> None:
    """What attempts that were killed have left; one that another process is making stays."""
    for name in _names(directory):
        if name.endswith(SUFFIX) and made_at(unfinished := name.removesuffix(SUFFIX)) is not None:
            with contextlib.suppress(FileRefused), Partial(directory / unfinished):
                pass  # not kept: it is gone


def _drop(plan: BackupPlan, now: float) -> list[Path]:
    dropped = [plan.directory / name for name in superfluous(_names(plan.directory), now, plan.keep)]
    with refused(plan.directory):
        for file in dropped:
            file.unlink(missing_ok=True)
    return dropped


def _found(directory: Path) -> list[float]:
    return [at for name in _names(directory) if (at := made_at(name)) is not None]


def _names(directory: Path) -> list[str]:
    try:
        return [path.name for path in directory.iterdir() if path.is_file()]
    except OSError:
        return []  # not made yet, or not there now: the attempt itself says so
