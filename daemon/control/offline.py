"""The same operations without a daemon: the same application, on the store itself, in this process."""

from collections.abc import Callable, Collection, Mapping
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import httpx
import trio
from attrs import define, field, frozen

from actors.giftcodes.model import Record
from actors.ports import Change, Position
from actors.storage import Backend, Value
from daemon.clock import SteadyClock
from daemon.control.app import control_app
from daemon.control.client import Answer, read_answer
from daemon.control.errors import ControlError
from daemon.service import Service
from daemon.storage import SchemaTooNew, SQLiteBackend, StoreBusy, StoreDamaged

R = TypeVar("R", bound=Record)
T = TypeVar("T")


@define
class DirectStore:
    """The `Store` port over a backend, without an actor: one caller, one call at a time."""

    _backend: Backend
    _limiter: trio.CapacityLimiter = field(factory=partial(trio.CapacityLimiter, 1), init=False)

    async def commit(self, *changes: Change) -> Position:
        """See `Store.commit`."""
        return await self._run(lambda: self._backend.commit(changes))

    async def get(self, type_: type[R], key: str) -> R | None:
        """See `Store.get`."""
        return await self._run(lambda: self._backend.get(type_, key))

    async def find(self, type_: type[R], **equal: Value) -> list[R]:
        """See `Store.find`."""
        return await self._run(lambda: self._backend.find(type_, **equal))

    async def _run(self, call: Callable[[], T]) -> T:
        return await trio.to_thread.run_sync(call, limiter=self._limiter)


@frozen
class Request:
    """What would have been asked of the daemon."""

    method: str
    path: str
    query: Mapping[str, str] | None = None
    json: object = None
    content: bytes | None = None


def call_offline(
    database: Path,
    games: Mapping[str, str],
    request: Request,
    *,
    boards: Collection[str] = (),
    replicated: bool = False,
) -> Answer:
    """Answer `request` from the store in `database`, which is made where there is none.

    A file that is known to lag is left alone, and so is an empty one where MongoDB keeps the state as well
    (`replicated`): what is written into it would contradict what MongoDB has.

    Raises:
        StoreBusy: another process has the store: a daemon that is starting, stopping, or hangs.
        ControlError: the store can't be opened; its text says why.
    """
    return trio.run(_answer, SQLiteBackend(database), games, boards, request, replicated)


def _open(backend: SQLiteBackend, *, replicated: bool) -> None:
    if backend.is_marked_behind() or (replicated and _is_empty(backend)):
        raise ControlError(
            f"{backend.path} may lack what MongoDB has: start perkd, which fills it, and try again then"
        )
    backend.open()


def _is_empty(backend: SQLiteBackend) -> bool:
    try:
        return backend.attach().empty
    finally:
        backend.close()


async def _answer(
    backend: SQLiteBackend,
    games: Mapping[str, str],
    boards: Collection[str],
    request: Request,
    replicated: bool,
) -> Answer:
    try:
        await trio.to_thread.run_sync(partial(_open, backend, replicated=replicated))
    except StoreBusy:
        raise
    except (StoreDamaged, SchemaTooNew) as error:
        raise ControlError(str(error)) from error
    try:
        service = Service(DirectStore(backend), SteadyClock(), lambda: games, boards=lambda: boards)
        return await _ask(httpx.ASGITransport(control_app(service)), request)
    finally:
        with trio.CancelScope(shield=True):
            await trio.to_thread.run_sync(backend.close)


async def _ask(transport: httpx.ASGITransport, request: Request) -> Answer:
    async with httpx.AsyncClient(transport=transport, base_url="http://perkd", timeout=None) as client:  # noqa: S113 - the disk answers or fails
        fields: dict[str, Any] = {"params": request.query, "json": request.json, "content": request.content}
        return read_answer(await client.request(request.method, request.path, **fields))
