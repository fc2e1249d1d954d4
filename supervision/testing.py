"""For tests of anything built on actors: crash what you like, watch what happens, wait until it settled."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import trio
import trio.testing
from attrs import define, field, frozen

from supervision.actor import Actor
from supervision.events import AnyEvent, Event
from supervision.ref import ActorRef
from supervision.spec import ActorSpec
from supervision.validation import wrong

_E = TypeVar("_E", bound=Event)


class Injected(Exception):  # noqa: N818 - what the test ordered
    """The crash a test ordered."""


def crash(ref: ActorRef, error: BaseException | None = None) -> None:
    """Make the running actor at `ref` crash with `error` (default `Injected`) as soon as it can be.

    It is the next thing its task sees: at its next wait, or at the next message. One that is not
    running now is left alone.

    Raises:
        InvalidSpec: `ref` is not an actor's ref, or `error` not an exception (its class, for one).
    """
    if not isinstance(ref, ActorRef):
        raise wrong("crash", "ref", ref, "an ActorRef")
    if error is not None and not isinstance(error, BaseException):
        raise wrong("crash", "error", error, "an exception")
    ref._cell.crash(error or Injected(f"ordered for {ref.path}"))  # noqa: SLF001 - part of the runtime


async def settle(rounds: int = 3) -> None:
    """Wait until nothing can run any more without time passing."""
    for _ in range(rounds):
        await trio.testing.wait_all_tasks_blocked()


@define
class Trace:
    """Collects events: pass it as `on_event`."""

    events: list[AnyEvent] = field(factory=list)

    def __call__(self, event: AnyEvent) -> None:
        """Note the event."""
        self.events.append(event)

    def of(self, *types: type[_E]) -> list[_E]:
        """The events of these types."""
        return [event for event in self.events if isinstance(event, types)]

    def names(self, types: Iterable[type[Event]] | None = None) -> list[str]:
        """`Type path` of each event, for comparing with a list."""
        chosen: Sequence[Event] = self.events if types is None else self.of(*types)
        return [f"{type(event).__name__} {event.path}" for event in chosen]


class Overlap(AssertionError):  # noqa: N818 - what it found
    """Two incarnations of one actor were alive at the same time."""


@define
class OverlapDetector:
    """Watches whether two incarnations of an actor are ever alive at the same time. For any actors.

    Example:
        >>> detector = OverlapDetector()
        >>> spec = ActorSpec("store", detector.watch(Store))    # doctest: +SKIP
        >>> assert detector.found == []
    """

    found: list[str] = field(factory=list)
    """The paths of actors of which two were alive at once."""
    _alive: dict[str, int] = field(factory=dict, init=False)
    _watched: dict[type[Actor], type[Actor]] = field(factory=dict, init=False)

    def watch(self, factory: Callable[..., Actor]) -> Callable[..., Actor]:
        """A factory of the same actors, each of which is watched from its start to its very end.

        Raises:
            Overlap: in the start of an incarnation, when there is another one.
        """

        def make(*args: object) -> Actor:
            actor = factory(*args)
            actor.__class__ = self._class_for(type(actor))  # one with slots takes no attribute
            return actor

        return make

    def _class_for(self, kind: type[Actor]) -> type[Actor]:
        """The same class, but that its actors are seen from their start on."""
        if kind not in self._watched:

            async def started(actor: Actor) -> None:
                self._enter(actor)
                await kind.started(actor)

            names = {"__slots__": (), "__module__": kind.__module__, "__qualname__": kind.__qualname__}
            self._watched[kind] = type(kind.__name__, (kind,), {**names, "started": started})
        return self._watched[kind]

    def _enter(self, actor: Actor) -> None:
        path = actor.ref.path
        self._alive[path] = self._alive.get(path, 0) + 1
        actor.start_soon(self._witness, path)
        if self._alive[path] > 1:
            self.found.append(path)
            raise Overlap(f"{path}: two incarnations at once")

    async def _witness(self, path: str) -> None:
        # A background task ends with the incarnation, however that ends.
        try:
            await trio.sleep_forever()
        finally:
            self._alive[path] -= 1


@frozen
class Do:
    """Orders for a probe, carried out in this order: sleep, then raise, stop, or answer."""

    sleep: float = 0.0
    error: BaseException | None = None
    stop: bool = False
    answer: object = None


@define
class ProbeLog:
    """What all incarnations of one probe went through."""

    alive: int = 0
    lives: int = 0
    heard: list[object] = field(factory=list)
    steps: list[str] = field(factory=list)


class Probe(Actor):
    """Obeys `Do` orders, notes everything in its log, and fails loudly when two of it overlap.

    `log` and `order` are shared between the incarnations and, `order`, between probes.
    """

    def __init__(
        self, name: str, log: ProbeLog, order: list[str] | None = None, *, start: Do | None = None
    ) -> None:
        """Make an incarnation; `start` is obeyed while starting."""
        self.name = name
        self.log = log
        self.order = order if order is not None else []
        self.start_order = start
        self.tidied = False

    def _note(self, what: str) -> None:
        self.log.steps.append(what)
        self.order.append(f"{what} {self.name}")

    async def _live(self) -> None:
        # A background task ends with the incarnation, however that ends: the one sure witness.
        try:
            await trio.sleep_forever()
        finally:
            self.log.alive -= 1
            if not self.tidied:
                self._note("crash")

    async def _obey(self, order: Do) -> object:
        if order.sleep:
            await trio.sleep(order.sleep)
        if order.error is not None:
            raise order.error
        if order.stop:
            self.stop()
        return order.answer

    async def started(self) -> None:
        """Count this life, and obey the order for starting."""
        self.log.alive += 1
        self.log.lives += 1
        self.start_soon(self._live)
        if self.log.alive > 1:
            raise Overlap(f"{self.name}: two incarnations at once")
        self._note("start")
        if self.start_order is not None:
            await self._obey(self.start_order)

    async def receive(self, message: object) -> object:
        """Note the message; obey it if it is an order."""
        self.log.heard.append(message)
        return await self._obey(message) if isinstance(message, Do) else message

    async def stopped(self) -> None:
        """Note the end."""
        self.tidied = True
        self._note("stop")


@define
class Probes:
    """The probes of one tree: their logs by name, what they did in order, the events.

    Example:
        >>> probes = Probes()
        >>> spec = SupervisorSpec("t", [probes.spec(name) for name in "abc"])      # doctest: +SKIP
        >>> async with open_tree(spec, on_event=probes.trace) as tree:             # doctest: +SKIP
        ...     crash(tree.ref("b"))
        ...     await settle()
        >>> probes.did()                                                           # doctest: +SKIP
        ['start a', 'start b', 'start c', 'crash b', 'start b', 'stop c', 'stop b', 'stop a']
    """

    order: list[str] = field(factory=list)
    logs: dict[str, ProbeLog] = field(factory=dict)
    trace: Trace = field(factory=Trace)

    def spec(self, name: str, starts: Iterable[Do | None] = (), **options: Any) -> ActorSpec:
        """A probe as a child. Each life obeys the next of `starts` while it starts."""
        orders = iter(starts)
        return ActorSpec(name, lambda: self.make(name, next(orders, None)), **options)

    def template(self, **options: Any) -> ActorSpec:
        """A template of probes for a dynamic supervisor: `start_child(key, key[, order for its start])`."""
        return ActorSpec("probe", self.make, **options)

    def make(self, name: str, start: Do | None = None) -> Probe:
        """One incarnation."""
        return Probe(name, self.logs.setdefault(name, ProbeLog()), self.order, start=start)

    def did(self) -> list[str]:
        """What they did since the last call."""
        done, self.order[:] = self.order[:], []
        return done
