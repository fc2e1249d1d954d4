"""The small parts of the process, by themselves: ending, event log, terminal, setup check."""

import logging
import signal
from pathlib import Path
from typing import Any

import pytest
import trio
from attrs import define, field

from actors.giftcodes.model import Channel, Circuit, Code, GameSetup, Guild
from actors.giftcodes.session_pool import ResumeGame
from actors.ports import Announcement, Put
from daemon.clock import SteadyClock
from daemon.control.actor import ControlActor
from daemon.ending import exit_code_of
from daemon.event_log import EventLog
from daemon.plugins import PluginError
from daemon.process import _say_signals
from daemon.secrets import Secret, SecretError
from daemon.service import Service
from daemon.setup_check import AGAIN_AFTER, SetupActor, fingerprint
from daemon.storage.memory import MemoryStore
from daemon.terminal import TerminalBoard
from supervision import (
    Actor,
    ActorSpec,
    BackingOff,
    Crashed,
    DeadLetters,
    ErrorText,
    GaveUp,
    ShutDown,
    StartDeclined,
    Started,
    StartError,
    StartFailed,
    StopOverdue,
    Stopped,
    SupervisorSpec,
    TreeFailed,
)
from supervision.tree import open_tree

# --- how it ends --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (SecretError("secret file x: can't be read"), 2, "secret file x"),
        (PluginError("captcha = 'nobody'"), 2, "nobody"),
        (StartFailed("perkd/storage: busy"), 1, "busy"),
        (TreeFailed("perkd gave up"), 1, "gave up"),
        (BrokenPipeError(), 1, ""),
        (SystemExit(1), 1, ""),
        (KeyboardInterrupt(), 0, "Interrupted"),
        (None, 0, ""),
    ],
)
def test_what_ends_the_process_becomes_an_exit_code_and_one_line(
    caplog: pytest.LogCaptureFixture, error: BaseException | None, code: int, said: str
) -> None:
    caplog.set_level(logging.INFO)

    async def main() -> None:
        await trio.lowlevel.checkpoint()
        if error is not None:
            raise BaseExceptionGroup("of a nursery", [error])

    assert exit_code_of(main) == code
    assert said in caplog.text
    assert "Traceback" not in caplog.text


def test_a_fault_of_the_program_is_not_hidden() -> None:
    async def main() -> None:
        await trio.lowlevel.checkpoint()
        raise BaseExceptionGroup("", [ZeroDivisionError(), BaseExceptionGroup("", [KeyError("x")])])

    with pytest.raises(BaseExceptionGroup) as caught:
        exit_code_of(main)
    assert caught.group_contains(ZeroDivisionError)


