"""A Discord and a Telegram in one process: threads and chats that keep messages, and go wrong on order."""

import itertools
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any, TypeVar

import trio
from attrs import define, field

from actors.ports import Change, Position, Store
from actors.record import Record
from actors.vip.model import Side
from actors.vip.ports import (
    AccountDead,
    Content,
    DeskMessage,
    EditSteps,
    Gone,
    Limited,
    Mark,
    PlanRequest,
    Refused,
    ThreadMessage,
    Unreachable,
)
from actors.vip.words import Notice, Word

T = TypeVar("T")
R = TypeVar("R", bound=Record)

BOT = "90"
GUILD = "100"


class Killed(Exception):  # noqa: N818 - what the test ordered
    """The crash a test ordered at this step."""


@define(eq=False)
class Life:
    """What one life of the process may still do: a dead one's calls never return."""

    dead: bool = False
    died: trio.Event = field(factory=trio.Event)

    async def end(self) -> None:
        self.dead = True
        self.died.set()
        await trio.sleep_forever()


@define(eq=False)
class Steps:
    """Every await of the actors on the world is a step; each can be made to fail, crash or kill."""

    log: list[str] = field(factory=list)
    kill_at: int | None = None
    """The process dies at this step."""
    crash_at: int | None = None
    """The caller crashes at this step."""
    refuse_at: int | None = None
    """The call of a port that begins at this step is answered with `refusal`, and `refusals` - 1 like it."""
    refusal: Exception = field(factory=lambda: Unreachable("503"))
    refusals: int = 1
    refused: str = ""
    """The operation that it was."""
    life: Life = field(factory=Life)
    delay: Callable[[str], float] = lambda _: 0.0
    _fail: dict[str, list[Exception]] = field(factory=lambda: defaultdict(list))
    _lose: dict[str, int] = field(factory=lambda: defaultdict(int))
    outage: set[str] = field(factory=set)
    """Operations, or `discord` and `desk`, that are away."""
    watch: Callable[[], None] = lambda: None
    """Looks at the world at every step."""

    def fail(self, operation: str, *errors: Exception) -> None:
        """The next calls of this operation raise these instead of being done."""
        self._fail[operation].extend(errors)

    def heal(self) -> None:
        """No call is answered with an error any more that was ordered before."""
        self.refuse_at = None
        self._fail.clear()

    def lose(self, operation: str, times: int = 1) -> None:
        """The next calls are done, but their answers are lost."""
        self._lose[operation] += times

    async def call(self, life: Life, operation: str, do: Callable[[], T]) -> T:
        """One call of a port: a step before it is done, and one after."""
        if self.refuse_at == len(self.log):
            self.refused = operation
            self.fail(operation, *[self.refusal] * self.refusals)
        await self.step(life, f"{operation} before")
        if operation in self.outage or operation.partition(".")[0] in self.outage:
            raise Unreachable(f"{operation}: 503 (ordered by the test)")
        if self._fail[operation]:
            raise self._fail[operation].pop(0)
        result = do()
        await self.step(life, f"{operation} after")
        if self._lose[operation]:
            self._lose[operation] -= 1
            raise Unreachable(f"{operation}: the answer was lost (ordered by the test)")
        return result

    async def step(self, life: Life, name: str) -> None:
        if life.dead:
            await trio.sleep_forever()
        number = len(self.log)
        self.log.append(name)
        self.watch()
        if number == self.kill_at:
            await life.end()
        if number == self.crash_at:
            await trio.lowlevel.checkpoint()
            raise Killed(name)
        await trio.sleep(self.delay(name))
        if life.dead:
            await trio.sleep_forever()


@define(eq=False)
class Posted:
    """A message as a side shows it."""

    id: str
    author: str
    body: object
    at: float
    notice: Notice | None = None
    key: object = None
    """Its nonce or random id."""
    roles: frozenset[str] = frozenset()
    reply_to: str = ""
    version: str = ""
    command: str = ""
    argument: str = ""
    mark: Mark | None = None


@define(eq=False)
class Thread:
    id: str
    guild: str
    name: str
    members: set[str] = field(factory=set)
    messages: list[Posted] = field(factory=list)
    archived: bool = False
    locked: bool = False
    deleted: bool = False
    forbidden: bool = False

    def of_bot(self, *, notices: bool = False) -> list[Posted]:
        """What perkd relayed into it; or what it said itself."""
        return [m for m in self.messages if m.author == BOT and (m.notice is not None) == notices]

    def bodies(self) -> list[object]:
        return [m.body for m in self.of_bot()]

    def words(self) -> list[Word]:
        return [m.notice.word for m in self.of_bot(notices=True) if m.notice is not None]


@define(eq=False)
class Chat:
    """One account's chat with the desk."""

    account: str
    messages: list[Posted] = field(factory=list)
    seen_keys: dict[int, str] = field(factory=dict)
    dead: str = ""
    limited: bool = False
    blocked: bool = False
    """By the desk."""
    everything: list[Posted] = field(factory=list)
    """All that ever was in it: clearing does not empty this."""

    def bodies(self) -> list[object]:
        """What perkd relayed, as the chat shows it now."""
        return [m.body for m in self.messages if m.author == self.account and m.notice is None]

    def delivered(self) -> list[object]:
        """What perkd ever relayed."""
        return [m.body for m in self.everything if m.author == self.account and m.notice is None]

    def check(self, *, sending: bool = False) -> None:
        if self.dead:
            raise AccountDead(self.dead)
        if sending and self.limited:
            raise Limited("PEER_FLOOD")
        if sending and self.blocked:
            raise Refused("USER_IS_BLOCKED")


