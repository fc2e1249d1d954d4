"""The status as a person reads it: the numbers, then the tree, in lines of a given width. Pure.

The tree comes last: where the screen is too low for all, it is what can be missed.

Shapes: docs/commands.md. What a newer or an older daemon does not tell is left out.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from daemon.cli.tables import isolated
from daemon.cli.times import duration
from daemon.safe_text import neutralised

Document = Mapping[str, Any]

_HEALTH_STYLES = {"healthy": "bold green", "degraded": "bold yellow", "down": "bold red"}
_GOOD = {"running", "healthy"}
_BAD = {"stopped", "overdue", "failing", "away", "no answer"}
_STATE_COLUMN = 36
"""Where the states begin, unless a name is longer."""
_LABEL = 14
_NARROWEST = 20
_FOLDER = Console()
"""Rich folds lines by a console's rules; nothing is printed with it."""


def draw_status(document: Document, width: int) -> Text:
    """The whole status, as lines of at most `width` columns."""
    blocks = [
        [*_heading(document), *_problems(document, width)],
        [*_giftcodes(document.get("giftcodes") or {}, width), *_others(document, width)],
        _tree(document.get("tree") or {}, width),
    ]
    return Text("\n\n").join(Text("\n").join(lines) for block in blocks if (lines := list(block)))


def _heading(document: Document) -> Iterator[Text]:
    health = _word(document.get("health", "unknown"))
    yield Text.assemble(
        (f"perkd {_word(document.get('version', ''))}", "bold"),
        " · ",
        (health, _HEALTH_STYLES.get(health, "bold")),
        f" · up {duration(_number(document.get('uptime')))}",
    )


def _problems(document: Document, width: int) -> Iterator[Text]:
    for problem in document.get("problems") or ():
        yield from _folded(Text("  ! ", "yellow"), Text(_word(problem), "yellow"), width)


# --- the tree -----------------------------------------------------------------------------------


def _tree(root: Document, width: int) -> Iterator[Text]:
    if root:
        yield from _node(root, "", "", width)


def _node(node: Document, lead: str, below: str, width: int) -> Iterator[Text]:
    """The lines of one node and its children; `lead` stands before its name, `below` before theirs."""
    children: Sequence[Document] = node.get("children") or ()
    line = Text().append(lead, "dim")
    line.append_text(isolated(Text(_word(node.get("name", "?")), style="bold" if children else "")))
    line.append(" " * max(2, _STATE_COLUMN - line.cell_len))
    line.append_text(_state(node))
    yield _cut(line, width)
    if trouble := _trouble(node):
        hint = Text().append(below + ("│ " if children else "  "), "dim")
        yield _cut(hint.append(trouble, "red"), width)
    for number, child in enumerate(children, 1):
        is_last = number == len(children)
        yield from _node(
            child, below + ("└─ " if is_last else "├─ "), below + ("   " if is_last else "│  "), width
        )


def _state(node: Document) -> Text:
    state = _word(node.get("state", "unknown"))
    text = Text().append(_spoken(state), _style(state))
    if (wait := node.get("restart_in")) is not None:
        text.append(f" · again in {_number(wait):.1f} s", "yellow")
    if counts := node.get("children_by_state"):
        text.append(" · ")
        for number, (name, count) in enumerate(counts.items()):
            text.append(", " if number else "").append(f"{count} {_spoken(_word(name))}", _style(_word(name)))
    elif node.get("kind") == "dynamic" and not node.get("children"):
        text.append(" · no children", "dim")
    if restarts := node.get("restarts"):
        text.append(f" · {_count(restarts, 'restart')}", "yellow")
    if mailbox := node.get("mailbox"):
        text.append(f" · {mailbox} waiting")
    return text


def _trouble(node: Document) -> str:
    """What went wrong with the node: messages it crashed on, and its last error."""
    lost = ", ".join(f"{count} × {_word(kind)}" for kind, count in (node.get("lost") or {}).items())
    error = _word(node["last_error"]) if node.get("last_error") else ""
    parts = [f"lost {lost}" if lost else "", f"last error: {error}" if error else ""]
    return " · ".join(filter(None, parts))


# --- the numbers --------------------------------------------------------------------------------


