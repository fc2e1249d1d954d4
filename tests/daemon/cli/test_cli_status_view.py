from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from daemon.cli.status_view import draw_status


def node(name: str, kind: str = "actor", state: str = "running", **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "kind": kind,
        "state": state,
        "restarts": 0,
        "mailbox": 0,
        "last_error": None,
        "lost": {},
        "restart_in": None,
        "children": [],
        **more,
    }


TREE = node(
    "perkd",
    "supervisor",
    children=[
        node("storage"),
        node(
            "giftcodes",
            "supervisor",
            children=[
                node(
                    "redemption",
                    "supervisor",
                    children=[
                        node("session_pool", mailbox=12),
                        node("redeemers", "dynamic", children_by_state={"running": 45, "backing_off": 2}),
                    ],
                ),
                node(
                    "campaign",
                    state="backing_off",
                    restarts=3,
                    restart_in=4.25,
                    lost={"StepDone": 2},
                    last_error="ValueError: could not make sense of what the store said about it, at all",
                ),
                node("pollers", "supervisor", children=[node("wosgiftcodes", restarts=1)]),
            ],
        ),
    ],
)
LANE = {
    "used": 28,
    "limit": 30,
    "period": 60.0,
    "waiting": 43,
    "in_flight": 2,
    "paused_until": None,
    "reason": "",
}
STATUS = {
    "version": "0.1.0",
    "uptime": 273_725.0,
    "health": "degraded",
    "problems": [
        "perkd/giftcodes/campaign is backing off after ValueError: could not make sense of it",
        "game ks is paused for 12 s more: RATE_LIMITED",
    ],
    "tree": TREE,
    "giftcodes": {
        "codes": 2,
        "codes_known": 5,
        "owed": 43,
        "redeemed": 45,
        "already": 3,
        "failed": 2,
        "retrying": 1,
        "rate": {
            "wos": LANE,
            "ks": {
                **LANE,
                "waiting": 0,
                "in_flight": 0,
                "paused_until": "2026-11-21T10:18:05Z",
                "reason": "BLOCKED",
            },
        },
        "sources": {
            "wosgiftcodes": {"state": "healthy", "checks": 120, "consecutive_errors": 0},
            "kingshot": {"state": "failing", "consecutive_errors": 6, "last_error": "HTTP 502"},
        },
    },
    "vip": {"sessions": 0, "accounts": {}},
    "storage": {"backends": {"sqlite": {"state": "healthy", "last_error": None}}, "lag": 0},
}

AT_80_COLUMNS = """\
perkd 0.1.0 · degraded · up 3 d 4 h
  ! perkd/giftcodes/campaign is backing off after ValueError: could not make
    sense of it
  ! game ks is paused for 12 s more: RATE_LIMITED

codes         2 live of 5 known
pairs         43 owed · 45 redeemed · 3 already · 2 failed (1 tried again later)
wos           28 of 30 calls in 60 s · 2 in flight · 43 waiting
ks            28 of 30 calls in 60 s · paused until 2026-11-21T10:18:05Z:
              BLOCKED
wosgiftcodes  source healthy · 120 checks
kingshot      source failing · 6 errors in a row: HTTP 502
storage       sqlite healthy

perkd                               running
├─ storage                          running
└─ giftcodes                        running
   ├─ redemption                    running
   │  ├─ session_pool               running · 12 waiting
   │  └─ redeemers                  running · 45 running, 2 backing off
   ├─ campaign                      backing off · again in 4.2 s · 3 restarts
   │    lost 2 × StepDone · last error: ValueError: could not make sense of wha…
   └─ pollers                       running
      └─ wosgiftcodes               running · 1 restart"""


def test_the_status_reads_like_this_at_80_columns() -> None:
    assert draw_status(STATUS, 80).plain == AT_80_COLUMNS


def test_health_is_coloured() -> None:
    spans = {str(span.style) for span in draw_status(STATUS, 80).spans}
    assert {"bold yellow", "green", "red"} <= spans


def test_what_a_daemon_does_not_tell_is_left_out() -> None:
    assert draw_status({}, 80).plain == "perkd  · unknown · up 0 s"


def test_a_store_in_trouble_and_vip_sessions_are_told() -> None:
    told = {
        "vip": {"sessions": 3, "accounts": {"free": 2, "leased": 3}},
        "storage": {"backends": {"sqlite": {"state": "failing", "last_error": "disk full"}}, "lag": 7},
    }
    assert draw_status(told, 80).plain.splitlines()[2:] == [
        "vip           3 sessions · accounts: 2 free, 3 leased",
        "storage       sqlite failing: disk full · 7 changes behind",
    ]


def test_a_dynamic_supervisor_without_children_says_so() -> None:
    assert (
        "redeemers                           running · no children"
        in draw_status({"tree": node("redeemers", "dynamic", children_by_state={})}, 80).plain
    )


names = st.text(st.characters(), max_size=80)


@given(names, names, st.integers(40, 120))
def test_no_text_from_outside_breaks_a_line_or_drives_the_terminal(name: str, error: str, width: int) -> None:
    tree = node("perkd", "supervisor", children=[node(name, last_error=error), node("b")])
    told = {**STATUS, "tree": tree, "problems": [error]}
    drawn = draw_status(told, width).plain.split("\n")
    assert all(cell_len(line) <= width for line in drawn)
    assert not any(char in line for line in drawn for char in "\x00\x07\x1b\r\x9b\u202e\u2028")
    assert any(line.startswith("└─ b ") for line in drawn)
