# ruff: noqa: INP001 - a directory of scripts
"""`python -m scripts.tree_picture`: the supervision tree of a running daemon, as a picture and as text."""

import re
import tempfile
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Any

import trio
from attrs import frozen

from tests.worlds.everything import open_everything

PICTURE = Path("docs/pictures/tree.svg")
PAGE = Path("docs/architecture.md")
_BLOCK = re.compile(r"(<!-- the tree -->\n```\n).*?(```\n<!-- end -->)", re.DOTALL)

WHAT = {
    "perkd": "one_for_one: the top; where it gives up, the process ends",
    "perkd/mongodb": "speaks to MongoDB, where MONGODB_URI is set",
    "perkd/storage": "the one writer of the state: the file, and MongoDB",
    "perkd/status": "one_for_one: how perkd is seen from outside",
    "perkd/status/setup": "lifts the pause of a game that is called otherwise than before",
    "perkd/status/control": "the control socket that the commands speak to",
    "perkd/status/web": "the page, /metrics and the other endpoints",
    "perkd/status/backups": "copies of the state, where they are wanted",
    "perkd/status/audit": "deletes old entries of the audit log",
    "perkd/status/notify": "tells systemd: started, alive, stopping",
    "perkd/gateways": "one_for_one, where a gateway is configured",
    "perkd/gateways/discord": "the bot: one asyncio loop in a thread a life",
    "perkd/gateways/watcher": "reads codes from channels",
    "perkd/gateways/telegram": "the accounts of the VIP desk: one asyncio loop in a thread a life",
    "perkd/gateways/vip": "tells the VIP desk what happens in threads, and takes its commands",
    "perkd/giftcodes": "one_for_one: everything about codes",
    "perkd/giftcodes/redemption": "rest_for_one: without the pool nobody calls",
    "perkd/giftcodes/redemption/session_pool": "two calls at once, a rate window and a circuit per game",
    "perkd/giftcodes/redemption/redeemers": "one actor per player that has work",
    "perkd/giftcodes/redemption/verifier": "finds out whether a player exists, with one call",
    "perkd/giftcodes/campaign": "what is owed, to whom, in which order",
    "perkd/giftcodes/announcer": "posts codes to channels",
    "perkd/giftcodes/publisher": "live codes for other daemons, at /feed",
    "perkd/giftcodes/pollers": "one_for_one: one actor per source",
    "perkd/giftcodes/pollers/feed": "a source, here called feed",
    "perkd/vip": "one_for_one: VIP threads, where they are on",
    "perkd/vip/leasing": "rest_for_one: without the pool nobody relays",
    "perkd/vip/leasing/account_pool": "who has which Telegram account, and the waiting list",
    "perkd/vip/leasing/threads": "one actor per member with a session",
    "perkd/vip/desk": "takes requests, and hands them to the members' actors",
}
"""What each node is for; one that is new has to be described here."""

_ROW, _STEP, _TOP, _WIDTH = 30, 26, 50, 860
_BOX, _HIGH = 168, 22
_FILL = {"supervisor": "#dbeafe", "dynamic": "#fde68a", "actor": "#f1f5f9"}
_EDGE = {"supervisor": "#2563eb", "dynamic": "#b45309", "actor": "#64748b"}
_KINDS = {"supervisor": "supervisor", "actor": "actor", "dynamic": "children come and go"}
_SANS = "'Noto Sans','Helvetica Neue',Helvetica,Arial,sans-serif"


@frozen
class Row:
    """A node: its place below the root, and what it is."""

    depth: int
    path: str
    kind: str
    parent: int | None
    """The row above it in the tree."""
    last: bool
    """The last of its parent's children."""

    @property
    def name(self) -> str:
        """Below its parent."""
        return self.path.rpartition("/")[2]


