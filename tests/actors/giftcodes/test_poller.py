"""The poller on the virtual clock, with a source that behaves as told."""

import logging
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
import trio
from attrs import define, evolve, field
from hypothesis import given
from hypothesis import strategies as st
from trio.testing import MockClock

from actors.giftcodes.found import CodesFound
from actors.giftcodes.poller import PollerActor, PollerPolicy, PollerStats, PollerStatus, PollNow, Reload
from actors.ports import FoundCode, SourceError
from supervision import Actor, ActorRef, ActorSpec, Crashed, SupervisorSpec, Tree
from supervision.testing import Trace, crash, settle

A, B = FoundCode("wos", "Aa1"), FoundCode("wos", "Bb2")
DOWN = SourceError("got HTTP 503")

Step = Sequence[FoundCode] | None | SourceError | Exception


class VirtualClock:
    """Wall-clock time that goes as the test's clock goes."""

    def now(self) -> float:
        return 1_000_000.0 + trio.current_time()


@define
class ScriptedSource:
    """Plays its steps, and repeats the last one for ever."""

    steps: deque[Step]
    fetched_at: list[float] = field(factory=list)
    accepted: int = 0
    delay: float = 0.0

    async def fetch(self) -> Sequence[FoundCode] | None:
        self.fetched_at.append(trio.current_time())
        await trio.sleep(self.delay)
        step = self.steps.popleft() if len(self.steps) > 1 else self.steps[0]
        if isinstance(step, Exception):
            raise step
        return step

    def accept(self) -> None:
        self.accepted += 1


@define(eq=False)
class ScriptedCampaign(Actor):
    """Records what it is asked; answers by its script, then True."""

    heard: list[tuple[float, CodesFound]]
    answers: deque[object]

    async def receive(self, message: object) -> object:
        assert isinstance(message, CodesFound)
        self.heard.append((trio.current_time(), message))
        answer = self.answers.popleft() if self.answers else True
        if isinstance(answer, Exception):
            raise answer
        if answer is Ellipsis:
            await trio.sleep_forever()
        return answer


@define
class World:
    """A poller with its source and its campaign."""

    poller: ActorRef
    source: ScriptedSource
    heard: list[tuple[float, CodesFound]]
    began: float
    trace: Trace
    campaign: ActorRef

    async def stats(self) -> PollerStats:
        stats = await self.poller.ask(PollerStatus())
        assert isinstance(stats, PollerStats)
        return stats

    @property
    def lists(self) -> list[tuple[FoundCode, ...]]:
        return [message.codes for _, message in self.heard]

    @property
    def fetch_times(self) -> list[float]:
        return [at - self.began for at in self.source.fetched_at]

    @property
    def report_times(self) -> list[float]:
        return [at - self.began for at, _ in self.heard]


@asynccontextmanager
async def world(*steps: Step, answers: Sequence[object] = (), **policy: Any) -> AsyncIterator[World]:
    source = ScriptedSource(deque(steps))
    heard: list[tuple[float, CodesFound]] = []
    script = deque(answers)
    trace = Trace()
    tree: Tree

    def make_poller() -> PollerActor:
        return PollerActor("page", source, tree.ref("campaign"), VirtualClock(), PollerPolicy(**policy))

    children = (
        ActorSpec("campaign", lambda: ScriptedCampaign(heard, script)),
        ActorSpec("poller", make_poller),
    )
    tree = Tree(SupervisorSpec("t", children, intensity=100), on_event=trace)
    async with trio.open_nursery() as nursery:
        began = trio.current_time()
        await nursery.start(tree.run)
        yield World(tree.ref("poller"), source, heard, began, trace, tree.ref("campaign"))
        tree.stop()


def texts(caplog: pytest.LogCaptureFixture, level: int = logging.INFO) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= level]


# --- the schedule -------------------------------------------------------------------------------


async def test_the_first_check_comes_at_once_and_then_one_every_interval(autojump_clock: MockClock) -> None:
    async with world([A]) as it:
        await trio.sleep(35)
    assert it.fetch_times == pytest.approx([0, 10, 20, 30], abs=0.1)


