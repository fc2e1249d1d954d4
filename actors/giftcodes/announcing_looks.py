"""Keeping a message up to date: it is edited when it would show something else, and mentions once."""

import logging

from attrs import define, evolve

from actors.giftcodes.announcing_desks import EDIT_EVERY, Outlet, wants
from actors.giftcodes.announcing_journal import Journal
from actors.giftcodes.announcing_kept import Posts
from actors.giftcodes.announcing_ports import AnnouncerPorts, in_time
from actors.giftcodes.announcing_posts import Poster, is_fresh
from actors.giftcodes.announcing_progress import ProgressReader, ProgressUnknown, fingerprint
from actors.giftcodes.model import Code, CodeState, Post, PostKind, Redemption, Registration
from actors.ports import Announcement, Mention, MessageGone, Put

logger = logging.getLogger("perkd.announcer")


@define(eq=False)
class Looker:
    """Looks at messages that may have to be edited."""

    _ports: AnnouncerPorts
    _posts: Posts
    _journal: Journal
    _progress: ProgressReader
    _poster: Poster
    edits: int = 0

    async def look(self, outlet: Outlet, code: Code) -> bool:
        """Edit the message about the code if it is to show something else; True: the board took something.

        Raises `PostError`, `StoreUnavailable`.
        """
        post = self._posts.about(code, outlet.guild.id, outlet.channel.id)
        if post is None or post.at is None or not post.message:
            return False
        now = self._ports.clock.now()
        try:
            progress = await self._progress.read(code, outlet.guild)
        except ProgressUnknown:
            outlet.turns.add(code.code_key, now + EDIT_EVERY)
            return False
        if progress is None:
            return False
        announcement = Announcement(code, progress, outlet.guild.auto_redeem, outlet.guild.paused)
        edited = await self._edit(outlet, announcement, post)
        try:
            mentioned = await self._mention(outlet, announcement)
        finally:
            if edited is not None:
                self._journal.note(Put(edited))  # only now: who finds it recorded need not look again
        await self._journal.flush()
        return edited is not None or mentioned

    async def _edit(self, outlet: Outlet, announcement: Announcement, post: Post) -> Post | None:
        key, shown = announcement.code.code_key, fingerprint(announcement)
        if shown == post.shown:
            return None
        try:
            board = self._ports.board
            await in_time(board.edit(outlet.guild, outlet.channel, post.message, announcement))
        except MessageGone:
            await self._make_anew(outlet, announcement.code, post)
            return None
        finally:
            outlet.edited(key, self._ports.clock.now())
        self.edits += 1
        post = evolve(post, shown=shown)
        self._posts.put(post)
        return post

    async def _make_anew(self, outlet: Outlet, code: Code, post: Post) -> None:
        """Somebody deleted the message. Once it is made anew; then, or of an ended code, it stays away."""
        if post.remade or code.state is not CodeState.LIVE:
            self._note(evolve(post, message=""))
            return
        text = "The message about %s in %s of guild %s was deleted: it is made anew, once"
        logger.info(text, code.code, outlet.channel.id, outlet.guild.id)
        await self._poster.intend(outlet, code, remade=True)
        outlet.owed[code.code_key] = code

    # --- members who asked for it ---------------------------------------------------------------

    async def _mention(self, outlet: Outlet, announcement: Announcement) -> bool:
        code, guild, progress = announcement.code, outlet.guild, announcement.progress
        first = next((channel for channel in guild.channels if wants(channel, code)), None)
        is_done = progress is not None and progress.done and progress.total > 0
        if first != outlet.channel or not guild.summary or not is_done:
            return False
        made = self._posts.mention(code, guild)
        post = self._posts.about(code, guild.id, outlet.channel.id)
        if post is None or not post.message:
            return False
        if made is not None and (made.at is not None or made.channel != outlet.channel.id):
            return False
        if made is not None and not is_fresh(made, self._ports.clock.now()):
            text = (
                "Whether members of guild %s were told that %s is done is not known: they are not told twice"
            )
            logger.warning(text, guild.id, code.code)
            self._note(evolve(made, at=made.intended_at or 0.0))
            return False
        members = await self._members(outlet, code)
        if not members:
            return False
        if made is None:
            made = await self._poster.intend(outlet, code, kind=PostKind.MENTION)
        news = Mention(announcement, members)
        board = self._ports.board
        message = await in_time(board.mention(guild, outlet.channel, post.message, news, made.nonce))
        await self._poster.complete(evolve(made, message=message))
        return True

    async def _members(self, outlet: Outlet, code: Code) -> tuple[str, ...]:
        """Those who want to be mentioned, and for whose player something came of the code."""
        store, members = self._ports.store, set()
        for mine in await store.find(Registration, guild=outlet.guild.id, game=code.game):
            if mine.mention and mine.member and mine.member not in members:
                pair = Redemption(code.game, mine.fid, code.code, code.activation)
                if await store.get(Redemption, pair.key) is not None:
                    members.add(mine.member)
        return tuple(sorted(members))

    def _note(self, post: Post) -> None:
        self._posts.put(post)
        self._journal.note(Put(post))
