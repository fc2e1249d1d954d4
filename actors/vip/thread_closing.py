"""Closing the thread of a session that ends: the member is told, the thread archived and locked."""

import logging

import trio
from attrs import define, field

from actors.vip.model import EndReason, VIPSession
from actors.vip.parts import SessionParts
from actors.vip.ports import FloodWait, Forbidden, Gone, Refused, Trouble, Unreachable
from actors.vip.retrying import patiently
from actors.vip.words import Notice, Word

logger = logging.getLogger(__name__)

CLEANING = {
    EndReason.ARCHIVED: "🧹 Cleaning up expired/archived thread for user %s",
    EndReason.DELETED: "🧹 Cleaning up deleted thread for user %s",
    EndReason.PARENT_DELETED: "🧹 Cleaning up deleted thread for user %s",
    EndReason.INACCESSIBLE: "🧹 Cleaning up deleted thread for user %s",
}

UNHEARD = frozenset({*CLEANING, EndReason.UNREACHABLE})
"""Nobody reads a notice in the thread then; one in an archived thread would open it again."""

_HURRIED = frozenset({EndReason.CLEARED, EndReason.UNREACHABLE})
"""The member is to have another session, whatever becomes of this one's thread."""

_ENOUGH = 60.0
"""Seconds that who is in a hurry waits for one thread while Discord answers other questions."""


@define(eq=False)
class ThreadClosing:
    """Each step is recorded when done; twice is harmless."""

    _parts: SessionParts
    _undelivered: int
    """How many messages will not arrive: the member is told."""
    _answered: float | None = field(default=None, init=False)
    """Since when Discord answers other questions."""

    @property
    def _session(self) -> VIPSession:
        return self._parts.book.live

    async def soon(self) -> bool:
        """Do it in a few tries. False: Discord did not answer."""
        policy = self._parts.policy
        return await self._try(policy.tries, policy.drain) is None

    async def later(self) -> None:
        """Do it when Discord answers; for who is in a hurry not for ever, if it is this thread alone."""
        policy = self._parts.policy
        pause = policy.pause_min
        while (trouble := await self._try(1, 0.0)) is not None:
            if not await self._rest(trouble.seconds if isinstance(trouble, FloodWait) else pause):
                await self._leave_open()
                return
            pause = min(2 * pause, policy.pause_max)

    async def _try(self, tries: int, longest_flood: float) -> Trouble | None:
        """What Discord says instead of doing it; None: it is done."""
        session, parts = self._session, self._parts
        if session.thread_closed:
            return None
        close = self._tell_and_close if session.thread else self._remove_unrecorded
        try:
            await patiently(parts.policy, close, tries=tries, longest_flood=longest_flood)
        except (Unreachable, FloodWait) as error:
            logger.warning("The thread of user %s can't be closed yet: %s", session.member, error)
            return error
        await parts.report(Word.CLEAR_THREAD if session.thread else Word.CLEAR_NO_THREAD)
        await parts.book.update(thread_closed=True)
        return None

    async def _remove_unrecorded(self) -> None:
        """One may have been made all the same: the answer was lost, or nobody waited for it."""
        session, threads = self._session, self._parts.ports.threads
        if not session.account:
            return  # no thread is made before it has one
        try:
            made = await threads.find_created(session.guild, session.tag)
            if made is not None:
                await threads.remove(made)
        except (Unreachable, FloodWait):
            raise
        except Trouble as error:
            logger.warning("Whether user %s has a thread can't be seen: %s", session.member, error)

    async def _tell_and_close(self) -> None:
        session, parts = self._session, self._parts
        try:
            if not session.welcome:
                await parts.ports.threads.remove(session.thread)  # the member has not seen it
                return
            if not session.noticed and session.ending not in UNHEARD:
                await self._tell()
            if session.ending not in {EndReason.DELETED, EndReason.PARENT_DELETED}:
                await parts.ports.threads.close(session.thread)
        except (Unreachable, FloodWait):
            raise
        except Gone as error:
            logger.debug("The thread of user %s needs no closing: %s", session.member, error)
        except Trouble as error:
            logger.warning("The thread of user %s could not be closed: %s", session.member, error)

    async def _tell(self) -> None:
        session, parts = self._session, self._parts
        notice = Notice.of(
            Word.ENDED,
            reason=(session.ending or EndReason.CLEARED).value,
            staff=session.ended_by_name,
            undelivered=self._undelivered,
        )
        try:
            await parts.say("ended", notice, doubtful=True)
        except (Forbidden, Refused) as error:
            logger.warning("User %s could not be told of the end in the thread: %s", session.member, error)
            return
        await parts.book.update(noticed=True)
        await parts.report(Word.CLEAR_TOLD)

    # --- one that can't be closed ---------------------------------------------------------------

    async def _rest(self, seconds: float) -> bool:
        """Wait; of a long time a part after another, for somebody may be in a hurry. False: it is enough."""
        until, part = trio.current_time() + seconds, self._parts.policy.pause_max
        while not await self._is_enough():
            left = until - trio.current_time()
            await trio.sleep(max(0.0, min(left, part)))
            if left <= part:
                return True
        return False

    async def _is_enough(self) -> bool:
        """Somebody is in a hurry, and Discord has been there for a while: it is about this thread alone."""
        parts = self._parts
        if self._session.ending not in _HURRIED and not parts.orders:
            return False
        try:
            await parts.ports.threads.missing_permissions(parts.member.guild)
        except Trouble:
            self._answered = None
            return False
        now = trio.current_time()
        self._answered = now if self._answered is None else self._answered
        return now - self._answered >= _ENOUGH

    async def _leave_open(self) -> None:
        parts = self._parts
        logger.warning("The thread of user %s is left open: it can't be closed", parts.member.id)
        if not self._session.thread:
            return  # and perhaps there is none
        notice = Notice.of(Word.CLEAR_THREAD_LEFT, link=parts.link())
        for ticket in parts.reports:
            await parts.ports.answers.answer(ticket, notice)
        if not parts.reports:
            await parts.ports.staff.note(notice)
