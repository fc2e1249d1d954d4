"""What may befall perkd and those around it: for tests that talk at random."""

import random

from supervision.testing import crash
from tests.worlds.vip_rig import VIPRig


def befall(rig: VIPRig, what: str, chance: random.Random) -> None:
    """Let it happen: something is away, or all is back; the desk's connection ends; an actor crashes."""
    match what:
        case "store away":
            rig.store.away = True
        case "discord away" | "desk away" | "staff away":
            rig.world.steps.outage.add(what.removesuffix(" away"))
        case "disconnect":
            rig.connected = False
        case "crash":
            threads = rig.tree.dynamic("vip/leasing/threads")
            refs = [rig.pool, rig.office, *filter(None, map(threads.get, list(threads.keys())))]
            crash(chance.choice(refs))
        case "all back" | "kill":
            rig.world.steps.outage.clear()
            rig.store.away = False
