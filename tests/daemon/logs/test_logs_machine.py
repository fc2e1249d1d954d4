"""Logging for machines: one object a line, whatever is logged."""

import io
import re
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.worlds.log_streams import Broken, log, objects


def test_a_record_is_one_object_with_its_fields(machine: io.StringIO) -> None:
    log.warning("⚠️ %s", "hm\n", extra={"fid": "123", "attempt": 1, "due": 1.5, "live": True, "none": None})
    (line,) = objects(machine)
    when = line.pop("time")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", when)
    assert line == {
        "level": "warning",
        "logger": "actors.probe",
        "event": "⚠️ hm\\n",
        "fid": "123",
        "attempt": 1,
        "due": 1.5,
        "live": True,
        "none": None,
    }
    assert "⚠️" in machine.getvalue()


def test_an_extra_never_takes_the_place_of_a_core_field(machine: io.StringIO) -> None:
    log.info("said", extra={"event": "other", "time": "never", "level": 3, "logger": "x"})
    (line,) = objects(machine)
    assert (line["event"], line["level"], line["logger"]) == ("said", "info", "actors.probe")
    assert (line["event_"], line["time_"], line["level_"], line["logger_"]) == ("other", "never", 3, "x")


class BrokenList(list[int]):
    def __iter__(self) -> Iterator[int]:
        raise RuntimeError("no items")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (float("nan"), "nan"),
        (2**100, "(a huge number)"),
        ((1, "a"), [1, "a"]),
        ({"k": {"n": [1]}}, {"k": {"n": [1]}}),
        ({1: {2}}, {"1": [2]}),
        ("\x1b", "\\x1b"),
        (ValueError("x"), "x"),
        (Broken(), "(Broken that can't be shown: RuntimeError)"),
        (BrokenList([1]), "(BrokenList that can't be read: RuntimeError)"),
        ([[[[[1]]]]], [[[["[1]"]]]]),
    ],
)
def test_a_field_of_any_kind_becomes_json(machine: io.StringIO, value: object, shown: object) -> None:
    log.info("x", extra={"field": value})
    (line,) = objects(machine)
    assert line["field"] == shown


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()) | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner) | st.tuples(inner),
)


@given(message=st.text(st.characters()), field=VALUES)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_logged_is_one_line_of_json(machine: io.StringIO, message: str, field: object) -> None:
    machine.seek(0)
    machine.truncate()
    log.info("%s", message, extra={"field": field})
    assert machine.getvalue().count("\n") == 1
    assert len(objects(machine)) == 1
