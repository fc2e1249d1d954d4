"""A Discord and a Telegram in one process: threads and chats that keep messages, and go wrong on order."""

import itertools
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Sequence

import trio
from attrs import define, field

from actors.vip import ports
from actors.vip.model import Side
from actors.vip.ports import (
    AccountDead,
    Content,
    DeskMessage,
    EditSteps,
    Forbidden,
    Gone,
    Lease,
    Limited,
    Mark,
    PlanRequest,
    ThreadMessage,
    ThreadStatus,
    Unreachable,
)
from actors.vip.words import Notice, Word

BOT = "1"
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
    life: Life = field(factory=Life)
    delay: Callable[[str], float] = lambda _: 0.0
    _fail: dict[str, list[Exception]] = field(factory=lambda: defaultdict(list))
    _lose: dict[str, int] = field(factory=lambda: defaultdict(int))
    outage: set[str] = field(factory=set)
    """Operations, or `discord` and `desk`, that are away."""

    def fail(self, operation: str, *errors: Exception) -> None:
        """The next calls of this operation raise these instead of being done."""
        self._fail[operation].extend(errors)

    def lose(self, operation: str, times: int = 1) -> None:
        """The next calls are done, but their answers are lost."""
        self._lose[operation] += times

    async def call(self, life: Life, operation: str, do: Callable[[], object]) -> object:
        """One call of a port: a step before it is done, and one after."""
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
        return [m.notice.word for m in self.of_bot(notices=True)]


@define(eq=False)
class Chat:
    """One account's chat with the desk."""

    account: str
    messages: list[Posted] = field(factory=list)
    seen_keys: dict[int, str] = field(factory=dict)
    dead: str = ""
    limited: bool = False
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

    def post_in_thread(self, thread: str, author: str, body: object, **more: object) -> ThreadMessage:
        """A person writes."""
        posted = Posted(self.next_id(), author, body, self.now(), **more)
        self.threads[thread].messages.append(posted)
        return as_thread_message(posted)

    def post_at_desk(self, account: str, body: object, **more: object) -> DeskMessage:
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


def find(messages: list[Posted], message: str) -> Posted:
    for posted in messages:
        if posted.id == message:
            return posted
    raise Gone(f"no message {message}")


@define(eq=False)
class WorldThreads:
    """The `Threads` port for one life."""

    world: World
    life: Life

    async def _do(self, operation: str, do: Callable[[], object]) -> object:
        self.world.calls[operation] += 1
        return await self.world.steps.call(self.life, f"discord.{operation}", do)

    def _thread(self, thread: str) -> Thread:
        found = self.world.threads.get(thread)
        if found is None or found.deleted:
            raise Gone(f"no thread {thread}")
        if found.forbidden:
            raise Forbidden(f"no access to {thread}")
        return found

    async def missing_permissions(self, guild: str) -> tuple[str, ...]:
        return await self._do("missing_permissions", lambda: self.world.missing)

    async def create(self, guild: str, name: str, tag: str) -> str:
        def do() -> str:
            if self.world.missing:
                raise Forbidden("missing " + ", ".join(self.world.missing))
            if "bad" in name:
                raise ports.Refused(f"the name {name!r}")
            thread = Thread(self.world.next_id(), guild, f"{name} {tag}")
            self.world.threads[thread.id] = thread
            return thread.id

        return await self._do("create", do)

    async def find_created(self, guild: str, tag: str) -> str | None:
        def do() -> str | None:
            threads = self.world.threads.values()
            return next((t.id for t in threads if t.name.endswith(tag) and not t.deleted), None)

        return await self._do("find_created", do)

    async def add_member(self, thread: str, member: str) -> None:
        def do() -> None:
            if member in self.world.gone_members:
                raise Gone(f"no member {member}")
            self._thread(thread).members.add(member)

        await self._do("add_member", do)

    async def fetch(self, thread: str) -> ThreadStatus:
        def do() -> ThreadStatus:
            try:
                found = self._thread(thread)
            except Gone:
                return ThreadStatus.GONE
            except Forbidden:
                return ThreadStatus.FORBIDDEN
            if found.archived:
                return ThreadStatus.LOCKED if found.locked else ThreadStatus.ARCHIVED
            return ThreadStatus.ALIVE

        return await self._do("fetch", do)

    async def send(self, thread: str, content: Content, nonce: str, reply_to: str = "") -> str:
        def do() -> str:
            found = self._thread(thread)
            if content.body in self.world.refuse:
                raise ports.Refused("too large")
            for old in found.messages:
                if old.key == nonce and self.world.now() - old.at < 120:
                    return old.id
            posted = Posted(
                self.world.next_id(),
                BOT,
                content.body,
                self.world.now(),
                content.notice,
                nonce,
                reply_to=reply_to,
            )
            found.messages.append(posted)
            return posted.id

        assert len(nonce) <= 25
        return await self._do("send", do)

    async def find_sent(self, thread: str, content: Content, nonce: str, after: str) -> str | None:
        def do() -> str | None:
            newer = (m for m in self._thread(thread).messages if int(m.id) > int(after or 0))
            ours = [m for m in newer if m.author == BOT]
            if self.world.tells_nonces:
                return next((m.id for m in ours if m.key == nonce), None)
            if content.body is None and content.notice is None:
                return None
            same = (m.id for m in reversed(ours) if (m.body, m.notice) == (content.body, content.notice))
            return next(same, None)

        return await self._do("find_sent", do)

    async def edit(self, thread: str, message: str, content: Content) -> None:
        def do() -> None:
            find(self._thread(thread).messages, message).body = content.body

        await self._do("edit", do)

    async def delete(self, thread: str, message: str) -> None:
        def do() -> None:
            found = self._thread(thread)
            found.messages = [m for m in found.messages if m.id != message]

        await self._do("delete", do)

    async def mark(self, thread: str, message: str, mark: Mark) -> None:
        def do() -> None:
            find(self._thread(thread).messages, message).mark = mark

        await self._do("mark", do)

    async def message(self, thread: str, message: str) -> ThreadMessage:
        return await self._do(
            "message", lambda: as_thread_message(find(self._thread(thread).messages, message))
        )

    async def history(self, thread: str, after: str, limit: int) -> Sequence[ThreadMessage]:
        def do() -> Sequence[ThreadMessage]:
            newer = [m for m in self._thread(thread).messages if int(m.id) > int(after or 0)]
            return [as_thread_message(m) for m in newer[:limit]]

        return await self._do("history", do)

    async def close(self, thread: str) -> None:
        def do() -> None:
            found = self._thread(thread)
            found.archived = found.locked = True

        await self._do("close", do)

    async def remove(self, thread: str) -> None:
        def do() -> None:
            if thread in self.world.threads:
                self.world.threads[thread].deleted = True

        await self._do("remove", do)

    async def give_role(self, guild: str, member: str) -> None:
        await self._do("give_role", lambda: self.world.roles_given.append((guild, member)))

    def link(self, guild: str, thread: str) -> str:
        return f"https://discord.com/channels/{guild}/{thread}"


