"""What of a changed configuration applies at once, and what needs a restart."""

from collections.abc import Mapping
from typing import Any

import attrs

from daemon.config.faults import show, show_key
from daemon.config.schema import Config

RELOADABLE = frozenset(
    {
        "perkd.log_level",
        "sources.interval",
        "redeem.requests_per_minute",
        "redeem.player_spacing",
        "redeem.retry_after",
        "redeem.retry_rounds",
        "redeem.budgets",
        "redeem.backoff",
        "poller",
        "discord.players_per_member",
        "vip.staff_roles",
        "vip.vip_role",
        "vip.unreachable_thread",
        "vip.inactivity_hours",
        "vip.cooldown_minutes",
        "vip.replay_max",
        "vip.replay_hours",
        "vip.retention_days",
        "vip.log_channel",
        "vip.auto_archive_minutes",
        "vip.revoke_history",
    }
)
"""Keys, and whole sections, that apply without a restart."""


def reloadable_changes(old: Config, new: Config) -> tuple[Config, tuple[str, ...]]:
    """Take over from `new` what can change in a running daemon.

    Games, sources and accounts are known by their names; the order they stand in does not count.

    Returns:
        The configuration to go on with: `old`, with the reloadable changes; and the names of what has
        changed besides, which needs a restart, as in `[redeem] concurrency`.
    """
    fixed: list[str] = []
    merged: Config = _merged("", "", old, attrs.evolve(new, path=old.path), fixed)
    return merged, tuple(fixed)


def _merged(name: str, label: str, old: Any, new: Any, fixed: list[str]) -> Any:
    """`old` with what may change of `new`; `name` is the schema's, `label` the one for people."""
    if old == new:
        return old
    if name in RELOADABLE:
        return new
    if isinstance(old, dict):
        merged = _entries(name, _labelled(name, old), _labelled(name, new), fixed)
        return dict(zip(old, merged, strict=True))
    if isinstance(old, tuple) and name in {"sources", "telegram.accounts"}:
        return tuple(_entries(name, _listed(name, old), _listed(name, new), fixed))
    if attrs.has(type(old)):
        return attrs.evolve(old, **_attributes(name, label, old, new, fixed))
    fixed.append(label)
    return old


def _attributes(name: str, label: str, old: Any, new: Any, fixed: list[str]) -> dict[str, Any]:
    merged = {}
    for attribute in attrs.fields(type(old)):
        inner = f"{name}.{attribute.name}".removeprefix(".")
        before, after = getattr(old, attribute.name), getattr(new, attribute.name)
        shown = f"[{inner}]" if attrs.has(type(before)) else f"{label} {attribute.name}"
        merged[attribute.name] = _merged(inner, shown, before, after, fixed)
    return merged


def _entries(name: str, old: Mapping[str, Any], new: Mapping[str, Any], fixed: list[str]) -> list[Any]:
    """The old entries, in their order, each with what may change of the new one of the same label."""
    merged = []
    for label, entry in old.items():
        if label not in new:
            fixed.append(f"{label} (removed)")
        merged.append(_merged(name, label, entry, new.get(label, entry), fixed))
    fixed.extend(f"{label} (added)" for label in new if label not in old)
    return merged


def _labelled(section: str, entries: Mapping[str, Any]) -> dict[str, Any]:
    return {f"[{section}.{show_key(name)}]": entry for name, entry in entries.items()}


def _listed(name: str, entries: tuple[Any, ...]) -> dict[str, Any]:
    return {f"[[{name}]] {show(entry.name)}": entry for entry in entries}
