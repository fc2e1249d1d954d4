"""What an operator may write for a game, a fid, a state number and a name. Pure.

Every function takes what was written and returns it clean, or raises `Refused`.
"""

import re
import unicodedata
from collections.abc import Mapping

from daemon.service.problems import Refused

MAX_NAME = 64
"""Characters of a player's name; the games allow fewer."""
MAX_SHOWN = 40
"""Characters of a wrong value that an error repeats."""

_FID = re.compile(r"[1-9][0-9]{0,19}")
_STATE = re.compile(r"[1-9][0-9]{0,9}")


def shown(value: str) -> str:
    r"""The value as an error shows it: quoted, hidden characters visible, not too long.

    >>> shown("12\n3")
    "'12\\n3'"
    """
    return repr(value if len(value) <= MAX_SHOWN else value[: MAX_SHOWN - 1] + "…")


def read_game(text: str, games: Mapping[str, str]) -> str:
    """The game's name; the only one there is where nothing was written."""
    name = _visible(text)
    known = ", ".join(games)
    if not games:
        raise Refused("no game is configured: add a section [games.NAME] to config.toml")
    if name in games:
        return name
    if not name and len(games) == 1:
        return next(iter(games))
    if not name:
        raise Refused(f"which game? Name one of {known}")
    raise Refused(f"game {shown(text)} is not configured: use one of {known}, or add it to config.toml")


def read_fid(text: str) -> str:
    """The fid: decimal digits, as the game's profile page shows them."""
    fid = _visible(text)
    if _FID.fullmatch(fid):
        return fid
    way_out = "a fid is the decimal number on the player's profile page in the game, such as 184203771"
    raise Refused(f"fid {shown(text)}: {'is missing: ' if not fid else ''}{way_out}")


def read_state(text: str) -> str:
    """The state or kingdom number, or "" where nothing was written."""
    state = _visible(text).removeprefix("#")
    if not state or _STATE.fullmatch(state):
        return state
    raise Refused(f"state {shown(text)}: must be the number of the player's state, such as 1187")


def require_state(state: str, game: str, protocol: str) -> None:
    """Refuse a player without a state number where the game's protocol can't redeem without it."""
    if protocol == "v2" and not state:
        raise Refused(f"state is missing: {game} redeems by fid and state number (protocol v2): name both")


def read_name(text: str) -> str:
    """The player's name without characters that are no text, blanks folded; "" where nothing was written.

    Joiners stay: scripts and emoji need them.
    """
    kept = "".join(
        " " if char.isspace() else char for char in text if char.isspace() or not _is_control(char)
    )
    name = " ".join(kept.split())
    if len(name) > MAX_NAME:
        raise Refused(f"name {shown(name)}: {len(name)} characters: at most {MAX_NAME}")
    return name


def _visible(text: str) -> str:
    """Without white space and Unicode category C, which come along when something is pasted."""
    return "".join(char for char in text if not char.isspace() and unicodedata.category(char)[0] != "C")


def _is_control(char: str) -> bool:
    """Control characters, halves of surrogate pairs, and the marks that turn a line's direction around."""
    return unicodedata.category(char) in {"Cc", "Cs"} or unicodedata.bidirectional(char) in _TURNING


_TURNING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
