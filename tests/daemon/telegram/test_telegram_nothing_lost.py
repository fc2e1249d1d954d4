"""Whatever happens to the connection: events and the history by id together have every message, in order."""

from pathlib import Path
from tempfile import TemporaryDirectory

import trio
from attrs import define, field
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from actors.vip.ports import Trouble
from daemon.aio import open_loop
from daemon.secrets import Secret
from daemon.telegram.account import Account
from daemon.telegram.chat import DeskChat
from daemon.telegram.values import Application, Connected, Event, NewMessage, TelegramMessage
from tests.worlds.telegram import DataCentre, open_telegram
from tests.worlds.telegram.state import Account as Person
from tests.worlds.telegram_line import QUICK

ACTS = ("say", "say", "say", "cut", "deaf", "hearing", "restart", "wait")


@define(eq=False)
class Reader:
    """Does what a session does: takes what is new, and reads by id what it missed when it is connected."""

    texts: list[str] = field(factory=list)
    last: int = 0
    behind: bool = True
    """The history has to be read first."""
    changed: trio.Event = field(factory=trio.Event)

    async def take(self, account: Account, event: Event) -> None:
        match event:
            case Connected():
                self.behind = True
                try:
                    self._add(await account.ask(DeskChat.history, self.last, 1000))
                    self.behind = False
                except Trouble:
                    return  # it will be connected again
            case NewMessage(_, message) if not self.behind:
                self._add([message])
        self.changed.set()
        self.changed = trio.Event()

    def _add(self, messages: list[TelegramMessage]) -> None:
        for message in messages:
            if message.id > self.last:
                self.last = message.id
                self.texts.append(message.text)


@define(eq=False)
class Story:
    """A sequence of acts, through as many lives of the account as it takes."""

    telegram: DataCentre
    person: Person
    path: Path
    acts: list[str]
    reader: Reader = field(factory=Reader)
    said: int = 0

    async def tell(self) -> None:
        while self.acts:
            await self._live()

    async def _live(self) -> None:
        application = Application(self.telegram.api_id, Secret(self.telegram.api_hash), "0")
        async with open_loop("telegram") as loop:
            events = loop.from_asyncio(3)
            account = Account("desk-1", self.path, "@vip_desk", application, loop, events, QUICK)
            async with trio.open_nursery() as nursery:
                nursery.start_soon(account.run)
                nursery.start_soon(self._listen, account)
                while self.acts and (act := self.acts.pop(0)) != "restart":
                    await self._do(act)
                nursery.cancel_scope.cancel()

    async def _listen(self, account: Account) -> None:
        async for event in account.events:
            await self.reader.take(account, event)

    async def _do(self, act: str) -> None:
        match act:
            case "say":
                self.telegram.desk.say(self.person, f"message {self.said}")
                self.said += 1
            case "cut":
                self.telegram.drop_connections()
            case "deaf" | "hearing":
                self.telegram.faults.lose_updates = act == "deaf"
            case "wait":
                await trio.sleep(0.05)
            case "settle":
                while len(self.reader.texts) < self.said:
                    await self.reader.changed.wait()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example(acts=["wait", "wait", "wait", "wait", "say", "say", "restart", "say", "wait", "say"])
@given(acts=st.lists(st.sampled_from(ACTS), max_size=14))
def test_every_message_of_the_desk_is_read_once_and_in_order(acts):
    async def run() -> Story:
        with TemporaryDirectory() as directory, trio.fail_after(30):
            async with open_telegram() as telegram:
                person = telegram.add_account("desk-1")
                path = telegram.write_session(Path(directory, "desk-1.session"), person)
                story = Story(telegram, person, path, [*acts, "hearing", "restart", "settle"])
                await story.tell()
                return story

    story = trio.run(run)

    assert story.reader.texts == [f"message {number}" for number in range(story.said)]
