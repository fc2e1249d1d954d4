"""What Discord writes as tokens and shows as something else, in words: mentions, emoji, timestamps. Pure."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from attrs import frozen

_NONE: Mapping[str, str] = {}


@frozen
class Names:
    """What mentions are called, by id; an id that is not there is shown itself."""

    members: Mapping[str, str] = _NONE
    channels: Mapping[str, str] = _NONE
    roles: Mapping[str, str] = _NONE


TOKEN = re.compile(
    r"<(?:@!?(?P<member>\d{1,20})|@&(?P<role>\d{1,20})|\#(?P<channel>\d{1,20})"
    r"|a?:(?P<emoji>\w{1,64}):\d{1,20}|/(?P<command>[^\s<>:/][^<>:\n]{0,100}):\d{1,20}"
    r"|t:(?P<time>-?\d{1,14})(?::(?P<style>[A-Za-z]))?)>"
)
"""A token and what it is of."""

_CLOCK, _DAY = "%H:%M", "%Y-%m-%d"
_FORMATS = {
    "t": f"{_CLOCK} UTC",
    "T": f"{_CLOCK}:%S UTC",
    "d": _DAY,
    "D": _DAY,
    "F": f"%A, {_DAY} {_CLOCK} UTC",
    "s": f"{_DAY} {_CLOCK} UTC",
    "S": f"{_DAY} {_CLOCK}:%S UTC",
}
_USUAL = f"{_DAY} {_CLOCK} UTC"


def in_words(found: re.Match[str], names: Names) -> str:
    """What a reader sees of a token that `TOKEN` found. Names come as they are, for `plain` text."""
    match found.lastgroup:
        case "member":
            return "@" + _named(names.members, found["member"])
        case "role":
            return "@" + _named(names.roles, found["role"])
        case "channel":
            return "#" + _named(names.channels, found["channel"])
        case "emoji":
            return f":{found['emoji']}:"
        case "command":
            return "/" + found["command"]
        case _:
            return _moment(found) or found[0]


def _named(names: Mapping[str, str], number: str) -> str:
    return " ".join(names.get(number, "").split()) or number


def _moment(found: re.Match[str]) -> str:
    try:
        at = datetime.fromtimestamp(int(found["time"]), UTC)
    except (OverflowError, ValueError, OSError):
        return ""
    return at.strftime(_FORMATS.get(found["style"] or "f", _USUAL))


ADDRESS = re.compile(r"https?://[^\s<>]*[^\s<>.,:;\"')\]]")
"""A link as it is typed: what ends a sentence is not part of it."""