@define(eq=False)
class WorldDesk:
    """The `Desk` port for one life."""

    world: World
    life: Life

    async def _do(self, operation: str, do: Callable[[], object]) -> object:
        self.world.calls[f"desk.{operation}"] += 1
        return await self.world.steps.call(self.life, f"desk.{operation}", do)

    def _chat(self, lease: Lease, *, sending: bool = False) -> Chat:
        chat = self.world.chat(lease.account)
        chat.check(sending=sending)
        return chat

    async def send(self, lease: Lease, content: Content, random_id: int, reply_to: str = "") -> str:
        def do() -> str:
            chat = self._chat(lease, sending=True)
            if content.body in self.world.refuse:
                raise ports.Refused("too large")
            if random_id in chat.seen_keys:
                return chat.seen_keys[random_id]
            posted = Posted(
                self.world.next_id(),
                chat.account,
                content.body,
                self.world.now(),
                content.notice,
                random_id,
                reply_to=reply_to,
            )
            chat.messages.append(posted)
            chat.everything.append(posted)
            chat.seen_keys[random_id] = posted.id
            return posted.id

        assert 0 < random_id < 2**63
        return await self._do("send", do)

    async def edit(self, lease: Lease, message: str, content: Content) -> None:
        def do() -> None:
            find(self._chat(lease).messages, message).body = content.body

        await self._do("edit", do)

    async def delete(self, lease: Lease, message: str) -> None:
        def do() -> None:
            chat = self._chat(lease)
            chat.messages = [m for m in chat.messages if m.id != message]

        await self._do("delete", do)

    async def mark(self, lease: Lease, message: str, mark: Mark) -> None:
        def do() -> None:
            find(self._chat(lease).messages, message).mark = mark

        await self._do("mark", do)

    async def message(self, lease: Lease, message: str) -> DeskMessage:
        def do() -> DeskMessage:
            chat = self._chat(lease)
            return as_desk_message(chat, find(chat.messages, message))

        return await self._do("message", do)

    async def history(self, lease: Lease, after: str, limit: int) -> Sequence[DeskMessage]:
        def do() -> Sequence[DeskMessage]:
            chat = self._chat(lease)
            newer = [m for m in chat.messages if int(m.id) > int(after or 0)]
            return [as_desk_message(chat, m) for m in newer[:limit]]

        return await self._do("history", do)

    async def clear_step(self, lease: Lease) -> int:
        def do() -> int:
            chat = self._chat(lease)
            if lease.account in self.world.stubborn:
                return 0
            half = len(chat.messages) // self.world.pieces
            chat.messages = chat.messages[: half if len(chat.messages) > 1 else 0]
            return len(chat.messages)

        return await self._do("clear_step", do)

    async def is_empty(self, lease: Lease) -> bool:
        return await self._do("is_empty", lambda: not self._chat(lease).messages)

    async def probe(self, account: str) -> None:
        await self._do("probe", lambda: self.world.chat(account).check())


@define(eq=False)
class WorldPeople:
    """`Answers` and `StaffLog`."""

    world: World

    async def answer(self, ticket: str, notice: Notice) -> None:
        await trio.lowlevel.checkpoint()
        self.world.answers[ticket].append(notice)

    async def note(self, notice: Notice, body: object = None) -> None:
        await trio.lowlevel.checkpoint()
        self.world.staff_log.append((notice, body))


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

    store: object
    steps: Steps
    life: Life

    async def commit(self, *changes: object) -> object:
        return await self._around("commit", lambda: self.store.commit(*changes))

    async def get(self, type_: type, key: str) -> object:
        return await self._around("get", lambda: self.store.get(type_, key))

    async def find(self, type_: type, **equal: object) -> object:
        return await self._around("find", lambda: self.store.find(type_, **equal))

    async def _around(self, name: str, do: Callable[[], Awaitable[object]]) -> object:
        await self.steps.step(self.life, f"store.{name} before")
        result = await do()
        await self.steps.step(self.life, f"store.{name} after")
        return result
