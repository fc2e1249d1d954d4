"""The feed: stays connected to a source that pushes, and has the campaign record what comes."""

import logging
from collections import deque
from random import Random

import trio
from attrs import define, field

from actors.giftcodes.counted import counted
from actors.giftcodes.poller import Check, PollerStatus, PollNow, Reload
from actors.giftcodes.source_health import PollerPolicy, SourceHealth
from actors.ports import Clock, Feed, FoundCode, SourceError
from supervision import Actor, ActorRef, Timer

logger = logging.getLogger(__name__)

FIRST_WAIT = 1.0
"""Seconds before the first reconnect; each further wait is twice as long …"""
LONGEST_WAIT = 60.0
"""… up to this …"""
CALM = 60.0
"""… until a connection has lasted this long."""
MAX_WAITING = 100
"""Codes that may wait to be recorded; then nothing more is read until there is room."""
LAST_CHANCE = 3.0
"""Seconds that an ordered stop waits for codes in hand to be recorded."""


@define(eq=False)
class FeedActor(Actor):
    """Listens to one feed, and reconnects when the connection is lost.

    A feed does not list its codes again, so what it said is kept and offered to the campaign until it is
    recorded. When too much waits, nothing more is read (the peer's socket fills up), rather than dropped.
    Hand the same `waiting` to each incarnation, and a crash loses nothing either.

    A check is a look, every `policy.interval` seconds, at whether the connection stands.
    """

    name: str
    """The source's, as in the configuration."""
    _feed: Feed
    _campaign: ActorRef
    _clock: Clock
    _policy: PollerPolicy = field(factory=PollerPolicy)
    _random: Random = field(factory=Random)
    waiting: deque[FoundCode] = field(factory=deque)
    """Codes that are not recorded yet, oldest first."""
    _health: SourceHealth = field(init=False)
    _connected_at: float | None = field(default=None, init=False)
    _changed: trio.Event = field(factory=trio.Event, init=False)
    _hurry: trio.Event = field(factory=trio.Event, init=False)
    _timer: Timer | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        """Begin counting."""
        self._health = SourceHealth(self.name, self._policy, stretches=False)
        self._health.trouble = "it is not connected"

    async def started(self) -> None:
        """Acknowledge at once: the peer may be away for hours."""
        self.start_soon(self._stay_connected)
        self.start_soon(self._hand_over)
        self._schedule()

    async def receive(self, message: object) -> object:
        """Look at the connection, or answer how it is going."""
        match message:
            case Check():
                self._check()
            case PollNow():
                self._hurry.set()
                self._hurry = trio.Event()
            case Reload(policy):
                self._health.policy = policy
                self._schedule()
            case PollerStatus():
                return self._health.stats()
            case _:
                return await super().receive(message)
        return None

    async def stopped(self) -> None:
        """Give the codes in hand a last chance to be recorded, and name those that were not."""
        with trio.move_on_after(LAST_CHANCE):
            while self.waiting:
                await self._changed.wait()
        if self.waiting:
            names = [item.code for item in self.waiting]
            logger.error(
                "Feed %s ends with %s that could not be recorded: %s",
                self.name,
                counted(len(names), "code"),
                names,
                extra={"source": self.name, "codes": names},
            )

    # --- checks ---------------------------------------------------------------------------------

    def _schedule(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.after(self._health.policy.interval, Check())

    def _check(self) -> None:
        if self._connected_at is not None:
            self._health.last_ok_at = self._clock.now()
            if self._is_calm():
                self._health.succeeded(self._clock.now())
        self._health.checked()
        self._schedule()

    def _is_calm(self) -> bool:
        return self._connected_at is not None and trio.current_time() - self._connected_at >= CALM

    # --- from the peer --------------------------------------------------------------------------

    async def _stay_connected(self) -> None:
        longest = FIRST_WAIT
        while True:
            reason, was_calm = await self._listen()
            if was_calm:
                longest = FIRST_WAIT
            # Half of it is left to chance, so that the clients of a peer that went away don't come as one.
            wait = longest * self._random.uniform(0.5, 1.0)
            longest = min(longest * 2, LONGEST_WAIT)
            self._say_lost(reason, wait)
            with trio.move_on_after(wait):
                await self._hurry.wait()

    async def _listen(self) -> tuple[str, bool]:
        """One connection, to its end: why it ended, and whether it had been a calm one."""
        reason = "the peer closed the connection"
        try:
            async with self._feed.listen() as codes:
                self._note_connected()
                async for code in codes:
                    await self._take(code)
        except SourceError as error:
            reason = str(error)
        was_calm = self._is_calm()
        self._connected_at = None
        self._health.trouble = "it is not connected"
        return reason, was_calm

    def _note_connected(self) -> None:
        self._connected_at = trio.current_time()
        self._health.last_ok_at = self._clock.now()
        self._health.trouble = ""
        logger.info("Feed %s is connected", self.name, extra={"source": self.name})

    async def _take(self, code: FoundCode) -> None:
        # A code is proof that the connection is good, before a minute is over.
        self._health.succeeded(self._clock.now())
        self._health.codes_seen += 1
        if code not in self.waiting:
            self.waiting.append(code)
            self._pulse()
        if len(self.waiting) < MAX_WAITING:
            return
        self._say_full(code)
        while len(self.waiting) >= MAX_WAITING:
            await self._changed.wait()

    # --- to the campaign ------------------------------------------------------------------------

    async def _hand_over(self) -> None:
        while True:
            while not self.waiting:
                await self._changed.wait()
            batch = tuple(self.waiting)
            if await self._health.record(self._campaign, batch):
                for _ in batch:
                    self.waiting.popleft()
                self._pulse()
            else:
                pause = self._health.policy.attempt_wait * self._health.unrecorded
                await trio.sleep(min(pause, self._health.policy.interval))

    def _pulse(self) -> None:
        """Wake those who wait for `waiting` to change."""
        self._changed.set()
        self._changed = trio.Event()

    # --- what is said ---------------------------------------------------------------------------

    def _say_lost(self, reason: str, wait: float) -> None:
        logger.log(
            self._health.loudness,
            "Feed %s is not connected, reconnecting in %.1f s: %s",
            self.name,
            wait,
            reason,
            extra={"source": self.name, "wait": wait, "reason": reason},
        )
        self._health.failed(reason)

    def _say_full(self, code: FoundCode) -> None:
        logger.warning(
            "Feed %s: %d codes wait to be recorded, the newest is %s: no more is read until there is room",
            self.name,
            len(self.waiting),
            code.code,
            extra={"source": self.name, "codes": len(self.waiting), "code": code.code},
        )
