"""`perkd demo` as a newcomer meets it, and what it draws."""

import io
import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
import trio
from attrs import evolve
from rich.console import Console

from actors.giftcodes.model import Code, CodeState
from daemon.demo.picture import Camera, render
from daemon.demo.progress import CodeProgress, Failure, Progress
from daemon.demo.screen import Screen
from daemon.demo.summary import WORDS, summary
from daemon.demo.ticker import Ticker
from daemon.demo.view import Look, draw, height_without_log

DEMO = [sys.executable, "-m", "daemon", "demo"]

PROGRESS = Progress(
    codes=(
        CodeProgress(Code("wos", "SNOW"), players=24, redeemed=10, already=2, failed=3, waiting=1),
        CodeProgress(Code("wos", "OLD", CodeState.EXPIRED), players=24, failed=24),
    ),
    failures=(
        Failure("SNOW", "WRONG_STATE", ("sn0wman",)),
        Failure("SNOW", "UNKNOWN_STATUS_X", ("शीत योद्धा", "फ")),
        Failure("GONE", "EXPIRED", ("Bob",), untried=22),
    ),
    expected=84,
)
LANE = {
    "used": 3,
    "limit": 30,
    "period": 60.0,
    "waiting": 2,
    "in_flight": 1,
    "reason": "",
    "paused_until": None,
}
STATUS: Mapping[str, object] = {
    "health": "degraded",
    "giftcodes": {"rate": {"ks": LANE, "wos": {**LANE, "reason": "NETWORK_ERROR"}}},
}
LOOK = Look(PROGRESS, STATUS, 17.4, "Ask it: perkd --config /tmp/perkd-demo-abcdefgh/config.toml status")


# --- the whole ----------------------------------------------------------------------------------


async def test_the_demo_ends_by_itself_with_every_pair_settled_and_leaves_nothing(tmp_path: Path) -> None:
    done = await trio.run_process(
        [*DEMO, "--exit-when-done", "--no-web"], capture_stdout=True, capture_stderr=True, env=_env(tmp_path)
    )
    said = done.stdout.decode()
    assert "84 of 84 player-code pairs have an outcome" in said
    assert "Who did not get it, and why" in said
    assert "0 refused for the rate, 2 in flight at most, 0 redeemed twice" in " ".join(said.split())
    assert "Traceback" not in said
    assert done.stderr == b""
    assert _left_in(tmp_path) == []


@pytest.mark.parametrize(("words", "code"), [((), 0), (("--exit-when-done",), 1)])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_an_interrupted_demo_stops_in_order_and_sums_up(
    tmp_path: Path, words: tuple[str, ...], code: int, number: signal.Signals
) -> None:
    said, got = await _interrupt(tmp_path, words, number)
    assert got == code, said
    assert "of 84 player-code pairs have an outcome" in said
    assert "The simulator counted" in said
    assert "Traceback" not in said
    assert _left_in(tmp_path) == []


async def test_a_terminal_that_is_closed_leaves_nothing_behind(tmp_path: Path) -> None:
    said, got = await _interrupt(tmp_path, (), signal.SIGHUP)
    assert got == 0, said
    assert _left_in(tmp_path) == []


async def test_a_reader_that_goes_away_ends_the_demo(tmp_path: Path) -> None:
    process = await trio.lowlevel.open_process(
        [*DEMO], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=_env(tmp_path)
    )
    with _killed_at_the_end(process), trio.fail_after(90):
        assert process.stdout is not None
        assert process.stderr is not None
        await process.stdout.receive_some()
        await process.stdout.aclose()
        assert await process.wait() == 1
        assert b"Traceback" not in await process.stderr.receive_some()
    assert _left_in(tmp_path) == []


