"""The tree in docs/architecture.md, as picture and as text, is that of a running daemon."""

from pathlib import Path

from defusedxml.ElementTree import fromstring

from scripts.tree_picture import PAGE, PICTURE, WHAT, picture_of, rows_of, running_tree, text_of, with_text

ANEW = "draw it anew: python -m scripts.tree_picture"


async def test_picture_and_text_are_those_of_a_running_daemon(tmp_path: Path) -> None:
    rows = rows_of(await running_tree(tmp_path))
    assert {row.path for row in rows} == set(WHAT)
    page = PAGE.read_text(encoding="utf-8")
    assert with_text(page, text_of(rows)) == page, ANEW
    assert PICTURE.read_text(encoding="utf-8") == picture_of(rows), ANEW


def test_the_picture_fetches_nothing_from_anywhere() -> None:
    svg = PICTURE.read_text(encoding="utf-8")
    assert fromstring(svg).tag.endswith("svg")
    assert "http" not in svg.replace("http://www.w3.org/2000/svg", "")
