"""An error as text: bounded, never failing, and with what it comes from."""

from collections.abc import Callable

import pytest

from supervision import ErrorText


def _raised(do: Callable[[], object]) -> BaseException:
    try:
        do()
    except BaseException as error:  # noqa: BLE001 - whatever it is
        return error
    raise AssertionError("nothing was raised")


def _write() -> None:
    raise OSError("disk full")


def _record() -> None:
    try:
        _write()
    except OSError as error:
        raise RuntimeError("could not record") from error


def _record_badly() -> None:
    try:
        _write()
    except OSError:
        {}["path"]


def _record_in_silence() -> None:
    try:
        _write()
    except OSError:
        raise RuntimeError("could not record") from None


def test_the_cause_stands_before_the_error_as_python_writes_it() -> None:
    described = ErrorText.of(_raised(_record))
    cause, _, own = described.traceback.partition(
        "OSError: disk full\n\nThe above exception was the direct cause of the following exception:\n\n"
    )
    assert described.text == "could not record"
    assert "in _write\n" in cause
    assert "in _record\n" in own
    assert own.endswith('raise RuntimeError("could not record") from error\n')


def test_what_was_being_handled_is_told_unless_it_is_suppressed() -> None:
    described = ErrorText.of(_raised(_record_badly))
    assert "OSError: disk full\n\nDuring handling of the above exception" in described.traceback
    assert "disk full" not in ErrorText.of(_raised(_record_in_silence)).traceback


def test_a_group_names_its_members_and_where_each_was_raised() -> None:
    group = ExceptionGroup("two of them", [_raised(_write), _raised(_record), ValueError(), KeyError("x")])
    described = ErrorText.of(group)
    assert described.type == "ExceptionGroup"
    assert described.text == (
        "two of them (4 sub-exceptions): OSError: disk full; RuntimeError: could not record; ValueError"
    )
    assert "in _write\n" in described.traceback
    assert "RuntimeError: could not record\n\nThe above exception is one of 4" in described.traceback


def test_long_origins_leave_the_error_its_room_and_the_whole_its_bound() -> None:
    error: BaseException = ValueError("x" * 10**6)
    for number in range(10):
        later = RuntimeError(f"{number} " + "y" * 10**6)
        later.__cause__ = error
        error = later
    deep = _deep(error, 200)
    described = ErrorText.of(deep)
    assert len(described.traceback) == 4000
    assert described.traceback.count("direct cause") == 3
    assert described.traceback.count(", in dive\n") >= 5
    assert len(described.text) < 350


def _deep(error: BaseException, depth: int) -> BaseException:
    def dive(left: int) -> None:
        if left:
            dive(left - 1)
        raise error

    return _raised(lambda: dive(depth))


def test_causes_that_go_in_a_circle_come_to_an_end() -> None:
    one, two = ValueError("one"), ValueError("two")
    one.__cause__, two.__cause__ = two, one
    assert ErrorText.of(one).traceback.count("direct cause") == 3


@pytest.mark.parametrize("group", [False, True])
def test_a_cause_that_has_no_words_does_no_harm(group: bool) -> None:
    class Unspeakable(Exception):  # noqa: N818 - for its __str__
        def __str__(self) -> str:
            raise RuntimeError("no words")

    error: BaseException = ValueError("known")
    error.__cause__ = Unspeakable()
    if group:
        error = ExceptionGroup("g", [error, Unspeakable()])
    assert "Unspeakable: <no text: its __str__ raised RuntimeError>" in ErrorText.of(error).traceback
