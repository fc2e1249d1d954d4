"""What a message can hold on either side, and the planner that keeps to it."""

from actors.vip.relay_planner import RelayPlanner
from actors.vip.relay_values import Limits
from daemon.discord.markdown import markdown_units

_MIB = 1024 * 1024

DISCORD = Limits(text=2000, caption=2000, file=10 * _MIB, files=10, request=25 * _MIB, measure=markdown_units)
"""A message in a thread, of a bot on a server without boosts."""

TELEGRAM = Limits(text=4096, caption=1024, file=50 * _MIB, files=1, request=50 * _MIB)
"""A message at the desk. Telegram takes files of 2 GB; perkd holds each in memory while it passes on."""

PLANNER = RelayPlanner(desk=TELEGRAM, thread=DISCORD)
"""The planner of every session: it keeps nothing."""
