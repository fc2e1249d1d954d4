"""Validation: a pure pass, before anything starts, that names field and value."""

import inspect
import json
from collections.abc import Callable
from functools import partial
from typing import Any

import attrs
import pytest
import trio

from supervision import Actor, ActorSpec, Backoff, DynamicSpec, InvalidSpec, SupervisorSpec

NAN = float("nan")
INF = float("inf")
NAMES = ["", "a/b", "a b", "a\tb", "a\n", "\x07", "x" * 201, 3, None]
SECONDS = [-1, -0.001, NAN, "5", None, True, 10**400]
POSITIVE = [*SECONDS, 0]
COUNTS = [-1, 1.0, "1", None, True]


async def make() -> Actor:
    return Actor()


class Make:
    """No factory: calling it makes a coroutine."""

    async def __call__(self) -> Actor:
        return Actor()


def actor(**options: Any) -> ActorSpec:
    given: dict[str, Any] = {"name": "a", "factory": Actor} | options
    return ActorSpec(**given)


def dynamic(**options: Any) -> DynamicSpec:
    given: dict[str, Any] = {"name": "d", "template": actor()} | options
    return DynamicSpec(**given)


def supervisor(**options: Any) -> SupervisorSpec:
    given: dict[str, Any] = {"name": "s", "children": []} | options
    return SupervisorSpec(**given)


Spec = Callable[..., object]

BAD: dict[tuple[Spec, str], list[object]] = {
    (actor, "name"): NAMES,
    (actor, "factory"): [None, 5, Actor(), make, partial(make), Make(), dict, type],
    (actor, "kind"): ["permanent", None],
    (actor, "grace"): SECONDS,
    (actor, "mailbox"): [*COUNTS, 0],
    (actor, "backoff"): [1, "1s", Backoff],
    (actor, "drain"): [1, None, "yes"],
    (actor, "significant"): [1, None, "yes", True],
    (dynamic, "significant"): [1, True],
    (dynamic, "auto_shutdown"): ["any", None],
    (supervisor, "significant"): [1, True],
    (supervisor, "auto_shutdown"): ["never", True],
    (dynamic, "name"): NAMES,
    (dynamic, "template"): [None, Actor, Actor()],
    (dynamic, "intensity"): COUNTS,
    (dynamic, "period"): POSITIVE,
    (dynamic, "child_intensity"): COUNTS,
    (dynamic, "child_period"): POSITIVE,
    (dynamic, "kind"): ["permanent"],
    (dynamic, "backoff"): [1],
    (supervisor, "name"): NAMES,
    (supervisor, "children"): [None, 5, actor(), "ab", [None], [Actor], [actor(), actor()]],
    (supervisor, "strategy"): ["one_for_one", None],
    (supervisor, "intensity"): COUNTS,
    (supervisor, "period"): POSITIVE,
    (supervisor, "kind"): [None],
    (supervisor, "backoff"): [1],
    (Backoff, "min"): [*SECONDS, INF, 31],
    (Backoff, "max"): [*SECONDS, 0.05],
    (Backoff, "factor"): [0.5, 0, NAN, INF, "2", None, True],
    (Backoff, "jitter"): [-0.1, 1.1, NAN, "0", None],
    (Backoff, "reset_after"): SECONDS,
}


@pytest.mark.parametrize(
    ("spec", "name", "value"),
    [(spec, name, value) for (spec, name), values in BAD.items() for value in values],
)
def test_a_bad_value_is_refused_by_name_and_value(spec: Spec, name: str, value: object) -> None:
    with pytest.raises(InvalidSpec) as refusal:
        spec(**{name: value})
    words = str(refusal.value)
    if (spec, name, value) == (Backoff, "min", 31):
        assert words == "Backoff: max = 30.0: must be at least min, which is 31"
        return
    culprit = value[-1] if isinstance(value, list) else "a" if value == "ab" else value
    shown = getattr(culprit, "name", culprit) if isinstance(value, list) else culprit
    assert f"{name} = {shown!r}"[:60] in words
    assert ": must be " in words
    assert len(words) < 300


