"""VIP's part of the status: what is shown, what counts as a problem, in which words, and who is not named."""

import json
from functools import partial
from typing import Any

import pytest
import trio
from attrs import define, evolve, field

from actors.vip.account_book import NOT_CONFIGURED
from actors.vip.messages import VIPNumbers, VIPStatus
from actors.vip.model import AccountState, SessionState, VIPAccount
from actors.vip.pool_messages import PoolNumbers, PoolStatus
from actors.vip.saga import NOT_TAKEN
from daemon.clock import SteadyClock
from daemon.status import StatusReport
from daemon.telegram.status import NOT_YET, AccountNumbers, TelegramStatus
from daemon.vip_report import VIPReport
from daemon.vip_status import MENDED_WITHIN, UNDELIVERED_WITHIN, VIPAnswers, vip_json, vip_problems
from supervision import Actor, ActorSpec, Backoff, SupervisorSpec, open_tree
from supervision.testing import crash

NOW = 1_700_000_000.0
SINCE = NOW - 60.0
LEASED = VIPAccount("desk-1", AccountState.LEASED, epoch=7, session="a1", member="990/4242", since=SINCE)
FREE = VIPAccount("desk-2", AccountState.FREE, since=SINCE)
ONLINE = AccountNumbers("desk-1", "connected"), AccountNumbers("desk-2", "connected")
DESK = VIPNumbers(((SessionState.OPEN, 3), (SessionState.OPENING, 0), (SessionState.ENDING, 1)), 4.25, 2)


def answers(
    *accounts: VIPAccount,
    desk: VIPNumbers | None = DESK,
    waiting: int = 0,
    telegram: tuple[AccountNumbers, ...] | None = ONLINE,
) -> VIPAnswers:
    return VIPAnswers(desk, PoolNumbers(True, accounts or (LEASED, FREE), waiting), telegram)


def problems(said: VIPAnswers) -> list[str]:
    return list(vip_problems(said, NOW))


def listed(said: VIPAnswers) -> Any:
    return vip_json(said)["account_list"]


def out(
    state: AccountState, reason: str = "", since: float = SINCE, until: float | None = None
) -> VIPAnswers:
    return answers(LEASED, VIPAccount("desk-2", state, reason, since=since, until=until))


# --- what is shown ------------------------------------------------------------------------------


def test_the_document_counts_sessions_accounts_the_queue_and_the_oldest_message() -> None:
    document = vip_json(answers(waiting=2))
    assert document["enabled"] is True
    assert document["sessions"] == 4
    assert document["by_state"] == {"open": 3, "ending": 1}
    assert document["accounts"] == {"free": 1, "leased": 1}
    assert (document["waiting"], document["oldest_undelivered"], document["unanswered"]) == (2, 4.2, 2)
    assert document["silent"] == []


def test_accounts_are_listed_with_their_state_their_reason_and_their_connection() -> None:
    dead = VIPAccount("desk-2", AccountState.DEAD, "Telegram has banned the account", since=SINCE)
    away = AccountNumbers("desk-1", "away", "Telegram can't be reached")
    document = vip_json(answers(dead, LEASED, telegram=(away, AccountNumbers("desk-2", "dead"))))
    assert document["account_list"] == [
        {
            "name": "desk-1",
            "state": "leased",
            "reason": "Telegram can't be reached",
            "connection": "away",
            "since": "2023-11-14T22:12:20Z",
            "until": None,
        },
        {
            "name": "desk-2",
            "state": "dead",
            "reason": "Telegram has banned the account",
            "connection": "dead",
            "since": "2023-11-14T22:12:20Z",
            "until": None,
        },
    ]


def test_nobody_who_talks_to_the_desk_is_named() -> None:
    said = json.dumps([vip_json(answers()), problems(answers(waiting=1))])
    assert not [name for name in ("4242", "990", "a1") if name in said]


def test_a_part_that_does_not_answer_is_shown_as_such_and_never_as_well() -> None:
    nothing = vip_json(VIPAnswers())
    assert nothing["silent"] == ["desk", "account_pool", "telegram"]
    assert [nothing[key] for key in ("sessions", "waiting", "oldest_undelivered", "unanswered")] == [None] * 4
    assert len(problems(VIPAnswers())) == 3

    assert {one["connection"] for one in listed(answers(telegram=None))} == {"no answer"}

    without_pool = VIPAnswers(DESK, None, ONLINE)
    assert vip_json(without_pool)["waiting"] is None
    assert [one["state"] for one in listed(without_pool)] == ["no answer"] * 2


