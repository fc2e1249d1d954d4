from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.text import Text

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
        "posts": {"waiting": 7, "posted": 3, "edited": 9, "failing": "12: HTTP 503"},
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
redemptions   43 owed · 45 redeemed · 3 already · 2 failed (1 tried again later)
to be posted  7 messages: 12: HTTP 503
wos           28 of 30 calls in 60 s · 2 in flight · 43 waiting
ks            28 of 30 calls in 60 s · paused 12 s more: BLOCKED
wosgiftcodes  source healthy · 120 checks
kingshot      source failing · 6 attempts in a row failed: HTTP 502
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


NOW = datetime(2026, 11, 21, 10, 17, 53, tzinfo=UTC).timestamp()


def draw(document: dict[str, Any], width: int | None = 80, height: int | None = None) -> Text:
    return draw_status(document, width, height, now=NOW)


def test_the_status_reads_like_this_at_80_columns() -> None:
    assert draw(STATUS).plain == AT_80_COLUMNS


def test_health_is_coloured() -> None:
    spans = {str(span.style) for span in draw(STATUS).spans}
    assert {"bold yellow", "green", "red"} <= spans


def test_what_a_daemon_does_not_tell_is_left_out() -> None:
    assert draw({}).plain == "perkd  · unknown · up 0 s"


def test_numbers_that_nobody_knows_are_no_zeros() -> None:
    unknown = dict.fromkeys(("codes", "codes_known", "owed", "redeemed", "already", "failed", "retrying"))
    assert draw({"giftcodes": {**unknown, "rate": {}, "sources": {}}}).plain.splitlines()[2:] == [
        "codes         not known: the store has not been read"
    ]


def test_a_store_in_trouble_and_vip_sessions_are_told() -> None:
    told = {
        "vip": {"sessions": 3, "accounts": {"free": 2, "leased": 3}},
        "storage": {
            "backends": {
                "sqlite": {"state": "failing", "last_error": "disk full"},
                "mongodb": {"state": "behind", "lag": 7, "lag_seconds": 12.4},
            },
            "lag": 7,
        },
    }
    assert draw(told).plain.splitlines()[2:] == [
        "vip           3 sessions · accounts: 2 free, 3 leased",
        "storage       sqlite failing: disk full · mongodb behind, lacks 7 batches (12 s)",
    ]


def test_vip_tells_sessions_accounts_the_queue_and_the_oldest_message_that_waits() -> None:
    account = {"state": "leased", "connection": "connected", "reason": None}
    told = {
        "vip": {
            "enabled": True,
            "sessions": 4,
            "by_state": {"open": 3, "waiting": 1},
            "accounts": {"leased": 3, "flood_wait": 1},
            "waiting": 1,
            "oldest_undelivered": 200.0,
            "account_list": [
                {**account, "name": "desk-1"},
                {**account, "name": "desk-2", "connection": "away", "reason": "Telegram can't be reached"},
                {**account, "name": "desk-3", "state": "flood_wait", "reason": "asked to wait for 40 s"},
                {
                    **account,
                    "name": "desk-4",
                    "state": "dead",
                    "connection": "dead",
                    "reason": "\x1b[31mbanned",
                },
            ],
            "silent": [],
        }
    }
    assert draw(told, None).plain.splitlines()[2:] == [
        (
            "vip           4 sessions (3 open, 1 waiting) · accounts: 3 leased, 1 flood wait"
            " · 1 waiting for one · oldest undelivered message 3 min 20 s"
        ),
        "desk-2        account leased · away: Telegram can't be reached",
        "desk-3        account flood wait · connected: asked to wait for 40 s",
        "desk-4        account dead: \\x1b[31mbanned",
    ]


def test_parts_of_vip_that_do_not_answer_are_not_shown_as_nothing_to_do() -> None:
    told: dict[str, Any] = {
        "enabled": True,
        "sessions": None,
        "accounts": {},
        "silent": ["desk", "account_pool"],
    }
    assert draw({"vip": told}).plain.splitlines()[2:] == [
        "vip           sessions not known · accounts: not known"
    ]


def test_vip_that_is_off_has_no_line() -> None:
    assert draw({"vip": {"enabled": False, "sessions": 0, "accounts": {}}}) == draw({})


def test_a_dynamic_supervisor_without_children_says_so() -> None:
    assert (
        "redeemers                           running · no children"
        in draw({"tree": node("redeemers", "dynamic", children_by_state={})}).plain
    )


def test_messages_that_nobody_will_read_are_told_where_there_are_any() -> None:
    shown = {
        counts: draw({"tree": node("campaign", dead_letters=dict(counts))}).plain.splitlines()[-1]
        for counts in ((), (("StepDone", 2), ("Check", 1)))
    }
    assert [line.split("campaign")[1].strip() for line in shown.values()] == [
        "running",
        "running · 3 never read",
    ]


