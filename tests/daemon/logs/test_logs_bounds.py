"""Nothing that is logged is without bounds, and nothing that goes wrong with it stops anybody."""

import errno
import io
import logging
import os
import sys

import pytest

from daemon.log_values import LIMIT, Redactor, bounded
from daemon.logs import LineHandler, add_secret, configure_logging
from tests.worlds.log_streams import Broken, body, log, objects

# --- bounds -------------------------------------------------------------------------------------


@pytest.mark.parametrize("format_", ["console", "json"])
def test_ten_megabytes_never_reach_a_log(format_: str) -> None:
    stream = io.StringIO()
    configure_logging(format_, "info", stream)
    huge = "x" * 10_000_000
    log.info(huge, extra={"field": huge, "many": [huge] * 1000, "map": dict.fromkeys(range(1000), huge)})
    assert f"{'x' * LIMIT}… ({10_000_000 - LIMIT} more)" in stream.getvalue()
    assert len(stream.getvalue()) < 120 * LIMIT


def test_long_collections_say_how_much_is_missing() -> None:
    redact = Redactor()
    assert bounded(list(range(60)), redact) == [*range(50), "(10 more)"]
    shown = bounded({str(number): number for number in range(60)}, redact)
    assert isinstance(shown, dict)
    assert shown["…"] == "(10 more)"


def test_a_huge_exception_is_bounded_in_both_directions(machine: io.StringIO) -> None:
    log.error(
        "It broke", exc_info=ExceptionGroup("g" * 100_000, [ValueError("v\n" * 10_000) for _ in range(1000)])
    )
    (line,) = objects(machine)
    assert len(line["exception"]) < 45_000
    assert "more lines)" in line["exception"]
    assert "ExceptionGroup: ggg" in line["exception"]
    assert line["exception"].endswith("and 995 more exceptions\n    +------------------------------------")


def test_an_exception_that_cannot_be_shown_costs_no_line(machine: io.StringIO) -> None:
    class Unshowable(Exception):  # noqa: N818 - a test's
        def __str__(self) -> str:
            raise RuntimeError("no text")

    log.error("It broke", exc_info=Unshowable())
    assert "Unshowable" in objects(machine)[0]["exception"]


def test_what_nobody_caught_is_logged_and_bounded(machine: io.StringIO) -> None:
    add_secret("hunter2-secret")
    error = ValueError("hunter2-secret " + "x" * 1_000_000)
    sys.excepthook(ValueError, error, None)
    (line,) = objects(machine)
    assert line["event"] == "Uncaught ValueError"
    assert line["level"] == "critical"
    assert "hunter2" not in machine.getvalue()
    assert len(machine.getvalue()) < 2000


def test_ctrl_c_is_no_uncaught_exception(machine: io.StringIO, capsys: pytest.CaptureFixture[str]) -> None:
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert machine.getvalue() == ""
    assert "KeyboardInterrupt" in capsys.readouterr().err


# --- what goes wrong ----------------------------------------------------------------------------


class Full(io.StringIO):
    """A stream on a disk that is full until it is not."""

    full = True

    def write(self, text: str) -> int:
        if self.full:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(text)


def test_a_full_disk_stops_nobody_and_the_loss_is_told_of_later(capsys: pytest.CaptureFixture[str]) -> None:
    stream = Full()
    configure_logging("console", "info", stream)
    for _ in range(3):
        log.info("lost")
    stream.full = False
    log.info("back")
    first, second = body(stream).splitlines()
    assert first[9:] == "back"
    assert second[9:] == "ERROR 3 log lines could not be written"
    log.info("still there")
    assert len(body(stream).splitlines()) == 3
    assert capsys.readouterr().err == ""


def test_a_closed_pipe_and_a_closed_stream_stop_nobody() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    raw = os.fdopen(writing, "wb", buffering=0)
    stream = io.TextIOWrapper(raw, write_through=True)
    configure_logging("json", "info", stream)
    log.info("into nothing")
    stream.close()
    log.info("into less")
    configure_logging("json", "info", stream)
    log.info("into a stream that was closed before")
    handler = next(h for h in logging.getLogger().handlers if isinstance(h, LineHandler))
    assert handler.lost == 1


def test_arguments_that_do_not_fit_are_told_of(console: io.StringIO) -> None:
    log.info("%d codes", "three")
    expected = "ERROR A message of actors.probe can't be shown (TypeError): '%d codes'\n"
    assert body(console)[9:] == expected


def test_a_message_that_cannot_be_shown_at_all_stops_nobody(console: io.StringIO) -> None:
    log.info(Broken())
    log.info("next")
    assert body(console).splitlines()[-1][9:] == "ERROR 1 log lines could not be written"
