"""Protocol `v2`: one signed call redeems, and `fid` and `kid` say for whom."""

from typing import NoReturn

from actors.giftcodes.codes import clean_code
from actors.giftcodes.model import Player
from actors.ports import Reply, Verdict
from daemon.gameapi.local import refusal, refuse_code, refuse_player
from daemon.gameapi.settings import Endpoint
from daemon.gameapi.wire import Wire


class GameAPIv2:
    """The port `GameAPI` in protocol `v2`: no session, no captcha."""

    needs_login = False
    needs_captcha = False

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def refuse(self, player: Player) -> Verdict | None:
        """A player without a state number is `WRONG_STATE`."""
        return refuse_player(player, with_state=True)

    async def login(self, player: Player) -> NoReturn:
        """Not part of this protocol: `needs_login` is False."""
        raise NotImplementedError(f"{player.key}: protocol v2 has no login")

    async def fetch_captcha(self, player: Player) -> NoReturn:
        """Not part of this protocol: `needs_captcha` is False."""
        raise NotImplementedError(f"{player.key}: protocol v2 has no captcha")

    async def redeem(self, player: Player, code: str, captcha: str = "") -> Reply:  # noqa: ARG002 - the port's
        """Redeem `code`; nothing is sent for a player whom `refuse` speaks of."""
        cdk = clean_code(code)
        refused = self.refuse(player) or refuse_code(cdk)
        if refused is not None:
            return await refusal(refused)
        answer = await self._wire.call(Endpoint.REDEEM, {"fid": player.fid, "cdk": cdk, "kid": player.state})
        return Reply(answer.verdict, answer.hint)

    async def probe(self) -> Reply:
        """Ask for the configuration; `SUCCESS` when host, key and signature are right."""
        answer = await self._wire.call(Endpoint.CONFIG, {})
        return Reply(answer.verdict, answer.hint)
