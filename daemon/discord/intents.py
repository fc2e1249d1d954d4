"""Which events the bot asks Discord for. Privileged ones are asked for only where they are switched on."""

from hikari import ApplicationFlags, Intents

ALWAYS = Intents.GUILDS | Intents.GUILD_MESSAGES
"""Guilds and channels as they come and go, and messages in them. Nobody has to allow these."""

MESSAGE_CONTENT = "Message Content"
"""What the portal calls the intent by which codes are read from a channel."""

_PRIVILEGED = {
    MESSAGE_CONTENT: (
        Intents.MESSAGE_CONTENT,
        ApplicationFlags.MESSAGE_CONTENT_INTENT | ApplicationFlags.MESSAGE_CONTENT_INTENT_LIMITED,
    ),
}
"""Name → the intent, and the application's flags of which one is set where it is switched on.

An identify with one that is off ends in close code 4014, so the application is asked first.
"""


def intents_for(flags: ApplicationFlags) -> Intents:
    """Those that a bot of an application with these flags asks for."""
    wanted = ALWAYS
    for intent, switched_on in _PRIVILEGED.values():
        if flags & switched_on:
            wanted |= intent
    return wanted


def switched_off(intents: Intents) -> tuple[str, ...]:
    """The names of the privileged intents that perkd can use and that these are without."""
    return tuple(name for name, (intent, _) in _PRIVILEGED.items() if not intents & intent)
