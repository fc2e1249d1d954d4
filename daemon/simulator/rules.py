"""How a game answers a request that reached it whole: signed, complete and within its limits."""

from collections.abc import Mapping

from daemon.simulator.answers import Answer, say
from daemon.simulator.game import SimGame
from daemon.simulator.picture import data_url
from daemon.simulator.population import CodeState, SimCode, SimPlayer

Fields = Mapping[str, str]

_SECONDS_DIGITS = 10


def required_fields(game: SimGame, endpoint: str) -> tuple[str, ...] | None:
    """The fields an endpoint wants besides `time` and `sign`; None where the game has no such endpoint."""
    v1 = game.protocol == "v1"
    match endpoint:
        case "gift_code_config":
            return ()
        case "gift_code" if not v1:
            return ("fid", "cdk", "kid")
        case "gift_code":
            return ("fid", "cdk", "captcha_code") if game.captcha else ("fid", "cdk")
        case "player" if v1:
            return ("fid",)
        case "captcha" if v1 and game.captcha:
            return ("fid",)
        case _:
            return None


def are_complete(game: SimGame, endpoint: str, fields: Fields) -> bool:
    """Whether no field is missing and `time` is a time: unix seconds, in `v1` milliseconds as well."""
    required = required_fields(game, endpoint) or ()
    if any(name not in fields or (name != "captcha_code" and not fields[name]) for name in required):
        return False
    time = fields.get("time", "")
    if not (time.isascii() and time.isdigit()):
        return False
    return game.protocol == "v1" or len(time) <= _SECONDS_DIGITS


def handle(game: SimGame, endpoint: str, fields: Fields, now: float) -> Answer:
    """The game's own answer; what it changes is changed."""
    match endpoint:
        case "player":
            return _login(game, fields["fid"], now)
        case "captcha":
            return _hand_out_captcha(game, fields["fid"], now)
        case "gift_code" if game.protocol == "v1":
            return say(_redeem_v1(game, fields, now))
        case "gift_code":
            return say(_redeem_v2(game, fields))
        case _:
            return say("SUCCESS", {"name": game.name})


def _login(game: SimGame, fid: str, now: float) -> Answer:
    player = game.players.get(fid)
    if player is None:
        return say("ROLE NOT EXIST")
    game.sessions.login(fid, now)
    profile = {
        "fid": int(fid) if fid.isdecimal() else fid,
        "nickname": player.name,
        "kid": int(player.kid) if player.kid.isdecimal() else player.kid,
        "stove_lv": player.level,
        "stove_lv_content": player.level,
        "avatar_image": "",
        "total_recharge_amount": 0,
    }
    return say("SUCCESS", profile)


def _hand_out_captcha(game: SimGame, fid: str, now: float) -> Answer:
    if not game.sessions.use(fid, now):
        return say("NOT LOGIN")
    captcha = game.captchas.fetch(fid, now)
    if captcha is None:
        return say("CAPTCHA GET TOO FREQUENT")
    return say("SUCCESS", {"img": data_url(captcha.text)})


def _redeem_v1(game: SimGame, fields: Fields, now: float) -> str:
    fid = fields["fid"]
    if not game.sessions.use(fid, now):
        return "NOT LOGIN"
    if game.captcha:
        refused = game.captchas.check(fid, fields["captcha_code"], now)
        if refused:
            return refused
    player = game.players.get(fid)
    return "ROLE NOT EXIST" if player is None else _redeem(game, player, fields["cdk"])


def _redeem_v2(game: SimGame, fields: Fields) -> str:
    """The pair of fid and kid is checked before the code, whatever the code is."""
    player = game.players.get(fields["fid"])
    if player is None or player.kid != fields["kid"]:
        return "USER INFO ERROR"
    return _redeem(game, player, fields["cdk"])


def _redeem(game: SimGame, player: SimPlayer, spelling: str) -> str:
    code = game.codes.get(spelling)
    if code is None or code.state is CodeState.UNKNOWN:
        return "CDK NOT FOUND"
    if (player.fid, code.code) in game.redeemed:
        return "RECEIVED"
    if code.state is CodeState.EXPIRED:
        return "TIME ERROR"
    if code.state is CodeState.USED or code.uses == 0:
        return "USED"
    refused = _refused_to_player(game, player, code)
    if refused:
        return refused
    game.grant(player, code)
    return "SUCCESS"


def _refused_to_player(game: SimGame, player: SimPlayer, code: SimCode) -> str:
    if code.kind and code.kind in game.claimed_kinds(player):
        return "SAME TYPE EXCHANGE"
    if player.level < code.min_level:
        return "STOVE_LV ERROR"
    if player.vip < code.min_vip:
        return "RECHARGE_MONEY_VIP ERROR"
    if code.needs_purchase and not player.purchased:
        return "RECHARGE_MONEY ERROR"
    return ""