async def test_after_five_errors_in_a_row_the_interval_stretches_until_the_source_is_back(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with world(*[DOWN] * 7, [A], fetch_attempts=1) as it:
        await trio.sleep(145)
    assert it.fetch_times == pytest.approx([0, 10, 20, 30, 40, 70, 100, 130, 140], abs=0.1)
    said = texts(caplog)
    assert said.count("Source page failed 5 times in a row: checked every 30 s until it is back") == 1
    assert said.count("Source page is back after 7 errors in a row") == 1


async def test_a_check_now_is_one_check_and_moves_the_schedule(autojump_clock: MockClock) -> None:
    async with world([A]) as it:
        await trio.sleep(4)
        it.poller.tell(PollNow())
        it.poller.tell(PollNow())
        await trio.sleep(15)
    assert it.fetch_times == pytest.approx([0, 4, 14], abs=0.1)


async def test_a_new_policy_counts_at_once(autojump_clock: MockClock) -> None:
    async with world([A]) as it:
        await trio.sleep(1)
        it.poller.tell(Reload(PollerPolicy(interval=2.0)))
        await trio.sleep(5)
        assert (await it.stats()).interval == 2.0
    assert it.fetch_times == pytest.approx([0, 3, 5], abs=0.1)


async def test_status_is_answered_during_a_slow_fetch(autojump_clock: MockClock) -> None:
    async with world([A]) as it:
        await trio.sleep(1)
        it.source.delay = 60.0
        await trio.sleep(10)
        before = trio.current_time()
        assert (await it.stats()).checks == 1
        assert trio.current_time() == before


# --- tries and errors ---------------------------------------------------------------------------


async def test_a_fetch_is_tried_three_times_with_growing_waits(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with world(DOWN, DOWN, [A]) as it:
        await trio.sleep(5)
        assert (await it.stats()).consecutive_errors == 0
    assert it.fetch_times == pytest.approx([0, 1, 3], abs=0.1)
    assert texts(caplog)[:2] == [
        "Fetching gift codes from page failed (attempt 1/3): got HTTP 503",
        "Fetching gift codes from page failed (attempt 2/3): got HTTP 503",
    ]
    assert texts(caplog, logging.WARNING) == []
    [record] = [record for record in caplog.records if "attempt 2/3" in record.getMessage()]
    fields = vars(record)
    assert (fields["source"], fields["attempt"], fields["reason"]) == ("page", 2, "got HTTP 503")


async def test_a_failed_check_is_one_warning_and_a_dead_source_is_told_of_every_tenth_check(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with world(DOWN, interval=100.0, error_interval_factor=1.0) as it:
        await trio.sleep(2450)
        assert (await it.stats()).consecutive_errors == 24
    assert texts(caplog, logging.WARNING) == [
        *["Fetching gift codes from page failed (attempt 3/3): got HTTP 503"] * 5,
        "Source page failed 5 times in a row: checked every 100 s until it is back",
        "Source page is still failing, 10 times in a row now: got HTTP 503",
        "Source page is still failing, 20 times in a row now: got HTTP 503",
    ]
    assert len(texts(caplog)) == 5 * 3 + 3


async def test_the_line_of_a_good_fetch_names_the_number_and_the_try(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with world([A], DOWN, [A, B]):
        await trio.sleep(15)
    assert "Successfully fetched 1 gift codes (attempt 1)" in texts(caplog)
    assert "Successfully fetched 2 gift codes (attempt 2)" in texts(caplog)


async def test_a_check_whose_tries_all_failed_is_one_error(autojump_clock: MockClock) -> None:
    async with world(DOWN, DOWN, DOWN, [A]) as it:
        await trio.sleep(5)
        stats = await it.stats()
        assert (stats.checks, stats.consecutive_errors, stats.last_error) == (1, 1, "got HTTP 503")
        assert stats.last_ok_at is None
        assert not stats.healthy
        await trio.sleep(10)
        stats = await it.stats()
        assert (stats.checks, stats.consecutive_errors, stats.healthy) == (2, 0, True)
        assert stats.last_ok_at is not None


async def test_what_nobody_expects_crashes_the_poller_and_its_successor_goes_on(
    autojump_clock: MockClock,
) -> None:
    async with world(ValueError("a fault in our code"), [A]) as it:
        await trio.sleep(5)
    assert [type(event).__name__ for event in it.trace.of(Crashed)] == ["Crashed"]
    assert it.lists == [(A,)]


# --- reports ------------------------------------------------------------------------------------


async def test_a_list_is_accepted_only_after_the_campaign_recorded_it(autojump_clock: MockClock) -> None:
    async with world([A], answers=[...]) as it:
        await trio.sleep(20)
        assert it.lists == [(A,)]
        assert it.source.accepted == 0


@pytest.mark.parametrize("answer", [False, None, 1, "yes", ValueError("the store"), ...])
async def test_any_answer_but_true_accepts_nothing_and_the_codes_are_offered_again(
    autojump_clock: MockClock, answer: object, caplog: pytest.LogCaptureFixture
) -> None:
    async with world([A], answers=[answer]) as it:
        await trio.sleep(0.5 if answer is not ... else 30.5)
        assert it.source.accepted == 0
        stats = await it.stats()
        assert (stats.unrecorded, stats.consecutive_errors, stats.healthy) == (1, 0, False)
        await trio.sleep(10)
        if answer is not ...:  # that campaign never answers anything again
            assert it.source.accepted >= 1
            assert (await it.stats()).unrecorded == 0
            assert it.lists == [(A,), (A,)]
    assert "Source page: 1 code not recorded yet, to be offered again" in texts(caplog, logging.WARNING)[0]


async def test_a_code_that_was_not_recorded_outlives_its_disappearance_from_the_source(
    autojump_clock: MockClock,
) -> None:
    async with world([A], [], DOWN, answers=[False, False], fetch_attempts=1) as it:
        await trio.sleep(30)
    assert it.lists == [(A,), (A,), (A,)]
    assert it.source.accepted == 0  # the list that was fetched while it was recorded had failed


async def test_unrecorded_codes_are_offered_soon_and_then_less_often(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with world([A], answers=[False] * 5) as it:
        await trio.sleep(16)
    assert it.report_times == pytest.approx([0, 1, 3, 6, 10, 15], abs=0.2)
    assert texts(caplog).count("Successfully fetched 1 gift codes (attempt 1)") == 1


async def test_an_unchanged_list_is_not_reported_again_but_accepted(autojump_clock: MockClock) -> None:
    async with world([A, B], [B, A], [A, B], None) as it:
        await trio.sleep(45)
    assert it.lists == [(A, B)]
    assert it.source.accepted == 5


async def test_a_changed_list_is_reported_whole(autojump_clock: MockClock) -> None:
    async with world([A], [A, B], [A, evolve(B, expires=5.0)]) as it:
        await trio.sleep(25)
    assert it.lists == [(A,), (A, B), (A, evolve(B, expires=5.0))]


async def test_neither_an_outage_nor_an_empty_list_is_reported(autojump_clock: MockClock) -> None:
    async with world([A], DOWN, DOWN, DOWN, [], [A]) as it:
        await trio.sleep(45)
    assert it.lists == [(A,), (A,)]


@pytest.mark.parametrize("later", [None, [A]])
async def test_what_is_still_listed_is_reported_once_an_hour(autojump_clock: MockClock, later: Step) -> None:
    async with world([A], later, interval=60.0) as it:
        await trio.sleep(3 * 3600 + 90)
    assert it.lists == [(A,)] * 4
    assert it.report_times == pytest.approx([0, 3600, 7200, 10800], abs=121)


async def test_a_crash_between_found_and_recorded_loses_nothing(autojump_clock: MockClock) -> None:
    async with world([A], answers=[...]) as it:
        await trio.sleep(5)
        crash(it.poller)
        await settle()
        crash(campaign := it.campaign)
        await trio.sleep(5)
        assert campaign.alive
    assert it.lists[-1] == (A,)
    assert it.source.accepted >= 1


@given(
    script=st.lists(st.sampled_from(["A", "B", "AB", "", "same", "down"]), min_size=1, max_size=12),
    answers=st.lists(st.sampled_from([True, False, ValueError("x")]), max_size=8),
)
def test_every_code_ever_listed_is_recorded_and_nothing_else(
    script: list[str], answers: list[object]
) -> None:
    steps: list[Step] = []
    accepted_possible = False
    for word in script:
        match word:
            case "down":
                steps.append(DOWN)
            case "same":
                steps.append(None if accepted_possible else [])
            case _:
                steps.append([{"A": A, "B": B}[letter] for letter in word])
    recorded: set[FoundCode] = set()

    async def play() -> None:
        async with world(*steps, [], answers=answers, fetch_attempts=1, max_consecutive_errors=99) as it:
            await trio.sleep(600)
        verdicts = [*answers, *[True] * len(it.lists)]
        for codes, verdict in zip(it.lists, verdicts, strict=False):
            if verdict is True:
                recorded.update(codes)

    trio.run(play, clock=MockClock(autojump_threshold=0))
    assert recorded == {code for step in steps if isinstance(step, list) for code in step}


# --- health -------------------------------------------------------------------------------------


async def test_the_health_line_comes_every_hundred_checks(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with world([A]):
        await trio.sleep(2005)
    assert [text for text in texts(caplog) if "Health check" in text] == [
        "📊 Health check: Gift code poster healthy. Checks completed: 100",
        "📊 Health check: Gift code poster healthy. Checks completed: 200",
    ]


async def test_the_health_line_does_not_always_say_yes(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    async with world(DOWN, health_every=3, fetch_attempts=1):
        await trio.sleep(25)
    [line] = [text for text in texts(caplog, logging.WARNING) if "Health check" in text]
    assert line == (
        "📊 Health check: Gift code poster NOT healthy: source page: 3 errors in a row, "
        "the last: got HTTP 503. Checks completed: 3"
    )


@pytest.mark.parametrize(
    "wrong", [{"interval": 0}, {"fetch_attempts": 0}, {"health_every": 0}, {"attempt_wait": -1}]
)
def test_a_policy_without_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        PollerPolicy(**wrong)
