"""AnnouncerActor: posts each live code to each channel it is owed to, and keeps what it posted up to date.

What is owed is derived, never queued. Its parts: the `Office` (what is owed to whom), the `Poster`, the
`Looker` (progress), the `Mentioner`, the `Troubles` (channels that fail), the `Journal` (what is to be
recorded).
Messages are answered at once: whatever waits for the store or a board runs beside, one thing at a time
for each guild.
"""

import logging
import math
from contextlib import suppress

import trio
from attrs import define, field

from actors.giftcodes.announcing_desks import Desk, Outlet
from actors.giftcodes.announcing_journal import Journal
from actors.giftcodes.announcing_kept import Posts
from actors.giftcodes.announcing_looks import Looker
from actors.giftcodes.announcing_mentions import Mentioner
from actors.giftcodes.announcing_messages import (
    AnnouncerNumbers,
    AnnouncerStatus,
    BoardBack,
    CodesChanged,
    CodesMoved,
)
from actors.giftcodes.announcing_ports import AnnouncerPorts
from actors.giftcodes.announcing_posts import Poster
from actors.giftcodes.announcing_progress import ProgressReader
from actors.giftcodes.announcing_round import Office
from actors.giftcodes.announcing_troubles import Troubles
from actors.giftcodes.model import Code, CodeKey, Post
from actors.ports import ChannelGone, MessageRefused, PostError, StoreUnavailable
from supervision import Actor

__all__ = [
    "AnnouncerActor",
    "AnnouncerNumbers",
    "AnnouncerPorts",
    "AnnouncerStatus",
    "BoardBack",
    "CodesChanged",
]

logger = logging.getLogger("perkd.announcer")

AT_ONCE = 8
"""Guilds served at the same time."""
SLOW = 2.0
"""Seconds after which a board that has not answered no longer keeps other guilds from being served."""
STORE_FIRST = 2.0
STORE_MAX = 30.0
"""Seconds until a store that was away is asked again: doubling from the first to the last."""
A_MOMENT = 0.001
"""Seconds slept longer than reckoned: wall-clock floats are coarse."""