def rows_of(tree: Mapping[str, Any]) -> list[Row]:
    """The nodes that are always there, as they start. Raises KeyError for one without a description."""
    rows: list[Row] = []

    def add(node: Mapping[str, Any], above: str, parent: int | None, *, last: bool) -> None:
        path = f"{above}/{node['name']}" if above else str(node["name"])
        depth = path.count("/")
        if path not in WHAT:
            raise KeyError(f"{path}: say in WHAT what it is for")
        own = len(rows)
        rows.append(Row(depth, path, str(node["kind"]), parent, last))
        children = node["children"] if node["kind"] != "dynamic" else ()
        for number, child in enumerate(children, 1):
            add(child, path, own, last=number == len(children))

    add(tree, "", None, last=True)
    return rows


def text_of(rows: list[Row]) -> str:
    """The tree in lines."""
    return "".join(f"{_beginning(rows, row) + row.name:<28} {WHAT[row.path]}\n" for row in rows)


def _beginning(rows: list[Row], row: Row) -> str:
    if row.parent is None:
        return ""
    own = "└─ " if row.last else "├─ "
    above = rows[row.parent]
    while above.parent is not None:
        own = ("   " if above.last else "│  ") + own
        above = rows[above.parent]
    return own


def picture_of(rows: list[Row]) -> str:
    """The tree as SVG, which fetches nothing."""
    height = _TOP + _ROW * len(rows) + 16
    size = f'viewBox="0 0 {_WIDTH} {height}" font-family="{_SANS}" font-size="13"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" {size}>',
        "<title>The supervision tree of a running perkd</title>",
        f'<rect width="{_WIDTH}" height="{height}" rx="8" fill="#ffffff"/>',
        *_legend(),
        *_lines(rows),
    ]
    for at, row in enumerate(rows):
        parts += _node(row, at)
    return "\n".join([*parts, "</svg>", ""])


def _legend() -> Iterator[str]:
    for at, (kind, words) in enumerate(_KINDS.items()):
        x, edge = 20 + at * 190, f'fill="{_FILL[kind]}" stroke="{_EDGE[kind]}"'
        yield f'<rect x="{x}" y="16" width="16" height="14" rx="3" {edge}/>'
        yield f'<text x="{x + 24}" y="28" fill="#334155">{words}</text>'


def _lines(rows: list[Row]) -> Iterator[str]:
    for at, row in enumerate(rows):
        if row.parent is not None:
            x, y = 20 + _STEP * (row.depth - 1) + 12, _TOP + _ROW * at + _HIGH // 2
            begin = _TOP + _ROW * row.parent + _HIGH
            yield f'<path d="M{x} {begin}V{y}H{x + _STEP - 12}" fill="none" stroke="#94a3b8"/>'


def _node(row: Row, at: int) -> Iterator[str]:
    x, y = 20 + _STEP * row.depth, _TOP + _ROW * at
    edge = f'fill="{_FILL[row.kind]}" stroke="{_EDGE[row.kind]}"'
    yield f'<rect x="{x}" y="{y}" width="{_BOX}" height="{_HIGH}" rx="5" {edge}/>'
    yield f'<text x="{x + 10}" y="{y + 15}" fill="#0f172a" font-weight="600">{escape(row.name)}</text>'
    yield f'<text x="330" y="{y + 15}" fill="#334155">{escape(WHAT[row.path])}</text>'


async def running_tree(directory: Path) -> Mapping[str, Any]:
    """The tree of a daemon with everything configured, once it is ready."""
    async with open_everything(directory, vip=True) as everything:
        host = everything.stage.host
        async with host.perkd() as process:
            await everything.until_ready()
            tree: Mapping[str, Any] = (await host.ask("GET", "/api/status")).json()["tree"]
            await host.stop(process)
    return tree


def with_text(page: str, text: str) -> str:
    """The page with the tree in its place."""
    return _BLOCK.sub(lambda found: found[1] + text + found[2], page)


def main() -> None:
    """Draw it anew."""
    with tempfile.TemporaryDirectory() as directory:
        rows = rows_of(trio.run(running_tree, Path(directory)))
    PICTURE.write_text(picture_of(rows), encoding="utf-8")
    PAGE.write_text(with_text(PAGE.read_text(encoding="utf-8"), text_of(rows)), encoding="utf-8")


if __name__ == "__main__":
    main()
