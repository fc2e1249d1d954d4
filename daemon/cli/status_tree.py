"""The supervision tree as lines, whole or with what runs left out. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.text import Text

from daemon.cli.status_words import count, number, spoken, style, word
from daemon.cli.tables import isolated

Document = Mapping[str, Any]

_STATE_COLUMN = 36
"""Where the states begin, unless a name is longer."""


def draw_tree(root: Document, width: int | None) -> Iterator[Text]:
    """A line for each node, and one for what went wrong with it; cut at `width` columns, None: never."""
    if root:
        yield from _node(root, "", "", width)


def folded_tree(node: Document, *, drop: bool = False) -> Document:
    """The tree with one node for each branch in which everything runs; `drop` leaves those out."""
    if not _is_troubled(node):
        below = _number_below(node)
        return {**node, "children": (), "children_by_state": None, "below": below} if below else node
    children = [folded_tree(child, drop=drop) for child in node.get("children") or ()]
    return {**node, "children": [child for child in children if not drop or _is_troubled(child)]}


def _is_troubled(node: Document) -> bool:
    """Whether the node, or one below it, is in another state than `running`."""
    states = {node.get("state"), *(node.get("children_by_state") or {})}
    return states != {"running"} or any(map(_is_troubled, node.get("children") or ()))


def _number_below(node: Document) -> int:
    children: Sequence[Document] = node.get("children") or ()
    counted = node.get("children_by_state") or {}
    own = int(sum(map(number, counted.values()))) if counted else len(children)
    return own + sum(map(_number_below, children))


def _node(node: Document, lead: str, below: str, width: int | None) -> Iterator[Text]:
    """The lines of one node and its children; `lead` stands before its name, `below` before theirs."""
    children: Sequence[Document] = node.get("children") or ()
    line = Text().append(lead, "dim")
    line.append_text(isolated(Text(word(node.get("name", "?")), style="bold" if children else "")))
    line.append(" " * max(2, _STATE_COLUMN - line.cell_len))
    line.append_text(_state(node))
    yield _cut(line, width)
    if trouble := _trouble(node):
        hint = Text().append(below + ("│ " if children else "  "), "dim")
        yield _cut(hint.append(trouble, "red"), width)
    for place, child in enumerate(children, 1):
        is_last = place == len(children)
        yield from _node(
            child, below + ("└─ " if is_last else "├─ "), below + ("   " if is_last else "│  "), width
        )


def _state(node: Document) -> Text:
    state = word(node.get("state", "unknown"))
    text = Text().append(spoken(state), style(state))
    if (wait := node.get("restart_in")) is not None:
        text.append(f" · again in {number(wait):.1f} s", "yellow")
    if below := node.get("below"):
        text.append(f" · with all {below} below", "dim")
    elif counts := node.get("children_by_state"):
        text.append(" · ")
        for place, (name, many) in enumerate(counts.items()):
            text.append(", " if place else "").append(f"{many} {spoken(word(name))}", style(word(name)))
    elif node.get("kind") == "dynamic" and not node.get("children"):
        text.append(" · no children", "dim")
    if restarts := node.get("restarts"):
        text.append(f" · {count(restarts, 'restart')}", "yellow")
    if mailbox := node.get("mailbox"):
        text.append(f" · {mailbox} waiting")
    if unread := node.get("dead_letters"):
        text.append(f" · {int(sum(map(number, unread.values())))} never read", "dim")
    return text


def _trouble(node: Document) -> str:
    """What went wrong with the node: messages it crashed on, and its last error."""
    lost = ", ".join(f"{many} × {word(kind)}" for kind, many in (node.get("lost") or {}).items())
    error = word(node["last_error"]) if node.get("last_error") else ""
    parts = [f"lost {lost}" if lost else "", f"last error: {error}" if error else ""]
    return " · ".join(filter(None, parts))


def _cut(line: Text, width: int | None) -> Text:
    if width is not None:
        line.truncate(width, overflow="ellipsis")
    return line
