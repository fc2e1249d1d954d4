"""A game without its signing key: nothing is asked of it, and everybody is told why."""

import trio

from actors.giftcodes.model import FailureClass, Player, Scope, Status
from actors.ports import Reply, Verdict

_NO_KEY = Reply(Verdict(Status.PROTOCOL_CHANGED, FailureClass.PROTOCOL, Scope.SYSTEM))


class KeylessAPI:
    """The `GameAPI` port of a game whose key is not known.

    It answers as a server answers to a wrong key: the game is paused, no player is charged, and all is
    taken up where it stood once the key is there.
    """

    needs_login = False
    needs_captcha = False

    async def login(self, player: Player) -> Reply:  # noqa: ARG002 - the port's shape
        """No call is made."""
        return await self.probe()

    async def fetch_captcha(self, player: Player) -> Reply:  # noqa: ARG002 - the port's shape
        """No call is made."""
        return await self.probe()

    async def redeem(self, player: Player, code: str, captcha: str = "") -> Reply:  # noqa: ARG002 - the port's shape
        """No call is made."""
        return await self.probe()

    async def probe(self) -> Reply:
        """No call is made."""
        await trio.lowlevel.checkpoint()
        return _NO_KEY