@pytest.mark.parametrize(
    ("spec", "options"),
    [
        (actor, {"grace": 0}),
        (actor, {"grace": INF}),
        (actor, {"mailbox": 1}),
        (actor, {"name": "ein-Name.mit_Zeichen:42é✅"}),
        (dynamic, {"child_intensity": 0, "period": 0.001}),
        (supervisor, {"intensity": 0, "period": INF}),
        (supervisor, {"children": (spec for spec in [actor()])}),
        (Backoff, {"min": 0, "max": 0, "factor": 1, "jitter": 1, "reset_after": INF}),
        (Backoff, {"max": INF, "factor": 1e300}),
    ],
)
def test_values_at_the_edge_are_fine(spec: Spec, options: dict[str, object]) -> None:
    made = spec(**options)
    for name, value in options.items():
        if name != "children":  # a generator by then
            assert getattr(made, name) == value


MAKES: dict[type[Any], Spec] = {
    ActorSpec: actor,
    DynamicSpec: dynamic,
    SupervisorSpec: supervisor,
    Backoff: Backoff,
}


def test_every_field_has_values_that_it_refuses() -> None:
    fields = {(made, field.name) for kind, made in MAKES.items() for field in attrs.fields(kind)}
    assert set(BAD) == fields


@pytest.mark.parametrize("kind", MAKES)
def test_an_unknown_field_is_refused_by_name_and_value_and_says_which_there_are(kind: type[Any]) -> None:
    known = ", ".join(field.name for field in attrs.fields(kind))
    with pytest.raises(InvalidSpec) as refusal:
        MAKES[kind](grase=1)
    assert str(refusal.value) == f"{kind.__name__}: grase = 1: there is no such field, but {known}"


def test_a_coroutine_instead_of_a_factory_is_refused_and_does_not_linger() -> None:
    made = make()
    with pytest.raises(
        InvalidSpec,
        match=r"'a': factory = <coroutine object make at .*>: must be an actor's class, or a plain callable",
    ):
        actor(factory=made)
    assert inspect.getcoroutinestate(made) == inspect.CORO_CLOSED


async def test_a_coroutine_that_runs_already_is_refused_and_left_to_whoever_awaits_it(
    autojump_clock: object,
) -> None:
    async def begun() -> Actor:
        with pytest.raises(InvalidSpec, match="factory = <coroutine"):
            actor(factory=itself)
        await trio.sleep(1)
        return Actor()

    itself = begun()
    assert isinstance(await itself, Actor)


def test_two_children_of_one_name_are_refused_by_their_name() -> None:
    with pytest.raises(InvalidSpec, match="'s': children = 'a': must be named differently from its siblings"):
        supervisor(children=[actor(), dynamic(name="a")])


def test_an_error_names_whose_field_it_is() -> None:
    with pytest.raises(InvalidSpec, match=r"^ActorSpec 'poller': grace = -1: must be 0 seconds or more$"):
        actor(name="poller", grace=-1)


def test_the_defaults_are_those_of_otp_where_it_has_any() -> None:
    spec = supervisor(children=[actor()])
    child = spec.children[0]
    assert (spec.strategy, spec.intensity, spec.period) == ("one_for_one", 1, 5.0)
    assert isinstance(child, ActorSpec)
    assert (child.kind, child.grace, child.backoff) == ("permanent", 5.0, None)


def test_a_specification_is_ready_for_json_with_every_default() -> None:
    spec = supervisor(children=[actor(grace=INF, backoff=Backoff(1)), dynamic(name="d")])
    document = json.loads(json.dumps(spec.to_json()))
    first, second = document["children"]
    assert (document["type"], document["strategy"], document["period"]) == (
        "SupervisorSpec",
        "one_for_one",
        5.0,
    )
    assert first == {
        "type": "ActorSpec",
        "name": "a",
        "factory": "Actor",
        "kind": "permanent",
        "grace": "infinity",
        "mailbox": 1024,
        "backoff": {
            "type": "Backoff",
            "min": 1,
            "max": 30.0,
            "factor": 2.0,
            "jitter": 0.0,
            "reset_after": 60.0,
        },
        "drain": False,
        "significant": False,
    }
    assert second["template"]["name"] == "a"
    for made in (*spec.children, spec):
        assert set(made.to_json()) == {"type", *(field.name for field in attrs.fields(type(made)))}


def test_a_factory_without_a_name_is_shown_by_its_type() -> None:
    class Make:
        def __call__(self) -> Actor:
            return Actor()

    assert str(actor(factory=Make()).to_json()["factory"]).endswith("Make")
