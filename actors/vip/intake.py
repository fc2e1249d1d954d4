"""What of all that is written may cross, and how it is recorded."""

from actors.vip.model import Crossing, CrossingState, Side
from actors.vip.parts import SessionParts
from actors.vip.ports import DeskMessage, ThreadMessage

LATE_ANSWER = "a late answer to somebody else: it goes to the staff log"


def is_staff(parts: SessionParts, roles: frozenset[str]) -> bool:
    """Whether somebody with these roles is staff: by ids, never by names."""
    return not parts.policy.staff_roles.isdisjoint(roles)


def from_thread(parts: SessionParts, message: ThreadMessage) -> Crossing | None:
    """Only the owner's and staff's messages cross; commands never do."""
    if not message.person or message.command:
        return None
    owner = message.author == parts.member.id
    if not owner and not is_staff(parts, message.roles):
        return None
    lease = parts.lease
    return Crossing(
        parts.book.live.id,
        Side.THREAD,
        message.id,
        0,
        parts.now(),
        account=lease.account,
        epoch=lease.epoch,
        staff=not owner,
    )


def from_desk(parts: SessionParts, message: DeskMessage) -> Crossing | None:
    """What the desk wrote after the introduction; what answers an older message belongs to somebody else."""
    if message.own:
        return None
    session, lease = parts.book.live, parts.lease
    late = is_late(message, session.desk_from)
    return Crossing(
        session.id,
        Side.DESK,
        message.id,
        0,
        parts.now(),
        state=CrossingState.STRAY if late else CrossingState.WAITING,
        account=lease.account,
        epoch=lease.epoch,
        reason=LATE_ANSWER if late else "",
    )


def is_late(message: DeskMessage, desk_from: str) -> bool:
    """Whether the desk wrote it before this session, or in answer to something from before.

    What the desk writes after the introduction without answering a message can't be told apart: to Telegram
    it is one chat, whoever is meant. Against that there are the introduction itself, the history that is
    cleared, and that of the free accounts the one that has rested longest is leased.
    """
    if not desk_from:
        return True
    border = int(desk_from)
    return int(message.id) <= border or bool(message.reply_to and int(message.reply_to) < border)
