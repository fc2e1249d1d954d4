"""A status with something to count in every part: each metric has a sample."""

from typing import Any

NODE: dict[str, Any] = {"mailbox": 0, "restarts": 0, "dead_letters": {}, "children": []}
STATUS: dict[str, Any] = {
    "version": "1",
    "uptime": 1.0,
    "health": "healthy",
    "problems": [],
    "tree": {**NODE, "name": "perkd", "kind": "supervisor", "state": "running"},
    "giftcodes": {
        "codes": 1,
        "codes_known": 1,
        "owed": 1,
        "redeemed": 1,
        "already": 1,
        "failed": 1,
        "retrying": 1,
        "rate": {"wos": {"used": 1, "limit": 30, "in_flight": 1, "waiting": 1, "reason": ""}},
        "sources": {
            "feed": {
                "state": "healthy",
                "checks": 1,
                "consecutive_errors": 0,
                "last_ok_at": "2026-11-21T10:00:00Z",
            }
        },
    },
    "discord": {"state": "connected", "guilds": 1, "latency": 0.1},
    "vip": {
        "enabled": True,
        "sessions": 1,
        "by_state": {"open": 1},
        "accounts": {"leased": 1},
        "waiting": 0,
        "oldest_undelivered": None,
        "account_list": [{"name": "desk-1", "state": "leased", "connection": "connected"}],
        "silent": [],
    },
    "storage": {"backends": {"sqlite": {"state": "leading", "lag": 1, "lag_seconds": 1.0}}},
}