def test_a_pool_that_has_not_read_the_store_has_no_numbers_yet() -> None:
    unread = VIPAnswers(DESK, PoolNumbers(loaded=False, accounts=(), waiting=0), ONLINE)
    assert vip_json(unread)["waiting"] is None
    assert problems(unread) == ["the VIP account pool has not been able to read the store yet"]


# --- what is wrong ------------------------------------------------------------------------------


def test_nothing_is_wrong_where_all_goes_well() -> None:
    assert problems(answers()) == []


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (
            out(AccountState.DEAD, "Telegram has banned the account"),
            (
                "Telegram account desk-2 is out of use: Telegram has banned the account; `perkd telegram "
                "login desk-2` and `perkd telegram restore desk-2`, or take it out of [[telegram.accounts]]"
            ),
        ),
        (
            out(AccountState.DEAD, "it is not signed in: `perkd telegram login desk-2`"),
            (
                "Telegram account desk-2 is out of use: it is not signed in: `perkd telegram login "
                "desk-2`, then `perkd telegram restore desk-2`"
            ),
        ),
        (
            out(AccountState.LIMITED, "Telegram does not let the account write", until=NOW + 3600.0),
            (
                "Telegram account desk-2 may not write to others since 2023-11-14T22:12:20Z: Telegram "
                "does not let the account write; it is tried again at 2023-11-14T23:13:20Z. In its "
                "Telegram app @SpamBot tells more; let the desk have it among its contacts"
            ),
        ),
        (
            out(AccountState.LIMITED, f"{NOT_TAKEN}: Telegram refuses it", until=NOW + 3600.0),
            (
                "Telegram account desk-2 can't be used since 2023-11-14T22:12:20Z: it can't write to the "
                "desk: Telegram refuses it; it is tried again at 2023-11-14T23:13:20Z. If the desk has "
                "blocked it, have it unblocked; then `perkd telegram restore desk-2`"
            ),
        ),
        (
            out(AccountState.QUARANTINED, "its history is not empty", since=NOW - MENDED_WITHIN),
            (
                "Telegram account desk-2 can't be leased since 2023-11-14T21:58:20Z (quarantined): its "
                "history is not empty"
            ),
        ),
        (
            out(AccountState.FLOOD_WAIT, "asked to wait", since=NOW - MENDED_WITHIN, until=NOW + 60.0),
            (
                "Telegram account desk-2 can't be leased since 2023-11-14T21:58:20Z (flood wait): asked "
                "to wait; tried again at 2023-11-14T22:14:20Z"
            ),
        ),
        (
            answers(telegram=(ONLINE[0], AccountNumbers("desk-2", "away", "Telegram can't be reached"))),
            (
                "Telegram account desk-2 is not connected: Telegram can't be reached; perkd tries again "
                "by itself"
            ),
        ),
        (
            answers(telegram=(ONLINE[0], AccountNumbers("desk-2", "dead", "it is signed out"))),
            (
                "Telegram account desk-2 is out of use: it is signed out; `perkd telegram login desk-2` "
                "and `perkd telegram restore desk-2`, or take it out of [[telegram.accounts]]"
            ),
        ),
        (
            answers(LEASED, waiting=3, telegram=ONLINE[:1]),
            (
                "3 members wait for a Telegram account (1 leased): one more account in "
                "[[telegram.accounts]] is one more session at a time"
            ),
        ),
        (
            answers(desk=evolve(DESK, oldest_undelivered=UNDELIVERED_WITHIN)),
            (
                "a VIP message has been waiting for 3 min to be delivered: see whether Discord and "
                "Telegram are connected; the log says what failed"
            ),
        ),
        (
            VIPAnswers(None, answers().pool, ONLINE, uncounted=True),
            "VIP sessions can't be counted: the store can't be asked",
        ),
        (
            VIPAnswers(DESK, None, (AccountNumbers("desk-1", "away", "it is in use by process 7"),)),
            "Telegram account desk-1 is away: it is in use by process 7",
        ),
    ],
)
def test_what_is_wrong_is_said_with_the_way_out(said: VIPAnswers, sentence: str) -> None:
    assert sentence in problems(said)


