"""Codes from a watched channel are recorded, however long that takes; and what there is to say of them."""

import logging
from collections.abc import Sequence
from itertools import count

import trio

from actors.giftcodes.model import Code, CodeKey, CodeState, Watched
from actors.giftcodes.source_health import PollerPolicy, SourceHealth
from actors.ports import FoundCode, Store, StoreUnavailable
from supervision import ActorRef

logger = logging.getLogger("perkd.discord")

SOURCE = "discord:"
"""Before the channel's id: what the source of codes from a watched channel is called in the store."""

NEW, KNOWN, ENDED = "✅", "☑️", "⚠️"
"""The reactions to a code: it is new; it was known and lives; it has ended."""

FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0
"""Seconds between two tries: doubling from the first to the last."""


async def record(store: Store, campaign: ActorRef, channel: Watched, codes: Sequence[str]) -> list[str]:
    """Have the campaign record the codes; returns once it has, with the reactions, each once."""
    health = SourceHealth(f"{SOURCE}{channel.id}", PollerPolicy())
    found = tuple(FoundCode(channel.game, code) for code in codes)
    before: list[Code | None] | None = None
    for attempt in count():
        try:
            # What was known before is read once: a try whose answer was lost may have recorded them.
            if before is None:
                before = [await store.get(Code, str(CodeKey(one.game, one.code))) for one in found]
            if await health.record(campaign, found):
                break
        except StoreUnavailable:
            logger.debug("Codes of channel %s wait for the store", channel.id)
        await trio.sleep(min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(attempt, 10)))
    signs = {_sign(code) for code in before or ()}
    return [sign for sign in (NEW, KNOWN, ENDED) if sign in signs]


def _sign(before: Code | None) -> str:
    if before is None:
        return NEW
    return KNOWN if before.state is CodeState.LIVE else ENDED
