"""The actors below `gateways`: connections to where people are."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from actors.giftcodes.announcer import BoardBack
from daemon.assembly import ANNOUNCER, CAMPAIGN
from daemon.assembly_gateways import DISCORD, WATCHER
from daemon.discord.report import DiscordReport
from supervision import Actor, Tree

if TYPE_CHECKING:
    from daemon.app import Daemon
    from daemon.discord.parts import DiscordParts


def gateways_of(made: "Daemon") -> dict[str, Callable[[Tree], Actor]]:
    """Those of the gift codes, by name; VIP threads have their own beside them."""
    discord = made.discord
    if discord is None:
        return {}

    def bot(tree: Tree) -> Actor:
        vip = None if made.vip is None else made.vip.reception(tree)
        desk = discord.desk(made.service(), made.report.make, vip)
        # What could not be posted while Discord was away is tried now, not after its backoff.
        return discord.actor(desk, lambda: made.tell(ANNOUNCER, BoardBack()))

    return {"discord": bot, "watcher": lambda tree: discord.watcher(made.service(), tree.ref(CAMPAIGN))}


def discord_report(made: "Daemon", discord: "DiscordParts | None") -> DiscordReport | None:
    """Discord's part of the status; None without Discord."""
    if discord is None:
        return None
    tree = made.tree
    return DiscordReport(tree.ref(DISCORD), made.store, tree.ref(WATCHER), discord.watch_status)