@pytest.mark.parametrize(
    "said",
    [
        out(AccountState.QUARANTINED, "its history could not be cleared"),
        out(AccountState.DRAINING, "given back: its history is being cleared"),
        out(AccountState.DEAD, NOT_CONFIGURED),
        answers(
            telegram=(AccountNumbers("desk-1", "away", NOT_YET), AccountNumbers("desk-2", "away", NOT_YET))
        ),
        answers(telegram=()),
        answers(desk=evolve(DESK, oldest_undelivered=UNDELIVERED_WITHIN - 1.0)),
    ],
)
def test_what_mends_itself_in_a_while_is_no_problem_yet(said: VIPAnswers) -> None:
    assert problems(said) == []


def test_an_account_that_is_no_longer_configured_has_no_connection() -> None:
    _, gone = listed(out(AccountState.DEAD, NOT_CONFIGURED))
    assert (gone["connection"], gone["reason"]) == (None, NOT_CONFIGURED)


def test_of_many_accounts_in_trouble_a_few_are_named_and_the_others_counted() -> None:
    accounts = [VIPAccount(f"desk-{n}", AccountState.DEAD, "banned", since=SINCE) for n in range(20)]
    said = problems(answers(*accounts, telegram=()))
    assert len(said) == 6
    assert said[-1] == "15 more Telegram accounts are not in order"


# --- asking -------------------------------------------------------------------------------------


@define(eq=False)
class Part(Actor):
    """Answers with what it is given; an exception crashes it, None on `busy` takes for ever."""

    answer: object
    asked: list[object] = field(factory=list)
    busy: bool = False

    async def receive(self, message: object) -> object:
        self.asked.append(message)
        if self.busy:
            await trio.sleep_forever()
        return self.answer


def a_tree(desk: Part, pool: Part, telegram: Part) -> SupervisorSpec:
    parts = {"desk": desk, "pool": pool, "telegram": telegram}
    return SupervisorSpec("perkd", [*_specs(parts), SupervisorSpec("giftcodes", _giftcodes())])


def _specs(parts: dict[str, Part]) -> list[ActorSpec]:
    slow = Backoff(min=100, max=100)
    return [ActorSpec(name, partial(lambda part: part, part), backoff=slow) for name, part in parts.items()]


def _giftcodes() -> list[ActorSpec | SupervisorSpec]:
    """What every status asks for."""
    pool = SupervisorSpec("redemption", _specs({"session_pool": Part(None)}))
    return [pool, *_specs({"campaign": Part(None), "announcer": Part(None)})]


async def test_each_part_is_asked_and_none_is_waited_for(autojump_clock: object) -> None:
    desk, pool, telegram = Part(DESK), Part(answers().pool, busy=True), Part(ONLINE)
    async with open_tree(a_tree(desk, pool, telegram)) as tree:
        report = VIPReport(tree.ref("desk"), tree.ref("pool"), tree.ref("telegram"), SteadyClock())
        before = trio.current_time()
        document = await report.make()
        assert trio.current_time() - before < 0.5
        assert (document["sessions"], document["silent"]) == (4, ["account_pool"])
        assert [desk.asked, pool.asked, telegram.asked] == [[VIPStatus()], [PoolStatus()], [TelegramStatus()]]


async def test_a_desk_that_can_not_ask_the_store_is_told_from_one_that_is_gone(
    autojump_clock: object,
) -> None:
    async with open_tree(a_tree(Part(None), Part(answers().pool), Part(ONLINE))) as tree:
        report = VIPReport(tree.ref("desk"), tree.ref("pool"), tree.ref("telegram"), SteadyClock())
        assert (await report.look()).problems == ("VIP sessions can't be counted: the store can't be asked",)
        crash(tree.ref("desk"))
        await trio.testing.wait_all_tasks_blocked()
        (problem,) = (await report.look()).problems
        assert problem.startswith("the VIP desk does not answer")


async def test_the_status_shows_it_and_is_degraded_by_it_and_never_down(autojump_clock: object) -> None:
    async with open_tree(a_tree(Part(DESK), Part(answers(waiting=1).pool), Part(ONLINE))) as tree:
        vip = VIPReport(tree.ref("desk"), tree.ref("pool"), tree.ref("telegram"), SteadyClock())
        shown = await StatusReport(tree, SteadyClock(), backend=None, vip=vip).make()
        assert shown["vip"] == await vip.make()
        assert [one for one in shown["problems"] if one.startswith("1 member waits")]  # type: ignore[attr-defined]


async def test_without_vip_the_status_says_that_it_is_off(autojump_clock: object) -> None:
    async with open_tree(a_tree(Part(DESK), Part(None), Part(None))) as tree:
        shown = await StatusReport(tree, SteadyClock(), backend=None).make()
        assert shown["vip"] == {"enabled": False, "sessions": 0, "accounts": {}}
