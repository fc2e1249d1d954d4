"""What the public signatures promise to a type checker."""

import typing

import pytest

import supervision
from supervision import AnyEvent, Event, Tree, open_tree
from supervision.testing import Trace


def test_the_union_of_events_has_every_event() -> None:
    assert set(typing.get_args(AnyEvent)) == set(Event.__subclasses__())
    assert {kind.__name__ for kind in typing.get_args(AnyEvent)} <= set(supervision.__all__)


@pytest.mark.parametrize(
    ("call", "name"), [(Tree.__init__, "on_event"), (open_tree, "on_event"), (Trace.__call__, "event")]
)
def test_a_hook_is_promised_one_of_the_union_so_that_it_can_tell_all_apart(
    call: typing.Any, name: str
) -> None:
    heard = typing.get_type_hints(getattr(call, "__wrapped__", call))[name]
    if name == "on_event":
        (hook, _none) = typing.get_args(heard)
        ((heard,), _) = typing.get_args(hook)
    assert set(typing.get_args(heard)) == set(typing.get_args(AnyEvent))
