"""The lines about what is recorded."""

from benchmarks.figure import Figure, Group, ratio
from benchmarks.goals import Goal, at_least, at_most

STORAGE = Group(
    "storage",
    "Recording",
    (
        Figure("outcomes", "outcomes recorded, the file alone", "recording.sqlite/per_second", "/s"),
        Figure(
            "outcomes-p99",
            "… event loop late by, p99",
            "recording.sqlite/p99",
            "ms",
            goal=at_most(20),
        ),
        Figure("outcomes-worst", "… at worst", "recording.sqlite/worst", "ms"),
        ratio(
            "outcomes-both",
            "outcomes recorded, in the file and MongoDB × the file alone",
            "recording_both.both/per_second",
            "recording.sqlite/per_second",
            goal=at_least(0.7),
        ),
        Figure(
            "outcomes-both-p99",
            "… event loop late by, p99",
            "recording_both.both/p99",
            "ms",
            goal=at_most(20),
        ),
        Figure("outcomes-lag", "… batches that MongoDB lacks at the end", "recording_both.both/lag", ""),
        Figure("outcomes-catch-up", "… until it has them", "recording_both.both/catch_up", "s"),
    ),
)


def _run(name: str, title: str, unit: str, goal: Goal | None = None) -> Figure:
    return Figure(f"million-{name.replace('_', '-')}", title, f"million.run/{name}", unit, goal=goal)


def _mongodb(name: str, title: str, unit: str) -> Figure:
    return Figure(f"million-mongodb-{name.replace('_', '-')}", title, f"million.mongodb/{name}", unit)


def _code(name: str, title: str, unit: str, goal: Goal | None = None) -> Figure:
    return Figure(f"code-{name.replace('_', '-')}", title, f"million.new_code/{name}", unit, goal=goal)


MILLION = Group(
    "million",
    "A million redemptions",
    (
        _run("start", "start of the process until ready", "s", at_most(3)),
        _run("start_cpu", "… processor time of that", "s"),
        _run("cold_start", "… with nothing of the file in memory", "s"),
        _run("rss", "memory when ready (RSS)", "MiB", at_most(150)),
        _run("rss_most", "… at most, after all below", "MiB", at_most(150)),
        _mongodb("rss", "with MongoDB: memory when ready (RSS)", "MiB"),
        _mongodb("rss_most", "… at most, in the first minute of a full copy to it", "MiB"),
        _run("history", "`history` of a player, over the socket", "ms", at_most(50)),
        _run("history_worst", "… the worst of 50 players", "ms"),
        _run("history_name", "… named by name", "ms"),
        _run("history_process", "… the whole command", "ms"),
        _run("history_newest", "`history` without a filter, over the socket", "ms"),
        _run("status", "status over the socket", "ms", at_most(100)),
        _code("start_p99", "event loop late by while it starts, p99", "ms", at_most(20)),
        _code("start_worst", "… at worst", "ms"),
        _code("derived", "a new code: until all 14,000 pairs are owed", "ms"),
        _code("waiting", "… until 14,000 redeemers wait", "s"),
        _code("p99", "… event loop late by meanwhile, p99", "ms", at_most(20)),
        _code("worst", "… at worst", "ms"),
        _code("rss", "… memory then (RSS)", "MiB"),
    ),
    by_name=True,
)
