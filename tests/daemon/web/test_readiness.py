"""Ready means: it does what it is there for. Each fault turns it red, and it turns green again by itself."""

from collections.abc import Mapping
from typing import Any

import pytest
from attrs import evolve, field, frozen

from daemon.web.readiness import not_ready

NOW = 1_795_000_000.0
JUST_NOW = "2026-11-18T11:06:35Z"
"""Five seconds before NOW."""


VIP: dict[str, Any] = {
    "enabled": True,
    "sessions": 1,
    "waiting": 3,
    "oldest_undelivered": None,
    "account_list": [
        {"name": "desk-1", "state": "leased", "connection": "connected"},
        {"name": "desk-2", "state": "dead", "connection": "dead"},
        {"name": "desk-3", "state": "dead", "connection": None},
    ],
    "silent": [],
}
NONE_ONLINE = [{"name": "desk-1", "state": "leased", "connection": "away"}, VIP["account_list"][2]]


@frozen
class Case:
    """A status in which all is well, but for what a test changes."""

    tree: tuple[tuple[str, str], ...] = ()
    """Name → state of the actors that are not running."""
    codes: int | None = 2
    source: dict[str, Any] | None = None
    backends: dict[str, str] | None = None
    discord: dict[str, Any] | None = None
    vip: dict[str, Any] | None = None
    """What differs from VIP being on and well; None: it is off."""
    children: dict[str, int] | None = None
    """How many redeemers are in each state."""
    silent: Mapping[str, float] = field(factory=dict)
    """For how many seconds an actor has not answered."""
    error: str | None = None
    """The last one of every actor and store."""
    health: str = "healthy"
    problems: tuple[str, ...] = ()

    def document(self) -> dict[str, Any]:
        states = dict(self.tree)
        names = ("storage", "status", "giftcodes", "gateways")
        node: dict[str, Any] = {"kind": "actor", "last_error": self.error, "children": []}
        redeemers = {
            **node,
            "name": "redeemers",
            "kind": "dynamic",
            "state": states.get("redeemers", "running"),
        }
        redeemers["children_by_state"] = self.children or {}
        redeemers["children"] = [{**node, "name": "wos:1", "state": "restarting"}]
        children = [{**node, "name": name, "state": states.get(name, "running")} for name in names]
        source = {"state": "healthy", "interval": 10.0, "last_ok_at": JUST_NOW, "last_error": None}
        return {
            "uptime": 3600.0,
            "health": self.health,
            "problems": list(self.problems),
            "silent": dict(self.silent),
            "tree": {
                **node,
                "name": "perkd",
                "kind": "supervisor",
                "state": states.get("perkd", "running"),
                "children": [*children, redeemers],
            },
            "giftcodes": {"codes": self.codes, "sources": {"feed": {**source, **(self.source or {})}}},
            "storage": {
                "backends": {
                    name: {"state": state, "last_error": self.error}
                    for name, state in (self.backends or {"sqlite": "healthy"}).items()
                }
            },
            "discord": self.discord,
            "vip": {"enabled": False} if self.vip is None else {**VIP, **self.vip},
        }


WELL = Case()


@pytest.mark.parametrize(
    "case",
    [
        WELL,
        evolve(WELL, source={"last_ok_at": "2026-11-18T11:06:10Z"}),  # 30 s ago
        evolve(WELL, source={"state": "failing", "last_error": "once"}),  # the last success is near
        evolve(WELL, source={"interval": 300.0, "last_ok_at": "2026-11-18T10:55:00Z"}),  # 700 s ago
        evolve(WELL, backends={"sqlite": "leading", "mongodb": "away"}),
        evolve(WELL, backends={"sqlite": "failing", "mongodb": "leading"}),
        evolve(WELL, discord={"state": "connected", "reason": ""}),
        evolve(WELL, health="degraded", problems=("MongoDB is away",)),
        evolve(WELL, vip={}),  # one account is dead, three members wait: the others carry on
        evolve(WELL, vip={"oldest_undelivered": 179.0}),
        # Busy for a moment.
        evolve(WELL, codes=None, silent={"giftcodes/campaign": 9.9}),
        evolve(WELL, backends={"sqlite": "away"}, silent={"storage": 9.9}),
        evolve(WELL, source={"state": "no answer"}, silent={"giftcodes/pollers/feed": 9.9}),
        evolve(WELL, vip={"silent": ["desk", "telegram"]}, silent={"vip/desk": 1, "gateways/telegram": 9.9}),
        evolve(WELL, discord={"state": "no answer"}, silent={"gateways/discord": 9.9}),
        # A few bad children.
        evolve(WELL, children={"running": 3, "backing_off": 3}),
        evolve(WELL, children={"running": 9_990, "backing_off": 10}),
        evolve(WELL, children={"backing_off": 2}),
    ],
)
def test_it_is_ready_while_everything_makes_progress(case: Case) -> None:
    assert not_ready(case.document(), NOW) == []


