"""What is refused before it is sent."""

import trio

from actors.giftcodes.model import Player
from actors.ports import Reply, Verdict
from daemon.gameapi.answers import CDK_NOT_FOUND, NO_SUCH_PLAYER, WRONG_STATE
from daemon.gameapi.signing import is_decimal


def refuse_player(player: Player, *, with_state: bool) -> Verdict | None:
    """The verdict on a player that no server could find; None where it is worth asking.

    A missing or malformed field makes the game answer `PARAMS ERROR`, which is a verdict on the protocol
    and pauses the game for everybody. One player without a state number must not do that.
    """
    if not is_decimal(player.fid):
        return NO_SUCH_PLAYER
    if with_state and not is_decimal(player.state):
        return WRONG_STATE
    return None


def refuse_code(code: str) -> Verdict | None:
    """The verdict on a cleaned code with nothing left of it; None where it is worth asking."""
    return None if code else CDK_NOT_FOUND


async def refusal(verdict: Verdict) -> Reply:
    """The reply without a call. It lets others run, as a call would."""
    await trio.lowlevel.checkpoint()
    return Reply(verdict)
