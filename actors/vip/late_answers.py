"""What the desk writes to accounts that nobody has: staff read it, and until then it is not cleared away.

Texts are held in memory alone. What a crash loses of them is read again from the chat, which was not cleared.
"""

import logging
from collections import deque
from collections.abc import Callable, Iterable

import trio
from attrs import define, field

from actors.vip.pool_ports import PoolPorts
from actors.vip.ports import DeskMessage, Gone, Lease, Refused
from actors.vip.words import Notice, Word

logger = logging.getLogger(__name__)

HELD_FOR = 3600.0
"""Seconds that an account is kept back for what can't be posted for the staff."""
MOST_HELD = 200
"""Of all accounts together. What is more waits in its chat, and is read from there."""
MOST_KNOWN = 1000
_PAGE = 100
_LOOK_AGAIN = 1.0


@define(eq=False)
class LateAnswers:
    """Of one life of the pool. Everything newer than what sessions have dealt with is for the staff."""

    _ports: PoolPorts
    _start_soon: Callable[..., None]
    _known: dict[str, dict[str, None]] = field(factory=dict, init=False)
    """By account: messages that staff are told of, or a session has dealt with; the newest."""
    _held: dict[str, deque[tuple[DeskMessage, float]]] = field(factory=dict, init=False)
    """By account, in order: what is yet to be posted, and until when (trio's time)."""
    _told: dict[str, trio.Event] = field(factory=dict, init=False)
    _read_to: dict[str, str] = field(factory=dict, init=False)
    """By account: staff were told of everything up to this message. Numbers never come again."""

    def dealt_with(self, account: str, messages: Iterable[str]) -> None:
        """A session has. The oldest go first when there are too many: the chat is not read from so early."""
        dealt = set(messages)
        all_known = sorted(dealt.union(self._known.get(account, ())), key=int)
        self._known[account] = dict.fromkeys(all_known[-max(MOST_KNOWN, len(dealt)) :])

    def arrived(self, account: str, message: DeskMessage) -> bool:
        """The desk wrote. False: too much is held already, and it stays where it is."""
        known = self._known.setdefault(account, {})
        if message.own or message.id in known:
            return True
        if sum(map(len, self._held.values())) >= MOST_HELD:
            return False
        known[message.id] = None
        if len(known) > MOST_KNOWN:
            del known[next(iter(known))]
        logger.warning("A late answer of the desk came to VIP account %s: it goes to the staff log", account)
        if account not in self._held:
            self._held[account] = deque()
            self._start_soon(self._tell_all, account)
        self._held[account].append((message, trio.current_time() + HELD_FOR))
        return True

    async def read(self, lease: Lease, seen: str) -> None:
        """Read from the chat what is newer than `seen`, and wait until staff were told of all that is held.

        "" as `seen`: what of it was for nobody is not known; it is not read. Nor is what Telegram will never
        give: then the account comes back without that. Raises what else the desk raises.
        """
        try:
            await self._read(lease, seen)
        except (Gone, Refused) as error:
            logger.warning("What the desk wrote to VIP account %s can't be read: %s", lease.account, error)
        await self.all_told(lease.account)

    async def _read(self, lease: Lease, seen: str) -> None:
        account, after = lease.account, self.read_to(lease.account, seen)
        while after and (page := await self._ports.desk.history(lease, after, _PAGE)):
            for message in page:
                while not self.arrived(account, message):  # noqa: ASYNC110 - any other account may make room
                    await trio.sleep(_LOOK_AGAIN)
            await self.all_told(account)
            after = self._read_to[account] = page[-1].id

    def read_to(self, account: str, seen: str) -> str:
        """Everything up to this message has been dealt with; "" where that is not known."""
        return seen and max(seen, self._read_to.get(account, "0"), key=int)

    async def all_told(self, account: str) -> None:
        """Wait until nothing of this account is held."""
        while account in self._held:
            await self._told.setdefault(account, trio.Event()).wait()

    async def _tell_all(self, account: str) -> None:
        held = self._held[account]
        while held:
            await self._tell(account, *held[0])
            held.popleft()
        del self._held[account]
        if account in self._told:
            self._told.pop(account).set()

    async def _tell(self, account: str, message: DeskMessage, until: float) -> None:
        notice = Notice.of(Word.LATE_ANSWER, account=account)
        name, policy = f"late {account} {message.id}", self._ports.policy()
        pause = policy.pause_min
        with trio.move_on_at(until):
            while not await self._ports.staff.note(notice, message.body, name):
                await trio.sleep(pause)
                pause = min(2 * pause, policy.pause_max)
            return
        logger.warning(
            "A late answer to VIP account %s could not be posted for the staff in %g minutes: it is lost",
            account,
            HELD_FOR / 60,
        )
