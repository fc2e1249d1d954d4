"""The status as Prometheus reads it: read back with the library's own parser."""

from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from daemon.web.metrics import exposition

NODE: dict[str, Any] = {"mailbox": 0, "restarts": 0, "dead_letters": {}, "children": [], "last_error": None}
VIP: dict[str, Any] = {
    "enabled": True,
    "sessions": 2,
    "by_state": {"open": 2},
    "accounts": {"free": 3, "leased": 2},
    "waiting": 1,
    "oldest_undelivered": 4.5,
    "account_list": [
        {"name": "desk-1", "state": "leased", "connection": "connected"},
        {"name": "desk-2", "state": "leased", "connection": "away"},
    ],
    "silent": [],
}


def status(**changes: Any) -> dict[str, Any]:
    children = [{**NODE, "name": f"wos:{fid}", "kind": "actor", "state": "running"} for fid in range(50)]
    redeemers = {
        **NODE,
        "name": "redeemers",
        "kind": "dynamic",
        "state": "running",
        "children": children,
        "children_by_state": {"running": 9_998, "backing_off": 2},
    }
    storage = {**NODE, "name": "storage", "kind": "actor", "state": "running", "mailbox": 7, "restarts": 2}
    storage["dead_letters"] = {"Commit": 3, "Get": 1}
    tree = {**NODE, "name": "perkd", "kind": "supervisor", "state": "running"}
    feed = {"state": "healthy", "checks": 120, "consecutive_errors": 0, "last_ok_at": "2026-11-21T10:00:00Z"}
    return {
        "version": "0.1.0",
        "uptime": 12.5,
        "health": "degraded",
        "problems": ["one", "two"],
        "tree": {**tree, "children": [storage, redeemers]},
        "giftcodes": {
            "codes": 3,
            "codes_known": 9,
            "owed": 100,
            "redeemed": 50,
            "already": 4,
            "failed": 6,
            "retrying": 5,
            "rate": {
                "wos": {"used": 28, "limit": 30, "in_flight": 2, "waiting": 90, "reason": ""},
                "ks": {"used": 0, "limit": 30, "in_flight": 0, "waiting": 0, "reason": "PROTOCOL_CHANGED"},
            },
            "sources": {
                "feed": feed,
                "new": {"state": "failing", "checks": 1, "consecutive_errors": 1, "last_ok_at": None},
                "gone": {"state": "no answer"},
            },
        },
        "vip": VIP,
        "storage": {
            "backends": {
                "sqlite": {"state": "leading", "last_error": None, "lag": None, "lag_seconds": None},
                "mongodb": {"state": "away", "last_error": "refused", "lag": 12, "lag_seconds": 4.5},
            }
        },
        **changes,
    }


def samples(document: dict[str, Any], *, ready: bool = True) -> dict[str, float]:
    text = exposition(document, ready=ready).decode()
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = ",".join(f"{key}={value}" for key, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("perkd_info{version=0.1.0}", 1),
        ("perkd_uptime_seconds", 12.5),
        ("perkd_health{state=degraded}", 1),
        ("perkd_health{state=healthy}", 0),
        ("perkd_problems", 2),
        ("perkd_ready", 1),
        ("perkd_actors{state=running}", 3 + 9_998),
        ("perkd_actors{state=backing_off}", 2),
        ("perkd_actor_restarts_total{actor=perkd/storage}", 2),
        ("perkd_actor_mailbox_messages{actor=perkd/storage}", 7),
        ("perkd_actor_dead_letters_total{actor=perkd/storage}", 4),
        ("perkd_codes{which=live}", 3),
        ("perkd_pairs{outcome=owed}", 100),
        ("perkd_calls_used{game=wos}", 28),
        ("perkd_calls_limit{game=wos}", 30),
        ("perkd_game_paused{game=wos}", 0),
        ("perkd_game_paused{game=ks}", 1),
        ("perkd_source_up{source=feed}", 1),
        ("perkd_source_up{source=gone}", 0),
        ("perkd_source_checks_total{source=feed}", 120),
        ("perkd_source_last_success_timestamp_seconds{source=feed}", 1_795_255_200),
        ("perkd_store_up{store=mongodb}", 0),
        ("perkd_store_lag_changes{store=mongodb}", 12),
        ("perkd_store_lag_seconds{store=mongodb}", 4.5),
        ("perkd_vip_sessions{state=open}", 2),
        ("perkd_vip_sessions{state=ending}", 0),
        ("perkd_vip_accounts{state=leased}", 2),
        ("perkd_vip_accounts{state=dead}", 0),
        ("perkd_vip_accounts_connected", 1),
        ("perkd_vip_waiting", 1),
        ("perkd_vip_oldest_undelivered_seconds", 4.5),
    ],
)
def test_each_number_of_the_status_is_a_sample(name: str, value: float) -> None:
    assert samples(status())[name] == value


