"""Mentioning the members who asked for it when a code is done: each once, whatever crashes in between.

Whom a message mentions is recorded with the intent to send it. While it is not known whether it was sent they
count as told: while the board knows its nonce that is sent again, later the channel's history is searched.
"""

import logging
import math
from collections.abc import Iterable, Mapping
from contextlib import suppress

from attrs import define, evolve

from actors.giftcodes.announcing_desks import Desk, Outlet, wants
from actors.giftcodes.announcing_journal import Journal
from actors.giftcodes.announcing_kept import Posts
from actors.giftcodes.announcing_ports import AnnouncerPorts, in_time
from actors.giftcodes.announcing_posts import CLOCKS_DIFFER, is_fresh
from actors.giftcodes.announcing_progress import fingerprint
from actors.giftcodes.announcing_told import is_doubtful, is_news, is_refused, next_at, summed_up
from actors.giftcodes.model import Code, Guild, Outcome, Post, PostKind, Redemption, Registration
from actors.ports import (
    MENTIONED_AT_ONCE,
    Announcement,
    ChannelGone,
    Delete,
    Mention,
    MessageRefused,
    Put,
    StoreUnavailable,
)

logger = logging.getLogger("perkd.announcer")


@define(eq=False)
class Mentioner:
    """Makes the messages that mention members, one at a time."""

    _ports: AnnouncerPorts
    _posts: Posts
    _journal: Journal

    async def mention(self, desk: Desk, outlet: Outlet, announcement: Announcement) -> bool:
        """Tell members who were not told yet, if the code is done for the guild.

        Returns whether the board did something.

        Raises `MessageRefused` also where the channel takes no new messages: those that are there can be
        edited all the same. Raises any other `PostError` but `ChannelGone`, and `StoreUnavailable`.
        """
        code, guild, progress = announcement.code, outlet.guild, announcement.progress
        if not guild.summary or progress is None or not progress.done or not progress.total:
            return False
        if not is_news(self._posts.told(code, guild.id), fingerprint(announcement)):
            return False
        try:
            return await self._go_on(desk, outlet, announcement)
        except ChannelGone as failure:
            raise MessageRefused(str(failure)) from failure

    async def _go_on(self, desk: Desk, outlet: Outlet, announcement: Announcement) -> bool:
        code, guild = announcement.code, outlet.guild
        posts = await self._ports.store.find(
            Post, guild=guild.id, game=code.game, code=code.code, kind=PostKind.MENTION.value
        )
        known = {post.key: post for post in posts if post.activation == code.activation}
        here = (post for post in known.values() if is_doubtful(post) and post.channel == outlet.channel.id)
        doubtful = next(here, None)
        was_asked = doubtful is not None and bool(doubtful.members)
        if doubtful is not None:
            if doubtful.members and is_fresh(doubtful, self._ports.clock.now()):
                await self._send(outlet, announcement, doubtful, known)
                outlet.turns.add(code.code_key, self._ports.clock.now())  # others may have come meanwhile
                return True
            known[doubtful.key] = await self._looked_up(outlet, announcement, doubtful)
            self._note(code, guild, known)
        if not self._speaks(desk, outlet, code):
            if doubtful is not None:  # whoever speaks had taken its members for told
                desk.look_elsewhere(outlet, code.code_key, self._ports.clock.now())
            return was_asked
        return await self._tell_others(outlet, announcement, known) or was_asked

    async def _looked_up(self, outlet: Outlet, announcement: Announcement, post: Post) -> Post:
        """The message as the channel's history tells: sent, or to be sent again."""
        found, intended_at = None, post.intended_at or 0.0
        if post.members:
            since = min(self._ports.clock.now(), intended_at) - CLOCKS_DIFFER
            sought = Mention(announcement, post.members)
            found = await in_time(self._ports.board.find(outlet.guild, outlet.channel, sought, since))
        if found is None:
            post = _refused(post)
        else:
            text = "Found the message that mentions members of guild %s for %s: it had been sent"
            logger.info(text, outlet.guild.id, post.code)
            post = evolve(post, at=intended_at, message=found, members=await self._left_of(post))
        self._journal.note(Put(post))
        return post

    def _speaks(self, desk: Desk, outlet: Outlet, code: Code) -> bool:
        """Whether it is the guild's first channel that has the code's message and takes others."""
        key, now = code.code_key, self._ports.clock.now()
        for other in desk.outlets.values():
            post = self._posts.about(code, other.guild.id, other.channel.id)
            has_message = post is not None and post.at is not None and bool(post.message)
            works = other is outlet or not other.refuses(key, now)
            if has_message and works and wants(other.channel, code):
                return other is outlet
        return False

    async def _tell_others(self, outlet: Outlet, announcement: Announcement, known: dict[str, Post]) -> bool:
        code, guild, now = announcement.code, outlet.guild, self._ports.clock.now()
        at = next_at(summed_up(known.values()), now)
        if at > now:
            if at < math.inf:
                outlet.turns.add(code.code_key, at)
            return False
        members = await self._untold(guild, code, known.values())
        intent = self._intent(outlet, announcement, members, known) if members else None
        if intent is not None:
            await self._journal.write(intent)
        for post in [post for post in known.values() if is_refused(post)]:
            del known[post.key]
            self._journal.note(Delete(Post, post.key))
        if intent is None:
            self._note(code, guild, known, fingerprint(announcement))
            return False
        try:
            await self._send(outlet, announcement, intent, known)
        except (ChannelGone, MessageRefused):
            known[intent.key] = _refused(intent)  # it was tried once, so it surely was not sent
            self._journal.note(Put(known[intent.key]))
            self._note(code, guild, known)
            raise
        return True

    async def _send(
        self, outlet: Outlet, announcement: Announcement, intent: Post, known: dict[str, Post]
    ) -> None:
        code, guild = announcement.code, outlet.guild
        known[intent.key] = intent
        self._note(code, guild, known)
        answered = self._posts.about(code, guild.id, outlet.channel.id)
        to = "" if answered is None else answered.message
        news = Mention(announcement, intent.members)
        message = await in_time(self._ports.board.mention(guild, outlet.channel, to, news, intent.nonce))
        now, members = self._ports.clock.now(), await self._left_of(intent)
        known[intent.key] = sent = evolve(intent, at=now, message=message, members=members)
        self._journal.note(Put(sent))
        self._note(code, guild, known)
        if len(intent.members) == MENTIONED_AT_ONCE:
            outlet.turns.add(code.code_key, self._ports.clock.now())  # there may be more to be told
        with suppress(StoreUnavailable):  # the next round begins with what is left to record
            await self._journal.flush()

    async def _left_of(self, intent: Post) -> tuple[str, ...]:
        """Its members but those whose data was erased meanwhile."""
        try:
            stored = await self._ports.store.get(Post, intent.key)
        except StoreUnavailable:
            return intent.members
        return intent.members if stored is None else stored.members

    def _intent(
        self, outlet: Outlet, announcement: Announcement, members: tuple[str, ...], known: dict[str, Post]
    ) -> Post:
        code = announcement.code
        return Post(
            outlet.guild.id,
            outlet.channel.id,
            code.game,
            code.code,
            code.activation,
            kind=PostKind.MENTION,
            intended_at=self._ports.clock.now(),
            nonce=self._ports.nonce(),
            shown=fingerprint(announcement),
            number=max((post.number + 1 for post in known.values()), default=0),
            members=members,
        )

    async def _untold(self, guild: Guild, code: Code, posts: Iterable[Post]) -> tuple[str, ...]:
        """Those who want to be mentioned, were not yet, and for whose player something came of the code."""
        store, members = self._ports.store, set[str]()
        told = {member for post in posts for member in post.members}
        for mine in await store.find(Registration, guild=guild.id, game=code.game):
            if not mine.mention or not mine.member or mine.member in told or mine.member in members:
                continue
            pair = Redemption(code.game, mine.fid, code.code, code.activation)
            record = await store.get(Redemption, pair.key)
            if record is not None and record.outcome is not Outcome.PENDING:
                members.add(mine.member)
            if len(members) == MENTIONED_AT_ONCE:
                break
        return tuple(sorted(members))

    def _note(self, code: Code, guild: Guild, known: Mapping[str, Post], shown: str | None = None) -> None:
        """Keep in mind what is known; `shown`: of this look of the announcement everybody was told."""
        at, last, more, is_open = summed_up(known.values())
        told = (at, last, more, is_open) if shown is None else (at, shown, False, is_open)
        self._posts.set_told(code, guild.id, told)


def _refused(intent: Post) -> Post:
    return evolve(intent, intended_at=None, nonce="", shown="", members=())
