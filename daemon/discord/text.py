"""Foreign text for Discord: nothing in it pings, links, formats, or reorders what stands beside it.

Names, codes and what sources write go through here before they are put into a message: `plain` where Discord
renders Markdown (contents, titles, descriptions, fields), `label` where it renders none (footers, buttons,
choices, modals), `code_span` and `code_block` for code. `cut` shortens any of them. Lengths are UTF-16 code
units: Discord counts some texts in those and others in code points, which are never more. Pure.
"""

import math
import re
import unicodedata

ZWSP = "\u200b"
"""Breaks up what Discord would read as one token; it takes no room."""
ELLIPSIS = "…"
FENCE = "```"
DATES_END = 8.64e12
"""Seconds from the epoch, either way: the last moment that Discord can show."""

_FSI, _PDI = "\u2068", "\u2069"
"""Isolate what is between them: its direction does not spread."""
_JOINERS = "\u200c\u200d"
_BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u2065\u2800\u3164\ufdd0-\ufdef\uffa0\ufff0-\ufff8]")
"""Letters and marks that show nothing, and what is no character."""
_BEYOND = 0xE0000
"""From here on: tags, selectors, private planes."""
_LONGEST_STACK = 5
"""Marks on one letter: real scripts need fewer, more of them climb into the lines around."""


# --- what is left of foreign text ---------------------------------------------------------------


def clean(text: str) -> str:
    """The text on one line, without what is not seen: controls, bidi overrides, zero-width characters.

    Joiners stay inside of words and signs that need them (Persian, Hindi, emoji of several parts).
    "" where nothing of it can be seen.
    """
    if text.isascii() and text.isprintable():  # most are, and thousands are looked at for a suggestion
        return " ".join(text.split())
    kept: list[str] = []
    stack = 0
    for index, char in enumerate(text):
        category = unicodedata.category(char)
        if char.isspace():
            kept.append(" ")
        elif char in _JOINERS:
            if kept and _joinable(kept[-1]) and _joinable(text[index + 1 : index + 2]):
                kept.append(char)
        elif not _unseen(char, category):
            stack = stack + 1 if category in {"Mn", "Me"} else 0
            if stack <= _LONGEST_STACK:
                kept.append(char)
    if all(unicodedata.category(char)[0] in "MZC" and ord(char) < _NEWER for char in kept):
        return ""
    return " ".join("".join(kept).split())


_NEWER = 0x1F000
"""Signs beyond that may be younger than Python's tables, which have no category for them yet."""


def _unseen(char: str, category: str) -> bool:
    if category in {"Cc", "Cf", "Cs", "Co"} or _BLANK.match(char):
        return True
    return ord(char) >= _BEYOND or (ord(char) & 0xFFFE) == 0xFFFE  # noqa: PLR2004 - each plane's last two


def _joinable(char: str) -> bool:
    return (
        char != ""
        and not char.isascii()
        and not char.isspace()
        and not _unseen(char, unicodedata.category(char))
    )


def isolated(text: str) -> str:
    """The cleaned text; where it has letters that run from right to left, closed off from what is around."""
    if any(unicodedata.bidirectional(char) in {"R", "AL", "AN"} for char in text):
        return f"{_FSI}{text}{_PDI}"
    return text


# --- where Markdown is rendered -----------------------------------------------------------------

_MARKS = re.compile(r"([\\*_~`|\[\]])")
_START = re.compile(r"^([#>+-])")
_NUMBERED = re.compile(r"^(\d+)([.)])")
_TOKEN = re.compile(r"([@<])")
_INVITE = re.compile(r"(\.\w+)/")


def plain(text: str, longest: int | None = None) -> str:
    """Foreign text for a place where Markdown is rendered, on one line; at most `longest` units.

    What Discord would read (mentions of any kind, custom emoji, timestamps, links, invites, headings, lists,
    quotes, code) shows as it was typed.
    """
    escaped = _MARKS.sub(r"\\\1", clean(text))
    escaped = _NUMBERED.sub(r"\1\\\2", _START.sub(r"\\\1", escaped))
    escaped = _INVITE.sub(r"\1\\/", escaped.replace("://", r":\/\/"))
    # An escaped mention is still looked up where the text is searched for whom to notify.
    escaped = _TOKEN.sub(rf"\1{ZWSP}", escaped)
    whole = isolated(escaped)
    return whole if longest is None else cut(whole, longest)


