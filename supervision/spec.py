"""Specifications: what a tree shall look like, as plain values, validated before anything starts."""

from collections.abc import Callable, Iterable
from typing import Any, cast

from attrs import Attribute, field, frozen

from supervision.actor import Actor
from supervision.description import describe
from supervision.policy import AutoShutdown, Backoff, Kind, Strategy
from supervision.validation import (
    count,
    is_a,
    is_name,
    is_plain_callable,
    only_fields,
    positive,
    refuse,
    seconds,
)

A_FACTORY = "an actor's class, or a plain callable that makes a new actor each time"


def is_factory(value: object) -> bool:
    """It may well make actors: no coroutine function, and no class of something else."""
    return is_plain_callable(value) and (not isinstance(value, type) or issubclass(value, Actor))


def _makes_actors(owner: object, attribute: "Attribute[Any]", value: object) -> None:
    if not is_factory(value):
        raise refuse(owner, attribute, value, A_FACTORY)


def _optional_backoff(owner: object, attribute: "Attribute[Any]", value: object) -> None:
    if value is not None and not isinstance(value, Backoff):
        raise refuse(owner, attribute, value, "a Backoff or None")


def _significant(owner: "ChildSpec", attribute: "Attribute[Any]", value: object) -> None:
    is_a(bool)(owner, attribute, value)
    if value and owner.kind is Kind.PERMANENT:
        raise refuse(owner, attribute, value, "False for a permanent child: it is restarted after any end")


def _auto_shutdown(owner: "SupervisorSpec | DynamicSpec", attribute: "Attribute[Any]", value: object) -> None:
    is_a(AutoShutdown)(owner, attribute, value)
    children = (owner.template,) if isinstance(owner, DynamicSpec) else owner.children
    significant = next((child.name for child in children if child.significant), None)
    if value is AutoShutdown.NEVER and significant is not None:
        raise refuse(owner, attribute, str(value), f"'any' or 'all', because {significant!r} is significant")


@only_fields
@frozen
class ActorSpec:
    """One actor as a child.

    `factory` makes a new actor for each incarnation; of a dynamic template it is called with the
    arguments given to `start_child`. `mailbox` counts messages. `grace` is how long (seconds) an
    ordered stop may take before the actor is cancelled; 0 cancels at once (OTP's `brutal_kill`).
    `drain` handles what is queued before a stop; otherwise it is discarded when the actor ends for good.
    `significant`: its end by itself counts for the supervisor's `auto_shutdown`.
    """

    name: str = field(validator=is_name)
    factory: Callable[..., Actor] = field(validator=_makes_actors)
    kind: Kind = field(default=Kind.PERMANENT, validator=is_a(Kind))
    grace: float = field(default=5.0, validator=seconds)
    mailbox: int = field(default=1024, validator=count(1))
    backoff: Backoff | None = field(default=None, validator=_optional_backoff)
    drain: bool = field(default=False, validator=is_a(bool))
    significant: bool = field(default=False, validator=_significant)

    def to_json(self) -> dict[str, object]:
        """A JSON-ready document of every field, the defaults included; the factory by its name."""
        return describe(self)


@only_fields
@frozen
class DynamicSpec:
    """A supervisor of many children by key, all made from one template, started at run time.

    Two restart windows: `child_intensity` within `child_period` ends one child for good, `intensity`
    within `period` the supervisor: thousands must not go down because two are unlucky. `auto_shutdown`,
    with a significant template: it ends when the first child has ended by itself (`any`), or the last one
    (`all`).
    """

    name: str = field(validator=is_name)
    template: ActorSpec = field(validator=is_a(ActorSpec))
    intensity: int = field(default=1000, validator=count(0))
    period: float = field(default=5.0, validator=positive)
    child_intensity: int = field(default=5, validator=count(0))
    child_period: float = field(default=60.0, validator=positive)
    kind: Kind = field(default=Kind.PERMANENT, validator=is_a(Kind))
    backoff: Backoff | None = field(default=None, validator=_optional_backoff)
    significant: bool = field(default=False, validator=_significant)
    auto_shutdown: AutoShutdown = field(default=AutoShutdown.NEVER, validator=_auto_shutdown)

    def to_json(self) -> dict[str, object]:
        """A JSON-ready document of every field, the defaults included."""
        return describe(self)


def _as_tuple(
    children: "Iterable[ActorSpec | SupervisorSpec | DynamicSpec]",
) -> "tuple[ActorSpec | SupervisorSpec | DynamicSpec, ...]":
    if not isinstance(children, Iterable):
        return children  # left for the validator, which names the field
    return tuple(children)


def _are_specs(owner: object, attribute: "Attribute[Any]", value: object) -> None:
    if not isinstance(value, tuple):
        raise refuse(owner, attribute, value, "a list of child specifications")
    seen: set[str] = set()
    for child in cast("tuple[object, ...]", value):
        if not isinstance(child, ActorSpec | SupervisorSpec | DynamicSpec):
            raise refuse(owner, attribute, child, "an ActorSpec, SupervisorSpec or DynamicSpec")
        if child.name in seen:
            raise refuse(owner, attribute, child.name, "named differently from its siblings")
        seen.add(child.name)


@only_fields
@frozen
class SupervisorSpec:
    """A supervisor with children that start in order and stop in reverse order.

    More than `intensity` restart attempts within `period` seconds: it stops its children and ends as
    gave up, which is abnormal to its own supervisor. Defaults are OTP's: 1 within 5 s. `auto_shutdown`: it
    ends as `shutdown`, which is clean to its own supervisor, when one (`any`) or the last (`all`) of its
    significant children has ended by itself.
    """

    name: str = field(validator=is_name)
    children: "tuple[ActorSpec | SupervisorSpec | DynamicSpec, ...]" = field(
        converter=_as_tuple, validator=_are_specs
    )
    strategy: Strategy = field(default=Strategy.ONE_FOR_ONE, validator=is_a(Strategy))
    intensity: int = field(default=1, validator=count(0))
    period: float = field(default=5.0, validator=positive)
    kind: Kind = field(default=Kind.PERMANENT, validator=is_a(Kind))
    backoff: Backoff | None = field(default=None, validator=_optional_backoff)
    significant: bool = field(default=False, validator=_significant)
    auto_shutdown: AutoShutdown = field(default=AutoShutdown.NEVER, validator=_auto_shutdown)

    def to_json(self) -> dict[str, object]:
        """A JSON-ready document of every field, the defaults included."""
        return describe(self)


ChildSpec = ActorSpec | SupervisorSpec | DynamicSpec
