"""TelegramActor and the port to the desk, in a tree, with the real Telethon and the stand-in."""

from collections.abc import AsyncIterator

import pytest
import trio

from actors.vip.model import AccountState
from actors.vip.pool_messages import AccountOut, DeskDeleted, DeskEdited, DeskPosted, DeskResync
from actors.vip.ports import AccountDead, Content, Gone, Lease, Mark, Unreachable
from daemon.telegram.actor import TelegramActor, TelegramPorts
from daemon.telegram.desk import TelegramDesk
from daemon.telegram.link import TelegramLink
from daemon.telegram.status import AccountNumbers, TelegramStatus
from daemon.telegram.values import Outgoing
from supervision import ActorSpec, Backoff, SupervisorSpec, open_tree
from supervision.testing import crash
from tests.worlds.telegram_line import QUICK

LEASE = Lease("desk-1", 1)


class Told:
    """What the pool would be told."""

    def __init__(self):
        self.messages = []
        self._more = trio.Event()

    async def __call__(self, message):
        self.messages.append(message)
        self._more.set()
        self._more = trio.Event()

    async def wait_for(self, kind, count=1):
        while len(found := [message for message in self.messages if isinstance(message, kind)]) < count:
            await self._more.wait()
        return found[count - 1]


@pytest.fixture
def link():
    return TelegramLink()


@pytest.fixture
def told():
    return Told()


@pytest.fixture
async def tree(session, application, link, told) -> AsyncIterator:
    ports = TelegramPorts(
        link, (("desk-1", session),), "@vip_desk", application, lambda _, message: message.text, told, QUICK
    )
    backoff = Backoff(min=0.01, max=0.01)
    spec = ActorSpec("telegram", lambda: TelegramActor(ports), grace=20.0, backoff=backoff)
    async with open_tree(SupervisorSpec("test", [spec], intensity=100, period=60.0)) as opened:
        yield opened


@pytest.fixture
def desk(link):
    async def show(content: Content, *, editing: bool = False) -> Outgoing:
        return Outgoing(str(content.body))

    return TelegramDesk(link, show, lambda _, message: message.text, lambda: True)


async def test_the_pool_is_told_what_the_desk_does(tree, told, telegram, desk_1):
    await told.wait_for(DeskResync)
    message = telegram.desk.say(desk_1, "hello")
    telegram.desk.edit(desk_1, message, "hello!")
    telegram.desk.delete(desk_1, message)

    posted = await told.wait_for(DeskPosted)
    edited = await told.wait_for(DeskEdited)
    deleted = await told.wait_for(DeskDeleted)

    assert (posted.message.id, posted.message.body, posted.message.version) == (str(message.id), "hello", "")
    assert (edited.message.body, edited.message.version > "") == ("hello!", True)
    assert deleted == DeskDeleted("desk-1", (str(message.id),))


async def test_the_port_does_what_it_says(tree, told, desk, telegram, desk_1):
    await told.wait_for(DeskResync)

    first = await desk.send(LEASE, Content("one"), 11)
    again = await desk.send(LEASE, Content("one"), 11)
    second = await desk.send(LEASE, Content("two"), 12, reply_to=first)
    await desk.edit(LEASE, first, Content("uno"))
    answer = telegram.desk.say(desk_1, "and?")
    await desk.mark(LEASE, str(answer.id), Mark.SENT)
    history = await desk.history(LEASE, first, 10)
    one = await desk.message(LEASE, first)
    await desk.delete(LEASE, second)

    assert (again, one.body, one.own) == (first, "uno", True)
    assert [(message.body, message.own, message.reply_to) for message in history] == [
        ("two", True, first),
        ("and?", False, ""),
    ]
    assert answer.reactions == ["👌"]
    with pytest.raises(Gone):
        await desk.message(LEASE, second)
    assert (await desk.clear_step(LEASE), await desk.is_empty(LEASE)) == (0, True)
    await desk.probe("desk-1")


async def test_a_dead_account_is_told_to_the_pool_and_shows_in_the_status(tree, told, desk, telegram, desk_1):
    await told.wait_for(DeskResync)
    before = await tree.ref("telegram").ask(TelegramStatus())
    telegram.kill(desk_1, "USER_DEACTIVATED_BAN")
    with pytest.raises(AccountDead):
        await desk.probe("desk-1")

    out = await told.wait_for(AccountOut)
    after = await tree.ref("telegram").ask(TelegramStatus())

    assert out == AccountOut("desk-1", AccountState.DEAD, "Telegram has banned the account")
    assert before == (AccountNumbers("desk-1", "connected"),)
    assert after == (AccountNumbers("desk-1", "dead", "Telegram has banned the account"),)


async def test_an_actor_that_crashed_connects_anew(tree, told, desk, telegram, desk_1):
    await told.wait_for(DeskResync)
    crash(tree.ref("telegram"))

    await told.wait_for(DeskResync, 2)

    assert await desk.send(LEASE, Content("still here"), 13) == str(telegram.chat(desk_1).messages[0].id)


async def test_without_the_actor_the_desk_is_unreachable(desk):
    with pytest.raises(Unreachable, match="not running"):
        await desk.is_empty(LEASE)


async def test_an_account_that_is_not_configured_is_dead(tree, told, desk):
    await told.wait_for(DeskResync)

    with pytest.raises(AccountDead, match="not among"):
        await desk.is_empty(Lease("desk-9", 1))