def test_the_second_signal_is_told_from_the_first(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    events = EventLog()
    say = _say_signals(events)
    say(signal.SIGINT)
    say(signal.SIGTERM)
    assert caplog.messages == [
        "SIGINT: stopping in order (once more: at once)",
        "SIGTERM again: stopping at once",
    ]


# --- the event log ------------------------------------------------------------------------------


def test_messages_left_over_are_trouble_unless_perkd_is_stopped(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    log = EventLog()
    say = _say_signals(log)
    log(DeadLetters("perkd/a", {"Redeem": 2}))
    assert len(caplog.messages) == 1
    say(signal.SIGTERM)
    log(DeadLetters("perkd/a", {"Redeem": 2}))
    assert len(caplog.messages) == 2, "but for the signal there is nothing to say"


def test_every_event_that_matters_is_a_line_and_crashes_are_counted(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    log = EventLog()
    error = ErrorText("KeyError", "'x'", "line 1\nline 2\n")
    for event in (
        Started("perkd/a", 1),
        Crashed("perkd/a", 1, error, "Redeem"),
        Crashed("perkd/a", 2, error),
        StartError("perkd/a", error),
        BackingOff("perkd/a", 2.0),
        Started("perkd/a", 3),
        GaveUp("perkd", error),
        StopOverdue("perkd/a", 5.0),
        ShutDown("perkd/b", "perkd/b/a"),
        ShutDown("perkd/b", None),
        DeadLetters("perkd/a", {"Redeem": 2, "Stop": 1}),
        Stopped("perkd/a", "stopped"),
        StartDeclined("perkd/a", "not now"),
    ):
        log(event)
    assert log.crashes == 2
    assert caplog.messages == [
        "💥 perkd/a crashed on Redeem (life 1): KeyError: 'x'",
        "💥 perkd/a crashed (life 2): KeyError: 'x'",
        "perkd/a could not start: KeyError: 'x'",
        "perkd/a is started again in 2.0 s",
        "perkd/a runs again (life 3)",
        "perkd gave up; the last cause: KeyError: 'x'",
        "perkd/a does not end; waiting for 5 s",
        "perkd/b has done its work: perkd/b/a has ended",
        "perkd/b has done its work: a child has ended",
        "perkd/a has ended with messages nobody will read: 2 × Redeem, 1 × Stop",
    ]
    assert [record.levelname for record in caplog.records].count("CRITICAL") == 1
    kinds = [getattr(record, "kind", None) for record in caplog.records]
    assert kinds == [
        *["Crashed", "Crashed", "StartError", "BackingOff", "Started", "GaveUp", "StopOverdue"],
        *["ShutDown", "ShutDown", "DeadLetters"],
    ]
    assert not any(hasattr(record, "event") for record in caplog.records)  # a line's event is its message


def test_a_debug_log_tells_of_every_start_and_shows_tracebacks(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    log = EventLog()
    log(Started("perkd/a", 1))
    log(Crashed("perkd/a", 1, ErrorText("KeyError", "'x'", "line 1\nline 2\n")))
    assert caplog.messages[0] == "perkd/a started"
    assert caplog.messages[2:] == ["  | line 1", "  | line 2"]


# --- the terminal -------------------------------------------------------------------------------


async def test_a_post_is_a_line_that_says_what_a_member_would_read(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    board, guild, channel = TerminalBoard(), Guild("terminal", "terminal"), Channel("terminal", 0.0)
    await board.post(guild, channel, Announcement(Code("wos", "SNOW")), "")
    frost = Code("wos", "FROST", source="feed", expires=1_800_000_000.0)
    await board.post(guild, channel, Announcement(frost), "")
    assert caplog.messages == [
        "📣 [wos] SNOW",
        "📣 [wos] FROST (from feed, until 15 January 2027, 08:00 UTC)",
    ]


@pytest.mark.parametrize("expires", [1e18, -1e18])
async def test_a_date_beyond_the_calendar_does_not_stop_a_post(
    caplog: pytest.LogCaptureFixture, expires: float
) -> None:
    caplog.set_level(logging.INFO)
    code = Code("wos", "SNOW", source="feed", expires=expires)
    await TerminalBoard().post(
        Guild("terminal", "terminal"), Channel("terminal", 0.0), Announcement(code), ""
    )
    assert caplog.messages == ["📣 [wos] SNOW (from feed)"]


# --- corrections --------------------------------------------------------------------------------


@define(eq=False)
class Listener(Actor):
    heard: list[object] = field(factory=list)

    async def receive(self, message: object) -> object:
        self.heard.append(message)
        await trio.lowlevel.checkpoint()
        return None


async def _compare(store: MemoryStore, key: str, *, within: float = 1.0) -> list[object]:
    listener = Listener()
    setups = {"wos": Secret(key)}
    specs = [ActorSpec("pool", lambda: listener)]
    async with open_tree(SupervisorSpec("t", specs)) as pool_tree:
        make = ActorSpec("setup", lambda: SetupActor(store, pool_tree.ref("pool"), setups))
        async with open_tree(SupervisorSpec("s", [make])):
            await trio.sleep(within)
    return listener.heard


PAUSED = Circuit("wos", "PROTOCOL_CHANGED", until=9e9, failures=5, limit=20)


async def test_the_first_run_records_the_setup_and_lifts_nothing(autojump_clock: object) -> None:
    store = MemoryStore()
    await store.commit(Put(PAUSED))
    assert await _compare(store, "a") == []
    assert await store.get(Circuit, "wos") == PAUSED
    assert await store.get(GameSetup, "wos") is not None


async def test_another_setup_lifts_the_pause_once(autojump_clock: object) -> None:
    store = MemoryStore()
    await _compare(store, "a")
    await store.commit(Put(PAUSED))
    assert await _compare(store, "a") == []
    assert await _compare(store, "b") == [ResumeGame("wos")]
    assert await store.get(Circuit, "wos") == Circuit("wos", limit=20)
    await store.commit(Put(PAUSED))
    assert await _compare(store, "b") == []


async def test_a_spent_budget_is_not_forgiven(autojump_clock: object) -> None:
    store = MemoryStore()
    await _compare(store, "a")
    spent = Circuit("wos", "RATE_LIMITED", until=9e9, failures=1)
    await store.commit(Put(spent))
    assert await _compare(store, "b") == []
    assert await store.get(Circuit, "wos") == spent


async def test_a_store_that_is_away_is_asked_again_later(autojump_clock: object) -> None:
    store = MemoryStore()
    await _compare(store, "a")
    await store.commit(Put(PAUSED))
    store.outages = 2
    assert await _compare(store, "b", within=2.5 * AGAIN_AFTER) == [ResumeGame("wos")]


def test_a_fingerprint_differs_by_salt_and_setup_and_holds_neither() -> None:
    prints = {fingerprint(salt * 16, Secret(key)) for salt in ("00", "ff") for key in ("abc", "abd")}
    assert len(prints) == 4
    assert all(len(text) == 16 and "abc" not in text for text in prints)


# --- the control socket -------------------------------------------------------------------------


async def test_a_control_server_that_ends_by_itself_is_started_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    served: list[Path] = []

    async def serve(_app: object, path: Path, *, stop: Any, task_status: trio.TaskStatus[Path]) -> None:
        served.append(path)
        task_status.started(path)
        if len(served) > 1:
            await stop()

    monkeypatch.setattr("daemon.control.actor.serve_unix", serve)
    service = Service(MemoryStore(), SteadyClock(), dict)

    async def answer(_all: bool = False) -> dict[str, Any]:
        await trio.lowlevel.checkpoint()
        return {}

    spec = ActorSpec("control", lambda: ControlActor(tmp_path / "s", service, answer, answer))
    async with open_tree(SupervisorSpec("t", [spec])) as tree:
        with trio.fail_after(20):
            while len(served) < 2:  # noqa: ASYNC110 - the stand-in has no event
                await trio.sleep(0.005)
        node = tree.snapshot().children[0]
        assert node.restarts == 1
        assert "ended by itself" in str(node.last_error)
