"""The slash commands: a table of plain values, built into lightbulb's classes, answered in trio."""

import lightbulb

from daemon.aio import Loop
from daemon.discord.answers.desk import Desk
from daemon.discord.commands.building import Building
from daemon.discord.commands.front import Front
from daemon.discord.commands.languages import english, provider
from daemon.discord.commands.table import GROUPS, commands_for

__all__ = ["register"]


def register(client: lightbulb.Client, loop: Loop, desk: Desk) -> None:
    """Give a client, before it starts, all commands.

    Also sets the client's `localization_provider`, since the commands' words are looked up by key.

    Args:
        client: a fresh one; it belongs to `loop`.
        loop: the incarnation's, in whose thread this is called.
        desk: what answers work with.
    """
    commands = commands_for(desk.service.games(), vip=desk.vip is not None)
    front = Front(loop, desk)
    building = Building(
        GROUPS,
        invoke=front.invoke,
        complete=front.complete,
        admins_are_managers=not (desk.staff.owners or desk.staff.admin_roles),
    )
    building.add_all(commands)
    client.localization_provider = provider(english(commands, GROUPS))
    client.error_handler(front.misunderstood)
    for root in building.roots:
        client.register(root)
