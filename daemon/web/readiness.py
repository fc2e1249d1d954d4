"""Is perkd doing what it is there for? Derived from the status object, and so from progress. Pure.

`/healthz` says that the process answers. This is the other question: pollers that really polled, a tree that
is not restarting, a store that writes, a gateway that is connected where one is configured.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from daemon.vip_status import UNDELIVERED_WITHIN

Document = Mapping[str, Any]

MISSED_CHECKS = 3
"""Checks of a source that may be missed in a row: one slow answer is no outage."""
AT_LEAST = 30.0
"""Seconds without a success that every source is allowed, however often it is asked."""
_WRITES = {"healthy", "leading"}
_RUNS = {"running"}
_PARTS = {"desk": "the desk", "account_pool": "the account pool", "telegram": "Telegram's part of perkd"}


def not_ready(status: Document, now: float) -> list[str]:
    """Why perkd is not ready, as sentences; empty where it is.

    Args:
        status: the object of `perkd status --json`.
        now: unix seconds.
    """
    reasons = [*_tree(status["tree"])]
    if status["giftcodes"]["codes"] is None:
        reasons.append("the campaign has not read the store yet")
    for name, source in status["giftcodes"]["sources"].items():
        reasons += _source(name, source, now)
    reasons += _storage(status["storage"])
    reasons += _discord(status.get("discord"))
    reasons += _vip(status.get("vip") or {})
    if status["health"] == "down" and not reasons:
        reasons += status["problems"] or ["perkd is down"]
    return reasons


def _tree(node: Document, path: str = "") -> Iterator[str]:
    """Actors that are not at work. Children of dynamic supervisors come and go: they are not looked at."""
    here = f"{path}/{node['name']}" if path else str(node["name"])
    if node["state"] not in _RUNS:
        error = f": {node['last_error']}" if node.get("last_error") else ""
        yield f"{here} is {str(node['state']).replace('_', ' ')}{error}"
    if node["kind"] != "dynamic":
        for child in node.get("children") or ():
            yield from _tree(child, here)


def _source(name: str, source: Document, now: float) -> Iterator[str]:
    if source["state"] == "no answer":
        yield f"source {name} does not answer"
        return
    allowed = max(AT_LEAST, MISSED_CHECKS * float(source["interval"]))
    last = source["last_ok_at"]
    error = f": {source['last_error']}" if source.get("last_error") else ""
    if last is None:
        yield f"source {name} has not been read yet{error}"
        return
    silent, errors = now - _unix(last), source.get("consecutive_errors", 0)
    if errors >= MISSED_CHECKS:  # the interval, and with it the patience, grows with them
        yield f"source {name} failed {errors} times in a row{error}"
    elif silent > allowed:
        yield f"source {name} was last read {silent:.0f} s ago{error}"


def _storage(storage: Document) -> Iterator[str]:
    backends = storage["backends"]
    if not any(backend["state"] in _WRITES for backend in backends.values()):
        states = ", ".join(
            f"{name} is {backend['state']}" + (f" ({backend['last_error']})" if backend["last_error"] else "")
            for name, backend in backends.items()
        )
        yield f"no store takes changes: {states}"


def _discord(discord: Document | None) -> Iterator[str]:
    if discord is not None and discord.get("state") not in {None, "off", "connected"}:
        why = f": {discord['reason']}" if discord.get("reason") else ""
        yield f"Discord is {discord['state']}{why}"


def _vip(vip: Document) -> Iterator[str]:
    """One account of several that is of no use is no reason: the others carry on."""
    if not vip.get("enabled"):
        return
    for part in vip["silent"]:
        yield f"VIP: {_PARTS[part]} does not answer"
    accounts = [one for one in vip["account_list"] if one["connection"] is not None]
    if "telegram" not in vip["silent"] and not any(one["connection"] == "connected" for one in accounts):
        yield "VIP: no Telegram account is connected"
    oldest = vip["oldest_undelivered"]
    if oldest is not None and oldest >= UNDELIVERED_WITHIN:
        yield f"VIP: a message has been waiting for {oldest:.0f} s to be delivered"


def _unix(stamp: str) -> float:
    return datetime.strptime(stamp, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp()
