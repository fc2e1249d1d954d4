"""The actor: what one subclasses."""

import inspect
from collections.abc import Awaitable, Callable

import trio

from supervision.asking import current_cell
from supervision.cell import Cell
from supervision.error_text import bounded
from supervision.fatal import cancelled_from_above
from supervision.mailbox import RETRY
from supervision.ref import ActorRef
from supervision.validation import check_seconds, wrong
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
        ...             case _:
        ...                 return await Actor.receive(self, message)
        >>> async def main() -> None:
        ...     async with open_tree(SupervisorSpec("app", [ActorSpec("greeter", Greeter)])) as tree:
        ...         print(await tree.ref("greeter").ask("Ada"))
        >>> trio.run(main)
        Hello Ada
    """

    __slots__ = ("__weakref__", "_bound")

    _bound: Cell

    @property
    def _cell(self) -> Cell:
        try:
            return self._bound
        except AttributeError:
            raise AttributeError(
                f"{type(self).__name__} is not in a tree yet: what needs its ref, timers or tasks belongs in "
                "`started`, not in `__init__`"
            ) from None

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
        """Tidy up in an ordered stop, within the grace. Not after a crash, a cancellation or `StopActor`."""

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
        """Have `message` told to this incarnation in `delay` seconds; never to a later one.

        Raises:
            InvalidSpec: `delay` is not a number of seconds, 0 or more.
        """
        return Timer(self, delay, message)

    def start_soon(self, function: Callable[..., Awaitable[object]], *args: object) -> None:
        """Run a background task of this incarnation.

        When it raises, the incarnation crashes; when the incarnation ends, it is cancelled and waited
        for before the next one starts.

        Raises:
            InvalidSpec: `function` is not a function; a coroutine, for one: it is called here. What is no
                async function is known by what it returns: the incarnation crashes with this then.
            RuntimeError: this incarnation has ended.
        """
        cell = self._cell
        if not callable(function):
            raise wrong(cell.path, "function", function, "an async function, which is not called yet")
        if cell.nursery is None or cell.actor is not self:
            raise RuntimeError(f"{cell.path}: start_soon of an incarnation that has ended")
        if cell.background is None:
            cell.background = set()
        scope = trio.CancelScope()
        if cell.background_over is not None:
            scope.cancel()  # the others are being waited for: this one may not outlast them
        cell.background.add(scope)
        cell.nursery.start_soon(_run_background, cell, cell.background, scope, function, args)

    def stop(self) -> None:
        """End this incarnation cleanly after the current message, as `normal`."""
        if self._cell.actor is self:
            self._cell.finish()


class Timer:
    """A message to oneself that is under way. It ends with the incarnation that started it."""

    __slots__ = ("_cell", "_deadline", "_message")

    def __init__(self, actor: Actor, delay: float, message: object) -> None:
        self._cell = actor._cell  # noqa: SLF001 - one mechanism, two classes
        check_seconds(self._cell.path, "delay", delay)
        self._message = message
        self._deadline: Deadline | None = None
        if self._cell.actor is actor:
            self._arm(delay)
            self._cell.add_timer(self)

    def _arm(self, delay: float) -> None:
        self._deadline = self._cell.host.wheel.add(trio.current_time() + delay, self._fire)

    def _fire(self) -> None:
        if self._cell.mailbox.offer(self._message):
            self._cell.drop_timer(self)
        else:
            self._arm(RETRY)

    @property
    def pending(self) -> bool:
        """The message has neither been told nor called back."""
        return self._deadline is not None and self._deadline.pending

    def cancel(self) -> None:
        """Call the message back. Too late, or twice: nothing happens."""
        if self._deadline is not None:
            self._deadline.cancel()
        self._cell.drop_timer(self)


@trio.lowlevel.enable_ki_protection
async def _run_background(
    cell: Cell,
    background: set[trio.CancelScope],
    scope: trio.CancelScope,
    function: Callable[..., Awaitable[object]],
    args: tuple[object, ...],
) -> None:
    current_cell.set(None)  # what it asks is not asked by the actor: that one goes on receiving
    try:
        with scope:
            await _call(function, args)
    except BaseException as error:
        if cancelled_from_above(error):
            raise
        cell.crash(error)
    finally:
        background.discard(scope)
        if not background and cell.background_over is not None:
            cell.background_over.set()


@trio.lowlevel.disable_ki_protection
async def _call(function: Callable[..., Awaitable[object]], args: tuple[object, ...]) -> None:
    work = function(*args)
    if not inspect.isawaitable(work):
        raise wrong("start_soon", "function", function, "an async function")
    await work