def _giftcodes(numbers: Document, width: int) -> Iterator[Text]:
    if not numbers:
        return
    known = numbers.get("codes_known")
    of_known = f" of {known} known" if known is not None else ""
    yield from _line("codes", Text(f"{numbers.get('codes', 0)} live{of_known}"), width)
    yield from _line("pairs", _pairs(numbers), width)
    rate = numbers.get("rate")
    if isinstance(rate, Mapping):
        for game, lane in rate.items():
            yield from _line(_word(game), _lane(lane), width)
    elif rate is not None:
        yield from _line("rate", Text(f"{rate} a minute"), width)
    for name, source in (numbers.get("sources") or {}).items():
        yield from _line(_word(name), _source(source), width)


def _pairs(numbers: Document) -> Text:
    text = Text().append(f"{numbers.get('owed', 0)} owed", "bold" if numbers.get("owed") else "")
    for name, style in (("redeemed", "green"), ("already", "cyan"), ("failed", "red")):
        if name in numbers:
            text.append(" · ").append(f"{numbers[name]} {name}", style if numbers[name] else "")
    if retrying := numbers.get("retrying"):
        text.append(f" ({retrying} tried again later)")
    return text


def _lane(lane: Document) -> Text:
    """One game's budget of calls."""
    text = Text(
        f"{lane.get('used', 0)} of {lane.get('limit', '?')} calls in {_number(lane.get('period')):g} s"
    )
    if in_flight := lane.get("in_flight"):
        text.append(f" · {in_flight} in flight")
    if waiting := lane.get("waiting"):
        text.append(f" · {waiting} waiting")
    if lane.get("reason"):
        until = f" until {lane['paused_until']}" if lane.get("paused_until") else ""
        text.append(" · ").append(f"paused{until}: {_word(lane['reason'])}", "red")
    return text


def _source(source: Document) -> Text:
    state = _word(source.get("state", "unknown"))
    text = Text("source ").append(state, _style(state))
    if checks := source.get("checks"):
        text.append(f" · {_count(checks, 'check')}")
    if errors := source.get("consecutive_errors"):
        text.append(f" · {_count(errors, 'error')} in a row")
    if source.get("last_error") and state not in _GOOD:
        text.append(f": {_word(source['last_error'])}", "red")
    return text


def _others(document: Document, width: int) -> Iterator[Text]:
    vip = document.get("vip") or {}
    if vip.get("sessions") or vip.get("accounts"):
        accounts = [f"{count} {_word(state)}" for state, count in (vip.get("accounts") or {}).items()]
        text = f"{_count(vip.get('sessions', 0), 'session')} · accounts: {', '.join(accounts) or 'none'}"
        yield from _line("vip", Text(text), width)
    storage = document.get("storage") or {}
    if storage:
        yield from _line("storage", _storage(storage), width)


def _storage(storage: Document) -> Text:
    text = Text()
    for name, backend in (storage.get("backends") or {}).items():
        state = _word(backend.get("state", "unknown"))
        text.append(" · " if text else "").append(f"{_word(name)} ").append(state, _style(state))
        if backend.get("last_error") and state not in _GOOD:
            text.append(f": {_word(backend['last_error'])}", "red")
    if lag := storage.get("lag"):
        text.append(f" · {_count(lag, 'change')} behind", "yellow")
    return text


# --- lines --------------------------------------------------------------------------------------


def _line(label: str, text: Text, width: int) -> Iterator[Text]:
    """`label`, and beside it what there is to say, folded where it is long."""
    head = Text().append(label, "bold")
    head.append(" " * max(2, _LABEL - head.cell_len))
    yield from _folded(head, text, width)


def _folded(head: Text, text: Text, width: int) -> Iterator[Text]:
    """`text` behind `head`; further lines stand below its first."""
    room = max(_NARROWEST, width - head.cell_len)
    blank = Text(" " * head.cell_len)
    for number, line in enumerate(text.wrap(_FOLDER, room, overflow="fold")):
        line.rstrip()
        yield Text.assemble(blank if number else head, line)


def _cut(line: Text, width: int) -> Text:
    line.truncate(width, overflow="ellipsis")
    return line


def _word(value: object) -> str:
    return neutralised(str(value))


def _count(number: object, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _spoken(state: str) -> str:
    return state.replace("_", " ")


def _style(state: str) -> str:
    return "green" if state in _GOOD else "red" if state in _BAD else "yellow"


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
