"""The actor: what one subclasses."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import trio

from supervision.cell import Cell, current_cell
from supervision.events import bounded
from supervision.ref import ActorRef

if TYPE_CHECKING:
    from supervision.wheel import Deadline


class Actor:
    """One incarnation of an actor: `started`, then `receive` for each message, one at a time.

    What `receive` does not expect it lets through: the exception ends this incarnation, the supervisor
    starts a new one, and the mailbox goes on where it was, without the message that was being worked
    on. State that must survive belongs in a store.

    Example:
        >>> class Greeter(Actor):
        ...     async def receive(self, message: object) -> object:
        ...         match message:
        ...             case str(name):
        ...                 return f"Hello {name}"
    """

    __slots__ = ("__weakref__", "_cell", "_timers")

    _cell: Cell
    _timers: "list[Deadline] | None"

    # --- to be overridden -----------------------------------------------------------------------

    async def started(self) -> None:
        """Prepare. The next sibling starts only after this has returned.

        Raises:
            Decline: not now; the actor is left not running, without an error.
        """

    async def receive(self, message: object) -> object:
        """Handle one message. What it returns answers an `ask`, and is dropped otherwise."""
        raise NotImplementedError(f"{type(self).__name__} does not handle {bounded(repr(message), 80)}")

    async def stopped(self) -> None:
        """Tidy up in an ordered stop, within the grace. Not called after a crash or a cancellation."""

    # --- to be used from within -----------------------------------------------------------------

    @property
    def ref(self) -> ActorRef:
        """This actor's own ref."""
        return ActorRef(self._cell)

    @property
    def incarnation(self) -> int:
        """1 for the first; more after restarts."""
        return self._cell.incarnation

    def after(self, delay: float, message: object) -> "Timer":
        """Have `message` told to this incarnation in `delay` seconds; never to a later one."""
        return Timer(self, delay, message)

    def start_soon(self, function: Callable[..., Awaitable[object]], *args: object) -> None:
        """Run a background task of this incarnation.

        When it raises, the incarnation crashes; when the incarnation ends, it is cancelled and waited
        for before the next one starts.
        """
        cell = self._cell
        if cell.nursery is None:
            raise RuntimeError(f"{type(self).__name__}.start_soon: the actor is not running")
        if cell.background is None:
            cell.background = set()
        scope = trio.CancelScope()
        cell.background.add(scope)
        cell.nursery.start_soon(_run_background, cell, scope, function, args)

    def stop(self) -> None:
        """End this incarnation cleanly after the current message, as `normal`."""
        self._cell.stopping = True


class Timer:
    """A message to oneself that is under way."""

    __slots__ = ("_actor", "_deadline", "_message")

    def __init__(self, actor: Actor, delay: float, message: object) -> None:
        self._actor = actor
        self._message = message
        self._arm(delay)

    def _arm(self, delay: float) -> None:
        cell = self._actor._cell  # noqa: SLF001 - one mechanism, two classes
        self._deadline = cell.host.wheel.add(trio.current_time() + delay, self._fire)

    def _fire(self) -> None:
        cell = self._actor._cell  # noqa: SLF001 - one mechanism, two classes
        if cell.actor is not self._actor or cell.dead:
            return
        try:
            cell.inbox_send.send_nowait(self._message)
        except trio.WouldBlock:
            self._arm(_FULL_RETRY)

    @property
    def pending(self) -> bool:
        """The message has neither been told nor called back."""
        return self._deadline.pending

    def cancel(self) -> None:
        """Call the message back. Too late, or twice: nothing happens."""
        self._deadline.cancel()


_FULL_RETRY = 0.05
"""Seconds until a timer that met a full mailbox tries again: a timer is never lost."""


async def _run_background(
    cell: Cell,
    scope: trio.CancelScope,
    function: Callable[..., Awaitable[object]],
    args: tuple[object, ...],
) -> None:
    current_cell.set(None)  # what it asks is not asked by the actor: that one goes on receiving
    try:
        with scope:
            await function(*args)
    except Exception as error:  # noqa: BLE001 - it is handed to the incarnation, which crashes of it
        _crash_owner(cell, error)
    except (KeyboardInterrupt, SystemExit) as error:
        _crash_owner(cell, error)
    finally:
        if cell.background is not None:
            cell.background.discard(scope)
            if not cell.background and cell.background_over is not None:
                cell.background_over.set()


def _crash_owner(cell: Cell, error: BaseException) -> None:
    if cell.background_error is None:
        cell.background_error = error
    if cell.scope is not None:
        cell.scope.cancel()
