"""Logging: what an operator sees, and the settings."""

import io
import logging
import re
import time
from collections.abc import Callable, Iterator
from datetime import datetime

import pytest

from daemon.logs import LineHandler, configure_logging, set_level
from tests.worlds.log_streams import body, log, objects, undated


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


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