def plain_lines(text: str) -> str:
    """The same for a text of several lines, which stay lines."""
    return "\n".join(plain(line) for line in text.splitlines())


def label(text: str, longest: int = 80) -> str:
    """Foreign text for a place where Discord renders no Markdown, on one line."""
    return cut(isolated(clean(text)), longest)


# --- code ---------------------------------------------------------------------------------------

_IN_CODE = re.compile(r"(@)(?=everyone|here)|(<)(?=[@#/:]|a:|t:|id:)")


def code_span(text: str, longest: int = 200) -> str:
    """Foreign text as code within a line; `…` where nothing of it can be seen.

    A backtick would end the span: it is shown as an accent that looks like it.
    """
    inner = cut(_IN_CODE.sub(rf"\g<0>{ZWSP}", clean(text).replace("`", "\u02cb")), longest - 3)
    if inner.endswith("\\"):  # it must not look like an escape of the end
        inner += ZWSP
    return isolated(f"`{inner or ELLIPSIS}`")


def code_block(text: str, longest: int = 1000) -> str:
    """Foreign text as a block of its own, which a member copies with one click or a long press.

    Letters, digits and signs are exactly as they were; only what would end the block or look like a mention
    is broken up.
    """
    inner = clean(text).replace(FENCE, f"`{ZWSP}`{ZWSP}`")
    inner = cut(_IN_CODE.sub(rf"\g<0>{ZWSP}", inner), longest - 2 * len(FENCE) - 2)
    return f"{FENCE}\n{inner or ELLIPSIS}\n{FENCE}"


# --- lengths ------------------------------------------------------------------------------------


def units(text: str) -> int:
    """The length in UTF-16 code units."""
    return len(text) + sum(char > "\uffff" for char in text)


def cut(text: str, longest: int) -> str:
    """The text, or its beginning with an ellipsis, in at most `longest` units.

    No escape, sign of several characters, mention or timestamp is cut in two; an isolate or code that was
    begun is ended, so that the rest of its text does not come to life.
    """
    if units(text) <= longest:
        return text
    room = longest - len(ELLIPSIS)
    while room > 0:
        found = _beginning(text, room) + ELLIPSIS
        found += _closing(found)
        if units(found) <= longest:
            return found
        room -= units(found) - longest
    return ELLIPSIS if longest > 0 else ""


def _beginning(text: str, room: int) -> str:
    end = 0
    for char in text:
        room -= 2 if char > "\uffff" else 1
        if room < 0:
            break
        end += 1
    for _ in range(10):  # signs of several characters are short; whoever stacks more loses a part
        if end == 0 or not _together(text[end - 1], text[end : end + 1]):
            break
        end -= 1
    kept = _OPEN_TOKEN.sub("", text[:end])
    escapes = len(kept) - len(kept.rstrip("\\"))
    return (kept[:-1] if escapes % 2 else kept).rstrip()


_OPEN_TOKEN = re.compile(r"<[@#/:a-z][^<>\s]{0,100}$")
_TONES = ("\U0001f3fb", "\U0001f3ff")
_FLAGS = ("\U0001f1e6", "\U0001f1ff")
_ESCAPE = re.compile(r"\\[^0-9A-Za-z\s]")
_BLOCK = re.compile(r"```.*?```", re.DOTALL)


def _together(before: str, after: str) -> bool:
    if before in _JOINERS or after in _JOINERS or unicodedata.category(after)[0] == "M":
        return True
    if _TONES[0] <= after <= _TONES[1]:
        return True
    return _FLAGS[0] <= before <= _FLAGS[1] and _FLAGS[0] <= after <= _FLAGS[1]


def _closing(text: str) -> str:
    bare = _ESCAPE.sub("", text)
    end = ""
    if bare.count(FENCE) % 2:
        end = f"\n{FENCE}"
    elif _BLOCK.sub("", bare).count("`") % 2:
        end = "`"
    return end + _PDI * max(0, text.count(_FSI) - text.count(_PDI))


# --- moments ------------------------------------------------------------------------------------


def moment(at: float | None, style: str = "R") -> str:
    """A moment (unix seconds) that each member sees in the own language and time zone.

    Styles: `R` in 3 hours, `f` date and time, `D` date. "" where there is none, or Discord could not show it.
    """
    if at is None or not math.isfinite(at) or abs(at) > DATES_END:
        return ""
    return f"<t:{math.floor(at)}:{style}>"
