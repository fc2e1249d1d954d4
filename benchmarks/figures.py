"""The lines of the table: what each is made of, and its goal."""

from collections.abc import Iterable, Sequence

from attrs import evolve

from benchmarks.figure import Figure, Group, Round, ratio
from benchmarks.goals import at_least, at_most
from benchmarks.storage_figures import MILLION, STORAGE
from benchmarks.vip_figures import VIP

__all__ = ["GROUPS", "Figure", "Group", "Round", "UnknownName", "probes_of", "select"]

_RAW_SEND = "raw.send/per_second"
_ASK = "supervised.ask/per_second"
_TELL = "supervised.tell/per_second"

SUPERVISION = Group(
    "supervision",
    "The runtime",
    (
        Figure("raw-send", "bare trio: `await send`, `async for`", _RAW_SEND, "/s"),
        ratio("tell", "`tell` × bare", _TELL, _RAW_SEND, at_least(6, 11)),
        ratio("send", "`await send` × bare", "supervised.send/per_second", _RAW_SEND, at_least(0.85, 1.1)),
        Figure("raw-ask", "bare trio: channel and Event, 1 client", "raw.ask/per_second", "/s"),
        ratio("ask", "`ask` × bare, 1 client", _ASK, "raw.ask/per_second", at_least(1.15, 1.4)),
        ratio(
            "ask-100",
            "`ask` × bare, 100 clients",
            "supervised.ask_100/per_second",
            "raw.ask_100/per_second",
            at_least(2.5, 3.4),
        ),
        ratio(
            "ask-timeout",
            "`ask` with a timeout ÷ without",
            "supervised.ask_with_timeout/per_second",
            _ASK,
            at_least(0.85, 0.96),
        ),
        ratio(
            "ask-pykka",
            "`ask` × pykka, where the kernel puts it",
            _ASK,
            "pykka_peer.ask/per_second",
            at_least(5, 9),
        ),
        ratio(
            "ask-pykka-apart",
            "`ask` × pykka, a core for each thread",
            _ASK,
            "pykka_peer.ask_apart/per_second",
            at_least(5, 9),
        ),
        ratio(
            "ask-pykka-pinned",
            "`ask` × pykka, all on one core",
            "supervised.ask_pinned/per_second",
            "pykka_peer.ask_pinned/per_second",
            at_least(1.4, 1.65),
        ),
        ratio("tell-pykka", "`tell` × pykka", _TELL, "pykka_peer.tell/per_second"),
        ratio("ask-thespian", "`ask` × thespian, in the caller", _ASK, "thespian_peer.ask/per_second"),
        ratio("tell-thespian", "`tell` × thespian, in the caller", _TELL, "thespian_peer.tell/per_second"),
        ratio("ask-thespian-tcp", "`ask` × thespian, processes", _ASK, "thespian_peer.ask_tcp/per_second"),
        ratio(
            "tell-thespian-tcp", "`tell` × thespian, processes", _TELL, "thespian_peer.tell_tcp/per_second"
        ),
        Figure("idle", "an idle actor, of 10,000 (RSS)", "supervised.idle/kib", "KiB", goal=at_most(9, 6.9)),
        Figure("idle-traced", "the same (tracemalloc)", "supervised.idle_traced/kib", "KiB"),
        Figure("raw-idle", "bare trio: an idle task, channel (RSS)", "raw.idle/kib", "KiB"),
        ratio(
            "start",
            "start to first reply ÷ bare task, 10,000",
            "supervised.start/us",
            "raw.start/us",
            at_most(2.2, 1.3),
        ),
        Figure("start-us", "the same, each", "supervised.start/us", "µs"),
        ratio(
            "restart",
            "crash to next message ÷ bare loop",
            "supervised.restart/us",
            "raw.restart/us",
            at_most(4, 1.4),
        ),
        Figure("restart-us", "the same", "supervised.restart/us", "µs"),
        Figure(
            "stop",
            "stop of 10,000 dynamic children",
            "supervised.stop_dynamic/seconds",
            "s",
            goal=at_most(1, 0.6),
        ),
        Figure(
            "stop-in-order",
            "stop of 1,000 in reverse order, each",
            "supervised.stop_in_order/us",
            "µs",
            goal=at_most(100, 60),
        ),
        Figure("snapshot", "snapshot, a node", "supervised.snapshot/us", "µs", goal=at_most(5, 1.7)),
    ),
)

