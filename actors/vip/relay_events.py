"""What the relay of a session is told of both sides, from messages."""

from actors.vip import messages as m
from actors.vip import pool_messages as pool
from actors.vip.model import Side
from actors.vip.relay import Relay

Event = (
    m.ThreadPosted
    | m.ThreadEdited
    | m.ThreadDeleted
    | pool.DeskPosted
    | pool.DeskEdited
    | pool.DeskDeleted
    | pool.DeskResync
)


async def hand_over(relay: Relay, event: Event) -> None:
    """Something was written, edited, deleted, or missed."""
    match event:
        case m.ThreadPosted(_, message):
            await relay.posted(message)
        case m.ThreadEdited(_, message):
            await relay.edited(message)
        case m.ThreadDeleted(_, messages):
            await relay.deleted(Side.THREAD, messages)
        case pool.DeskPosted(_, answer):
            await relay.posted(answer)
        case pool.DeskEdited(_, answer):
            await relay.edited(answer)
        case pool.DeskDeleted(_, answers):
            await relay.deleted(Side.DESK, answers)
        case pool.DeskResync():
            relay.again()
