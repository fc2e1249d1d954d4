"""What buttons and modals are called: their ids say all that a handler needs, also after a restart. Pure.

gc:redeem:v1:<game>:<code>:<activation>   *Redeem for me*; `gc:redeem:v1:#<hash>` where that would be too long
gc:register:v1:<game>                     *Register*, and the modal that it opens
gc:captcha:v1:<id>                        *Answer*, and its modal
gc:status:v1:<page>                       a page of /perkd status
gc:forget:v1:all                          the confirmation of /forget: whoever presses it is forgotten
vip:open:v1                               *Upgrade to VIP*
"""

import hashlib
import re
from collections.abc import Iterable

from attrs import frozen

from actors.giftcodes.model import Code

LONGEST = 100

_REDEEM, _REGISTER, _CAPTCHA, _STATUS = "gc:redeem:v1:", "gc:register:v1:", "gc:captcha:v1:", "gc:status:v1:"
_FORGET = "gc:forget:v1:all"
_VIP_OPEN = "vip:open:v1"
_SIMPLE = re.compile(r"[\x21-\x7e]+")
"""What surely comes back as it was sent."""
_NUMBER = re.compile(r"[0-9]{1,9}")
_HASH = re.compile(r"#[0-9a-f]{32}")


@frozen
class RedeemPress:
    """*Redeem for me*, of the activation of a code; either all three are told, or `digest` alone."""

    game: str = ""
    code: str = ""
    activation: int = 0
    digest: str = ""

    def of(self, codes: Iterable[Code]) -> Code | None:
        """The one among `codes` that the button is for; None where its activation is not there any more."""
        return next((code for code in codes if parsed(redeem_id(code)) == self), None)


@frozen
class RegisterPress:
    """*Register*, for a game."""

    game: str


@frozen
class CaptchaPress:
    """*Answer*, of a captcha."""

    id: str


@frozen
class StatusPress:
    """A page of the status, from 0."""

    page: int


@frozen
class ForgetPress:
    """The confirmation of `/forget`."""


@frozen
class VIPOpenPress:
    """*Upgrade to VIP*."""


Press = RedeemPress | RegisterPress | CaptchaPress | StatusPress | ForgetPress | VIPOpenPress


def redeem_id(code: Code) -> str:
    """The id of *Redeem for me* for this code and activation; always fits."""
    whole = f"{_REDEEM}{code.game}:{code.code}:{code.activation}"
    readable = RedeemPress(code.game, code.code, code.activation)
    if len(whole) <= LONGEST and _SIMPLE.fullmatch(whole) and parsed(whole) == readable:
        return whole
    key = "\0".join((code.game, code.code, str(code.activation)))
    return f"{_REDEEM}#{hashlib.sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}"


def register_id(game: str) -> str:
    """The id of *Register* and of its modal. Raises `ValueError` for a game with an impossible name."""
    return _fitting(_REGISTER + game)


def captcha_id(captcha: str) -> str:
    """The id of *Answer* and of its modal. Raises `ValueError` where it would be too long."""
    return _fitting(_CAPTCHA + captcha)


def status_id(page: int) -> str:
    """The id of the button that leads to this page."""
    return f"{_STATUS}{page}"


def forget_id() -> str:
    """The id of the button that confirms `/forget`."""
    return _FORGET


def vip_open_id() -> str:
    """The id of *Upgrade to VIP*."""
    return _VIP_OPEN


def parsed(custom_id: str) -> Press | None:
    """What a button or modal is for; None where it is none of ours, or of an older perkd."""
    if custom_id.startswith(_REDEEM):
        return _redeem(custom_id.removeprefix(_REDEEM))
    if game := _rest(custom_id, _REGISTER):
        return RegisterPress(game)
    if captcha := _rest(custom_id, _CAPTCHA):
        return CaptchaPress(captcha)
    if custom_id == _FORGET:
        return ForgetPress()
    if custom_id == _VIP_OPEN:
        return VIPOpenPress()
    page = _rest(custom_id, _STATUS)
    return StatusPress(int(page)) if _NUMBER.fullmatch(page) else None


def _redeem(rest: str) -> RedeemPress | None:
    if rest.startswith("#"):
        return RedeemPress(digest=rest[1:]) if _HASH.fullmatch(rest) else None
    game, _, rest = rest.partition(":")
    code, _, activation = rest.rpartition(":")
    if not game or not code or not _NUMBER.fullmatch(activation):
        return None
    return RedeemPress(game, code, int(activation))


def _rest(custom_id: str, prefix: str) -> str:
    return custom_id.removeprefix(prefix) if custom_id.startswith(prefix) else ""


def _fitting(custom_id: str) -> str:
    if len(custom_id) > LONGEST or not _SIMPLE.fullmatch(custom_id):
        raise ValueError(f"custom id {custom_id[:120]!r}: Discord takes up to {LONGEST} plain characters")
    return custom_id
