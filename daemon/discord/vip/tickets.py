"""Tickets: people who pressed the button or gave a command are answered by these, also in several parts."""

import logging
from collections import OrderedDict
from typing import Any

import hikari
import trio
from attrs import define, field

from actors.vip.ports import FloodWait, Gone, Trouble, Unreachable
from actors.vip.words import Notice
from daemon.discord.answering import LONGEST
from daemon.discord.link import DiscordLink
from daemon.discord.locale import say
from daemon.discord.post_failures import in_short
from daemon.discord.render import message_of
from daemon.discord.values import Reply, Slip
from daemon.discord.vip.asking import Asking
from daemon.discord.vip.ticket import Spot, Ticket, Voice, Where

logger = logging.getLogger("perkd.discord")

MOST = 5000
"""Tickets that are known; of more the oldest are forgotten."""
AT_ONCE = 20
"""Answers that are on their way to Discord."""
WRITE_WITHIN = 10.0
_PAUSE, _LONGEST_PAUSE = 0.5, 10.0
_BEFORE_THE_END = 20.0
"""Seconds before a ticket is over: who has not been answered by then is told so."""
_LONG = 15.0
"""Seconds without an answer after which people are told that it takes its time."""
_SWEEP = 5.0


@define(eq=False)
class Tickets:
    """The port `Answers`. What is to be said is taken at once; `serve` tells Discord.

    They live in memory: an answer by a ticket of an earlier life of the daemon, or one that is over, is
    logged. Members still find a thread that has opened: they are added to it.
    """

    link: DiscordLink
    life: float = LONGEST
    """Seconds that a ticket is good for."""
    _tickets: OrderedDict[str, Ticket] = field(factory=OrderedDict, init=False)
    """The oldest first: all live equally long."""
    _waiting: OrderedDict[str, Ticket] = field(factory=OrderedDict, init=False)
    """What they are to show is not shown yet."""
    _changed: trio.Event = field(factory=trio.Event, init=False)

    def __len__(self) -> int:
        return len(self._tickets)

    def open(self, where: Where, voice: Voice, locale: str) -> str:
        """A new ticket; returns its id."""
        id_ = f"i{where.interaction}" if isinstance(where, Slip) else f"m{where.message}"
        self._tickets[id_] = Ticket(id_, voice, where, locale, trio.current_time() + self.life)
        while len(self._tickets) > MOST:
            self.forget(next(iter(self._tickets)))
        return id_

    def forget(self, ticket: str) -> None:
        """It is not needed: its holder was answered otherwise."""
        self._tickets.pop(ticket, None)
        self._waiting.pop(ticket, None)

    def tell(self, ticket: str, text: str) -> None:
        """Have the person behind `ticket` told something by who opened it."""
        found = self._tickets.get(ticket)
        if found is not None:
            found.lines = [text]
            self._wait_for(found)

    async def answer(self, ticket: str, notice: Notice) -> None:
        """Have the person behind `ticket` told. Waits for nobody, and raises nothing."""
        found = self._tickets.get(ticket)
        if found is None or trio.current_time() >= found.until:
            logger.info("Nobody can be told %s any more: its ticket %s is over", notice.word.value, ticket)
        else:
            found.say(notice)
            self._wait_for(found)
        await trio.lowlevel.checkpoint()

    # --- to Discord -----------------------------------------------------------------------------

    async def serve(self) -> None:
        """Tell Discord, for ever. Run by the watcher."""
        for ticket in self._tickets.values():  # of those that an earlier run was busy with
            ticket.writing = False
            self._wait_for(ticket)
        places = trio.CapacityLimiter(AT_ONCE)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._sweep)
            while True:
                while self._waiting:
                    _, ticket = self._waiting.popitem(last=False)
                    if not ticket.writing:
                        ticket.writing = True
                        nursery.start_soon(self._write, ticket, places)
                await self._changed.wait()

    def _wait_for(self, ticket: Ticket) -> None:
        if ticket.text != ticket.shown:
            self._waiting[ticket.id] = ticket
            self._changed.set()
            self._changed = trio.Event()

    async def _sweep(self) -> None:
        """Nobody waits without a word until the end; what is over is forgotten."""
        while True:
            now = trio.current_time()
            for ticket in list(self._tickets.values()):
                left = ticket.until - now
                if left > self.life - _LONG:
                    break
                if left <= 0:
                    self.forget(ticket.id)
                elif not ticket.lines and left <= _BEFORE_THE_END:
                    ticket.lines.append(say("vip.no_answer", ticket.locale))
                    self._wait_for(ticket)
                elif not ticket.text:
                    ticket.meanwhile = say("vip.takes_long", ticket.locale)
                    self._wait_for(ticket)
            await trio.sleep(_SWEEP)

    async def _write(self, ticket: Ticket, places: trio.CapacityLimiter) -> None:
        """Have Discord show what the ticket says by now; tried again while Discord is away."""
        pause = _PAUSE
        with trio.move_on_at(ticket.until) as scope:
            while ticket.text != ticket.shown:
                text = ticket.text
                try:
                    async with places:
                        await self._show(ticket, text)
                except (Unreachable, FloodWait) as away:
                    logger.debug("Ticket %s waits: %s", ticket.id, away)
                    await trio.sleep(away.seconds if isinstance(away, FloodWait) else pause)
                    await self.link.wait_open()
                    pause = min(2 * pause, _LONGEST_PAUSE)
                except (Trouble, hikari.HTTPResponseError) as error:
                    logger.info("Ticket %s can't be answered: %s", ticket.id, in_short(error))
                    self.forget(ticket.id)
                    return
                else:
                    ticket.shown, pause = text, _PAUSE
        ticket.writing = False
        if scope.cancelled_caught:
            logger.info("Ticket %s was not answered in time: Discord was away", ticket.id)

    async def _show(self, ticket: Ticket, text: str) -> None:
        """Raises `Unreachable` and `FloodWait`: to be tried again; other troubles: not."""
        where, content = ticket.where, message_of(Reply(text))

        async def show(rest: hikari.api.RESTClient) -> hikari.Message:
            if isinstance(where, Slip):
                return await _edit(rest, where, content)
            if ticket.reply:
                return await rest.edit_message(int(where.channel), int(ticket.reply), **content)
            return await rest.create_message(
                int(where.channel),
                **content,
                nonce=ticket.id,
                reply=int(where.message),
                reply_must_exist=False,
                mentions_reply=False,
            )

        shown = await Asking(self.link, WRITE_WITHIN)(show)
        if isinstance(where, Spot):
            ticket.reply = str(shown.id)


async def _edit(rest: hikari.api.RESTClient, slip: Slip, content: dict[str, Any]) -> hikari.Message:
    try:
        return await rest.edit_interaction_response(int(slip.application), slip.token, **content)
    except hikari.UnauthorizedError as error:  # not the bot's own token
        raise Gone(in_short(error)) from error
