"""What the announcer and its parts are given, and the bounds they keep."""

import uuid
from collections.abc import Awaitable, Callable
from typing import TypeVar

import trio
from attrs import frozen

from actors.ports import Board, Clock, PostError, Store
from supervision import ActorRef

T = TypeVar("T")

ANSWER_WITHIN = 30.0
"""Seconds a board may take for one message; what takes longer has failed, and is tried again."""
NONCE_KEPT = 120.0
"""Seconds for which a nonce is known to make no second message."""
SAME_NONCE = NONCE_KEPT - ANSWER_WITHIN
"""Seconds after an intent in which its nonce is sent again: even a slow one arrives in time."""


def _nonce() -> str:
    return uuid.uuid4().hex[:25]


@frozen
class AnnouncerPorts:
    """What the announcer is given."""

    board: Board
    store: Store
    clock: Clock
    campaign: ActorRef
    """Asked `ProgressOf`."""
    nonce: Callable[[], str] = _nonce
    """Makes a new one, of at most 25 characters."""


async def in_time(answer: Awaitable[T]) -> T:
    """What the board answers. Raises `PostError` where it does not within `ANSWER_WITHIN`."""
    try:
        with trio.fail_after(ANSWER_WITHIN):
            return await answer
    except trio.TooSlowError:
        raise PostError(f"no answer within {ANSWER_WITHIN:g} s") from None
