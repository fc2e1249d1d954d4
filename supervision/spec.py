"""Specifications: what a tree shall look like, as plain values, validated before anything starts."""

from collections.abc import Callable, Iterable
from typing import Any, cast

from attrs import Attribute, field, frozen

from supervision.actor import Actor
from supervision.policy import Backoff, Kind, Strategy
from supervision.validation import count, is_a, is_factory, is_name, positive, refuse, seconds


def _optional_backoff(owner: object, attribute: "Attribute[Any]", value: object) -> None:
    if value is not None and not isinstance(value, Backoff):
        raise refuse(owner, attribute, value, "a Backoff or None")


@frozen
class ActorSpec:
    """One actor as a child.

    `factory` makes a new actor for each incarnation; of a dynamic template it is called with the
    arguments given to `start_child`. `mailbox` counts messages. `grace` is how long (seconds) an
    ordered stop may take before the actor is cancelled; 0 cancels at once (OTP's `brutal_kill`).
    `drain` handles what is queued before a stop; otherwise it is discarded when the actor ends for good.
    """

    name: str = field(validator=is_name)
    factory: Callable[..., Actor] = field(validator=is_factory)
    kind: Kind = field(default=Kind.PERMANENT, validator=is_a(Kind))
    grace: float = field(default=5.0, validator=seconds)
    mailbox: int = field(default=1024, validator=count(1))
    backoff: Backoff | None = field(default=None, validator=_optional_backoff)
    drain: bool = field(default=False, validator=is_a(bool))


@frozen
class DynamicSpec:
    """A supervisor of many children by key, all made from one template, started at run time.

    Two restart windows: `child_intensity` within `child_period` ends one child for good, `intensity`
    within `period` the supervisor: thousands must not go down because two are unlucky.
    """

    name: str = field(validator=is_name)
    template: ActorSpec = field(validator=is_a(ActorSpec))
    intensity: int = field(default=1000, validator=count(0))
    period: float = field(default=5.0, validator=positive)
    child_intensity: int = field(default=5, validator=count(0))
    child_period: float = field(default=60.0, validator=positive)
    kind: Kind = field(default=Kind.PERMANENT, validator=is_a(Kind))
    backoff: Backoff | None = field(default=None, validator=_optional_backoff)


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


@frozen
class SupervisorSpec:
    """A supervisor with children that start in order and stop in reverse order.

    More than `intensity` restart attempts within `period` seconds: it stops its children and ends as
    gave up, which is abnormal to its own supervisor. Defaults are OTP's: 1 within 5 s.
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


ChildSpec = ActorSpec | SupervisorSpec | DynamicSpec
