"""VIP threads that do not run: sessions that are still open are told of."""

from typing import Any

import pytest
import trio

from actors.ports import Put
from actors.vip.model import SessionState, VIPSession
from daemon.cli.status_vip import vip_lines
from daemon.storage.memory import MemoryStore
from daemon.vip_off import VIPOff


def session(member: str) -> VIPSession:
    return VIPSession("990", member, f"session-{member}", SessionState.OPEN, started_at=1.0)


async def test_without_sessions_there_is_nothing_to_tell_and_the_store_is_asked_once() -> None:
    store = MemoryStore()
    off = VIPOff(store)
    part = await off.look()
    store.away = True

    assert (part.document, part.problems) == ({"enabled": False, "sessions": 0, "accounts": {}}, ())
    assert await off.look() == part
    assert list(vip_lines(part.document)) == []


@pytest.mark.parametrize(
    ("members", "words", "line"),
    [
        (
            "1",
            "1 VIP session is still open, and VIP threads do not run",
            "does not run · 1 session left open",
        ),
        ("12", "2 VIP sessions are still open", "does not run · 2 sessions left open"),
    ],
)
async def test_sessions_that_are_still_open_are_a_problem_with_a_way_out(
    members: str, words: str, line: str
) -> None:
    store = MemoryStore()
    await store.commit(*(Put(session(member)) for member in members))
    part = await VIPOff(store).look()

    (problem,) = part.problems
    assert problem.startswith(words)
    assert "[vip] enabled = true" in problem
    assert part.document["sessions"] == len(members)
    assert [(label, text.plain) for label, text in vip_lines(part.document)] == [("vip", line)]


async def test_a_store_that_does_not_answer_is_not_waited_for(autojump_clock: object) -> None:
    store = MemoryStore()
    store.away = True
    assert (await VIPOff(store).look()).document["sessions"] is None

    class Silent(MemoryStore):
        async def find(self, *_: Any, **__: Any) -> Any:
            await trio.sleep_forever()

    assert (await VIPOff(Silent()).look()).problems == ()
    assert trio.current_time() < 1
