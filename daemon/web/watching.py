"""The status for those who watch it: made once a second for all together, and only while there are any."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import trio
from attrs import define, field

Document = dict[str, Any]

EVERY = 1.0
"""Seconds between two looks."""


@define(eq=False)
class StatusFeed:
    """One for the daemon; `run` is its task."""

    make: Callable[[bool], Awaitable[Document]]
    every: float = EVERY
    _watchers: int = field(default=0, init=False)
    _latest: Document | None = field(default=None, init=False)
    _number: int = field(default=0, init=False)
    _new: trio.Event = field(factory=trio.Event, init=False)
    _wanted: trio.Event = field(factory=trio.Event, init=False)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Somebody watches for the length of the block."""
        self._watchers += 1
        self._wanted.set()
        try:
            yield
        finally:
            self._watchers -= 1
            if not self._watchers:
                self._wanted = trio.Event()
                self._latest = None  # whoever comes next must not be shown an old one

    async def next(self, after: int) -> tuple[int, Document]:
        """The status newer than number `after` (0: the first one there is), with its number."""
        while self._latest is None or self._number <= after:
            await self._new.wait()
        return self._number, self._latest

    async def run(self) -> None:
        """Look again and again."""
        while True:
            await self._wanted.wait()
            made = await self.make(False)
            if self._watchers:  # else it would be kept for whoever comes in an hour
                self._latest = made
                self._number += 1
                self._new.set()
                self._new = trio.Event()
            await trio.sleep(self.every)