@pytest.mark.parametrize(
    ("case", "words"),
    [
        (evolve(WELL, tree=(("giftcodes", "restarting"),)), "perkd/giftcodes is restarting"),
        (evolve(WELL, tree=(("storage", "gave_up"),)), "perkd/storage is gave up"),
        (evolve(WELL, tree=(("perkd", "stopping"),)), "perkd is stopping"),
        (evolve(WELL, tree=(("redeemers", "backing_off"),)), "perkd/redeemers is backing off"),
        (
            evolve(WELL, children={"running": 4_999, "backing_off": 5_001}),
            "perkd/redeemers: 5001 of 10000 children crash again and again",
        ),
        (
            evolve(WELL, children={"backing_off": 3}),
            "perkd/redeemers: 3 of 3 children crash again and again",
        ),
        (
            evolve(WELL, vip={"silent": ["desk"]}, silent={"vip/desk": 10.0}),
            "VIP: the desk does not answer",
        ),
        (
            evolve(WELL, vip={"silent": ["account_pool"]}, silent={"vip/leasing/account_pool": 10.0}),
            "VIP: the account pool does not answer",
        ),
        (
            evolve(WELL, vip={"silent": ["telegram"]}, silent={"gateways/telegram": 10.0}),
            "VIP: Telegram's part of perkd does not answer",
        ),
        (evolve(WELL, codes=None, silent={"giftcodes/campaign": 10.0}), "the campaign does not answer"),
        (
            evolve(WELL, backends={"sqlite": "away"}, silent={"storage": 10.0}),
            "the store does not answer",
        ),
        (
            evolve(WELL, discord={"state": "no answer"}, silent={"gateways/discord": 10.0}),
            "Discord's part of perkd does not answer",
        ),
        (evolve(WELL, vip={"account_list": NONE_ONLINE}), "VIP: no Telegram account is connected"),
        (
            evolve(WELL, vip={"oldest_undelivered": 200.4}),
            "VIP: a message has been waiting for 200 s to be delivered",
        ),
        (evolve(WELL, codes=None), "the campaign has not read the store yet"),
        (
            evolve(WELL, source={"state": "no answer"}, silent={"giftcodes/pollers/feed": 10.0}),
            "source feed does not answer",
        ),
        (evolve(WELL, source={"last_ok_at": None}), "source feed has not been read yet"),
        (
            evolve(WELL, source={"last_ok_at": "2026-11-18T11:06:08Z", "last_error": "HTTP 500"}),
            "source feed was last read 32 s ago: HTTP 500",
        ),
        (
            evolve(WELL, source={"consecutive_errors": 3, "last_error": "HTTP 500"}),
            "source feed failed 3 times in a row: HTTP 500",
        ),
        (
            evolve(WELL, source={"interval": 300.0, "last_ok_at": "2026-11-18T10:51:00Z"}),
            "source feed was last read 940 s ago",
        ),
        (evolve(WELL, backends={"sqlite": "failing"}), "no store takes changes: sqlite is failing"),
        (
            evolve(WELL, backends={"sqlite": "waiting", "mongodb": "away"}),
            "no store takes changes: sqlite is waiting, mongodb is away",
        ),
        (evolve(WELL, discord={"state": "away", "reason": "refused"}), "Discord is away: refused"),
        (evolve(WELL, health="down", problems=("the pool is gone",)), "the pool is gone"),
        (evolve(WELL, health="down"), "perkd is down"),
    ],
)
def test_each_thing_that_makes_no_progress_is_said(case: Case, words: str) -> None:
    assert not_ready(case.document(), NOW) == [words]


SECRET = "GET https://x.example/?api_key=hunter2 failed"
"""The text of an error."""


@pytest.mark.parametrize(
    ("case", "said"),
    [
        (evolve(WELL, tree=(("giftcodes", "backing_off"),), error=SECRET), "perkd/giftcodes is backing off"),
        (
            evolve(WELL, source={"last_ok_at": None, "last_error": SECRET}),
            "source feed has not been read yet",
        ),
        (
            evolve(WELL, source={"consecutive_errors": 3, "last_error": SECRET}),
            "source feed failed 3 times in a row",
        ),
        (
            evolve(WELL, backends={"sqlite": "failing"}, error=SECRET),
            "no store takes changes: sqlite is failing",
        ),
        (evolve(WELL, discord={"state": "away", "reason": SECRET}), "Discord is away"),
        (evolve(WELL, health="down", problems=(SECRET,)), "perkd is down"),
    ],
)
def test_who_may_not_read_the_status_is_told_no_texts_of_errors(case: Case, said: str) -> None:
    assert not_ready(case.document(), NOW, brief=True) == [said]
    (whole,) = not_ready(case.document(), NOW)
    assert SECRET in whole