@define(eq=False)
class World:
    """Both sides as they are; what `connect` gives speaks to them."""

    now: Callable[[], float] = trio.current_time
    steps: Steps = field(factory=Steps)
    threads: dict[str, Thread] = field(factory=dict)
    chats: dict[str, Chat] = field(factory=dict)
    missing: tuple[str, ...] = ()
    gone_members: set[str] = field(factory=set)
    roles_given: list[tuple[str, str]] = field(factory=list)
    answers: dict[str, list[Notice]] = field(factory=lambda: defaultdict(list))
    staff_log: list[tuple[Notice, object]] = field(factory=list)
    pieces: int = 2
    """Steps that clearing a history takes."""
    stubborn: set[str] = field(factory=set)
    """Accounts whose history does not become empty."""
    refuse: set[object] = field(factory=set)
    """Bodies that the other side will never take."""
    tells_nonces: bool = True
    """Discord need not: then only a message's text can tell which it is."""
    calls: dict[str, int] = field(factory=lambda: defaultdict(int))
    _ids: Iterator[int] = field(factory=lambda: itertools.count(1000))

    def next_id(self) -> str:
        return str(next(self._ids))

    def chat(self, account: str) -> Chat:
        return self.chats.setdefault(account, Chat(account))

    def live_threads(self) -> list[Thread]:
        return [t for t in self.threads.values() if not (t.deleted or t.archived)]

    def post_in_thread(self, thread: str, author: str, body: object, **more: Any) -> ThreadMessage:
        """A person writes."""
        posted = Posted(self.next_id(), author, body, self.now(), **more)
        self.threads[thread].messages.append(posted)
        return as_thread_message(posted)

    def post_at_desk(self, account: str, body: object, **more: Any) -> DeskMessage:
        """The desk writes."""
        posted = Posted(self.next_id(), "desk", body, self.now(), **more)
        chat = self.chat(account)
        chat.messages.append(posted)
        chat.everything.append(posted)
        return as_desk_message(chat, posted)


def as_thread_message(m: Posted) -> ThreadMessage:
    return ThreadMessage(
        m.id,
        m.author,
        m.body,
        m.at,
        roles=m.roles,
        author_name=f"name-{m.author}",
        person=m.author != BOT,
        reply_to=m.reply_to,
        version=m.version,
        command=m.command,
        argument=m.argument,
    )


def as_desk_message(chat: Chat, m: Posted) -> DeskMessage:
    return DeskMessage(
        m.id, m.body, m.at, own=m.author == chat.account, reply_to=m.reply_to, version=m.version
    )


def number(name: str) -> str:
    """An id, which the libraries take as a number: any other text raises as they do."""
    return str(int(name))


def find(messages: list[Posted], message: str) -> Posted:
    for posted in messages:
        if posted.id == number(message):
            return posted
    raise Gone(f"no message {message}")


@define(eq=False)
class WorldPeople:
    """`Answers` and `StaffLog`."""

    world: World

    async def answer(self, ticket: str, notice: Notice) -> None:
        await trio.lowlevel.checkpoint()
        self.world.answers[ticket].append(notice)

    async def note(self, notice: Notice, body: object = None, name: str = "") -> bool:
        await trio.lowlevel.checkpoint()
        if body is not None and self.world.steps.outage & {"discord", "staff"}:
            return False
        self.world.staff_log.append((notice, body))
        return True


class PlainPlanner:
    """One part per line; a line that begins with "huge" can't cross, and is said on both sides."""

    def to_desk(self, request: PlanRequest) -> Sequence[Content]:
        return self._plan(request)

    def to_thread(self, request: PlanRequest) -> Sequence[Content]:
        return self._plan(request)

    def edit(self, request: PlanRequest, side: Side, kinds: Sequence[str]) -> EditSteps:
        parts = self._plan(request)
        edits = tuple(enumerate(parts[: len(kinds)]))
        return EditSteps(edits, tuple(range(len(parts), len(kinds))), tuple(parts[len(kinds) :]))

    def said_back(self, request: PlanRequest, side: Side) -> Content | None:
        huge = [line for line in str(request.body).split("\n") if line.startswith("huge")]
        return Content(f"could not cross: {huge}") if huge else None

    def _plan(self, request: PlanRequest) -> Sequence[Content]:
        lines = str(request.body).split("\n")
        return [Content("(too large)" if line.startswith("huge") else line) for line in lines]


@define(eq=False)
class SteppedStore:
    """A store whose calls are steps as well."""

    store: Store
    steps: Steps
    life: Life

    async def commit(self, *changes: Change) -> Position:
        return await self._around("commit", lambda: self.store.commit(*changes))

    async def get(self, type_: type[R], key: str) -> R | None:
        return await self._around("get", lambda: self.store.get(type_, key))

    async def find(self, type_: type[R], **equal: Any) -> list[R]:
        return await self._around("find", lambda: self.store.find(type_, **equal))

    async def _around(self, name: str, do: Callable[[], Awaitable[T]]) -> T:
        await self.steps.step(self.life, f"store.{name} before")
        result = await do()
        await self.steps.step(self.life, f"store.{name} after")
        return result
