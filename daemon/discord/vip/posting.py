"""Posting in a VIP thread, once: a message, and its files as far as they can be had and taken."""

from collections import OrderedDict
from typing import TypeVar

import hikari
from attrs import define, field

from actors.vip.ports import Content, Unreachable
from daemon.discord.render import SILENT
from daemon.discord.vip.asking import Asking, TooLarge
from daemon.discord.vip.places import OpenFile
from daemon.discord.vip.uploads import Parcel, in_words, packed, too_large

T = TypeVar("T")

FILES_WITHIN = 180.0
"""Seconds for a message with files."""
TRIES = 3
"""Vain uploads to a Discord that answers, after which files are told in words: others wait behind them."""
_REMEMBERED = 2000


@define(eq=False)
class Posting:
    """Remembers what it has posted. Raises the port's errors."""

    _asking: Asking
    _open_file: OpenFile
    _sent: "OrderedDict[tuple[str, str], str]" = field(factory=OrderedDict)
    """The ids of the last messages by thread and nonce."""
    _vain: "OrderedDict[tuple[str, str], int]" = field(factory=OrderedDict)
    """How often the files of a message were not taken."""

    def posted(self, thread: str, nonce: str) -> str | None:
        """The id of what this life has posted with the nonce."""
        return self._sent.get((thread, nonce))

    def all_posted(self, thread: str) -> set[str]:
        """The ids of what it has posted there."""
        return {message for (place, _), message in self._sent.items() if place == thread}

    async def send(self, thread: str, content: Content, nonce: str, reply_to: str, guild: str) -> str:
        """See `Threads.send`."""
        parcel = await packed(content, self._open_file)
        try:
            message = await self._post(thread, parcel, nonce, reply_to, guild)
        except TooLarge:
            if not parcel.data:
                raise
            message = await self._post(thread, too_large(content, parcel), nonce, reply_to, guild)
        except Unreachable:
            if not parcel.data or not await self._is_given_up(thread, nonce, guild):
                raise
            message = await self._post(thread, in_words(content), nonce, reply_to, guild)
        self._vain.pop((thread, nonce), None)
        _remember(self._sent, (thread, nonce), message)
        return message

    async def _is_given_up(self, thread: str, nonce: str, guild: str) -> bool:
        """Count a vain upload, unless Discord is away. Raises `Unreachable` where it is."""
        await self._asking(lambda rest: rest.fetch_channel(int(thread)), guild=guild)
        vain = self._vain.pop((thread, nonce), 0) + 1
        _remember(self._vain, (thread, nonce), vain)
        return vain >= TRIES

    async def _post(self, thread: str, parcel: Parcel, nonce: str, reply_to: str, guild: str) -> str:
        message = parcel.shown

        async def ask(rest: hikari.api.RESTClient) -> str:
            if message.overflow:
                await rest.create_message(int(thread), message.overflow, nonce=f"{nonce[:24]}+", **SILENT)
            sent = await rest.create_message(
                int(thread),
                message.text or hikari.UNDEFINED,
                attachments=parcel.attachments() or hikari.UNDEFINED,
                nonce=nonce,
                reply=int(reply_to) if reply_to else hikari.UNDEFINED,
                reply_must_exist=False,
                mentions_reply=False,
                **SILENT,
            )
            return str(sent.id)

        return await self._asking(ask, guild=guild, within=FILES_WITHIN if parcel.data else None)


def _remember(kept: "OrderedDict[tuple[str, str], T]", key: tuple[str, str], value: T) -> None:
    kept[key] = value
    if len(kept) > _REMEMBERED:
        kept.popitem(last=False)
