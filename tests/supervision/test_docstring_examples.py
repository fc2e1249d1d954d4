"""The examples in the docstrings run, and print what they say. None is skipped."""

import doctest
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest
import trio

import supervision
import supervision.testing

PLACE = Path(supervision.__file__).parent
PAGE = Path(__file__).parents[2] / "docs" / "supervision-api.md"
NAMES = {**vars(supervision), **vars(supervision.testing), "trio": trio}
"""What the page says that each example has imported."""


def examples() -> Iterator[doctest.DocTest]:
    for module in pkgutil.iter_modules([str(PLACE)]):
        imported = importlib.import_module(f"supervision.{module.name}")
        yield from doctest.DocTestFinder().find(imported, globs=NAMES)


EXAMPLES = {found.name: found for found in examples() if found.examples}


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_in_a_docstring_runs_and_prints_what_it_says(name: str) -> None:
    said: list[str] = []
    failed, tried = doctest.DocTestRunner().run(EXAMPLES[name], out=said.append, clear_globs=False)
    assert tried
    assert not failed, "".join(said)


def test_no_example_is_skipped_and_all_are_found() -> None:
    sources = "".join(path.read_text() for path in PLACE.glob("*.py"))
    assert "doctest: +SKIP" not in sources
    assert sources.count("Example:") == len(EXAMPLES)


def test_the_page_shows_of_a_tree_what_is_for_everybody_and_nothing_of_the_runtime() -> None:
    (filters,) = re.findall(
        r"^::: supervision\.Tree\n    options:\n      filters: \[(.*)\]$", PAGE.read_text(), re.MULTILINE
    )
    hidden = [text.removeprefix("!") for text in re.findall(r'"(.*?)"', filters)]
    members = [*vars(supervision.Tree), *(field.name for field in attrs.fields(supervision.Tree))]
    shown = {name for name in members if not any(re.search(pattern, name) for pattern in hidden)}
    settings = {"spec", "on_event", "stop_within"}
    assert shown == settings | {"ref", "dynamic", "supervisor", "snapshot", "stop", "cancel", "run"}


def test_the_examples_of_the_page_need_no_other_imports_than_it_says() -> None:
    (said,) = re.findall(r"^Examples have done `(.*)`\.$", PAGE.read_text(), re.MULTILINE)
    assert said == "from supervision import *`, `from supervision.testing import *` and `import trio"