def test_what_is_not_known_is_no_zero() -> None:
    numbers = dict.fromkeys(("codes", "codes_known", "owed", "redeemed", "already", "failed", "retrying"))
    found = samples(status(giftcodes={**numbers, "rate": {}, "sources": {"gone": {"state": "no answer"}}}))
    assert not [
        name for name in found if name.startswith(("perkd_codes", "perkd_pairs", "perkd_source_checks"))
    ]
    assert "perkd_store_lag_changes{store=sqlite}" not in found
    assert not [name for name in found if name.startswith("perkd_discord")]


def test_children_that_come_and_go_are_counted_and_never_named() -> None:
    found = samples(status())
    assert not [name for name in found if "wos:" in name]
    assert len(found) < 150


def test_a_gateway_that_is_configured_is_shown() -> None:
    found = samples(status(discord={"state": "connected", "guilds": 3, "latency": 0.042}))
    assert found["perkd_discord_up"] == 1
    assert found["perkd_discord_guilds"] == 3
    assert found["perkd_discord_heartbeat_seconds"] == 0.042
    away = samples(status(discord={"state": "away", "reason": "refused", "guilds": None, "latency": None}))
    assert away["perkd_discord_up"] == 0
    assert "perkd_discord_heartbeat_seconds" not in away
    assert "perkd_discord_up" not in samples(status(discord={"state": "off"}))


def test_without_vip_there_are_no_metrics_of_it() -> None:
    found = samples(status(vip={"enabled": False, "sessions": 0, "accounts": {}}))
    assert not [name for name in found if name.startswith("perkd_vip")]


def test_what_a_silent_part_of_vip_would_tell_is_no_zero() -> None:
    unknown = dict.fromkeys(("sessions", "waiting", "oldest_undelivered"))
    silent = {
        **VIP,
        **unknown,
        "by_state": {},
        "accounts": {},
        "silent": ["desk", "account_pool", "telegram"],
    }
    found = samples(status(vip=silent))
    assert not [name for name in found if name.startswith("perkd_vip")]


def test_no_message_that_waits_is_zero_seconds() -> None:
    found = samples(status(vip={**VIP, "oldest_undelivered": None}))
    assert found["perkd_vip_oldest_undelivered_seconds"] == 0


def test_names_follow_the_conventions() -> None:
    for family in text_string_to_metric_families(exposition(status(), ready=False).decode()):
        assert family.name.startswith(("perkd", "process_"))
        assert family.documentation
        if family.type == "counter":
            assert all(sample.name.endswith("_total") for sample in family.samples)


def test_a_name_with_quotes_and_line_breaks_breaks_nothing() -> None:
    odd = 'a"b\nc\\d'
    found = samples(status(storage={"backends": {odd: {"state": "healthy", "last_error": None}}}))
    assert found[f"perkd_store_up{{store={odd}}}"] == 1


def test_the_process_itself_is_measured() -> None:
    assert samples(status(), ready=False)["process_resident_memory_bytes"] > 1 << 20
    assert samples(status(), ready=False)["perkd_ready"] == 0
