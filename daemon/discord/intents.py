"""Which events the bot asks Discord for. Privileged ones are asked for only where they are switched on."""

from hikari import ApplicationFlags, Intents

ALWAYS = Intents.GUILDS | Intents.GUILD_MESSAGES
"""Guilds and channels as they come and go, and messages in them. Nobody has to allow these."""

MESSAGE_CONTENT = "Message Content"
"""What the portal calls the intent by which codes are read from a channel."""

SERVER_MEMBERS = "Server Members"
"""What it calls the one by which members are seen to leave; VIP threads alone need it."""

_PRIVILEGED = {
    MESSAGE_CONTENT: (
        Intents.MESSAGE_CONTENT,
        ApplicationFlags.MESSAGE_CONTENT_INTENT | ApplicationFlags.MESSAGE_CONTENT_INTENT_LIMITED,
    ),
    SERVER_MEMBERS: (
        Intents.GUILD_MEMBERS,
        ApplicationFlags.GUILD_MEMBERS_INTENT | ApplicationFlags.VERIFIED_FOR_GUILD_MEMBERS_INTENT,
    ),
}
"""Name → the intent, and the application's flags of which one is set where it is switched on.

An identify with one that is off ends in close code 4014, so the application is asked first.
"""


def intents_for(flags: ApplicationFlags, *, vip: bool = False) -> Intents:
    """Those that a bot of an application with these flags asks for; `vip`: VIP threads are switched on."""
    wanted = ALWAYS
    for intent, switched_on in _wanted(vip=vip).values():
        if flags & switched_on:
            wanted |= intent
    return wanted


def switched_off(intents: Intents, *, vip: bool = False) -> tuple[str, ...]:
    """The names of the privileged intents that perkd can use and that these are without."""
    return tuple(name for name, (intent, _) in _wanted(vip=vip).items() if not intents & intent)


def meaning_of(name: str, *, vip: bool = False) -> str:
    """What perkd can't do while the intent of this name is off."""
    if name == SERVER_MEMBERS:
        return "that a VIP thread's member leaves the server or the thread is noticed late"
    if vip:
        return "no codes are read from channels, and nothing that is written in VIP threads is relayed,"
    return "no codes are read from channels"


def _wanted(*, vip: bool) -> dict[str, tuple[Intents, ApplicationFlags]]:
    return {name: found for name, found in _PRIVILEGED.items() if vip or name != SERVER_MEMBERS}