@define(eq=False)
class AnnouncerActor(Actor):
    """One for all guilds and channels."""

    _ports: AnnouncerPorts
    _posts: Posts = field(factory=Posts)
    _journal: Journal = field(init=False)
    _progress: ProgressReader = field(init=False)
    _troubles: Troubles = field(init=False)
    _poster: Poster = field(init=False)
    _looker: Looker = field(init=False)
    _office: Office = field(init=False)
    _wake: trio.Event = field(factory=trio.Event)
    _changed: bool = True
    _moved: list[CodesMoved] = field(factory=list)
    _away: str = ""
    """Why the store is away; "" it is there."""
    _away_until: float = 0.0
    _outages: int = 0
    _posted: int = 0

    def __attrs_post_init__(self) -> None:
        """Put the parts together."""
        ports, posts = self._ports, self._posts
        self._journal = journal = Journal(ports.store)
        self._progress = progress = ProgressReader(ports)
        self._troubles = Troubles(ports, journal)
        self._poster = Poster(ports, posts, journal, progress)
        mentioner = Mentioner(ports, posts, journal)
        self._looker = Looker(ports, posts, journal, progress, self._poster, mentioner)
        self._office = Office(ports, posts, journal, self._troubles, progress)

    async def started(self) -> None:
        """Look at once: the last life may have ended between a code and its post."""
        self.start_soon(self._run)

    async def receive(self, message: object) -> object:
        """Handle one message."""
        match message:
            case CodesChanged():
                self._changed = True
                self._wake.set()
            case CodesMoved():
                self._moved.append(message)
                self._wake.set()
            case BoardBack():
                for desk in self._office.desks.values():
                    desk.try_again()
                self._wake.set()
            case AnnouncerStatus():
                return self._numbers()
            case _:
                return await Actor.receive(self, message)
        return None

    async def stopped(self) -> None:
        """What was posted and is not recorded gets a last chance."""
        with suppress(StoreUnavailable):
            await self._journal.flush()

    def _numbers(self) -> AnnouncerNumbers:
        outlets = [outlet for desk in self._office.desks.values() for outlet in desk.outlets.values()]
        reasons = (f"{outlet.channel.id}: {outlet.why}" for outlet in outlets if outlet.why)
        return AnnouncerNumbers(
            posted=self._posted,
            failing=f"the store is away: {self._away}" if self._away else next(reasons, ""),
            waiting=sum(len(outlet.owed) for outlet in outlets),
            troubles=self._troubles.count,
            edited=self._looker.edits,
        )

    # --- rounds ---------------------------------------------------------------------------------

    async def _run(self) -> None:
        while True:
            self._wake = trio.Event()  # before the look around: what comes meanwhile leads to another
            pause = await self._round()
            with trio.move_on_after(pause + A_MOMENT):
                await self._wake.wait()

    async def _round(self) -> float:
        """Begin what can be begun; returns the seconds until there may be more."""
        now = self._ports.clock.now()
        if now < self._away_until:
            return self._away_until - now
        self._changed = self._changed or bool(
            self._away
        )  # a look at all of it tells whether the store is back
        try:
            await self._journal.flush()
            await self._catch_up()
        except StoreUnavailable as away:
            self._store_away(away)
            return self._away_until - now
        self._away, self._outages = "", 0
        return self._begin(self._ports.clock.now())

    async def _catch_up(self) -> None:
        if self._changed:
            self._changed = False
            try:
                await self._office.read()
            except StoreUnavailable:
                self._changed = True
                raise
        moved, self._moved = self._moved, []
        for news in moved:
            await self._office.mark(news)
        await self._journal.flush()

    def _begin(self, now: float) -> float:
        desks = self._office.desks.values()
        quick = [d.busy_since + SLOW for d in desks if d.busy_since is not None and now < d.busy_since + SLOW]
        places = AT_ONCE - len(quick)
        waiting_longest = sorted(desks, key=Desk.turns_at)  # a guild whose codes move fast starves no other
        # Nothing is edited while a post can be made; those go by the guilds' priority.
        for begin, order in ((self._begin_post, desks), (self._begin_look, waiting_longest)):
            for desk in order:
                if places <= 0:
                    return min(quick, default=now + SLOW) - now
                if desk.busy_since is None and begin(desk, now):
                    places -= 1
        idle = [desk for desk in desks if desk.busy_since is None]
        return min((min(desk.posts_at(), desk.turns_at()) for desk in idle), default=math.inf) - now

    def _begin_post(self, desk: Desk, now: float) -> bool:
        found = desk.next_post(now)
        if found is not None:
            desk.busy_since = now
            self.start_soon(self._post, desk, *found)
        return found is not None

    def _begin_look(self, desk: Desk, now: float) -> bool:
        found = desk.next_look(now)
        if found is not None:
            desk.busy_since = now
            self.start_soon(self._look, desk, *found)
        return found is not None

    # --- one thing ------------------------------------------------------------------------------

    async def _post(self, desk: Desk, outlet: Outlet, code: Code) -> None:
        try:
            post = await self._poster.post(outlet, code)
        except PostError as failure:
            await self._failed(outlet, code.code_key, failure)
        except StoreUnavailable as away:
            self._store_away(away)
        except Exception as fault:  # noqa: BLE001 - one faulty message must not end gift codes for everybody
            self._troubles.fault(outlet, code.code_key, fault)
        else:
            if post is not None:
                self._note_posted(desk, outlet, post)
        if self._posts_made(desk):
            extra = {"guild": desk.guild.id, "codes": list(desk.posted)}
            logger.info("Posted %d new codes to guild %s", len(desk.posted), desk.guild.id, extra=extra)
            desk.posted.clear()
        self._done(desk)

    def _note_posted(self, desk: Desk, outlet: Outlet, post: Post) -> None:
        self._troubles.works(outlet)
        outlet.take_up(CodeKey(post.game, post.code))
        self._posted += 1
        if not post.remade:
            desk.posted[post.code] = None

    async def _look(self, desk: Desk, outlet: Outlet, key: CodeKey) -> None:
        code = self._office.codes.get(key)
        try:
            if code is not None and await self._looker.look(desk, outlet, code):
                self._troubles.works(outlet)
        except PostError as failure:
            await self._failed(outlet, key, failure)
            outlet.look(key, self._ports.clock.now())
            if isinstance(failure, ChannelGone | MessageRefused):
                desk.look_elsewhere(outlet, key, self._ports.clock.now())
        except StoreUnavailable as away:
            outlet.look(key, self._ports.clock.now())
            self._store_away(away)
        except Exception as fault:  # noqa: BLE001 - as above
            self._troubles.fault(outlet, key, fault)
            outlet.look(key, self._ports.clock.now())
        self._done(desk)

    def _posts_made(self, desk: Desk) -> bool:
        return bool(desk.posted) and desk.next_post(self._ports.clock.now()) is None

    async def _failed(self, outlet: Outlet, key: CodeKey, failure: PostError) -> None:
        if isinstance(failure, MessageRefused):
            if outlet.trouble is None:
                self._troubles.works(outlet)  # it answers: an outage is over
            self._troubles.fault(outlet, key, failure)
            return
        try:
            await self._troubles.failed(outlet, failure)
        except StoreUnavailable as away:
            self._store_away(away)

    def _done(self, desk: Desk) -> None:
        desk.busy_since = None
        self._wake.set()

    def _store_away(self, away: StoreUnavailable) -> None:
        level = logging.DEBUG if self._away else logging.WARNING  # once, not at each retry
        logger.log(level, "The announcer can't reach the store: %s", away)
        self._away = str(away)
        now = self._ports.clock.now()
        if now >= self._away_until:
            self._away_until = now + min(STORE_MAX, STORE_FIRST * 2 ** min(self._outages, 10))
            self._outages += 1
