"""Keeping a message up to date: it is edited when it would show something else."""

import logging

from attrs import define, evolve

from actors.giftcodes.announcing_desks import EDIT_EVERY, Desk, Outlet
from actors.giftcodes.announcing_journal import Journal
from actors.giftcodes.announcing_kept import Posts
from actors.giftcodes.announcing_mentions import Mentioner
from actors.giftcodes.announcing_ports import AnnouncerPorts, in_time
from actors.giftcodes.announcing_posts import Poster
from actors.giftcodes.announcing_progress import ProgressReader, ProgressUnknown, fingerprint
from actors.giftcodes.model import Code, CodeState, Post
from actors.ports import Announcement, MessageGone, PostError, Put

logger = logging.getLogger("perkd.announcer")


@define(eq=False)
class Looker:
    """Looks at messages that may have to be edited."""

    _ports: AnnouncerPorts
    _posts: Posts
    _journal: Journal
    _progress: ProgressReader
    _poster: Poster
    _mentioner: Mentioner
    edits: int = 0

    async def look(self, desk: Desk, outlet: Outlet, code: Code) -> bool:
        """Edit the message about the code if it is to show something else, and tell members who asked for it.

        Returns whether the board did something.

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
        # The edit is noted when it is recorded who is to be told: who finds it noted need not look again.
        try:
            mentioned = await self._mentioner.mention(desk, outlet, announcement)
        except PostError:
            self._note(edited)
            raise
        self._note(edited)
        await self._journal.flush()
        outlet.take_up(code.code_key)  # also where another channel did what this one refused
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
        return evolve(post, shown=shown)

    async def _make_anew(self, outlet: Outlet, code: Code, post: Post) -> None:
        """Somebody deleted the message. Once it is made anew; then, or of an ended code, it stays away."""
        if post.remade or code.state is not CodeState.LIVE:
            self._note(evolve(post, message=""))
            return
        text = "The message about %s in %s of guild %s was deleted: it is made anew, once"
        logger.info(text, code.code, outlet.channel.id, outlet.guild.id)
        await self._poster.intend(outlet, code, remade=True)
        outlet.owed[code.code_key] = code

    def _note(self, post: Post | None) -> None:
        if post is not None:
            self._posts.put(post)
            self._journal.note(Put(post))
