"""Logging: what an operator sees, what a machine reads, and what neither ever gets to see."""

import errno
import io
import json
import logging
import os
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from daemon import logs
from daemon.log_values import LIMIT, Redactor, bounded, one_line
from daemon.logs import LineHandler, add_secret, configure_logging, set_level

log = logging.getLogger("actors.probe")


@pytest.fixture(autouse=True)
def _restored(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Leave logging as it was found."""
    root = logging.getLogger()
    level, handlers, raising, hook = root.level, root.handlers[:], logging.raiseExceptions, sys.excepthook
    quiet = {name: logging.getLogger(name).level for name in logs.QUIET}
    monkeypatch.setattr(logs, "_redact", Redactor())
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.raiseExceptions, sys.excepthook = raising, hook
    for name, before in quiet.items():
        logging.getLogger(name).setLevel(before)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def console() -> io.StringIO:
    stream = io.StringIO()
    configure_logging("console", "info", stream)
    return stream


@pytest.fixture
def machine() -> io.StringIO:
    stream = io.StringIO()
    configure_logging("json", "info", stream)
    return stream


def undated(text: str) -> str:
    """The text without the line that tells the day."""
    day, below = text.split("\n", 1)
    assert "(local time, UTC" in day
    return below


def body(stream: io.StringIO | io.BytesIO) -> str:
    text = stream.getvalue()
    return undated(text.decode() if isinstance(text, bytes) else text)


def objects(stream: io.StringIO) -> list[dict[str, Any]]:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    return [json.loads(line, parse_constant=refuse) for line in stream.getvalue().splitlines()]


# --- the console --------------------------------------------------------------------------------


def test_a_line_is_the_time_and_the_message_as_operators_know_it(console: io.StringIO) -> None:
    log.info("✅ Redeemed for %s: SUCCESS (attempt %d)", "Ada", 1, extra={"fid": "123"})
    assert re.fullmatch(r"\d\d:\d\d:\d\d ✅ Redeemed for Ada: SUCCESS \(attempt 1\)\n", body(console))


@pytest.mark.parametrize(
    ("level", "word"),
    [("info", ""), ("warning", "WARNING "), ("error", "ERROR "), ("critical", "CRITICAL ")],
)
def test_the_level_shows_from_a_warning_on(console: io.StringIO, level: str, word: str) -> None:
    getattr(log, level)("hello")
    assert body(console)[9:] == f"{word}hello\n"


def test_a_pipe_gets_no_colours_and_a_terminal_does() -> None:
    terminal = Terminal()
    configure_logging("console", "info", terminal)
    log.warning("careful")
    log.info("fine")
    first, second = body(terminal).splitlines()
    assert first[9:] == "\x1b[33mWARNING\x1b[0m careful"
    assert "\x1b" not in second


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_colours_can_be_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    terminal = Terminal()
    configure_logging("console", "info", terminal)
    log.error("no colour")
    assert body(terminal)[9:] == "ERROR no colour\n"


def test_text_from_outside_can_neither_forge_a_line_nor_drive_the_terminal(console: io.StringIO) -> None:
    log.info("❌ Giving up on %s", "x\n12:00:00 ✅ Redeemed\x1b[2J")
    (line,) = body(console).splitlines()
    assert line[9:] == "❌ Giving up on x\\n12:00:00 ✅ Redeemed\\x1b[2J"


def test_a_traceback_stands_behind_a_bar_so_that_it_forges_no_line(console: io.StringIO) -> None:
    log.error("It broke", exc_info=ValueError("bad\n12:00:00 ✅ forged\x1b[2J"))
    first, *rest = body(console).splitlines()
    assert first[9:] == "ERROR It broke"
    assert all(line.startswith("  | ") for line in rest)
    assert rest[-1] == "  | 12:00:00 ✅ forged\\x1b[2J"


def test_a_terminal_without_unicode_gets_escapes_instead_of_nothing() -> None:
    raw = io.BytesIO()
    configure_logging("console", "info", io.TextIOWrapper(raw, encoding="ascii"))
    log.info("✅ done")
    assert body(raw)[9:] == "\\u2705 done\n"


def test_a_pipe_gets_whom_a_line_is_about_behind_its_words(console: io.StringIO) -> None:
    fields = {"fid": "123", "code": "SNOW", "game": "wos", "attempts": 1, "step": "redeem"}
    logging.getLogger("perkd.redeem").info("Redemption attempt %d/%d", 1, 10, extra=fields)
    logging.getLogger("perkd.redeem").info("Attempt %s to redeem for FID %s", "1/4", "123", extra=fields)
    logging.getLogger("actors.giftcodes.source_health").info(
        "📊 Health check: Gift code poster healthy. Checks completed: %d", 100, extra={"source": "feed"}
    )
    log.info("another's", extra=fields)
    assert [line[9:] for line in body(console).splitlines()] == [
        "Redemption attempt 1/10  fid=123 code=SNOW game=wos",
        "Attempt 1/4 to redeem for FID 123  code=SNOW game=wos",
        "📊 Health check: Gift code poster healthy. Checks completed: 100  source=feed",
        "another's",
    ]


def test_a_terminal_gets_whom_a_line_is_about_in_dim() -> None:
    terminal = Terminal()
    configure_logging("console", "info", terminal)
    logging.getLogger("perkd.redeem").info(
        "Redemption attempt 1/10", extra={"fid": "123", "code": "A\x1b[2J"}
    )
    assert body(terminal)[9:] == "Redemption attempt 1/10  \x1b[2mfid=123 code=A\\x1b[2J\x1b[0m\n"


def test_only_a_whole_word_of_the_message_counts_as_said(console: io.StringIO) -> None:
    logging.getLogger("perkd.redeem").info("Redemption failed for Ada123", extra={"fid": "123", "game": None})
    assert body(console)[9:] == "Redemption failed for Ada123  fid=123\n"


@pytest.fixture
def _in_berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def written_at(when: str) -> None:
    """A line is logged at this time of UTC."""
    record = log.makeRecord(log.name, logging.INFO, __file__, 1, "at %s", (when,), None)
    record.created = datetime.fromisoformat(f"{when}+00:00").timestamp()
    log.handle(record)


@pytest.mark.usefixtures("_in_berlin")
def test_the_day_stands_above_its_first_line_and_where_the_local_time_changes(console: io.StringIO) -> None:
    written_at("2026-10-23T21:59:59")
    written_at("2026-10-23T22:00:00")
    written_at("2026-10-24T12:00:00")
    written_at("2026-10-25T00:59:59")
    written_at("2026-10-25T01:00:00")
    assert console.getvalue().splitlines() == [
        "── 2026-10-23 (local time, UTC+02:00) ──",
        "23:59:59 at 2026-10-23T21:59:59",
        "── 2026-10-24 (local time, UTC+02:00) ──",
        "00:00:00 at 2026-10-23T22:00:00",
        "14:00:00 at 2026-10-24T12:00:00",
        "── 2026-10-25 (local time, UTC+02:00) ──",
        "02:59:59 at 2026-10-25T00:59:59",
        "── 2026-10-25 (local time, UTC+01:00) ──",
        "02:00:00 at 2026-10-25T01:00:00",
    ]


# --- for machines -------------------------------------------------------------------------------


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


class Broken:
    def __repr__(self) -> str:
        raise RuntimeError("no repr")


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


# --- secrets ------------------------------------------------------------------------------------


@pytest.mark.parametrize("format_", ["console", "json"])
def test_a_secret_shows_nowhere(format_: str) -> None:
    stream = io.StringIO()
    configure_logging(format_, "debug", stream)
    secret = 'tB87#"kPt\\kx öqOS2'
    add_secret(secret)
    error = ValueError(f"signed with {secret}", {"key": secret})
    log.error(
        "key %s or %r",
        secret,
        secret,
        extra={"a": secret, "b": [secret], "c": {secret: {1: secret}}},
        exc_info=error,
    )
    log.info("https://a.example/?key=%s", "tB87%23%22kPt%5Ckx%20%C3%B6qOS2")
    log.info("https://a.example/?key=%s", "tB87%23%22kPt%5Ckx+%C3%B6qOS2")
    assert "tB87" not in stream.getvalue()
    assert "kPt" not in stream.getvalue()
    assert "key *** or '***'" in stream.getvalue()


@pytest.mark.parametrize(
    "address",
    [
        "https://discord.com/api/v10/webhooks/123456789012345678/aW50ZXJhY3Rpb246MTIz-_x/messages/@original",
        "https://discord.com/api/v10/interactions/123456789012345678/aW50ZXJhY3Rpb246MTIz-_x/callback",
    ],
)
def test_the_token_in_an_address_at_discord_shows_nowhere(console: io.StringIO, address: str) -> None:
    error = RuntimeError(f"Not Found 404: (10015) 'Unknown Webhook' for {address}")
    logging.getLogger("perkd.test").error("could not answer at %s", address, exc_info=error)
    assert "aW50ZXJhY3Rpb24" not in console.getvalue()
    assert console.getvalue().count("/123456789012345678/***") == 2


def test_a_short_secret_is_taken_out_as_a_word_only() -> None:
    redact = Redactor()
    redact.add("demo")
    assert redact("demo=demo demolish") == "***=*** demolish"


@given(
    secret=st.sampled_from(["demo", "wos", "a-key", "seven77", "kä"]),
    before=st.sampled_from(["", " ", "=", "x", "7", "\n", "'"]),
    after=st.sampled_from(["", " ", "&", "x", "_", "."]),
)
def test_a_short_secret_goes_where_it_is_a_whole_word(secret: str, before: str, after: str) -> None:
    redact = Redactor()
    redact.add(secret)
    whole = before not in {"x", "7"} and after not in {"x", "_"}
    assert redact(before + secret + after) == before + ("***" if whole else secret) + after


@pytest.mark.parametrize("format_", ["console", "json"])
def test_a_short_secret_that_is_an_ordinary_word_goes_from_what_is_told_and_not_from_our_words(
    format_: str,
) -> None:
    stream = io.StringIO()
    configure_logging(format_, "info", stream)
    add_secret("codes")
    error = ValueError("codes are refused")
    log.info("Found %d new codes for guild %s: %s", 2, "codes", error, extra={"source": "codes"})
    log.info("All codes of %(name)s: %(number)d", {"name": "codes", "number": 3})
    log.info("No codes")
    shown = stream.getvalue()
    assert "Found 2 new codes for guild ***: *** are refused" in shown
    assert "All codes of ***: 3" in shown
    assert "No codes" in shown
    assert '"source": "codes"' not in shown


def test_a_library_may_put_a_secret_into_its_template_and_it_goes_all_the_same(console: io.StringIO) -> None:
    add_secret("codes")
    logging.getLogger("library").info("GET /?key=codes")
    assert body(console)[9:] == "GET /?key=***\n"


def test_an_empty_secret_is_none() -> None:
    redact = Redactor()
    redact.add("")
    redact.add(" ")
    assert redact("a b") == "a b"


def test_of_two_secrets_the_longer_goes_first() -> None:
    redact = Redactor()
    redact.add("abcdef")
    redact.add("abcdefghi")
    assert redact("abcdefghi abcdef") == "*** ***"


@given(before=st.integers(0, 20_000), times=st.integers(1, 800))
def test_no_cut_leaves_the_beginning_of_a_secret(before: int, times: int) -> None:
    secret = "0123456789ABCDEFGHIJ"
    redact = Redactor()
    redact.add(secret)
    shown = one_line("x" * before + secret * times + "y" * 30_000, redact)
    assert not re.search("01|AB|IJ", re.sub(r"\(\d+ more\)$", "", shown))


def test_secrets_may_come_while_others_log(console: io.StringIO) -> None:
    threads = [threading.Thread(target=add_secret, args=(f"secret-number-{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
        log.info("working")
    for thread in threads:
        thread.join()
    log.info(" ".join(f"secret-number-{n}" for n in range(8)))
    assert body(console).splitlines()[-1][9:] == " ".join(["***"] * 8)


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


# --- levels and settings ------------------------------------------------------------------------


def test_the_level_can_change_while_running(console: io.StringIO) -> None:
    log.debug("unheard")
    set_level("debug")
    log.debug("heard")
    set_level("error")
    log.warning("unheard")
    assert [line[9:] for line in body(console).splitlines()] == ["heard"]


@pytest.mark.parametrize("name", ["httpx", "httpcore.connection", "hypercorn.error", "hypercorn.access"])
def test_chatty_libraries_speak_from_a_warning_on(console: io.StringIO, name: str) -> None:
    set_level("debug")
    logging.getLogger(name).info("chatter")
    logging.getLogger(name).warning("news")
    set_level("error")
    logging.getLogger(name).warning("unheard")
    assert [line[9:] for line in body(console).splitlines()] == ["WARNING news"]


@pytest.mark.parametrize("name", ["trio-websocket", "asyncio", "anything.else", "root"])
def test_libraries_say_nothing_below_info_at_any_level(console: io.StringIO, name: str) -> None:
    set_level("debug")
    logging.getLogger(name).debug("chatter")
    logging.getLogger(name).info("news")
    logging.getLogger("perkd.tree").debug("ours")
    assert [line[9:] for line in body(console).splitlines()] == ["news", "ours"]


def test_configuring_again_replaces_what_was(console: io.StringIO) -> None:
    second = io.StringIO()
    configure_logging("json", "info", second)
    log.info("once")
    assert console.getvalue() == ""
    assert len(objects(second)) == 1
    assert sum(isinstance(handler, LineHandler) for handler in logging.getLogger().handlers) == 1


@pytest.mark.parametrize(
    "call", [lambda: configure_logging("xml", "info"), lambda: configure_logging("json", "loud")]
)
def test_unknown_settings_are_refused_and_change_nothing(
    console: io.StringIO, call: Callable[[], None]
) -> None:
    with pytest.raises(ValueError, match=r"'(xml|loud)': must be one of "):
        call()
    log.info("still here")
    assert body(console)[9:] == "still here\n"


def test_the_default_is_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("console", "info")
    log.info("hello")
    out, err = capsys.readouterr()
    assert (out, undated(err)[9:]) == ("", "hello\n")
