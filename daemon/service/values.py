"""What an operator may write for a game, a fid, a state number, a name and a reason. Pure.

Every function takes what was written and returns it clean, or raises `Refused`.
"""

import re
import unicodedata
from collections.abc import Mapping

from daemon.service.problems import Refused

MAX_NAME = 64
"""Characters of a player's name; the games allow fewer."""
MAX_REASON = 200
"""Characters of why somebody is blocked."""
MAX_SHOWN = 40
"""Characters of a wrong value that an error repeats."""

MAX_FID_DIGITS = 20

_FID = re.compile(rf"[1-9][0-9]{{0,{MAX_FID_DIGITS - 1}}}")
_STATE = re.compile(r"[1-9][0-9]{0,9}")


def shown(value: str) -> str:
    r"""The value as an error shows it: quoted, hidden characters visible, not too long.

    >>> shown("12\n3")
    "'12\\n3'"
    """
    return repr(value if len(value) <= MAX_SHOWN else value[: MAX_SHOWN - 1] + "…")


def read_game(text: str, games: Mapping[str, str], *, where: str = "with --game") -> str:
    """The game's name; the only one there is where nothing was written. `where` it can be named."""
    name = _visible(text)
    known = ", ".join(games)
    if not games:
        raise Refused("no game is configured: add a section [games.NAME] to config.toml")
    if name in games:
        return name
    if not name and len(games) == 1:
        return next(iter(games))
    if not name:
        raise Refused(f"which game? Name one of {known} {where}")
    raise Refused(f"game {shown(text)} is not configured: use one of {known}, or add it to config.toml")


def read_fid(text: str) -> str:
    """The fid: decimal digits, as the game's profile page shows them."""
    fid = _visible(text)
    if _FID.fullmatch(fid):
        return fid
    way_out = "a fid is the decimal number on the player's profile page in the game, such as 184203771"
    if not fid:
        raise Refused(f"fid is missing: {way_out}")
    if fid.isdecimal() and len(fid) > MAX_FID_DIGITS:
        raise Refused(f"fid {shown(text)}: {len(fid)} digits: at most {MAX_FID_DIGITS} digits: {way_out}")
    raise Refused(f"fid {shown(text)}: {way_out}")


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
    """The player's name without characters that nobody sees, blanks folded; "" where nothing was written.

    Joiners between other characters stay: scripts and emoji need them. So do characters that this Python's
    Unicode does not know: they may be next year's emoji.
    """
    return _read_line("name", text, MAX_NAME)


def read_reason(text: str) -> str:
    """Why somebody is blocked, on one line, cleaned as a name; "" where nothing was written."""
    return _read_line("reason", text, MAX_REASON)


def _read_line(what: str, text: str, longest: int) -> str:
    kept = "".join(" " if char.isspace() else char for char in text if char.isspace() or _is_seen(char))
    line = " ".join(word for part in kept.split() if (word := part.lstrip(_JOINERS)))
    if len(line) > longest:
        raise Refused(f"{what} {shown(line)}: {len(line)} characters: at most {longest}")
    return line


def _visible(text: str) -> str:
    """Without white space and Unicode category C, which come along when something is pasted."""
    return "".join(char for char in text if not char.isspace() and unicodedata.category(char)[0] != "C")


def _is_seen(char: str) -> bool:
    """Not so: control characters, invisible formats, private signs, halves of surrogate pairs."""
    return char in _JOINERS or unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co"}


_JOINERS = "\u200c\u200d"
