"""The lines of the table about VIP threads."""

from benchmarks.figure import Figure, Group
from benchmarks.goals import at_most

VIP = Group(
    "vip",
    "VIP threads, 500 sessions",
    (
        Figure(
            "vip-late",
            "20 messages a second in all: from being told to being given away, median",
            "vip.latency/p50",
            "ms",
        ),
        Figure("vip-late-p99", "… 99 of 100 in less than", "vip.latency/p99", "ms", goal=at_most(50)),
        Figure("vip-late-worst", "… the worst of 300", "vip.latency/worst", "ms"),
        Figure(
            "vip-start",
            "start with 500 live sessions, until the last has its missed message",
            "vip.latency/start",
            "s",
        ),
        Figure(
            "vip-idle-traced",
            "a silent session (tracemalloc)",
            "vip.idle_traced/kib",
            "KiB",
            goal=at_most(30),
        ),
        Figure("vip-idle", "the same (RSS)", "vip.idle/kib", "KiB", goal=at_most(30)),
        Figure("vip-long", "1,000 messages more in one session (tracemalloc)", "vip.long_session/kib", "KiB"),
        Figure(
            "vip-click", "100 clicks at once of one member: until all are answered", "vip.clicks/one", "ms"
        ),
        Figure("vip-clicks", "… of 100 members, who each get a thread", "vip.clicks/all", "ms"),
    ),
)
