"""Spans as both sides can write them: one within the other, or side by side. Pure."""

import heapq
from collections.abc import Iterable

from actors.vip.rich_text import Span, Style, trimmed

_DEPTH = {style: depth for depth, style in enumerate(Style)}


def nested(text: str, spans: Iterable[Span]) -> list[Span]:
    """The spans, those that cross the end of another cut in two there; outer ones come before inner ones.

    White space at the cuts belongs to neither piece.
    """
    waiting = [(span.start, -span.end, _DEPTH[span.style], span.value) for span in spans]
    heapq.heapify(waiting)
    styles = list(Style)
    found: list[Span] = []
    open_ends: list[int] = []
    while waiting:
        start, negative, depth, value = heapq.heappop(waiting)
        end = -negative
        while open_ends and open_ends[-1] <= start:
            open_ends.pop()
        if open_ends and open_ends[-1] < end:
            rest, last = trimmed(text, (open_ends[-1], end))
            if rest < last:
                heapq.heappush(waiting, (rest, -last, depth, value))
            start, end = trimmed(text, (start, open_ends[-1]))
            if start == end:
                continue
        found.append(Span(start, end, styles[depth], value))
        open_ends.append(end)
    return found
