"""The slash commands for VIP threads. They are there where those are switched on."""

from daemon.discord.answers import vip
from daemon.discord.commands.spec import Command, Kind, Option
from daemon.discord.values import Right
from daemon.service.values import MAX_REASON

_MEMBER = Option("member", "Which member", Kind.MEMBER)
_WHY = Option(
    "reason", "Why, for staff alone: it stands in the audit log", required=False, longest=MAX_REASON
)

VIP_COMMANDS = (
    Command(
        "vip end",
        "End your VIP thread; VIP staff: anybody's",
        vip.end,
        (Option("member", "Whose thread, for VIP staff; otherwise your own", Kind.MEMBER, required=False),),
        in_guild=True,
    ),
    Command(
        "vip clear",
        "Clear a member's VIP session away, whatever state it is in",
        vip.clear,
        (_MEMBER,),
        in_guild=True,
        staff=True,
    ),
    Command(
        "vip complete",
        "The upgrade is done: give the member the VIP role, and close the thread",
        vip.complete,
        (_MEMBER,),
        in_guild=True,
        staff=True,
    ),
    Command(
        "vip block",
        "Let a member open no VIP thread any more; one that is open goes on",
        vip.block,
        (_MEMBER, _WHY),
        in_guild=True,
        staff=True,
    ),
    Command(
        "vip unblock",
        "Let a member who was blocked open VIP threads again",
        vip.unblock,
        (_MEMBER,),
        in_guild=True,
        staff=True,
    ),
    Command(
        "vip status",
        "How VIP threads are doing: sessions, Telegram accounts, who waits",
        vip.show_status,
        right=Right.ADMIN,
        in_guild=True,
        staff=True,
    ),
    Command(
        "vip panel",
        "Post the message with the button that opens VIP threads",
        vip.post_panel,
        (Option("channel", "Which channel; otherwise the upgrade channel", Kind.CHANNEL, required=False),),
        right=Right.ADMIN,
        in_guild=True,
    ),
)
