"""What perkd's own words mean to a member: games, states of codes, what became of one player's code. Pure."""

from actors.giftcodes.model import UNKNOWN_PREFIX, CodeState
from daemon.discord.locale import DEFAULT, has, say
from daemon.discord.recording import SOURCE
from daemon.discord.text import label, plain

_LONGEST_ANSWER = 40
"""So that a full list of reasons fits a field."""
_LONGEST_GAME = 60


def game_name(game: str, locale: str = DEFAULT) -> str:
    """What players call the game, for a place where Markdown is rendered."""
    return say(f"game.{game}", locale) if has(f"game.{game}") else plain(game, _LONGEST_GAME) or "?"


def game_label(game: str, locale: str = DEFAULT) -> str:
    """The same for a place where it is not."""
    return say(f"game.{game}", locale) if has(f"game.{game}") else label(game, _LONGEST_GAME) or "?"


def reason(status: str, locale: str = DEFAULT) -> str:
    """A status word in words that a member understands, with the way out where there is one.

    No sentence of its own: it goes on after a player's name, or stands in a list. For a place where Markdown
    is rendered. A word that this perkd does not know is said to be that.
    """
    if not status:
        return say("status.none", locale)
    if has(f"status.{status}") and status.isupper():  # `unknown` and `none` are ids, and no words
        return say(f"status.{status}", locale)
    answer = plain(status.removeprefix(UNKNOWN_PREFIX), _LONGEST_ANSWER)
    return say("status.unknown", locale, answer=answer or "?")


def state_word(state: CodeState, locale: str = DEFAULT) -> str:
    """Where a code stands, in a word or two."""
    return say(f"state.{state.value}", locale)


def source_name(source: str, locale: str = DEFAULT) -> str:
    """Where a code is from, for everybody: not which channel, it may be another server's. Foreign text."""
    return say("code.source.watched", locale) if source.startswith(SOURCE) else source
