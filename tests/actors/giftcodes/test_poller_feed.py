"""The feed on the virtual clock, with a peer that behaves as told."""

import logging
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import pairwise
from random import Random
from typing import Any

import pytest
import trio
from attrs import define, field
from trio.testing import MockClock

from actors.giftcodes.feed import MAX_WAITING, FeedActor
from actors.giftcodes.found import CodesFound
from actors.giftcodes.poller import PollerPolicy, PollerStats, PollerStatus, PollNow, Reload
from actors.ports import FoundCode, SourceError
from supervision import Actor, ActorRef, ActorSpec, SupervisorSpec, Tree
from supervision.testing import crash, settle

A, B, C = FoundCode("wos", "Aa1"), FoundCode("wos", "Bb2"), FoundCode("ks", "Cc3")

Talk = Sequence[FoundCode | float | SourceError]
"""One connection: codes, pauses in seconds, and at the end an error (else the peer closes)."""
REFUSED: Talk = "refused"  # type: ignore[assignment]  # a connection that never stands


class VirtualClock:
    """Wall-clock time that goes as the test's clock goes."""

    def now(self) -> float:
        return 1_000_000.0 + trio.current_time()


@define
class ScriptedFeed:
    """Plays one talk per connection, then stays silent for ever."""

    talks: deque[Talk]
    connected_at: list[float] = field(factory=list)
    read: int = 0
    open: int = 0

    @asynccontextmanager
    async def listen(self) -> AsyncIterator[AsyncIterator[FoundCode]]:
        self.connected_at.append(trio.current_time())
        talk = self.talks.popleft() if self.talks else [float("inf")]
        if talk is REFUSED:
            raise SourceError("got no connection")
        self.open += 1
        assert self.open == 1
        try:
            yield self._say(talk)
        finally:
            self.open -= 1

    async def _say(self, talk: Talk) -> AsyncIterator[FoundCode]:
        for part in talk:
            match part:
                case SourceError():
                    raise part
                case FoundCode():
                    self.read += 1
                    yield part
                case seconds:
                    await trio.sleep(seconds)


@define(eq=False)
class ScriptedCampaign(Actor):
    """Records what it is asked; answers by its script, then True."""

    heard: list[CodesFound]
    answers: deque[object]

    async def receive(self, message: object) -> object:
        assert isinstance(message, CodesFound)
        self.heard.append(message)
        answer = self.answers.popleft() if self.answers else True
        if isinstance(answer, Exception):
            raise answer
        if answer is Ellipsis:
            await trio.sleep_forever()
        return answer


@define
class World:
    """A feed with its peer and its campaign."""

    tree: Tree
    peer: ScriptedFeed
    heard: list[CodesFound]
    began: float

    @property
    def feed(self) -> ActorRef:
        return self.tree.ref("feed")

    @property
    def recorded(self) -> list[tuple[FoundCode, ...]]:
        return [message.codes for message in self.heard]

    @property
    def connect_times(self) -> list[float]:
        return [at - self.began for at in self.peer.connected_at]

    async def stats(self) -> PollerStats:
        stats = await self.feed.ask(PollerStatus())
        assert isinstance(stats, PollerStats)
        return stats


@asynccontextmanager
async def world(*talks: Talk, answers: Sequence[object] = (), **policy: Any) -> AsyncIterator[World]:
    peer = ScriptedFeed(deque(talks))
    heard: list[CodesFound] = []
    script = deque(answers)
    waiting: deque[FoundCode] = deque()
    tree: Tree

    def make_feed() -> FeedActor:
        campaign = tree.ref("campaign")
        chance = Random(1)
        return FeedActor("live", peer, campaign, VirtualClock(), PollerPolicy(**policy), chance, waiting)

    children = (
        ActorSpec("campaign", lambda: ScriptedCampaign(heard, script)),
        ActorSpec("feed", make_feed),
    )
    tree = Tree(SupervisorSpec("t", children, intensity=100))
    async with trio.open_nursery() as nursery:
        began = trio.current_time()
        await nursery.start(tree.run)
        yield World(tree, peer, heard, began)
        tree.stop()


def texts(caplog: pytest.LogCaptureFixture, level: int = logging.WARNING) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= level]


async def test_codes_are_recorded_as_they_come(autojump_clock: MockClock) -> None:
    async with world([A, 5.0, B, 5.0, C, float("inf")]) as it:
        await trio.sleep(20)
        assert it.recorded == [(A,), (B,), (C,)]
        stats = await it.stats()
        assert (stats.codes_seen, stats.healthy, stats.consecutive_errors) == (3, True, 0)


async def test_waits_before_reconnecting_double_up_to_a_minute_with_jitter(autojump_clock: MockClock) -> None:
    async with world(*[REFUSED] * 12) as it:
        await trio.sleep(700)
    times = it.connect_times
    waits = [after - before for before, after in pairwise(times)]
    limits = [1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60]
    for wait, limit in zip(waits, limits, strict=False):
        assert limit / 2 - 0.01 <= wait <= limit + 0.01
    assert len({round(wait / limit, 3) for wait, limit in zip(waits, limits, strict=False)}) > 5


async def test_a_calm_minute_makes_the_next_wait_short_again(autojump_clock: MockClock) -> None:
    async with world(*[REFUSED] * 6, [61.0], [59.0], REFUSED) as it:
        await trio.sleep(400)
    times = it.connect_times
    assert times[7] - times[6] - 61.0 <= 1.01
    assert times[8] - times[7] - 59.0 <= 2.01
    assert 1.99 <= times[9] - times[8] <= 4.01


