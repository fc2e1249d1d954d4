"""`/metrics`: the status object as Prometheus reads it. Every number is derived when it is asked for.

Names and units follow Prometheus' conventions (base units, `_total` for what only grows). The labels are
bounded: actors that come and go, one for each player, are counted by state and never named.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from attrs import frozen
from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily
from prometheus_client.registry import Collector

from actors.vip.model import AccountState, SessionState

Document = Mapping[str, Any]
Family = CounterMetricFamily | GaugeMetricFamily | InfoMetricFamily

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
HEALTHS = ("healthy", "degraded", "down")
PAIRS = ("owed", "redeemed", "already", "failed", "retrying")
_WORKS = {"healthy", "leading", "following"}


def exposition(status: Document, *, ready: bool) -> bytes:
    """The metrics of a status object, in Prometheus' text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(status, ready))
    ProcessCollector(registry=registry)
    return generate_latest(registry)


@frozen(eq=False)
class _Collector(Collector):
    status: Document
    ready: bool

    def collect(self) -> Iterable[Family]:
        yield from self._process()
        yield from self._tree()
        yield from self._giftcodes()
        yield from self._sources()
        yield from self._stores()
        yield from self._discord()
        yield from self._vip()

    def _process(self) -> Iterator[Family]:
        yield InfoMetricFamily("perkd", "The version that runs.", {"version": str(self.status["version"])})
        yield _gauge("perkd_uptime_seconds", "Seconds since perkd started.", self.status["uptime"])
        health = GaugeMetricFamily("perkd_health", "1 for the present state of health.", labels=["state"])
        for state in HEALTHS:
            health.add_metric([state], float(self.status["health"] == state))
        yield health
        yield _gauge("perkd_problems", "Things that an operator has to know.", len(self.status["problems"]))
        yield _gauge("perkd_ready", "1 while everything makes progress (see /readyz).", float(self.ready))

    def _tree(self) -> Iterator[Family]:
        states: dict[str, int] = {}
        restarts = CounterMetricFamily("perkd_actor_restarts", "Restarts of an actor.", labels=["actor"])
        mailbox = GaugeMetricFamily("perkd_actor_mailbox_messages", "Messages waiting.", labels=["actor"])
        dead = CounterMetricFamily(
            "perkd_actor_dead_letters", "Messages that nobody will ever read.", labels=["actor"]
        )
        for path, node in _nodes(self.status["tree"]):
            states[node["state"]] = states.get(node["state"], 0) + 1
            for state, number in (node.get("children_by_state") or {}).items():
                states[state] = states.get(state, 0) + number
            restarts.add_metric([path], node["restarts"])
            mailbox.add_metric([path], node["mailbox"] or 0)
            dead.add_metric([path], sum((node.get("dead_letters") or {}).values()))
        actors = GaugeMetricFamily("perkd_actors", "Actors and supervisors by state.", labels=["state"])
        for state, number in sorted(states.items()):
            actors.add_metric([state], number)
        yield from (actors, restarts, mailbox, dead)

    def _giftcodes(self) -> Iterator[Family]:
        numbers = self.status["giftcodes"]
        codes = GaugeMetricFamily("perkd_codes", "Codes: those that live, and all.", labels=["which"])
        for name, which in (("codes", "live"), ("codes_known", "all")):
            if numbers[name] is not None:
                codes.add_metric([which], numbers[name])
        pairs = GaugeMetricFamily(
            "perkd_pairs",
            "Player-code pairs of live codes; retrying is part of failed.",
            labels=["outcome"],
        )
        for name in PAIRS:
            if numbers[name] is not None:
                pairs.add_metric([name], numbers[name])
        yield from (codes, pairs)
        lanes = numbers["rate"]
        yield _labelled("perkd_calls_used", "Calls in the last window.", "game", _each(lanes, "used"))
        yield _labelled("perkd_calls_limit", "Calls a window may have.", "game", _each(lanes, "limit"))
        yield _labelled("perkd_calls_in_flight", "Calls being made.", "game", _each(lanes, "in_flight"))
        yield _labelled("perkd_calls_waiting", "Redeemers that wait.", "game", _each(lanes, "waiting"))
        paused = {game: float(bool(lane["reason"])) for game, lane in lanes.items()}
        yield _labelled("perkd_game_paused", "1 while a game is not called.", "game", paused)

    def _sources(self) -> Iterator[Family]:
        sources = self.status["giftcodes"]["sources"]
        known = {name: source for name, source in sources.items() if "checks" in source}
        up = {name: float(source["state"] == "healthy") for name, source in sources.items()}
        yield _labelled("perkd_source_up", "1 while a source is healthy.", "source", up)
        checks = CounterMetricFamily("perkd_source_checks", "Checks of a source.", labels=["source"])
        for name, source in known.items():
            checks.add_metric([name], source["checks"])
        yield checks
        errors = _each(known, "consecutive_errors")
        yield _labelled("perkd_source_errors_in_a_row", "Failed checks since a success.", "source", errors)
        last = {name: _unix(source["last_ok_at"]) for name, source in known.items() if source["last_ok_at"]}
        name = "perkd_source_last_success_timestamp_seconds"
        yield _labelled(name, "When a source was last read, in unix seconds.", "source", last)

    def _stores(self) -> Iterator[Family]:
        stores = self.status["storage"]["backends"]
        up = {name: float(store["state"] in _WORKS) for name, store in stores.items()}
        yield _labelled("perkd_store_up", "1 while a store is used.", "store", up)
        lag = _each(stores, "lag")
        yield _labelled("perkd_store_lag_changes", "Batches of changes that a store lacks.", "store", lag)
        seconds = _each(stores, "lag_seconds")
        yield _labelled("perkd_store_lag_seconds", "Age of the oldest batch it lacks.", "store", seconds)

    def _discord(self) -> Iterator[Family]:
        discord = self.status.get("discord")
        if not discord or discord.get("state") in {None, "off"}:
            return
        yield _gauge(
            "perkd_discord_up", "1 while the gateway is connected.", float(discord["state"] == "connected")
        )
        for key, name, text in (
            ("guilds", "perkd_discord_guilds", "Servers the bot is in."),
            ("latency", "perkd_discord_heartbeat_seconds", "The gateway's last heartbeat, there and back."),
        ):
            if isinstance(discord.get(key), int | float):
                yield _gauge(name, text, float(discord[key]))

    def _vip(self) -> Iterator[Family]:
        vip = self.status["vip"]
        if not vip.get("enabled"):
            return
        if vip["sessions"] is not None:
            sessions = {state.value: vip["by_state"].get(state.value, 0) for state in SessionState}
            yield _labelled("perkd_vip_sessions", "Live VIP sessions by state.", "state", sessions)
            yield _gauge(
                "perkd_vip_oldest_undelivered_seconds",
                "How long the oldest message has been waiting to be delivered; 0: none is.",
                vip["oldest_undelivered"] or 0.0,
            )
        if vip["waiting"] is not None:
            accounts = {state.value: vip["accounts"].get(state.value, 0) for state in AccountState}
            yield _labelled("perkd_vip_accounts", "Telegram accounts by state.", "state", accounts)
            yield _gauge("perkd_vip_waiting", "Members who wait for a Telegram account.", vip["waiting"])
        if "telegram" not in vip["silent"]:
            connected = sum(one["connection"] == "connected" for one in vip["account_list"])
            yield _gauge("perkd_vip_accounts_connected", "Accounts that Telegram is connected to.", connected)


def _nodes(node: Document, above: str = "") -> Iterator[tuple[str, Document]]:
    """Every node that is always there, with its path."""
    path = f"{above}/{node['name']}" if above else str(node["name"])
    yield path, node
    if node["kind"] != "dynamic":
        for child in node.get("children") or ():
            yield from _nodes(child, path)


def _gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, value=value)


def _labelled(name: str, text: str, label: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


def _each(documents: Mapping[str, Document], key: str) -> dict[str, float]:
    """Name → that number; without those that do not know it."""
    return {name: one[key] for name, one in documents.items() if one.get(key) is not None}


def _unix(stamp: str) -> float:
    return datetime.strptime(stamp, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp()
