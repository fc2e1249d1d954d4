"""What perkd itself says on both sides of a VIP thread, in words: marks, lines about files, notices.

    to_markdown(part_words(part))            # what a message in the thread shows
    to_entities(part_words(part))            # and one at the desk

Texts come from Discord's table of languages, as Markdown; what is filled in never counts as such. Pure.
"""

from datetime import UTC, datetime
from itertools import accumulate

from actors.vip.model import EndReason
from actors.vip.relay_values import Part, Said, Say
from actors.vip.rich_text import NOTHING, RichText, Span, Style, plain, rich, units
from actors.vip.splitting import split
from actors.vip.words import Notice, Word
from daemon.discord.locale import DEFAULT, has, say, say_count
from daemon.discord.markdown import from_markdown
from daemon.discord.text import ELLIPSIS, clean

LONGEST_NAME = 48
"""In UTF-16 units: escaped it may be twice as long, and a line has to fit `SAID_UNITS`."""
_LONGEST_VALUE = 300
_COUNTED = ("count", "hours")
_BYTES = 1024
_SHOWN_UP_TO = 2
"""Of each unit of time: two minutes are still shown in seconds."""
_FOR_GOOD = {EndReason.COMPLETED, EndReason.LEFT_GUILD, EndReason.FORGOTTEN}
"""After these ends nobody is told how to open another thread."""
_FIRST_PLACE = 0xE000
"""A character of the private planes, which `clean` takes out of values."""
_NEW_LINE = plain("\n")
_BLOCKS = {Style.PRE, Style.QUOTE}


def part_words(part: Part, locale: str = DEFAULT) -> RichText:
    """The text of a message: the lines before it, its own, the lines after it.

    A staff member's name stands before the text, in its line; else each has a line of its own.
    """
    before = [said_words(said, locale) for said in part.before]
    after = [said_words(said, locale) for said in part.after]
    if not part.text:
        return _lines([*before, *after])
    begins_block = any(span.start == 0 and span.style in _BLOCKS for span in part.text.spans)
    named = before and part.before[-1].text in {Say.STAFF, Say.MEMBER} and not begins_block
    if named:
        return _lines([*before[:-1], before[-1] + plain(" ") + part.text, *after])
    return _lines([*before, part.text, *after])


def said_words(said: Said, locale: str = DEFAULT) -> RichText:
    """A line about something that is relayed; at most `SAID_UNITS` long on either side."""
    values = {key: _said_value(key, value, locale) for key, value in said.values}
    return _filled(said.text.value, values, locale)


def notice_words(notice: Notice, locale: str = DEFAULT) -> RichText:
    """Something perkd says by itself, to a member, to staff or to the desk."""
    values = {key: _notice_value(key, value, locale) for key, value in notice.values}
    match notice.word:
        case Word.ENDED:
            reason = say(
                f"vip.reason.{notice.value('reason')}", locale, staff=values.get("staff") or "somebody"
            )
            ended = _filled(notice.word.value, {"reason": reason}, locale)
            lines, undelivered = [ended], notice.value("undelivered")
            if undelivered:
                lines.append(_counted("vip.ended.undelivered", int(undelivered), {}, locale))
            if notice.value("reason") not in _FOR_GOOD:
                lines.append(_filled("vip.ended.again", {}, locale))
            return _lines(lines)
        case Word.COOLING_DOWN:
            time = _time(int(notice.value("seconds") or 0), locale)
            return _filled(notice.word.value, {"time": time}, locale)
        case Word.INTRODUCTION if notice.value("moved"):
            return _filled("vip.introduction.moved", values, locale)
    for key in _COUNTED:
        if key in values and has(f"{notice.word.value}.other"):
            return _counted(notice.word.value, int(notice.value(key) or 0), values, locale)
    return _filled(notice.word.value, values, locale)


def _counted(text_id: str, count: int, values: dict[str, str], locale: str) -> RichText:
    if count == 0 and has(f"{text_id}.none"):
        return _filled(f"{text_id}.none", values, locale)
    places = {key: place for key, place in _places(values).items() if key != "count"}
    return _with_values(say_count(text_id, count, locale, **places), values)


def _filled(text_id: str, values: dict[str, str], locale: str) -> RichText:
    """The text, formatted as it says, with its values as they are."""
    return _with_values(say(text_id, locale, **_places(values)), values)


def _places(values: dict[str, str]) -> dict[str, str]:
    """A character per value, which stands for it while the text is read as Markdown."""
    return {key: chr(_FIRST_PLACE + place) for place, key in enumerate(values)}


def _with_values(source: str, values: dict[str, str]) -> RichText:
    read = from_markdown(source)
    value_of = {place: values[key] for key, place in _places(values).items()}
    said = [value_of.get(char, char) for char in read.text]
    at = [0, *accumulate(map(len, said))]
    spans = (Span(at[s.start], at[s.end], s.style, s.value) for s in read.spans)
    return rich("".join(said), *spans).stripped()


def _lines(texts: list[RichText]) -> RichText:
    whole = NOTHING
    for text in texts:
        whole = whole + _NEW_LINE + text if whole else text
    return whole


# --- values -------------------------------------------------------------------------------------


def _foreign(value: object, longest: int) -> str:
    """A value on one line, cut where it is too long."""
    text = clean(str(value))
    if units(text) <= longest:
        return text
    return split(plain(text), longest - 1)[0].text.rstrip() + ELLIPSIS


def _said_value(key: str, value: str | float, locale: str) -> str:
    match key:
        case "size" | "limit":
            return _size(float(value))
        case "at":
            return datetime.fromtimestamp(float(value), UTC).strftime("%H:%M UTC")
        case "seconds":
            return _clock(int(value))
        case "kind":
            return say(f"vip.kind.{value}", locale)
    return _foreign(value, LONGEST_NAME) or "?"


def _notice_value(key: str, value: str | int, locale: str) -> str:
    if key == "state":
        for states in ("vip.state", "vip.account_state"):
            if has(f"{states}.{value}"):
                return say(f"{states}.{value}", locale)
    return _foreign(value, LONGEST_NAME if key in {"name", "staff"} else _LONGEST_VALUE)


def _size(count: float) -> str:
    for unit in ("B", "KiB", "MiB"):
        if count < _BYTES:
            return f"{count:.3g} {unit}"
        count /= _BYTES
    return f"{count:.3g} GiB"


def _time(seconds: int, locale: str) -> str:
    """A time to wait, never too short."""
    for unit, size in (("hours", 3600), ("minutes", 60)):
        if seconds > _SHOWN_UP_TO * size:
            return say_count(f"vip.time.{unit}", -(-seconds // size), locale)
    return say_count("vip.time.seconds", seconds, locale)


def _clock(seconds: int) -> str:
    return f"{seconds // 60}:{seconds % 60:02d}"