async def test_a_lost_connection_is_said_with_its_reason_and_is_no_crash(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    async with world([A, SourceError("lost the connection: cut off")], [B]) as it:
        await trio.sleep(5)
        assert it.feed.alive
        assert it.tree.snapshot().children[1].restarts == 0
    assert it.recorded == [(A,), (B,)]
    assert texts(caplog)[0].endswith("lost the connection: cut off")
    assert texts(caplog)[1].endswith("the peer closed the connection")


async def test_a_code_that_was_not_recorded_is_offered_until_it_is(autojump_clock: MockClock) -> None:
    async with world([A, 0.5, B], answers=[False, ValueError("crash"), None]) as it:
        await trio.sleep(30)
        assert it.recorded == [(A,), (A, B), (A, B), (A, B)]
        assert (await it.stats()).unrecorded == 0


async def test_a_campaign_that_does_not_answer_is_asked_again(autojump_clock: MockClock) -> None:
    async with world([A], answers=[...]) as it:
        await trio.sleep(31)
        assert (await it.stats()).unrecorded == 1
        crash(it.tree.ref("campaign"))
        await trio.sleep(10)
    assert it.recorded[-1] == (A,)


async def test_when_too_much_waits_nothing_more_is_read_and_nothing_dropped(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    codes = [FoundCode("wos", f"C{number}") for number in range(3 * MAX_WAITING)]
    async with world(codes, answers=[False] * 4) as it:
        await settle()
        assert it.peer.read == MAX_WAITING
        await trio.sleep(60)
    assert it.peer.read == len(codes)
    good = it.recorded[4:]
    assert [code for batch in good for code in batch] == codes
    assert any(
        "100 codes wait to be recorded, the newest is C99: no more is read" in text for text in texts(caplog)
    )


async def test_a_code_that_is_said_twice_waits_once(autojump_clock: MockClock) -> None:
    async with world([A, 0.1, A, A, 0.1], answers=[False]) as it:
        await trio.sleep(10)
    assert it.recorded == [(A,), (A,)]


async def test_a_crash_loses_no_code_that_waits(autojump_clock: MockClock) -> None:
    async with world([A, float("inf")], answers=[False] * 3) as it:
        await trio.sleep(0.5)
        crash(it.feed)
        await trio.sleep(20)
        assert it.recorded[-1] == (A,)
        assert len(it.recorded) == 4
        assert it.peer.open == 1


async def test_an_ordered_stop_waits_for_codes_in_hand_to_be_recorded(autojump_clock: MockClock) -> None:
    async with world([A, float("inf")], answers=[False]) as it:
        await trio.sleep(0.5)
        assert len(it.recorded) == 1
    assert it.recorded == [(A,), (A,)]


async def test_an_ordered_stop_names_the_codes_that_could_not_be_recorded(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    async with world([A, float("inf")], answers=[False] * 100):
        await trio.sleep(0.5)
    assert "Feed live ends with 1 code that could not be recorded: ['Aa1']" in texts(caplog, logging.ERROR)


async def test_the_health_line_tells_whether_the_connection_stands(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with world([1000.0], *[REFUSED] * 50, health_every=50) as it:
        await trio.sleep(1502)
        assert not (await it.stats()).healthy
    lines = [text for text in texts(caplog, logging.INFO) if "Health check" in text]
    assert lines[0] == "📊 Health check: Gift code poster healthy. Checks completed: 50"
    assert lines[2].startswith("📊 Health check: Gift code poster NOT healthy: source live: ")
    assert lines[2].endswith("errors in a row, the last: got no connection. Checks completed: 150")


async def test_a_dead_feed_is_told_of_every_tenth_time(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    async with world(*[REFUSED] * 33, health_every=10_000) as it:
        await trio.sleep(3000)
        assert (await it.stats()).last_error == "got no connection"
    said = texts(caplog)
    assert ["reconnecting in" in text for text in said] == [True] * 5 + [False] * 3
    assert said[-1] == "Source live is still failing, 30 times in a row now: got no connection"


async def test_a_peer_that_accepts_and_closes_at_once_is_not_called_healthy(
    autojump_clock: MockClock,
) -> None:
    async with world(*[[0.01]] * 20) as it:
        await trio.sleep(120)
        assert (await it.stats()).consecutive_errors > 3


async def test_a_feed_is_back_when_a_code_comes_or_a_minute_was_calm(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with world(REFUSED, REFUSED, [A, 5.0], REFUSED, [100.0]) as it:
        await trio.sleep(90)
        assert (await it.stats()).healthy
    said = texts(caplog, logging.INFO)
    assert said.count("Source live is back after 2 errors in a row") == 2


async def test_a_check_now_reconnects_at_once(autojump_clock: MockClock) -> None:
    async with world(*[REFUSED] * 8) as it:
        await trio.sleep(130)
        before = len(it.connect_times)
        it.feed.tell(PollNow())
        await settle()
        assert len(it.connect_times) == before + 1


async def test_a_new_policy_counts_at_once(autojump_clock: MockClock) -> None:
    async with world() as it:
        it.feed.tell(Reload(PollerPolicy(interval=1.0)))
        await trio.sleep(5.5)
        stats = await it.stats()
        assert (stats.checks, stats.interval) == (5, 1.0)