GIFTCODES = Group(
    "giftcodes",
    "Gift codes",
    (
        Figure(
            "makespan",
            "1,000 players × 1 code ÷ 1,980 s",
            "giftcodes.makespan/ratio",
            goal=at_most(1.02),
        ),
        Figure(
            "rate-limited",
            "… answers 429",
            "giftcodes.makespan/rate_limited",
            "",
            goal=at_most(0),
            never_more=True,
        ),
        Figure(
            "in-flight",
            "… calls at once, at most",
            "giftcodes.makespan/in_flight",
            "",
            goal=at_most(2),
            never_more=True,
        ),
        Figure(
            "waiting",
            "a waiting redeemer over raw data (RSS)",
            "giftcodes.waiting/kib",
            "KiB",
            goal=at_most(12),
        ),
        Figure(
            "waiting-traced",
            "the same (tracemalloc)",
            "giftcodes.waiting_traced/kib",
            "KiB",
            goal=at_most(12),
        ),
        Figure(
            "status",
            "status in process, 10,000 redeemers",
            "giftcodes.status/median",
            "ms",
            goal=at_most(100),
        ),
        Figure("status-worst", "… the worst of 50", "giftcodes.status/worst", "ms", goal=at_most(100)),
        Figure("socket", "status over the socket", "control.status/median", "ms", goal=at_most(100)),
        Figure("socket-worst", "… the worst of 50", "control.status/worst", "ms", goal=at_most(100)),
        Figure("socket-busy", "… the worst while redeemers start", "control.status/worst_busy", "ms"),
        Figure("pause", "… longest garbage collection", "control.status/pause", "ms"),
        Figure(
            "alarms",
            "… answers other than `healthy`",
            "control.status/alarms",
            "",
            goal=at_most(0),
            never_more=True,
        ),
    ),
)

ASYNCIO = Group(
    "asyncio",
    "Trio and asyncio",
    (
        Figure("call", "a call into asyncio and back", "asyncio_bridge.call/us", "µs", goal=at_most(80)),
        ratio(
            "call-portal",
            "… ÷ the same on anyio's portal",
            "asyncio_bridge.call/us",
            "asyncio_bridge.call_portal/us",
        ),
        Figure("back", "a call into trio and back", "asyncio_bridge.back/us", "µs"),
        Figure("outlet", "values from asyncio to trio", "asyncio_bridge.outlet/per_second", "/s"),
        Figure("reopen", "a loop from start to end, one call", "asyncio_bridge.restart/us", "µs"),
        Figure("reopen-portal", "… on anyio's portal", "asyncio_bridge.restart_portal/us", "µs"),
        Figure("blocked", "asyncio sleeps 0.5 s: trio late by", "asyncio_bridge.blocked/asleep", "ms"),
        Figure("blocked-busy", "… computes 0.5 s", "asyncio_bridge.blocked/busy", "ms"),
    ),
)

DISCORD = Group(
    "discord",
    "Discord",
    (
        Figure("bare-answer", "a bare bot: until the first answer", "discord.first_answer/bare", "ms"),
        Figure(
            "answer",
            "`/codes list` of 1,000: until the first answer, on top of that",
            "discord.first_answer/added",
            "ms",
            goal=at_most(20),
        ),
        Figure(
            "answer-register",
            "`/register`: until the first answer, on top of that",
            "discord.first_answer/added_register",
            "ms",
            goal=at_most(20),
        ),
        Figure("answer-worst", "… the worst of 200, with the bare part", "discord.first_answer/worst", "ms"),
        Figure("answer-whole", "`/codes list`: the whole answer", "discord.first_answer/whole", "ms"),
        Figure("completion", "suggestions out of 1,000 codes", "discord.first_answer/completion", "ms"),
    ),
)

