"""Posting a code to a channel so that it is there once, whatever crashes in between.

What is about to be sent is recorded before it is sent, with its nonce. Whoever finds such an intent does
not know whether it was sent: within two minutes the same nonce is sent again, which makes no second
message; later the channel's history is searched first.
"""

import logging
from contextlib import suppress

from attrs import define, evolve

from actors.giftcodes.announcing_desks import Outlet
from actors.giftcodes.announcing_journal import Journal
from actors.giftcodes.announcing_kept import Posts
from actors.giftcodes.announcing_ports import SAME_NONCE, AnnouncerPorts, in_time
from actors.giftcodes.announcing_progress import ProgressReader, fingerprint
from actors.giftcodes.model import Code, CodeKey, Post
from actors.ports import Announcement, Put, StoreUnavailable

logger = logging.getLogger("perkd.announcer")

CLOCKS_DIFFER = 600.0
"""Seconds our clock may be ahead of the board's: the history is searched from so much earlier on."""


def is_fresh(intent: Post, now: float) -> bool:
    """Whether the intent's nonce can be sent again. A clock that was set back answers no."""
    return intent.intended_at is not None and 0 <= now - intent.intended_at < SAME_NONCE


@define(eq=False)
class Poster:
    """Makes the messages."""

    _ports: AnnouncerPorts
    _posts: Posts
    _journal: Journal
    _progress: ProgressReader

    async def post(self, outlet: Outlet, code: Code) -> Post | None:
        """Post the code; returns what was recorded, None if it had been posted meanwhile.

        Raises `PostError`, `StoreUnavailable`.
        """
        guild, channel = outlet.guild, outlet.channel
        post = self._posts.about(code, guild.id, channel.id)
        if post is not None and post.at is not None:
            outlet.owed.pop(code.code_key, None)  # it was on its way while the channel was set up anew
            return None
        progress = await self._progress.at_once(code, guild)
        announcement = Announcement(code, progress, guild.auto_redeem, guild.paused)
        shown = ""  # what was sent earlier may look different
        fresh = post is not None and is_fresh(post, self._ports.clock.now())
        if post is not None and not fresh:
            found = await self._find(outlet, announcement, post)
            if found is not None:
                return await self._complete(outlet, evolve(post, message=found))
        if post is None or not fresh:
            post = await self.intend(outlet, code, remade=post is not None and post.remade)
            shown = fingerprint(announcement)
        message = await in_time(self._ports.board.post(guild, channel, announcement, post.nonce))
        return await self._complete(outlet, evolve(post, message=message, shown=shown))

    async def intend(self, outlet: Outlet, code: Code, *, remade: bool = False) -> Post:
        """Record what is about to be sent. Raises `StoreUnavailable`: then it must not be sent."""
        intent = Post(
            outlet.guild.id,
            outlet.channel.id,
            code.game,
            code.code,
            code.activation,
            intended_at=self._ports.clock.now(),
            nonce=self._ports.nonce(),
            remade=remade,
        )
        await self._journal.write(intent)
        self._posts.put(intent)
        return intent

    async def _find(self, outlet: Outlet, announcement: Announcement, intent: Post) -> str | None:
        code, now = announcement.code, self._ports.clock.now()
        # In an earlier life the clock may have been ahead: the message is older than its intent then.
        since = min(now, code.live_from if intent.intended_at is None else intent.intended_at)
        search = self._ports.board.find(outlet.guild, outlet.channel, announcement, since - CLOCKS_DIFFER)
        found = await in_time(search)
        if found is not None:
            text = "Found the message about %s in %s of guild %s: it had been posted"
            logger.info(text, intent.code, outlet.channel.id, outlet.guild.id)
        return found

    async def _complete(self, outlet: Outlet, post: Post) -> Post:
        """The message is there: record it, where the store is away as soon as it is back."""
        key = CodeKey(post.game, post.code)
        outlet.owed.pop(key, None)
        now = self._ports.clock.now()
        outlet.edited(key, now)
        if post.message:
            outlet.look(key, now)  # what moved while it was being posted was told to nobody
        post = evolve(post, at=now)
        self._posts.put(post)
        self._journal.note(Put(post))
        with suppress(StoreUnavailable):  # the next round begins with what is left to record
            await self._journal.flush()
        return post
