"""`/perkd status`: for owners all of perkd, page by page; for admins their guild's part."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from daemon.cli.status_tree import draw_tree
from daemon.cli.status_words import GOOD, number, spoken, word
from daemon.cli.times import duration
from daemon.discord.answers.allowed import require
from daemon.discord.answers.desk import Desk
from daemon.discord.answers.guild_status import guild_status
from daemon.discord.answers.lists import first_lines, fitting
from daemon.discord.custom_ids import status_id
from daemon.discord.locale import say, say_count
from daemon.discord.rights import may
from daemon.discord.text import plain
from daemon.discord.values import Button, Caller, Card, Field, Reply, Right, Style

Document = Mapping[str, Any]

_COLOURS = {"healthy": 0x3BA55D, "degraded": 0xFAA61A, "down": 0xED4245}
_TREE_LINES = 30
_TREE_ROOM = 3600
_LONGEST_LINE = 160
_FIELD = 1000
"""Units of a field; Discord takes 1024."""
_PROBLEMS = 15
_PROBLEMS_ROOM = 2000
_LONGEST_ERROR = 160
_PAUSED = "⏸️"


async def show_status(desk: Desk, caller: Caller, page: int = 0) -> Reply:
    """The status now. Pages: 0 the numbers, then the supervision tree."""
    require(caller, Right.ADMIN)
    document = await desk.status()
    if not may(caller.right, Right.OWNER):
        return await guild_status(desk, caller, document)
    tree = _tree_pages(document.get("tree") or {})
    page = max(0, min(page, len(tree)))
    card = _overview(document, caller.locale) if page == 0 else _tree_card(tree, page, caller.locale)
    return Reply(cards=(card,), buttons=_buttons(page, len(tree), caller.locale))


def _buttons(page: int, last: int, locale: str) -> tuple[Button, ...]:
    buttons = [Button(status_id(page), say("status.refresh", locale), Style.SECONDARY)]
    if page > 0:
        buttons.insert(0, Button(status_id(page - 1), say("status.back", locale), Style.SECONDARY))
    if page < last:
        buttons.append(Button(status_id(page + 1), say("status.next", locale)))
    return tuple(buttons)


# --- the numbers --------------------------------------------------------------------------------


def _overview(document: Document, locale: str) -> Card:
    health = str(document.get("health", "unknown"))
    numbers = document.get("giftcodes") or {}
    problems = [f"⚠️ {plain(word(problem), 300)}" for problem in document.get("problems") or ()]
    fields = (
        Field(say("status.codes", locale), _codes(numbers, locale)),
        Field(say("status.games", locale), _lines(_games(numbers, locale), locale)),
        Field(
            say("status.sources", locale), _lines(_sources(document.get("giftcodes") or {}, locale), locale)
        ),
        Field(say("status.storage", locale), _lines(_storage(document.get("storage") or {}, locale), locale)),
        Field(say("status.discord", locale), _discord(document.get("discord") or {}, locale)),
        Field(say("status.vip", locale), _vip(document.get("vip") or {}, locale)),
    )
    up = duration(number(document.get("uptime")))
    return Card(
        title=say("status.title", locale, version=word(document.get("version", "")), health=health, up=up),
        text=fitting(problems, locale, most=_PROBLEMS, room=_PROBLEMS_ROOM) or say("status.well", locale),
        fields=tuple(field for field in fields if field.value),
        colour=_COLOURS.get(health),
    )


def _lines(lines: Iterator[str], locale: str) -> str:
    return fitting(list(lines), locale, room=_FIELD)


def _codes(numbers: Document, locale: str) -> str:
    if not numbers:
        return ""
    if numbers.get("codes") is None:
        return say("status.codes.unknown", locale)
    names = ("codes", "codes_known", "owed", "redeemed", "already", "failed", "retrying")
    values = {name: numbers.get(name) or 0 for name in names}
    lines = [say("status.codes.numbers", locale, **values), *_posts(numbers.get("posts") or {}, locale)]
    return "\n".join(lines)


def _posts(posts: Document, locale: str) -> Iterator[str]:
    """What is still to be posted, and why it is not."""
    if waiting := int(number(posts.get("waiting"))):
        line = say_count("status.posts", waiting, locale)
        failing = posts.get("failing")
        yield f"{line}: {plain(word(failing), _LONGEST_ERROR)}" if failing else line


def _games(numbers: Document, locale: str) -> Iterator[str]:
    for game, lane in (numbers.get("rate") or {}).items():
        values = {name: lane.get(name) or 0 for name in ("used", "limit", "period", "waiting", "in_flight")}
        line = say("status.game", locale, game=plain(word(game)), **values)
        yield f"{line} · {_PAUSED} {plain(word(lane['reason']), 120)}" if lane.get("reason") else line


def _sources(numbers: Document, locale: str) -> Iterator[str]:
    for name, source in (numbers.get("sources") or {}).items():
        parts = [_standing(name, source)]
        if checks := source.get("checks"):
            parts.append(say_count("status.checks", int(number(checks)), locale))
        if errors := source.get("consecutive_errors"):
            parts.append(say_count("status.errors", int(number(errors)), locale))
        yield " · ".join([*parts, *_error(source)])


def _storage(storage: Document, locale: str) -> Iterator[str]:
    for name, backend in (storage.get("backends") or {}).items():
        parts = [_standing(name, backend)]
        if lag := backend.get("lag"):
            parts.append(say_count("status.lag", int(number(lag)), locale))
        yield " · ".join([*parts, *_error(backend)])


def _standing(name: str, of: Document) -> str:
    """What something is called, and how it is doing."""
    return f"**{plain(word(name))}** {plain(spoken(word(of.get('state', 'unknown'))))}"


def _error(of: Document) -> Iterator[str]:
    if of.get("last_error") and of.get("state") not in GOOD:
        yield plain(word(of["last_error"]), _LONGEST_ERROR)


def _discord(discord: Document, locale: str) -> str:
    if not discord:
        return ""
    parts = [plain(spoken(word(discord.get("state", "unknown"))))]
    if guilds := discord.get("guilds"):
        parts.append(say_count("status.discord.guilds", int(number(guilds)), locale))
    if (latency := discord.get("latency")) is not None:
        parts.append(f"{number(latency) * 1000:.0f} ms")
    if troubles := discord.get("channel_troubles"):
        parts.append(say_count("status.discord.troubles", len(troubles), locale))
    return " · ".join(parts)


def _vip(vip: Document, locale: str) -> str:
    accounts = vip.get("accounts") or {}
    if not vip.get("enabled") and not vip.get("sessions") and not accounts:
        return say("status.vip.none", locale)
    listed = ", ".join(f"{many} {plain(spoken(word(state)))}" for state, many in accounts.items())
    if vip.get("sessions", 0) is None:
        sessions = say("status.vip.unknown", locale)
    else:
        sessions = say_count("status.vip.sessions", int(number(vip.get("sessions"))), locale)
    return f"{sessions} · {listed or '–'}"


# --- the tree -----------------------------------------------------------------------------------


def _tree_pages(root: Document) -> list[str]:
    """The tree's lines, as many pages as it takes."""
    lines = [_harmless(line.plain.rstrip()) for line in draw_tree(root, _LONGEST_LINE)]
    pages = []
    while lines:
        shown = first_lines(lines, most=_TREE_LINES, room=_TREE_ROOM)
        pages.append("\n".join(shown))
        lines = lines[len(shown) :]
    return pages


def _harmless(line: str) -> str:
    """The line as it can stand in a code block: nothing in it ends the block."""
    return line.replace("`", "\u02cb")


def _tree_card(pages: Sequence[str], page: int, locale: str) -> Card:
    title = say("status.tree", locale, page=page, pages=len(pages))
    return Card(title=title, text=f"```\n{pages[page - 1]}\n```")