WEB = Group(
    "web",
    "The page, with 10,000 redeemers",
    (
        Figure(
            "refresh",
            "a refresh of all that is live: the daemon's processor time",
            "web.refresh/daemon",
            "ms",
            goal=at_most(50),
        ),
        Figure("refresh-size", "… over the wire", "web.refresh/kib", "KiB", goal=at_most(64)),
        Figure("refresh-status", "… of it the status", "web.refresh/status", "ms"),
        Figure("refresh-codes", "… of it three live codes and how far they are", "web.refresh/codes", "ms"),
        Figure("refresh-children", "… of it 25 redeemers of 10,000", "web.refresh/children", "ms"),
        Figure("refresh-worst", "… the slowest answer, as the asker waits", "web.refresh/worst", "ms"),
        Figure("search", "players looked for among 10,000", "web.refresh/search", "ms", goal=at_most(50)),
        Figure("search-worst", "… the slowest answer, as the asker waits", "web.refresh/search_worst", "ms"),
    ),
)

OPERATING = Group(
    "operating",
    "Operating",
    (
        Figure(
            "cold-start",
            "`perkd run` with everything configured, to ready",
            "operating.start/ready",
            "s",
            goal=at_most(2.5),
        ),
        Figure("cold-start-cpu", "… processor time", "operating.start/ready_processor", "s"),
        Figure("cold-memory", "… memory then (RSS)", "operating.start/rss", "MiB", goal=at_most(180)),
        Figure(
            "status-process",
            "`perkd status`, as a whole process",
            "operating.start/status",
            "s",
            goal=at_most(0.5),
        ),
        Figure("status-process-cpu", "… processor time", "operating.start/status_processor", "s"),
        Figure(
            "web-idle",
            "10,000 connections are opened: the loop is late, 99 of 100 times by less than",
            "web_idle.flood/p99",
            "ms",
            goal=at_most(20),
        ),
        Figure("web-idle-before", "… before", "web_idle.flood/quiet_p99", "ms"),
        Figure("web-idle-worst", "… the worst", "web_idle.flood/worst", "ms"),
        Figure(
            "web-idle-held", "… connections open at the end", "web_idle.flood/held", "", goal=at_most(512)
        ),
        Figure("web-idle-asked", "… the slowest answer of `/healthz`", "web_idle.flood/asked_worst", "ms"),
        Figure(
            "web-idle-refused",
            "… not answered",
            "web_idle.flood/refused",
            "",
            goal=at_most(0),
            never_more=True,
        ),
    ),
)

GROUPS = (SUPERVISION, GIFTCODES, ASYNCIO, DISCORD, VIP, WEB, OPERATING, STORAGE, MILLION)


class UnknownName(LookupError):  # noqa: N818 - what is wrong with it
    """Neither a group nor a figure is called so."""


def select(names: Sequence[str], groups: Iterable[Group] = GROUPS) -> tuple[Group, ...]:
    """The groups with the figures that `names` name, by figure or by group.

    Without names all but those that must be named.

    Raises `UnknownName` for a name that is neither.
    """
    groups = tuple(groups)
    known = {group.name for group in groups} | {figure.name for group in groups for figure in group.figures}
    for name in names:
        if name not in known:
            raise UnknownName(f"{name}: no such figure or group; there are: {', '.join(sorted(known))}")
    chosen = []
    for group in groups:
        everything = group.name in names or (not names and not group.by_name)
        figures = tuple(figure for figure in group.figures if everything or figure.name in names)
        if figures:
            chosen.append(evolve(group, figures=figures))
    return tuple(chosen)


def probes_of(groups: Iterable[Group]) -> tuple[str, ...]:
    """Every probe the figures need, once, each yardstick next to what it measures."""
    return tuple(
        dict.fromkeys(probe for group in groups for figure in group.figures for probe in figure.probes)
    )
