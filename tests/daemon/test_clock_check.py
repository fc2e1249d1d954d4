"""A host's clock is compared with those of the servers that were asked."""

from email.utils import formatdate

import httpx
import pytest

from daemon.clock_check import MOST, ClockCheck

NOW = 1_795_000_000.0


async def compared(*offsets: float | None) -> ClockCheck:
    check = ClockCheck(lambda: NOW)
    for offset in offsets:
        headers = {} if offset is None else {"date": formatdate(NOW - offset, usegmt=True)}
        await check.note(httpx.Response(200, headers=headers))
    return check


@pytest.mark.parametrize("offsets", [(0.0,), (MOST,), (-MOST,), (2.0, -1.0), (None, 0.0), (3600.0, 0.0, 1.0)])
async def test_a_clock_that_agrees_with_most_is_well(offsets: tuple[float | None, ...]) -> None:
    assert (await compared(*offsets)).finding().well


@pytest.mark.parametrize(
    ("offset", "words"), [(MOST + 1, "31 s ahead of the others'"), (-7200.0, "7200 s behind the others'")]
)
async def test_a_clock_that_is_wrong_is_told_with_the_way_out(offset: float, words: str) -> None:
    finding = (await compared(offset)).finding()
    assert not finding.well
    assert finding.text.startswith(words)
    assert "NTP" in finding.way_out


async def test_without_a_date_nothing_is_claimed() -> None:
    check = await compared(None, None)
    await check.note(httpx.Response(200, headers={"date": "soon"}))
    await check.note(httpx.Response(200, headers={"date": "Fri, 31 Feb 99999 00:00:00 GMT"}))
    assert check.finding().well
    assert "not compared" in check.finding().text
