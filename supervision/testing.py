"""For tests of anything built on actors: crash what you like, watch what happens, wait until it settled."""

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, TypeVar

import trio
import trio.testing
from attrs import Attribute, define, field, frozen

from supervision.actor import Actor
from supervision.events import AnyEvent, Event
from supervision.ref import ActorRef
from supervision.spec import A_FACTORY, ActorSpec, is_factory
from supervision.validation import check_count, check_text, count, is_a, only_fields, refuse, seconds, wrong

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
    if error is None:  # not by its truth: an error may well be false
        error = Injected(f"ordered for {ref.path}")
    ref._cell.crash(error)  # noqa: SLF001 - part of the runtime


async def settle(rounds: int = 3) -> None:
    """Wait until nothing can run any more without time passing; looked at `rounds` times.

    Raises:
        InvalidSpec: `rounds` is no whole number of 1 or more.
    """
    check_count("settle", "rounds", rounds, 1)
    for _ in range(rounds):
        await trio.testing.wait_all_tasks_blocked()


def _is_event(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, Event)


@define
class Trace:
    """Collects events: pass it as `on_event`."""

    events: list[AnyEvent] = field(factory=list, validator=is_a(list))

    def __call__(self, event: AnyEvent) -> None:
        """Note the event."""
        self.events.append(event)

    def of(self, *types: type[_E]) -> list[_E]:
        """The events of these types.

        Raises:
            InvalidSpec: one of them is no type of event.
        """
        for kind in types:
            if not _is_event(kind):
                raise wrong("Trace", "types", kind, "types of events")
        return [event for event in self.events if isinstance(event, types)]

    def names(self, types: Iterable[type[Event]] | None = None) -> list[str]:
        """`Type path` of each event, or of those of these types, for comparing with a list.

        Raises:
            InvalidSpec: `types` is neither None nor a list of types of events.
        """
        if types is not None and not isinstance(types, Iterable):
            raise wrong("Trace", "types", types, "types of events")
        chosen: Sequence[Event] = self.events if types is None else self.of(*types)
        return [f"{type(event).__name__} {event.path}" for event in chosen]


class Overlap(AssertionError):  # noqa: N818 - what it found
    """Two incarnations of one actor were alive at the same time."""


@define
class OverlapDetector:
    """Watches whether two incarnations of an actor are ever alive at the same time. For any actors.

    Example:
        >>> async def main() -> None:
        ...     detector = OverlapDetector()
        ...     spec = SupervisorSpec("t", [ActorSpec("store", detector.watch(Actor))])
        ...     async with open_tree(spec) as tree:
        ...         crash(tree.ref("store"))
        ...         await settle()
        ...     print(detector.found)
        >>> trio.run(main)
        []
    """

    found: list[str] = field(factory=list, validator=is_a(list))
    """The paths of actors of which two were alive at once."""
    _alive: dict[str, int] = field(factory=dict, init=False)
    _watched: dict[type[Actor], type[Actor]] = field(factory=dict, init=False)

    def watch(self, factory: Callable[..., Actor]) -> Callable[..., Actor]:
        """A factory of the same actors, each of which is watched from its start to its very end.

        Raises:
            InvalidSpec: `factory` is neither an actor's class nor a plain callable.
            Overlap: in the start of an incarnation, when there is another one.
        """
        if not is_factory(factory):
            raise wrong("OverlapDetector", "factory", factory, A_FACTORY)

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


def _is_raised(owner: object, attribute: "Attribute[Any]", value: object) -> None:
    if value is not None and not isinstance(value, BaseException):
        raise refuse(owner, attribute, value, "an exception, or None")


@only_fields
@frozen
class Do:
    """Orders for a probe, carried out in this order: sleep, then raise, stop, or answer."""

    sleep: float = field(default=0.0, validator=seconds)
    error: BaseException | None = field(default=None, validator=_is_raised)
    stop: bool = field(default=False, validator=is_a(bool))
    answer: object = None


def _check_start(subject: str, name: str, value: object) -> None:
    if value is not None and not isinstance(value, Do):
        raise wrong(subject, name, value, "a Do, or None")


@define
class ProbeLog:
    """What all incarnations of one probe went through."""

    alive: int = field(default=0, validator=count(0))
    lives: int = field(default=0, validator=count(0))
    heard: list[object] = field(factory=list, validator=is_a(list))
    steps: list[str] = field(factory=list, validator=is_a(list))


class Probe(Actor):
    """Obeys `Do` orders, notes everything in its log, and fails loudly when two of it overlap.

    `log` and `order` are shared between the incarnations and, `order`, between probes.
    """

    def __init__(
        self, name: str, log: ProbeLog, order: list[str] | None = None, *, start: Do | None = None
    ) -> None:
        """Make an incarnation; `start` is obeyed while starting.

        Raises:
            InvalidSpec: one of them is of another type.
        """
        check_text("Probe", "name", name)
        if not isinstance(log, ProbeLog):
            raise wrong("Probe", "log", log, "a ProbeLog")
        if order is not None and not isinstance(order, list):
            raise wrong("Probe", "order", order, "a list, or None")
        _check_start("Probe", "start", start)
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
        >>> async def main() -> None:
        ...     probes = Probes()
        ...     spec = SupervisorSpec("t", [probes.spec(name) for name in "ab"])
        ...     async with open_tree(spec, on_event=probes.trace) as tree:
        ...         crash(tree.ref("b"))
        ...         await settle()
        ...     print(probes.did())
        >>> trio.run(main)
        ['start a', 'start b', 'crash b', 'start b', 'stop b', 'stop a']
    """

    order: list[str] = field(factory=list, validator=is_a(list))
    logs: dict[str, ProbeLog] = field(factory=dict, validator=is_a(dict))
    trace: Trace = field(factory=Trace, validator=is_a(Trace))

    def spec(self, name: str, starts: Iterable[Do | None] = (), **options: Any) -> ActorSpec:
        """A probe as a child. Each life obeys the next of `starts` while it starts.

        Raises:
            InvalidSpec: `starts` has something else than orders and None, or what `ActorSpec` refuses.
        """
        if not isinstance(starts, Iterable):
            raise wrong("Probes", "starts", starts, "orders for its starts")
        for start in starts if isinstance(starts, Collection) else ():  # others may be endless
            _check_start("Probes", "starts", start)
        orders = iter(starts)
        return ActorSpec(name, lambda: self.make(name, next(orders, None)), **options)

    def template(self, **options: Any) -> ActorSpec:
        """A template of probes for a dynamic supervisor: `start_child(key, key[, order for its start])`."""
        return ActorSpec("probe", self.make, **options)

    def make(self, name: str, start: Do | None = None) -> Probe:
        """One incarnation. Raises `InvalidSpec` where `Probe` does."""
        check_text("Probes", "name", name)
        return Probe(name, self.logs.setdefault(name, ProbeLog()), self.order, start=start)

    def did(self) -> list[str]:
        """What they did since the last call."""
        done, self.order[:] = self.order[:], []
        return done
