"""Stretches of a text: pairs of offsets, the second one not included. Pure."""

from collections.abc import Iterable

Interval = tuple[int, int]


def union(intervals: Iterable[Interval]) -> list[Interval]:
    """What any of them covers: sorted, and none overlaps or touches another."""
    joined: list[Interval] = []
    for start, end in sorted(intervals):
        if start >= end:
            continue
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def minus(these: Iterable[Interval], those: Iterable[Interval]) -> list[Interval]:
    """What is left of the first ones outside of the second ones. Both are sorted and don't overlap."""
    left: list[Interval] = []
    holes = list(those)
    first = 0
    for begin, end in these:
        while first < len(holes) and holes[first][1] <= begin:
            first += 1
        start, hole = begin, first
        while start < end and hole < len(holes) and holes[hole][0] < end:
            if start < holes[hole][0]:
                left.append((start, holes[hole][0]))
            start = max(start, holes[hole][1])
            hole += 1
        if start < end:
            left.append((start, end))
    return left
