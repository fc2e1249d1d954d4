"""The records of the gift-code half: what is stored, and how each is keyed.

All times are unix seconds (UTC) as floats. A record is a frozen value: a change is a new record, made
with `attrs.evolve`, and becomes true when the store has committed it.
"""

from actors.giftcodes.answer_words import (
    UNKNOWN_PREFIX,
    FailureClass,
    Scope,
    Status,
)
from actors.giftcodes.code_records import (
    Code,
    CodeKey,
    CodeState,
    Outcome,
    Redemption,
    Spent,
    Wish,
)
from actors.giftcodes.game_records import (
    Call,
    Circuit,
    GameSetup,
)
from actors.giftcodes.player_records import (
    TERMINAL_GUILD,
    Channel,
    Guild,
    Player,
    PlayerKey,
    Registration,
    Watched,
)
from actors.giftcodes.post_records import (
    Audit,
    ChannelTrouble,
    Post,
    PostKind,
)
from actors.record import Record

__all__ = [
    "GIFTCODE_RECORDS",
    "TERMINAL_GUILD",
    "UNKNOWN_PREFIX",
    "Audit",
    "Call",
    "Channel",
    "ChannelTrouble",
    "Circuit",
    "Code",
    "CodeKey",
    "CodeState",
    "FailureClass",
    "GameSetup",
    "Guild",
    "Outcome",
    "Player",
    "PlayerKey",
    "Post",
    "PostKind",
    "Record",
    "Redemption",
    "Registration",
    "Scope",
    "Spent",
    "Status",
    "Watched",
    "Wish",
]

GIFTCODE_RECORDS: tuple[type[Record], ...] = (
    Guild,
    Player,
    Registration,
    Code,
    Redemption,
    Call,
    Circuit,
    GameSetup,
    Post,
    Wish,
    ChannelTrouble,
    Audit,
)
"""Every stored class of this half; see `actors.records`."""
