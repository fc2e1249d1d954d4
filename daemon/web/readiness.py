"""Is perkd doing what it is there for? Derived from the status object, and so from progress. Pure.

`/healthz` says that the process answers. This is the other question: pollers that really polled, a tree that
is not restarting, a store that writes, a gateway that is connected where one is configured.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from daemon.assembly import CAMPAIGN, POLLERS, STORAGE
from daemon.assembly_gateways import DISCORD
from daemon.status import GONE_AFTER, VIP_PARTS
from daemon.vip_status import UNDELIVERED_WITHIN

Document = Mapping[str, Any]
Shown = Callable[[str | None], str]
"""What is shown of the text of an error: it may tell of players, or of an address with a key in it."""

MISSED_CHECKS = 3
"""Checks of a source that may be missed in a row: one slow answer is no outage."""
AT_LEAST = 30.0
"""Seconds without a success that every source is allowed, however often it is asked."""
CRASH_LOOP = 3
"""Children that a dynamic supervisor is about to restart, where they are most of it: no single bad one."""
_WRITES = {"healthy", "leading"}
_RUNS = {"running"}
_PARTS = {"desk": "the desk", "account_pool": "the account pool", "telegram": "Telegram's part of perkd"}


def not_ready(status: Document, now: float, *, brief: bool = False) -> list[str]:
    """Why perkd is not ready, as sentences; empty where it is.

    Args:
        status: the object of `perkd status --json`.
        now: unix seconds.
        brief: without the texts of errors, for who may not read the status.
    """
    shown: Shown = (lambda _: "") if brief else (lambda text: text or "")
    quiet = status.get("silent") or {}
    silent = {path for path, seconds in quiet.items() if seconds >= GONE_AFTER}
    reasons = [*_tree(status["tree"], shown), *_campaign(status, quiet)]
    for name, source in status["giftcodes"]["sources"].items():
        reasons += _source(name, source, now, silent, shown)
    reasons += _storage(status, quiet, shown)
    reasons += _discord(status.get("discord"), silent, shown)
    reasons += _vip(status.get("vip") or {}, silent)
    if status["health"] == "down" and not reasons:
        reasons += ["perkd is down"] if brief else status["problems"] or ["perkd is down"]
    return reasons


def _tree(node: Document, shown: Shown, path: str = "") -> Iterator[str]:
    """Actors that are not at work. Children of dynamic supervisors come and go: they are only counted."""
    here = f"{path}/{node['name']}" if path else str(node["name"])
    if node["state"] not in _RUNS:
        text = shown(node.get("last_error"))
        error = f": {text}" if text else ""
        yield f"{here} is {str(node['state']).replace('_', ' ')}{error}"
    states = node.get("children_by_state") or {}
    fail, every = states.get("backing_off", 0), sum(states.values())
    if fail >= CRASH_LOOP and 2 * fail > every:
        yield f"{here}: {fail} of {every} children crash again and again"
    if node["kind"] != "dynamic":
        for child in node.get("children") or ():
            yield from _tree(child, shown, here)


def _campaign(status: Document, quiet: Mapping[str, float]) -> Iterator[str]:
    if quiet.get(CAMPAIGN, 0.0) >= GONE_AFTER:
        yield "the campaign does not answer"
    elif status["giftcodes"]["codes"] is None and CAMPAIGN not in quiet:
        yield "the campaign has not read the store yet"


def _source(name: str, source: Document, now: float, silent: set[str], shown: Shown) -> Iterator[str]:
    if source["state"] == "no answer":
        if f"{POLLERS}/{name}" in silent:
            yield f"source {name} does not answer"
        return
    allowed = max(AT_LEAST, MISSED_CHECKS * float(source["interval"]))
    last = source["last_ok_at"]
    text = shown(source.get("last_error"))
    error = f": {text}" if text else ""
    if last is None:
        yield f"source {name} has not been read yet{error}"
        return
    since, errors = now - _unix(last), source.get("consecutive_errors", 0)
    if errors >= MISSED_CHECKS:  # the interval, and with it the patience, grows with them
        yield f"source {name} failed {errors} times in a row{error}"
    elif since > allowed:
        yield f"source {name} was last read {since:.0f} s ago{error}"


def _storage(status: Document, quiet: Mapping[str, float], shown: Shown) -> Iterator[str]:
    if STORAGE in quiet:  # which says nothing of the store yet: a disk may be slow
        if quiet[STORAGE] >= GONE_AFTER:
            yield "the store does not answer"
        return
    backends = status["storage"]["backends"]
    if not any(backend["state"] in _WRITES for backend in backends.values()):
        texts = {name: shown(backend["last_error"]) for name, backend in backends.items()}
        states = ", ".join(
            f"{name} is {backend['state']}" + (f" ({texts[name]})" if texts[name] else "")
            for name, backend in backends.items()
        )
        yield f"no store takes changes: {states}"


def _discord(discord: Document | None, silent: set[str], shown: Shown) -> Iterator[str]:
    if discord is not None and discord.get("state") == "no answer":
        if DISCORD in silent:
            yield "Discord's part of perkd does not answer"
    elif discord is not None and discord.get("state") not in {None, "off", "connected"}:
        text = shown(discord.get("reason"))
        why = f": {text}" if text else ""
        yield f"Discord is {discord['state']}{why}"


def _vip(vip: Document, silent: set[str]) -> Iterator[str]:
    """One account of several that is of no use is no reason: the others carry on."""
    if not vip.get("enabled"):
        return
    for part in vip["silent"]:
        if VIP_PARTS[part] in silent:
            yield f"VIP: {_PARTS[part]} does not answer"
    accounts = [one for one in vip["account_list"] if one["connection"] is not None]
    if "telegram" not in vip["silent"] and not any(one["connection"] == "connected" for one in accounts):
        yield "VIP: no Telegram account is connected"
    oldest = vip["oldest_undelivered"]
    if oldest is not None and oldest >= UNDELIVERED_WITHIN:
        yield f"VIP: a message has been waiting for {oldest:.0f} s to be delivered"


def _unix(stamp: str) -> float:
    return datetime.strptime(stamp, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp()
