"""`perkd telegram restore` where it can't be done, as the control socket answers it."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import trio
from starlette.applications import Starlette

from actors.vip.model import AccountState
from actors.vip.pool_messages import RestoreAccount
from daemon.clock import SteadyClock
from daemon.service import Service
from daemon.service.audit import By
from daemon.storage.memory import MemoryStore
from daemon.telegram.status import AccountNumbers, ReviveAccount, TelegramStatus
from daemon.vip.orders import AccountOrders
from supervision import Actor, ActorSpec, SupervisorSpec, Tree

CONNECTED = (AccountNumbers("desk-1", "connected"),)


class Answering(Actor):
    """In the place of an actor: answers by the message's class."""

    def __init__(self, answers: dict[type, Any], asked: list[object]) -> None:
        self.answers, self.asked = answers, asked

    async def receive(self, message: object) -> object:
        self.asked.append(message)
        if type(message) not in self.answers:
            raise AssertionError(message)
        return self.answers[type(message)]


@asynccontextmanager
async def restoring(
    telegram: dict[type, Any] | None, pool: dict[type, Any], store: MemoryStore, asked: list[object]
) -> AsyncIterator[Callable[[], Any]]:
    def of(name: str, answers: dict[type, Any]) -> ActorSpec:
        return ActorSpec(name, lambda: Answering(answers, asked))

    leasing = SupervisorSpec("leasing", [of("account_pool", pool)])
    gateways = SupervisorSpec("gateways", [] if telegram is None else [of("telegram", telegram)])
    tree = Tree(SupervisorSpec("perkd", [gateways, SupervisorSpec("vip", [leasing])]))
    service = Service(store, SteadyClock(), dict)
    app = Starlette(routes=AccountOrders(tree, service, By("", "", "cli")).routes())

    async def ask() -> Any:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://perkd") as client:
            answer = await client.post("/api/telegram/restore", json={"account": "desk-1"})
            return answer.status_code, answer.json()

    async with trio.open_nursery() as nursery:
        await nursery.start(tree.run)
        yield ask
        tree.stop()


@pytest.mark.parametrize(
    ("telegram", "code", "words"),
    [
        (None, 400, "runs without VIP threads"),
        ({ReviveAccount: False}, 404, "no account 'desk-1'"),
        ({ReviveAccount: True, TelegramStatus: ()}, 503, "is starting"),
        ({ReviveAccount: True}, 503, "does not answer now"),
    ],
)
async def test_what_stands_in_the_way_is_said_and_the_pool_is_told_nothing(telegram, code, words):
    asked: list[object] = []
    async with restoring(telegram, {}, MemoryStore(), asked) as ask:
        answer, document = await ask()

    assert (answer, words in document["error"]) == (code, True)
    assert RestoreAccount("desk-1") not in asked


async def test_a_dead_account_stays_with_the_pool_as_it_is():
    asked: list[object] = []
    dead = (AccountNumbers("desk-1", "dead", "Telegram has banned the account"),)
    async with restoring({ReviveAccount: True, TelegramStatus: dead}, {}, MemoryStore(), asked) as ask:
        answer = await ask()

    assert answer == (
        200,
        {
            "account": "desk-1",
            "state": "dead",
            "reason": "Telegram has banned the account",
            "leased": False,
        },
    )
    assert RestoreAccount("desk-1") not in asked


@pytest.mark.parametrize("state", list(AccountState))
async def test_who_restores_an_account_is_told_whether_a_session_has_it(state):
    telegram = {ReviveAccount: True, TelegramStatus: CONNECTED}
    async with restoring(telegram, {RestoreAccount: state}, MemoryStore(), []) as ask:
        _, document = await ask()

    assert document["leased"] is (state is AccountState.LEASED)


async def test_an_audit_log_that_is_away_does_not_undo_it(caplog):
    asked: list[object] = []
    store = MemoryStore()
    store.away = True
    telegram = {ReviveAccount: True, TelegramStatus: CONNECTED}
    async with restoring(telegram, {RestoreAccount: AccountState.DRAINING}, store, asked) as ask:
        code, document = await ask()

    assert (code, document["state"]) == (200, "connected")
    assert asked[-1] == RestoreAccount("desk-1")
    assert "The audit log lacks telegram restore desk-1" in caplog.text
