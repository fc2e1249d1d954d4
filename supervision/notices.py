"""Notices that a watcher's full mailbox has no room for yet."""

from collections import deque

import trio
from attrs import define, field

from supervision.mailbox import RETRY, Mailbox
from supervision.wheel import Wheel


@define(eq=False)
class Notices:
    """The runtime's own messages to one actor: in order, and however many wait, one timer for all."""

    _mailbox: Mailbox
    _wheel: Wheel
    _waiting: deque[object] = field(factory=deque, init=False)

    def tell(self, notice: object) -> None:
        """Deliver it; where the mailbox is full, as soon as there is room."""
        if not self._waiting:
            if self._mailbox.offer(notice):
                return
            self._deliver_later()
        self._waiting.append(notice)

    def _deliver_later(self) -> None:
        self._wheel.add(trio.current_time() + RETRY, self._deliver)

    def _deliver(self) -> None:
        while self._waiting and self._mailbox.offer(self._waiting[0]):
            self._waiting.popleft()
        if self._waiting:
            self._deliver_later()

    def close(self) -> None:
        """Nobody will read them any more."""
        self._waiting.clear()
