"""The status as a person reads it: the numbers, then the tree, in lines of a given width. Pure.

The tree comes last: where the screen is too low for all, it is what can be missed.

Shapes: docs/commands.md. What a newer or an older daemon does not tell is left out.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.text import Text

from actors.giftcodes.circuit import PAUSED_BY_OPERATOR
from daemon.cli.status_tree import draw_tree, folded_tree
from daemon.cli.status_vip import vip_lines
from daemon.cli.status_words import BAD, GOOD, count, number, spoken, style, word
from daemon.cli.times import duration

Document = Mapping[str, Any]

_HEALTH_STYLES = {"healthy": "bold green", "degraded": "bold yellow", "down": "bold red"}
_LABEL = 14
_NARROWEST = 16
_FOLDER = Console()
"""Rich folds lines by a console's rules; nothing is printed with it."""


def draw_status(document: Document, width: int | None, height: int | None = None, *, now: float) -> Text:
    """The whole status as lines.

    Args:
        document: what the daemon told.
        width: columns that a line may have; None, in a pipe: nothing is folded or cut.
        height: lines that there is room for; where they are too few, the tree shows only the branches
            in which something does not run. None: as many as it takes.
        now: Unix seconds, to tell how long a pause still lasts.
    """
    root = document.get("tree") or {}
    blocks = [
        list(_heading(document)) + list(_problems(document, width)),
        [*_giftcodes(document.get("giftcodes") or {}, width, now), *_others(document, width)],
    ]
    lines = _stacked([*blocks, draw_tree(root, width)])
    for drop in (False, True):
        if height is not None and len(lines) > height and root:
            lines = _stacked([*blocks, draw_tree(folded_tree(root, drop=drop), width)])
    if height is not None and len(lines) > height:
        left_out = len(lines) - height + 1
        lines[height - 1 :] = [Text(f"… {left_out} more lines: they need a higher window", "dim")]
    return Text("\n").join(lines)


def _stacked(blocks: Iterable[Iterable[Text]]) -> list[Text]:
    """The lines of all blocks, with an empty one between two."""
    lines: list[Text] = []
    for block in filter(None, map(list, blocks)):
        lines += [Text(), *block] if lines else block
    return lines


def _heading(document: Document) -> Iterator[Text]:
    health = word(document.get("health", "unknown"))
    yield Text.assemble(
        (f"perkd {word(document.get('version', ''))}", "bold"),
        " · ",
        (health, _HEALTH_STYLES.get(health, "bold")),
        f" · up {duration(number(document.get('uptime')))}",
    )


def _problems(document: Document, width: int | None) -> Iterator[Text]:
    for problem in document.get("problems") or ():
        yield from _folded(Text("  ! ", "yellow"), Text(word(problem), "yellow"), width)


# --- the numbers --------------------------------------------------------------------------------


def _giftcodes(numbers: Document, width: int | None, now: float) -> Iterator[Text]:
    if not numbers:
        return
    if numbers.get("codes", 0) is None:
        yield from _line("codes", Text("not known: the store has not been read"), width)
    else:
        known = numbers.get("codes_known")
        of_known = f" of {known} known" if known is not None else ""
        yield from _line("codes", Text(f"{numbers.get('codes', 0)} live{of_known}"), width)
        yield from _line("redemptions", _pairs(numbers), width)
    posts = numbers.get("posts") or {}
    if posts.get("waiting"):
        failing = f": {word(posts['failing'])}" if posts.get("failing") else ""
        yield from _line("to be posted", Text(f"{posts['waiting']} messages{failing}"), width)
    rate = numbers.get("rate")
    if isinstance(rate, Mapping):
        for game, lane in rate.items():
            yield from _line(word(game), _lane(lane, now), width)
    elif rate is not None:
        yield from _line("rate", Text(f"{rate} a minute"), width)
    for name, source in (numbers.get("sources") or {}).items():
        yield from _line(word(name), _source(source), width)


def _pairs(numbers: Document) -> Text:
    text = Text().append(f"{numbers.get('owed', 0)} owed", "bold" if numbers.get("owed") else "")
    for name, colour in (("redeemed", "green"), ("already", "cyan"), ("failed", "red")):
        if name in numbers:
            text.append(" · ").append(f"{numbers[name]} {name}", colour if numbers[name] else "")
    if retrying := numbers.get("retrying"):
        text.append(f" ({retrying} tried again later)")
    return text


