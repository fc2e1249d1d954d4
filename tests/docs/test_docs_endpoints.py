"""The page of endpoints names every route, every metric and every reason, and no other."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from daemon.control import body, connections
from daemon.web import app, feed, pages
from daemon.web.metrics import exposition
from tests.worlds.status_document import STATUS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/endpoints.md").read_text(encoding="utf-8")


def rows(width: int) -> Iterator[list[str]]:
    for line in PAGE.splitlines():
        cells = [cell.strip().strip("`") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if len(cells) == width and set(cells[0]) != {"-"}:
            yield cells


def routes() -> Iterator[str]:
    """Method and path of every route in the code."""
    for folder in ("daemon/web", "daemon/control"):
        for file in (ROOT / folder).glob("*.py"):
            tree = ast.parse(file.read_text(encoding="utf-8"))
            for call in ast.walk(tree):
                if isinstance(call, ast.Call) and isinstance(call.func, ast.Name):
                    yield from _route(call)
            yield from _pairs(tree)


def _route(call: ast.Call) -> Iterator[str]:
    texts = [one.value for one in call.args if isinstance(one, ast.Constant)]
    match getattr(call.func, "id", ""), texts:
        case "_route", [method, path]:
            yield f"{method} {path}"
        case (("Route" | "WebSocketRoute"), [path]):
            posts = any("POST" in ast.dump(keyword) for keyword in call.keywords)
            yield f"{'POST' if posts else 'GET'} {path}"


def _pairs(tree: ast.AST) -> Iterator[str]:
    """Those of `actions.py`, which are a list of pairs."""
    for node in ast.walk(tree):
        match node:
            case ast.Tuple(elts=[ast.Constant(value=str(path)), ast.Attribute()]) if path.startswith("/api/"):
                yield f"POST {path}"


def test_every_route_is_in_the_table_and_no_other() -> None:
    assert {cells[0] for cells in rows(3)} - {"path"} == set(routes())


def test_every_metric_is_in_the_table_with_its_type_and_labels_and_no_other() -> None:
    told = {cells[0]: (cells[1], cells[2]) for cells in rows(4) if cells[0] != "metric"}
    made = {}
    for family in text_string_to_metric_families(exposition(STATUS, ready=True).decode()):
        if family.name.startswith("perkd"):
            sample = family.samples[0]
            made[sample.name] = (family.type, ", ".join(sample.labels))
    assert told == made


def test_every_reason_of_readyz_is_on_the_page() -> None:
    section = PAGE.partition("## /readyz")[2].partition("## ")[0]
    reasons = re.findall(r"```text\n(.*?)```", section, re.DOTALL)[0].splitlines()
    tree = ast.parse((ROOT / "daemon/web/readiness.py").read_text(encoding="utf-8"))
    yielded = [node.value for node in ast.walk(tree) if isinstance(node, ast.Yield)]
    patterns = ["perkd is down"]
    for text in yielded:
        assert isinstance(text, ast.JoinedStr | ast.Constant)
        values = text.values if isinstance(text, ast.JoinedStr) else [text]
        parts = [re.escape(str(one.value)) if isinstance(one, ast.Constant) else ".*" for one in values]
        patterns.append("".join(parts))
    assert [pattern for pattern in patterns if not any(re.fullmatch(pattern, one) for one in reasons)] == []
    assert len(reasons) == len(patterns)


def test_the_bounds_on_the_page_are_those_of_the_code() -> None:
    bounds = {cells[0]: cells[1] for cells in rows(2)}
    assert bounds["connections open at once"].startswith(f"{connections.MOST_CONNECTIONS}. ")
    assert bounds["a request's head"].startswith(f"{connections.IDLE_FOR:.0f} s ")
    assert bounds["between two requests of a connection"] == f"{connections.IDLE_FOR:.0f} s"
    assert bounds["a body"] == f"{body.BODY_WITHIN:.0f} s, {body.MAX_BODY >> 20} MiB"
    assert f"{connections.SEND_WITHIN:.0f} s to read" in bounds["an answer"]
    assert bounds["WebSockets"].startswith(f"{app.MOST_WATCHERS} at `/ws`, {feed.MOST_READERS} at `/feed`")
    assert pages.WRONG_TOKEN_DELAY == 1.0
    assert pages.TRIES_AT_ONCE == 5
