"""Links whose addresses are so long that no message holds them."""

import pytest

from actors.vip.ports import Content, PlanRequest
from actors.vip.relay_planner import LONGEST_ADDRESS
from actors.vip.relay_values import Incoming
from actors.vip.rich_text import Span, Style, rich
from daemon.discord.text import units
from daemon.discord.vip.showing import shown
from daemon.vip_relaying import PLANNER


def address(length: int) -> str:
    return "https://e.example/".ljust(length, "x")


def planned(first: str, second: str) -> list[Content]:
    """For the thread: two links, in bold letters, and as many marks as there may be."""
    spans = (Span(0, 15, Style.BOLD), Span(0, 4, Style.LINK, first), Span(9, 14, Style.LINK, second))
    body = Incoming(text=rich("here and there!", *spans), at=1.0, forwarded_from="<@1>" * 12)
    return list(PLANNER.to_thread(PlanRequest(body, late=True)))


def test_a_link_that_has_room_stays_one():
    first, second = address(LONGEST_ADDRESS), address(20)
    (content,) = planned(first, second)
    links = [span.value for span in content.body.text.spans if span.style is Style.LINK]
    assert links == [first, second]
    assert units(shown(content).text) <= 2000


@pytest.mark.parametrize("length", [LONGEST_ADDRESS + 1, 1950, 2500])
def test_a_longer_address_stands_behind_its_words_and_every_message_fits(length):
    first, second = address(length), address(length)
    found = planned(first, second)
    whole = "".join(content.body.text.text for content in found)
    assert "".join(whole.split()) == f"here({first})andthere({second})!"
    assert all(units(shown(content).text) <= 2000 for content in found)
    assert all(span.style is Style.BOLD for content in found for span in content.body.text.spans)
