"""The demo's world: two games, some dozens of players with the common fates, codes now and a little later."""

from collections.abc import Callable
from typing import Any

import trio
from attrs import evolve, frozen

from daemon.simulator.faults import Fault
from daemon.simulator.game import SimGame
from daemon.simulator.listings import Listing, SimSource
from daemon.simulator.population import CodeState, SimCode, SimPlayer
from daemon.simulator.world import Latency, World

WOS_KEY = "demo-key-of-wos"
KS_KEY = "demo-key-of-ks"

WOS_CODE = "SNOWFALL2026"
KS_CODE = "KSBANNER26"
LATER_CODE = "FROSTLIGHT"
EXPIRED_CODE = "AUTUMN2025"
LATER_AFTER = 12.0
"""Seconds after the start until the third code is listed."""

_LIMIT = 120
"""Requests per minute: four times the real one, so that the demo is over in about a minute."""
_SPACING = 2.9
"""The throttle of 3 s, less what a socket's jitter may take from two calls sent 3 s apart."""

_WOS: tuple[SimPlayer, ...] = tuple(
    SimPlayer(fid, kid, name, level)
    for fid, kid, name, level in (
        ("184203771", "1187", "Frostbjörn", 30),
        ("184977120", "1187", "雪狐", 28),
        ("185310446", "1187", "Маришка", 25),
        ("186022918", "1187", "IceQueen_77", 30),
        ("187551093", "1187", "겨울늑대", 30),
        ("188164207", "1187", "Señor Tundra", 22),
        ("189700342", "1187", "GlacierGary", 19),
        ("190448816", "1187", "صقر الشتاء", 27),
        ("191203358", "1187", "Łucja", 30),
        ("192876510", "1187", "氷の騎士", 30),
        ("193005729", "1187", "Mrs. Penguin", 16),
        ("194618833", "1187", "Võidukas", 24),
        ("195390174", "1187", "Polarfuchs", 29),
        ("196742005", "1187", "ΧιόναςGR", 30),
        ("197118264", "2042", "sn0wman", 21),
        ("198553970", "2042", "Kar Tanesi", 30),
        ("199024681", "2042", "หิมะขาว", 26),
        ("200317459", "2042", "Đông Phong", 30),
        ("201886032", "2042", "Blizzard Bob", 12),
        ("202450197", "2042", "Étoile du Nord", 30),
        ("203791548", "2042", "शीत योद्धा", 23),
        ("204160923", "2042", "xX_Avalanche_Xx", 30),
        ("205938416", "2042", "Tante Inge", 18),
        ("206274880", "2042", "霜降", 30),
    )
)

_KS: tuple[SimPlayer, ...] = tuple(
    SimPlayer(fid, kid, name, level)
    for fid, kid, name, level in (
        ("90317745", "318", "Sir Lancelittle", 24),
        ("90882106", "318", "王者归来", 30),
        ("91450239", "318", "Dame Brünhild", 27),
        ("92006871", "318", "Király", 30),
        ("92731564", "318", "KnightMare", 19),
        ("93348092", "318", "Королева", 30),
        ("94120557", "318", "The Jester", 15),
        ("95674318", "318", "왕관", 28),
        ("96283740", "318", "Don Quixote", 30),
        ("97015926", "318", "فارس", 22),
        ("98442687", "318", "Grail Seeker", 30),
        ("99307151", "318", "まほうつかい", 26),
    )
)

_HAS_IT = ("186022918", "191203358")
_WRONG_STATE = "197118264"
_NO_VIP = "193005729"
_NO_PURCHASE = "201886032"
_SAME_TYPE = "205938416"
_TOO_FREQUENT = "189700342"
_UNKNOWN_STATUS = "203791548"
_LOST_REPLY = "195390174"
_KS_HAS_IT = "92731564"
_LOST_SESSION = "91450239"
_SERVER_ERROR = "95674318"


@frozen
class SamplePlayer:
    """A player as somebody registered it: the state may be wrong."""

    game: str
    fid: str
    state: str
    name: str


def sample_players() -> list[SamplePlayer]:
    """The demo's registrations, game by game. One names a state that its player is not in."""
    registered = [(game, player) for game, players in (("wos", _WOS), ("ks", _KS)) for player in players]
    return [
        SamplePlayer(game, player.fid, "2024" if player.fid == _WRONG_STATE else player.kid, player.name)
        for game, player in registered
    ]


def sample_world(seed: int = 0, now: Callable[[], float] = trio.current_time) -> World:
    """A world for `perkd demo`: `wos` by `v2`, `ks` by `v1` without captcha, and a source for each.

    Args:
        seed: of everything random; the same seed gives the same demo.
        now: monotonic seconds.
    """
    world = World(now=now, seed=seed, latency=Latency(0.12, 0.45))
    world.add_game(_wos(), _ks())
    world.add_source(
        SimSource(
            name="wosgiftcodes",
            game="wos",
            listings=[
                Listing(EXPIRED_CODE),
                Listing(WOS_CODE),
                Listing(LATER_CODE, visible_after=LATER_AFTER),
            ],
        ),
        SimSource(name="kingshot", game="ks", listings=[Listing(KS_CODE)]),
    )
    world.order(*_FAULTS)
    return world


def _wos() -> SimGame:
    game = SimGame(name="wos", key=WOS_KEY, limit=_LIMIT, spacing=_SPACING)
    fates: dict[str, dict[str, Any]] = {
        _NO_VIP: {"vip": 0},
        _NO_PURCHASE: {"purchased": False},
        _SAME_TYPE: {"claimed_kinds": ("winter",)},
    }
    game.add_player(*(evolve(player, **fates.get(player.fid, {})) for player in _WOS))
    game.add_code(
        SimCode(WOS_CODE, kind="winter", min_vip=1, needs_purchase=True),
        SimCode(LATER_CODE),
        SimCode(EXPIRED_CODE, CodeState.EXPIRED),
    )
    game.remember(WOS_CODE, _HAS_IT)
    return game


def _ks() -> SimGame:
    game = SimGame(name="ks", protocol="v1", key=KS_KEY, limit=_LIMIT, spacing=_SPACING)
    game.add_player(*_KS)
    game.add_code(SimCode(KS_CODE))
    game.remember(KS_CODE, [_KS_HAS_IT])
    return game


_FAULTS = (
    Fault(game="wos", fid=_TOO_FREQUENT, code=WOS_CODE, answer="TOO FREQUENT", times=2),
    Fault(game="wos", fid=_UNKNOWN_STATUS, code=WOS_CODE, msg="ACTIVITY NOT OPEN."),
    Fault(game="wos", fid=_LOST_REPLY, code=WOS_CODE, cut="connection", after_redeeming=True, times=1),
    Fault(game="ks", fid=_LOST_SESSION, endpoint="gift_code", forget_session=True, times=1),
    Fault(game="ks", fid=_SERVER_ERROR, endpoint="gift_code", answer="HTTP 502", times=1),
)
