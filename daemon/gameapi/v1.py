"""Protocol `v1`: the server holds a session per `fid`, opened by a login; some games ask for a captcha."""

import base64
import binascii

from attrs import evolve

from actors.giftcodes.codes import clean_code
from actors.giftcodes.model import FailureClass, Player
from actors.ports import Reply, Verdict
from daemon.gameapi.answers import CAPTCHA_FETCH_ERROR
from daemon.gameapi.local import refusal, refuse_code, refuse_player
from daemon.gameapi.settings import Endpoint
from daemon.gameapi.wire import Wire

_LONGEST_NAME = 64


class GameAPIv1:
    """The port `GameAPI` in protocol `v1`. The captcha field is left out where the game has none."""

    needs_login = True

    def __init__(self, wire: Wire, *, captcha: bool) -> None:
        self._wire = wire
        self.needs_captcha = captcha

    def refuse(self, player: Player) -> Verdict | None:
        """A `fid` that is no number belongs to nobody."""
        return refuse_player(player, with_state=False)

    async def login(self, player: Player) -> Reply:
        """Open the player's session; the reply holds the nickname."""
        refused = self.refuse(player)
        if refused is not None:
            return await refusal(refused)
        answer = await self._wire.call(Endpoint.LOGIN, {"fid": player.fid})
        succeeded = answer.verdict.kind is FailureClass.SUCCESS
        name = shown_name(answer.data.get("nickname")) if succeeded else ""
        return Reply(answer.verdict, answer.hint, nickname=name)

    async def fetch_captcha(self, player: Player) -> Reply:
        """Fetch a captcha; one whose picture can't be read is a `CAPTCHA_FETCH_ERROR`."""
        refused = self.refuse(player)
        if refused is not None:
            return await refusal(refused)
        answer = await self._wire.call(Endpoint.CAPTCHA, {"fid": player.fid})
        reply = Reply(answer.verdict, answer.hint)
        if answer.verdict.kind is not FailureClass.SUCCESS:
            return reply
        picture = read_picture(answer.data.get("img"))
        return evolve(reply, captcha=picture) if picture else evolve(reply, verdict=CAPTCHA_FETCH_ERROR)

    async def redeem(self, player: Player, code: str, captcha: str = "") -> Reply:
        """Redeem `code` in the player's session."""
        cdk = clean_code(code)
        refused = self.refuse(player) or refuse_code(cdk)
        if refused is not None:
            return await refusal(refused)
        fields = {"fid": player.fid, "cdk": cdk}
        if self.needs_captcha:
            fields["captcha_code"] = clean_code(captcha)
        answer = await self._wire.call(Endpoint.REDEEM, fields)
        return Reply(answer.verdict, answer.hint)

    async def probe(self) -> Reply:
        """Ask for the configuration; `SUCCESS` when host, key and signature are right."""
        answer = await self._wire.call(Endpoint.CONFIG, {})
        return Reply(answer.verdict, answer.hint)


def shown_name(nickname: object) -> str:
    """A nickname that is safe to print: no control or direction characters, 64 characters at most."""
    if not isinstance(nickname, str):
        return ""
    return "".join(char for char in nickname if char.isprintable()).strip()[:_LONGEST_NAME].strip()


def read_picture(url: object) -> bytes:
    """The bytes of a `data:image/…;base64,…` address (RFC 2397); empty when it isn't one."""
    if not isinstance(url, str):
        return b""
    head, _, data = url.partition(",")
    kind = head.lower()
    if not (kind.startswith("data:image/") and kind.endswith(";base64")):
        return b""
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):  # ValueError: characters beyond ASCII
        return b""
