"""Suggestions while an option is typed: codes, players and games. In trio; knows nothing of hikari."""

import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping

import trio

from actors.giftcodes.model import Code, CodeState, Player
from actors.ports import StoreUnavailable
from daemon.discord.answers.desk import Desk
from daemon.discord.answers.scope import own_players, players_in_reach, players_to_remove
from daemon.discord.text import clean, label
from daemon.discord.values import Caller, Choice
from daemon.discord.words import game_label, state_word

logger = logging.getLogger("perkd.discord")

MOST = 25
LONGEST = 100
"""Discord's limits: suggestions, and characters of what is shown and of what is taken."""

_AT_ONCE = 200
"""Players that are looked at before others get their turn."""

Suggest = Callable[[Desk, Caller, str, Mapping[str, str]], Awaitable[Iterable[Choice]]]


async def suggestions(
    desk: Desk, caller: Caller, suggest: Suggest, typed: str, others: Mapping[str, str]
) -> tuple[Choice, ...]:
    """What `suggest` has for what is typed so far; nothing where it can't tell: it is only an aid.

    Args:
        desk: what it works with.
        caller: who types.
        suggest: one of the functions below.
        typed: the text so far.
        others: the command's other options that have a value already, by name.
    """
    try:
        found = await suggest(desk, caller, typed, others)
    except StoreUnavailable:
        return ()
    except Exception:
        logger.exception("suggestions failed inside perkd")
        return ()
    return _fitting(found)


def _fitting(choices: Iterable[Choice]) -> tuple[Choice, ...]:
    """Each value once, none that Discord would refuse."""
    kept: dict[str, Choice] = {}
    for choice in choices:
        if choice.value in kept or not 1 <= len(choice.value) <= LONGEST:
            continue
        kept[choice.value] = Choice(label(choice.name, LONGEST) or choice.value, choice.value)
        if len(kept) == MOST:
            break
    return tuple(kept.values())


# --- what is suggested --------------------------------------------------------------------------


async def games(desk: Desk, caller: Caller, typed: str, others: Mapping[str, str]) -> list[Choice]:
    """The configured games."""
    del others
    wanted = _folded(typed)
    return [
        Choice(game_label(game, caller.locale), game)
        for game in desk.service.games()
        if wanted in _folded(game) or wanted in _folded(game_label(game, caller.locale))
    ]


async def live_codes(desk: Desk, caller: Caller, typed: str, others: Mapping[str, str]) -> list[Choice]:
    """Codes that can be redeemed now, the newest first."""
    codes = await desk.service.store.find(Code, state=CodeState.LIVE)
    return _codes(desk, caller, codes, typed, others)


async def all_codes(desk: Desk, caller: Caller, typed: str, others: Mapping[str, str]) -> list[Choice]:
    """Every code, live ones first."""
    return _codes(desk, caller, await desk.service.store.find(Code), typed, others)


def _codes(
    desk: Desk, caller: Caller, codes: Iterable[Code], typed: str, others: Mapping[str, str]
) -> list[Choice]:
    games = desk.service.games()
    wanted = _folded(typed)
    game = others.get("game", "")
    fitting = [
        code
        for code in codes
        if code.game in games and game in {"", code.game} and wanted in _folded(f"{code.game}/{code.code}")
    ]
    fitting.sort(key=lambda code: (code.state is not CodeState.LIVE, -code.first_seen, code.key))
    return [_choice(code, caller.locale, len(games)) for code in fitting[: 2 * MOST]]


def _choice(code: Code, locale: str, games: int) -> Choice:
    parts = [code.code]
    if games > 1:
        parts.append(game_label(code.game, locale))
    if code.state is not CodeState.LIVE:
        parts.append(state_word(code.state, locale))
    return Choice(" · ".join(parts), code.key if games > 1 else code.code)


async def reachable_players(
    desk: Desk, caller: Caller, typed: str, others: Mapping[str, str]
) -> list[Choice]:
    """The caller's own; for admins their server's."""
    return await _players(desk, caller, await players_in_reach(desk.service, caller), typed, others)


async def removable_players(
    desk: Desk, caller: Caller, typed: str, others: Mapping[str, str]
) -> list[Choice]:
    """Whose registrations the caller may take back."""
    return await _players(desk, caller, await players_to_remove(desk.service, caller), typed, others)


async def owned_players(desk: Desk, caller: Caller, typed: str, others: Mapping[str, str]) -> list[Choice]:
    """The caller's own."""
    return await _players(desk, caller, await own_players(desk.service, caller), typed, others)


async def _players(
    desk: Desk, caller: Caller, players: Iterable[Player], typed: str, others: Mapping[str, str]
) -> list[Choice]:
    wanted = _folded(typed)
    game = _game_of(desk, others)
    games = len(desk.service.games())
    found: list[Choice] = []
    for number, player in enumerate(players):
        if number % _AT_ONCE == 0:  # a server may have thousands, and this is asked for at every key
            await trio.lowlevel.checkpoint()
        if game in {"", player.game} and (wanted in player.key.casefold() or wanted in _folded(player.name)):
            found.append(Choice(_named(player, caller.locale, games), player.key))
            if len(found) == MOST:
                break
    return found


def _named(player: Player, locale: str, games: int) -> str:
    parts = [player.name, player.fid] if player.name else [player.fid]
    if games > 1:
        parts.append(game_label(player.game, locale))
    return " · ".join(parts)


def _game_of(desk: Desk, others: Mapping[str, str]) -> str:
    """The game that the other options tell: by name, or by a code as it was suggested."""
    if game := others.get("game"):
        return game
    prefix, slash, _ = others.get("code", "").partition("/")
    return prefix if slash and prefix in desk.service.games() else ""


def _folded(text: str) -> str:
    """For comparing: upper and lower case, and what can't be seen, make no difference."""
    return clean(text).casefold()