async def _interrupt(directory: Path, words: tuple[str, ...], number: signal.Signals) -> tuple[str, int]:
    process = await trio.lowlevel.open_process(
        [*DEMO, *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=_env(directory)
    )
    said = ""
    with _killed_at_the_end(process), trio.fail_after(90):
        assert process.stdout is not None
        while "✅ Redeemed" not in said:
            said += (await process.stdout.receive_some()).decode(errors="replace")
        process.send_signal(number)
        async for chunk in process.stdout:
            said += chunk.decode(errors="replace")
        return said, await process.wait()


@contextmanager
def _killed_at_the_end(process: trio.Process) -> Iterator[None]:
    try:
        yield
    finally:
        if process.poll() is None:
            process.kill()


def _left_in(directory: Path) -> list[Path]:
    return list(directory.iterdir())


def _env(directory: Path) -> dict[str, str]:
    return {**os.environ, "TMPDIR": str(directory), "PYTHONWARNINGS": "default", "COLUMNS": "100"}


# --- what it draws ------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_the_screen_keeps_clear_of_the_edge(width: int) -> None:
    console = Console(width=width, file=io.StringIO(), highlight=False)
    ticker = _ticker("✅ Redeemed for शीत योद्धा: SUCCESS (attempt 1)", "x" * 300)
    with console.capture() as drawn:
        console.print(draw(LOOK, ticker.newest(5), width))
    rows = drawn.get().splitlines()
    assert len(rows) == height_without_log(LOOK) + 2
    if width >= 80:  # narrower terminals cut the table
        assert max(len(row.rstrip()) for row in rows) <= min(width, 100) - 4
    text = "\n".join(rows)
    assert "39 of 84" in text
    assert width < 80 or "15/24" in text
    assert "paused: NETWORK_ERROR" in text


def test_the_ticker_leaves_out_what_comes_again_and_again() -> None:
    ticker = Ticker()
    log = logging.Logger("test")  # noqa: LOG001 - apart from all others
    log.addHandler(ticker)
    log.info("Redemption attempt %d/%d", 1, 10)
    log.warning("two\nlines \x1b[2J")
    log.info("wrong %d arguments", "x")
    assert [line.text for line in ticker.newest(9)] == ["two", "wrong %d arguments"]
    assert ticker.newest(0) == []


def test_a_name_that_drives_the_terminal_is_made_harmless() -> None:
    console = Console(width=100, file=io.StringIO(), force_terminal=False)
    evil = evolve(PROGRESS, failures=(Failure("SNOW", "WRONG_STATE", ("\x1b]0;owned\x07",)),))
    with console.capture() as drawn:
        console.print(summary(evil, _stats(), 3.0))
        console.print(draw(LOOK, _ticker("\x1b[2J gone").newest(3), 100))
    assert "\x1b" not in drawn.get()


def test_the_summary_says_what_each_status_means() -> None:
    console = Console(width=200, file=io.StringIO())
    with console.capture() as drawn:
        console.print(summary(PROGRESS, _stats(), 19.0))
    text = drawn.get()
    assert (
        "39 of 84 player-code pairs have an outcome after 19 s: "
        "10 redeemed, 2 had it already, 27 failed; 45 not" in text
    )
    assert WORDS["WRONG_STATE"] in text
    assert "something unknown" in text
    assert "Bob; 22 others were not asked any more" in text


def test_a_screen_gives_the_terminal_back() -> None:
    file = io.StringIO()
    screen = Screen(Console(file=file, force_terminal=True, width=80, height=24), live=True)
    screen.open()
    screen.show(LOOK)
    screen.close()
    written = file.getvalue()
    assert written.index("\x1b[?1049h") < written.index("39 of 84") < written.index("\x1b[?1049l")
    assert written.index("\x1b[?7l") < written.index("\x1b[?7h")
    assert written.index("\x1b[?25l") < written.index("\x1b[?25h")


def test_in_a_pipe_a_line_tells_of_each_change() -> None:
    file = io.StringIO()
    screen = Screen(Console(file=file), live=False)
    screen.open()
    screen.show(LOOK)
    screen.show(evolve(LOOK, seconds=18.0))
    screen.close()
    assert file.getvalue() == "-- 39 of 84 pairs have an outcome\n"


def test_the_picture_fetches_nothing() -> None:
    svg = render(LOOK, _ticker("🎁 New code SNOW (wos) from feed"))
    assert svg.startswith("<svg")
    assert "@font-face" not in svg
    assert "url(http" not in svg
    camera = Camera()
    camera.show(LOOK)
    assert camera.svg == ""


def _ticker(*texts: str) -> Ticker:
    ticker = Ticker()
    for text in texts:
        ticker.emit(logging.LogRecord("x", logging.INFO, "", 0, text, (), None))
    return ticker


def _stats() -> dict[str, object]:
    document = '{"requests": 82, "rate_limited": 0, "max_in_flight": 2, "double_redemptions": 0}'
    return dict(json.loads(document))
