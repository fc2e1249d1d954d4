"""What a log never gets to see."""

import io
import logging
import re
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.log_values import Redactor, one_line
from daemon.logs import add_secret, configure_logging
from supervision.error_text import ErrorText
from tests.worlds.log_streams import body, log


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


@given(before=st.integers(0, 600), grouped=st.booleans())
def test_of_a_secret_in_which_a_crash_was_cut_off_no_more_than_a_trace_is_left(
    before: int, *, grouped: bool
) -> None:
    secret = "0123456789ABCDEFGHIJ"
    redact = Redactor()
    redact.add(secret)
    error: Exception = ValueError("x" * before + secret + "y" * 9)
    if grouped:
        error = ExceptionGroup("several", [error, ValueError("another")])
    shown = redact(str(ErrorText.of(error)))
    assert "0123" not in shown


def test_where_nothing_of_a_secret_was_cut_off_the_text_stays() -> None:
    redact = Redactor()
    redact.add("mongodb://anna:hunter2@db.example")
    redact.add("codes")
    for text in ("no mong… and so on", "mon… (3 more)", "all code… (1 more)", "x mongo … (3 more)", "mong"):
        assert redact(text) == text
    assert redact("at mongodb://anna:hun… (22 more): mong… (5 more)") == "at ***… (22 more): ***… (5 more)"


def test_secrets_may_come_while_others_log(console: io.StringIO) -> None:
    threads = [threading.Thread(target=add_secret, args=(f"secret-number-{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
        log.info("working")
    for thread in threads:
        thread.join()
    log.info(" ".join(f"secret-number-{n}" for n in range(8)))
    assert body(console).splitlines()[-1][9:] == " ".join(["***"] * 8)
