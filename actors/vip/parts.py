"""What a member's actor works with, shared by the steps of its session."""

import logging
from collections.abc import Callable

from attrs import define, field, frozen

from actors.ports import Clock, Store
from actors.vip.messages import ClearSession, Click, Handled, Member
from actors.vip.nonces import nonce
from actors.vip.policy import VIPPolicy
from actors.vip.ports import Answers, Content, Desk, Lease, Planner, StaffLog, Threads
from actors.vip.session_book import SessionBook
from actors.vip.words import Notice, Word
from supervision import ActorDead, ActorRef, MailboxFull

logger = logging.getLogger(__name__)


@frozen
class ThreadPorts:
    """What the members' actors need; one for all of them."""

    store: Store
    clock: Clock
    threads: Threads
    desk: Desk
    """Guarded: a call with an old epoch is refused."""
    pool: ActorRef
    office: ActorRef
    """The desk's actor, which routes."""
    planner: Planner
    answers: Answers
    staff: StaffLog
    policy: Callable[[], VIPPolicy]
    new_id: Callable[[], str]


@define(eq=False)
class SessionParts:
    """One member's session, and who waits for an answer about it."""

    member: Member
    ports: ThreadPorts
    book: SessionBook
    actor: ActorRef
    clicks: dict[str, Click] = field(factory=dict)
    """By ticket: they wait to be told whether a session opens."""
    reports: list[str] = field(factory=list)
    """Tickets of staff (or members) who wait for the end, step by step."""

    orders: dict[str, ClearSession] = field(factory=dict)
    """Of staff, by ticket: each is recorded, whatever there was to clear."""

    @property
    def policy(self) -> VIPPolicy:
        """As it is now."""
        return self.ports.policy()

    @property
    def lease(self) -> Lease:
        """The one that is recorded."""
        return Lease(self.book.live.account, self.book.live.epoch)

    def now(self) -> float:
        """Unix seconds."""
        return self.ports.clock.now()

    def link(self) -> str:
        """Of the session's thread."""
        return self.ports.threads.link(self.member.guild, self.book.live.thread)

    async def answer_clicks(self, first: Notice, others: Notice | None = None, *, last: bool = True) -> None:
        """Tell everybody who pressed the button; the first click may be told something of its own."""
        for number, ticket in enumerate(list(self.clicks)):
            await self.ports.answers.answer(ticket, first if number == 0 or others is None else others)
            if last:
                self.clicks.pop(ticket, None)
                self.handled(ticket)

    async def report(self, word: Word, **values: str | int) -> None:
        """Tell staff who wait for the end what was done."""
        for ticket in list(self.reports):
            await self.ports.answers.answer(ticket, Notice.of(word, **values))

    def close_reports(self) -> None:
        """They have been told everything."""
        for ticket in self.reports:
            self.handled(ticket)
        self.reports.clear()

    def handled(self, ticket: str) -> None:
        """The request needs no answer any more."""
        self.tell_office(Handled(self.member, ticket))

    def tell_office(self, message: object) -> None:
        """Tell the desk's actor."""
        tell(self.ports.office, message)

    def tell_pool(self, message: object) -> None:
        """Tell the account pool."""
        tell(self.ports.pool, message)

    async def say(self, what: str, notice: Notice, *, doubtful: bool, after: str = "") -> str:
        """Post a sentence of perkd's own in the thread, once. Raises what `Threads.send` raises.

        `what` names it within the session. `doubtful`: it may have been posted before, but after the message
        `after`.
        """
        session, threads = self.book.live, self.ports.threads
        name, content = nonce(session.id, what), Content.say(notice)
        if doubtful:
            found = await threads.find_sent(session.thread, content, name, after)
            if found is not None:
                return found
        return await threads.send(session.thread, content, name)


def tell(ref: ActorRef, message: object) -> None:
    """Tell somebody who must not be waited for."""
    try:
        ref.tell(message)
    except (MailboxFull, ActorDead) as error:
        logger.warning("%s was not told %s: %s", ref.path, type(message).__name__, error)
