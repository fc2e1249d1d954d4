"""The ports to the Discord and the Telegram of `tests.worlds.vip`, for one life of the process each."""

from collections.abc import Callable, Sequence

from attrs import define

from actors.vip import ports
from actors.vip.ports import (
    Content,
    DeskMessage,
    Forbidden,
    Gone,
    Lease,
    Mark,
    ThreadMessage,
    ThreadStatus,
)
from tests.worlds.vip import (
    BOT,
    Chat,
    Life,
    Posted,
    T,
    Thread,
    World,
    as_desk_message,
    as_thread_message,
    find,
    number,
)


@define(eq=False)
class WorldThreads:
    """The `Threads` port for one life."""

    world: World
    life: Life

    async def _do(self, operation: str, do: Callable[[], T]) -> T:
        self.world.calls[operation] += 1
        return await self.world.steps.call(self.life, f"discord.{operation}", do)

    def _thread(self, thread: str) -> Thread:
        found = self.world.threads.get(number(thread))
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
            number(guild)
            thread = Thread(self.world.next_id(), guild, f"{name} {tag}")
            self.world.threads[thread.id] = thread
            return thread.id

        return await self._do("create", do)

    async def find_created(self, guild: str, tag: str) -> str | None:
        def do() -> str | None:
            number(guild)
            threads = self.world.threads.values()
            return next((t.id for t in threads if t.name.endswith(tag) and not t.deleted), None)

        return await self._do("find_created", do)

    async def add_member(self, thread: str, member: str) -> None:
        def do() -> None:
            if number(member) in self.world.gone_members:
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
                reply_to=reply_to and number(reply_to),
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
            found.messages = [m for m in found.messages if m.id != number(message)]

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
            if number(thread) in self.world.threads:
                self.world.threads[thread].deleted = True

        await self._do("remove", do)

    async def give_role(self, guild: str, member: str) -> None:
        await self._do("give_role", lambda: self.world.roles_given.append((number(guild), number(member))))

    def link(self, guild: str, thread: str) -> str:
        return f"https://discord.com/channels/{guild}/{thread}"


@define(eq=False)
class WorldDesk:
    """The `Desk` port for one life."""

    world: World
    life: Life

    async def _do(self, operation: str, do: Callable[[], T]) -> T:
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
                reply_to=reply_to and number(reply_to),
            )
            chat.messages.append(posted)
            chat.everything.append(posted)
            chat.seen_keys[random_id] = posted.id
            return posted.id

        assert 0 < random_id < 2**63
        return await self._do("send", do)

    async def edit(self, lease: Lease, message: str, content: Content) -> None:
        def do() -> None:
            if content.body in self.world.refuse:
                raise ports.Refused("too large")
            find(self._chat(lease).messages, message).body = content.body

        await self._do("edit", do)

    async def delete(self, lease: Lease, message: str) -> None:
        def do() -> None:
            chat = self._chat(lease)
            chat.messages = [m for m in chat.messages if m.id != number(message)]

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
