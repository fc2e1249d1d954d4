"""What is known of the messages that mention a guild's members for a code. Pure; time is an argument.

A member is told once. Who comes later is told when the code is done for the guild again, some time after.
"""

import math
from collections.abc import Iterable

from actors.giftcodes.announcing_progress import shows_state
from actors.giftcodes.model import Code, Post
from actors.ports import MENTIONED_AT_ONCE

AGAIN = 600.0
"""Seconds between two rounds of telling a guild's members of a code."""

Told = tuple[float, str, bool, bool]
"""When members were told last (`inf`: an older perkd told them, and nobody knows whom), of what (see
`Post.shown`), whether there may be more of them to be told at once, and whether a message is left to be sent,
or may be. A plain tuple: the garbage collector need not look through it."""

NEVER: Told = (-math.inf, "", False, False)


def is_doubtful(post: Post) -> bool:
    """Whether it is not known if the message was sent."""
    return post.at is None and post.intended_at is not None


def is_refused(post: Post) -> bool:
    """Whether the message surely was not sent: its members are to be told yet."""
    return post.at is None and post.intended_at is None


def summed_up(posts: Iterable[Post]) -> Told:
    """What is known, from all messages that mention the guild's members for one activation of a code."""
    at, shown, more, is_open = NEVER
    for post in sorted(posts, key=lambda one: one.number):
        if not post.shown and not is_refused(post):
            return (math.inf, "", False, False)
        if post.at is None:
            is_open = True
        else:
            at, shown, more = post.at, post.shown, len(post.members) == MENTIONED_AT_ONCE
    return (at, shown, more, is_open)


def next_at(told: Told, now: float) -> float:
    """When the next message may be sent. A clock that was set back makes nobody wait for it."""
    at, _, more, _ = told
    if at == math.inf:
        return at
    return now if more or at > now else at + AGAIN


def is_news(told: Told, shown: str) -> bool:
    """Whether somebody may have to be told now that the announcement looks like this."""
    at, last, more, is_open = told
    return at < math.inf and (more or is_open or shown != last)


def is_pending(told: Told, code: Code, now: float) -> bool:
    """Whether something may be left to be told of a code that has ended, after a restart as well.

    Who came shortly before its end has to wait, and perkd may be away when the wait is over.
    """
    at, last, more, is_open = told
    if more or is_open or now < next_at(told, now) < math.inf:
        return True
    return at < math.inf and not shows_state(last, code) and (code.ended_at or 0.0) < at + AGAIN
