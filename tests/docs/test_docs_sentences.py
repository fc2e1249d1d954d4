"""What the manual says that perkd says, perkd says: every line in a `text` block is a text of the code."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = ("troubleshooting", "endpoints", "vip")
LETTERS = 10
"""Of its own that a text must have: one of placeholders alone would fit everything."""
_FIELD = re.compile(r"%[#0\- +]?[\d.]*[sdgfrx]")


def sentences() -> list[tuple[str, str]]:
    found = []
    for page in PAGES:
        text = (ROOT / f"docs/{page}.md").read_text(encoding="utf-8")
        text = re.sub(r"## /readyz.*?\n## ", "", text, flags=re.DOTALL)  # test_docs_endpoints.py has that
        for block in re.findall(r"```text\n(.*?)```", text, re.DOTALL):
            found += [(page, line) for line in block.splitlines() if line]
    return found


def literals(tree: ast.AST) -> Iterator[list[str | None]]:
    """Each text of a module as its parts; None where a value is put in."""
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield [str(part.value) if isinstance(part, ast.Constant) else None for part in node.values]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            parts: list[str | None] = []
            for part in _FIELD.split(node.value):
                parts += [part, None]
            yield parts[:-1]


@cache
def patterns() -> list[re.Pattern[str]]:
    found = set()
    for package in ("daemon", "actors"):
        for file in (ROOT / package).rglob("*.py"):
            for parts in literals(ast.parse(file.read_text(encoding="utf-8"))):
                if sum(char.isalpha() for part in parts if part for char in part) >= LETTERS:
                    found.add("".join(".*" if part is None else re.escape(part) for part in parts))
    return [re.compile(pattern) for pattern in found]


@pytest.mark.parametrize(("page", "line"), sentences())
def test_every_sentence_of_the_manual_is_one_of_the_code(page: str, line: str) -> None:
    assert any(pattern.fullmatch(line) for pattern in patterns())


def test_the_pages_quote_something() -> None:
    assert {page for page, _ in sentences()} == set(PAGES)
