"""A campaign in one game that knows some codes."""

from daemon.simulator import SimCode, SimGame
from tests.worlds.giftcodes import Rig, make_rig

DAY = 86_400.0


def a_rig(*codes: SimCode, **world: object) -> Rig:
    game = SimGame(name="wos", key="k")
    game.add_code(*codes)
    return make_rig(game, **world)
