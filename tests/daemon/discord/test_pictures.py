import re

import pytest
from defusedxml.ElementTree import fromstring

from scripts.discord_pictures import PLACE, pictures


@pytest.fixture(scope="module")
def drawn():
    return pictures()


def test_the_pictures_in_the_docs_show_what_members_see_today(drawn):
    kept = {path.name: path.read_text(encoding="utf-8") for path in PLACE.glob("*.svg") if path.name in drawn}
    assert kept == drawn, "draw them anew: python -m scripts.discord_pictures"


def test_a_picture_fetches_nothing_from_anywhere(drawn):
    for svg in drawn.values():
        assert "http" not in svg.replace("http://www.w3.org/2000/svg", "").replace("HTTP 503", "")
        assert fromstring(svg).tag.endswith("svg")


def test_each_picture_is_shown_in_a_page_with_words_for_who_does_not_see_it(drawn):
    pages = "".join(path.read_text(encoding="utf-8") for path in PLACE.parent.glob("*.md"))
    shown = dict(re.findall(r"!\[(?P<words>[^\]]+)\]\(pictures/(?P<name>[^)]+)\)", pages))
    assert drawn.keys() <= set(shown.values())
    assert len(shown) == len(set(shown.values())), "two pictures with the same words"