def _lane(lane: Document, now: float) -> Text:
    """One game's budget of calls."""
    text = Text(
        f"{lane.get('used', 0)} of {lane.get('limit', '?')} calls in {number(lane.get('period')):g} s"
    )
    if in_flight := lane.get("in_flight"):
        text.append(f" · {in_flight} in flight")
    if waiting := lane.get("waiting"):
        text.append(f" · {waiting} waiting")
    if lane.get("reason"):
        text.append(" · ").append(f"paused {_why(lane, now)}", "red")
    return text


def _why(lane: Document, now: float) -> str:
    """By whom or what, and how long still, in the words of `problems`."""
    if lane["reason"] != PAUSED_BY_OPERATOR:
        return f"{_pause(lane, now)}: {word(lane['reason'])}"
    endless = str(lane.get("paused_until")).startswith("9999-")
    return "by an operator" if endless else f"by an operator, {_pause(lane, now)}"


def _pause(lane: Document, now: float) -> str:
    """How long the pause still lasts."""
    try:
        left = math.ceil(datetime.fromisoformat(str(lane.get("paused_until"))).timestamp() - now)
    except ValueError:
        left = 0
    return f"{left} s more" if left > 0 else "until one call gets through"


def _source(source: Document) -> Text:
    state = word(source.get("state", "unknown"))
    text = Text("source ").append(state, style(state))
    if checks := source.get("checks"):
        text.append(f" · {count(checks, 'check')}")
    if errors := source.get("consecutive_errors"):
        failed = "the last attempt" if errors == 1 else f"{errors} attempts in a row"
        text.append(f" · {failed} failed")
    if source.get("last_error") and state not in GOOD:
        text.append(f": {word(source['last_error'])}", "red")
    return text


def _others(document: Document, width: int | None) -> Iterator[Text]:
    discord = document.get("discord") or {}
    if discord:
        yield from _line("discord", _discord(discord), width)
    for label, text in vip_lines(document.get("vip") or {}):
        yield from _line(label, text, width)
    storage = document.get("storage") or {}
    if storage:
        yield from _line("storage", _storage(storage), width)


def _discord(discord: Document) -> Text:
    state = word(discord.get("state", "unknown"))
    text = Text().append(spoken(state), style(state))
    if "guilds" in discord and state not in BAD:
        text.append(f" · {count(discord['guilds'], 'server')}")
    if latency := discord.get("latency"):
        text.append(f" · {number(latency) * 1000:.0f} ms")
    if since := state not in GOOD and discord.get("since"):
        text.append(f" since {word(since)}", "red")  # why is said above
    return text


def _storage(storage: Document) -> Text:
    text = Text()
    for name, backend in (storage.get("backends") or {}).items():
        state = word(backend.get("state", "unknown"))
        text.append(" · " if text else "").append(f"{word(name)} ").append(state, style(state))
        if lag := backend.get("lag"):
            text.append(f", lacks {count(lag, 'batch', 'batches')}", "yellow")
            if seconds := backend.get("lag_seconds"):
                text.append(f" ({number(seconds):.0f} s)", "yellow")
        if backend.get("last_error") and state not in GOOD:
            text.append(f": {word(backend['last_error'])}", "red")
    return text


# --- lines --------------------------------------------------------------------------------------


def _line(label: str, text: Text, width: int | None) -> Iterator[Text]:
    """`label`, and beside it what there is to say, folded where it is long."""
    head = Text().append(label, "bold")
    head.append(" " * max(2, _LABEL - head.cell_len))
    yield from _folded(head, text, width)


def _folded(head: Text, text: Text, width: int | None) -> Iterator[Text]:
    """`text` behind `head`; further lines stand below its first."""
    if width is None:
        yield Text.assemble(head, text)
        return
    room = max(_NARROWEST, width - head.cell_len)
    blank = Text(" " * head.cell_len)
    for place, line in enumerate(text.wrap(_FOLDER, room, overflow="fold")):
        line.rstrip()
        yield Text.assemble(blank if place else head, line)
