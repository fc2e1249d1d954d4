"""Reading what was missed: new messages, edits, deletes, and a command. Bounded in number and age."""

from collections.abc import Sequence

from attrs import evolve, frozen

from actors.vip.model import Crossing, CrossingState, Side
from actors.vip.outbox import Outbox
from actors.vip.policy import VIPPolicy
from actors.vip.ports import DeskMessage, ThreadMessage

Message = ThreadMessage | DeskMessage

WINDOW = 50
"""So many of the last messages are looked at for edits and deletes."""
PAGE = 100
LATE = 60.0
"""Seconds: what is older than this when it is first seen is marked as late."""
_LAST = "+"
"""Behind a version: no other of the same second can follow."""
TOO_OLD = "missed while perkd was away, and not replayed: too old, or too many"


@frozen
class Missed:
    """What the history shows that the outbox does not know."""

    new: tuple[Crossing, ...]
    """To be recorded, in order; the skipped ones among them."""
    edited: tuple[tuple[Crossing, Message], ...]
    deleted: tuple[Crossing, ...]
    seen: str
    """Everything up to this message has been looked at."""

    @property
    def skipped(self) -> tuple[Crossing, ...]:
        """Those that are not replayed."""
        return tuple(c for c in self.new if c.state is CrossingState.SKIPPED and c.reason == TOO_OLD)


def window_start(outbox: Outbox, side: Side, seen: str, lease: tuple[str, int]) -> str:
    """From where the history has to be read: after this message."""
    recent = _recent(outbox, side, lease)
    if not recent:
        return seen
    return str(min(int(seen or 0), int(recent[0].source) - 1))


def compare(
    outbox: Outbox,
    side: Side,
    lease: tuple[str, int],
    history: Sequence[Message],
    *,
    new: Sequence[Crossing],
    seen: str,
) -> Missed:
    """What was missed. `history` is all from `window_start` on, `new` what of it may cross, as crossings."""
    by_id = {message.id: message for message in history}
    edited, deleted = [], []
    for crossing in _recent(outbox, side, lease):
        message = by_id.get(crossing.source)
        if message is None:
            if not crossing.deleted and crossing.arrives:
                deleted.append(crossing)
        elif message.version > crossing.version or _may_differ(side, message, crossing):
            edited.append((crossing, message))
    last = max((int(message.id) for message in history), default=0)
    unknown = tuple(c for c in new if outbox.get(c.key) is None)
    return Missed(unknown, tuple(edited), tuple(deleted), str(max(last, int(seen or 0))))


def settled(message: Message, now: float) -> Message:
    """As a history tells it: of an edit Telegram has only the second, and this one is the last in that."""
    over = message.version.isdigit() and now - int(message.version) > LATE
    return evolve(message, version=message.version + _LAST) if over else message


def _may_differ(side: Side, message: Message, crossing: Crossing) -> bool:
    """It was shown as it was told within its second: another edit in the same second may have been missed."""
    version = message.version.removesuffix(_LAST)
    return side is Side.DESK and bool(version) and crossing.version == version


def bounded(
    new: Sequence[Crossing], written: Sequence[float], now: float, policy: VIPPolicy
) -> list[Crossing]:
    """Mark what is late, and skip what is too old or too many; `written` are the times of the messages."""
    open_ones = [n for n, c in enumerate(new) if c.state is CrossingState.WAITING]
    too_many = set(open_ones[: max(0, len(open_ones) - policy.replay_max)])
    result = []
    for number, (crossing, at) in enumerate(zip(new, written, strict=True)):
        waits = crossing.state is CrossingState.WAITING
        if waits and (number in too_many or now - at > policy.replay_age):
            result.append(evolve(crossing, state=CrossingState.SKIPPED, reason=TOO_OLD))
        else:
            result.append(evolve(crossing, late=waits and now - at > LATE))
    return result


def _recent(outbox: Outbox, side: Side, lease: tuple[str, int]) -> list[Crossing]:
    ours = [c for c in outbox.of(side) if side is Side.THREAD or (c.account, c.epoch) == lease]
    return sorted(ours[-WINDOW:], key=lambda c: int(c.source))