names = st.text(st.characters(), max_size=80)


@given(names, names, st.integers(40, 120))
def test_no_text_from_outside_breaks_a_line_or_drives_the_terminal(name: str, error: str, width: int) -> None:
    tree = node("perkd", "supervisor", children=[node(name, last_error=error), node("b")])
    told = {**STATUS, "tree": tree, "problems": [error]}
    drawn = draw(told, width).plain.split("\n")
    assert all(cell_len(line) <= width for line in drawn)
    assert not any(char in line for line in drawn for char in "\x00\x07\x1b\r\x9b\u202e\u2028")
    assert any(line.startswith("└─ b ") for line in drawn)


@pytest.mark.parametrize(
    ("paused_until", "says"),
    [
        ("2026-11-21T10:18:49Z", "paused 56 s more: BLOCKED"),
        ("2026-11-21T10:17:53Z", "paused until one call gets through: BLOCKED"),
        (None, "paused until one call gets through: BLOCKED"),
        ("soon", "paused until one call gets through: BLOCKED"),
    ],
)
def test_a_pause_is_told_as_the_time_that_is_left(paused_until: str | None, says: str) -> None:
    lane = {**LANE, "paused_until": paused_until, "reason": "BLOCKED"}
    assert draw({"giftcodes": {"rate": {"ks": lane}}}, None).plain.endswith(says)


@pytest.mark.parametrize(
    ("paused_until", "says"),
    [
        ("2026-11-21T10:18:49Z", "paused by an operator, 56 s more"),
        ("9999-12-31T00:00:00Z", "paused by an operator"),
    ],
)
def test_a_pause_that_a_person_ordered_is_told_as_such(paused_until: str, says: str) -> None:
    lane = {**LANE, "paused_until": paused_until, "reason": "PAUSED_BY_OPERATOR"}
    assert draw({"giftcodes": {"rate": {"ks": lane}}}, None).plain.endswith(says)


@pytest.mark.parametrize(
    ("errors", "says"), [(0, "1 check"), (1, "the last attempt failed"), (4, "4 attempts in a row failed")]
)
def test_failures_of_a_source_are_attempts(errors: int, says: str) -> None:
    source = {"state": "healthy", "checks": 1, "consecutive_errors": errors}
    assert draw({"giftcodes": {"sources": {"feed": source}}}).plain.endswith(says)


def test_in_a_pipe_nothing_is_folded_or_cut() -> None:
    error = "x" * 300
    tree = node("perkd", "supervisor", children=[node("a", last_error=error)])
    lines = draw({**STATUS, "problems": [error], "tree": tree}, None).plain.split("\n")
    assert f"  ! {error}" in lines
    assert lines[-1].endswith(error)


# --- a low window -------------------------------------------------------------------------------

LOW = """\
perkd                               running
├─ storage                          running
└─ giftcodes                        running
   ├─ redemption                    running
   │  ├─ session_pool               running · 12 waiting
   │  └─ redeemers                  running · 45 running, 2 backing off
   ├─ campaign                      backing off · again in 4.2 s · 3 restarts
   │    lost 2 × StepDone · last error: ValueError: could not make sense of wha…
   └─ pollers                       running · with all 1 below"""

LOWER = """\
perkd                               running
└─ giftcodes                        running
   ├─ redemption                    running
   │  └─ redeemers                  running · 45 running, 2 backing off
   └─ campaign                      backing off · again in 4.2 s · 3 restarts
        lost 2 × StepDone · last error: ValueError: could not make sense of wha…"""


def lines_of(text: str) -> int:
    return text.count("\n") + 1


def test_where_the_window_is_too_low_branches_that_run_are_one_line_or_none() -> None:
    whole = draw(STATUS).plain
    height = lines_of(whole)
    assert draw(STATUS, 80, height).plain == whole
    assert draw(STATUS, 80, height - 1).plain.endswith("\n\n" + LOW)
    assert draw(STATUS, 80, height - 2).plain.endswith("\n\n" + LOWER)


def test_a_tree_in_which_everything_runs_is_one_line_in_a_low_window() -> None:
    many = node("redeemers", "dynamic", children_by_state={"running": 45})
    tree = node("perkd", "supervisor", children=[node(str(number)) for number in range(30)] + [many])
    (line,) = draw({"tree": tree}, 80, 24).plain.split("\n")[2:]
    assert line.split() == ["perkd", "running", "·", "with", "all", "76", "below"]


@given(st.integers(1, 40))
def test_no_window_is_too_low(height: int) -> None:
    drawn = draw(STATUS, 80, height).plain
    assert lines_of(drawn) <= height
    if height > 1:
        assert drawn.startswith("perkd 0.1.0 · degraded")
