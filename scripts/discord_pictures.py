# ruff: noqa: INP001 - a directory of scripts
"""`python -m scripts.discord_pictures`: the pictures of what members see, drawn from the cards themselves."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import trio
from attrs import frozen

from actors.giftcodes.model import Code, CodeState, Status
from actors.ports import Announcement, Progress
from daemon.discord.announcement import announcement_card
from daemon.discord.answers.desk import Desk
from daemon.discord.answers.status import show_status
from daemon.discord.values import Caller, Reply, Right
from scripts.discord_svg import message_svg

PLACE = Path("docs/pictures")
NOW = 1_795_269_840.0
"""When the pictures are taken: 21 November 2026, 14:04 UTC."""

_DAYS = 86_400.0


def _code(state: CodeState = CodeState.LIVE) -> Code:
    return Code(
        "wos",
        "FROSTGIFT26",
        state=state,
        source="wosgiftcodes",
        expires=NOW + 3 * _DAYS + 5 * 3600,
        ended_at=None if state is CodeState.LIVE else NOW - 2 * 3600,
        rewards="1,000 gems, 2 mythic shards, 24 h of speed-ups",
    )


_PROGRESS = {
    "announcement": Progress(total=42, waiting=42),
    "progress": Progress(
        total=42, redeemed=17, already=3, waiting=18, retrying=2, failed=((Status.WRONG_STATE, 2),)
    ),
    "done": Progress(
        total=42,
        redeemed=31,
        already=5,
        failed=((Status.WRONG_STATE, 3), (Status.LEVEL_TOO_LOW, 2), (Status.RECHARGE_MONEY, 1)),
    ),
}
_TITLES = {
    "announcement": "A new code, just posted",
    "progress": "The same message while the code is redeemed",
    "done": "The same message when all are done",
}


def _node(name: str, *children: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": name, "state": "running", "children": children}


_TREE = _node(
    "perkd",
    _node("storage"),
    _node("gateways", _node("discord")),
    _node(
        "giftcodes",
        _node(
            "redemption", _node("session_pool"), {**_node("redeemers"), "children_by_state": {"running": 20}}
        ),
        _node("campaign"),
        _node("announcer"),
        _node("pollers", _node("wosgiftcodes"), _node("kingshot")),
    ),
    _node("vip"),
)
_STATUS: Mapping[str, Any] = {
    "health": "degraded",
    "version": "0.1.0",
    "uptime": 6 * _DAYS + 4 * 3600,
    "problems": ["source kingshot: HTTP 503, 4 errors in a row"],
    "giftcodes": {
        "codes": 3,
        "codes_known": 58,
        "owed": 20,
        "redeemed": 1893,
        "already": 212,
        "failed": 41,
        "retrying": 2,
        "rate": {
            "wos": {"used": 28, "limit": 30, "period": 60, "waiting": 18, "in_flight": 2, "reason": ""},
            "ks": {"used": 0, "limit": 30, "period": 60, "waiting": 0, "in_flight": 0, "reason": ""},
        },
        "sources": {
            "wosgiftcodes": {"state": "healthy", "checks": 5321, "consecutive_errors": 0},
            "kingshot": {
                "state": "failing",
                "checks": 5318,
                "consecutive_errors": 4,
                "last_error": "HTTP 503",
            },
        },
    },
    "storage": {"backends": {"mongodb": {"state": "leading"}, "sqlite": {"state": "following"}}},
    "discord": {"state": "connected", "guilds": 12, "latency": 0.043, "channel_troubles": []},
    "vip": {"sessions": 0, "accounts": {}},
    "tree": _TREE,
}


@frozen
class _Told:
    """A desk of which only the status is asked."""

    async def status(self) -> Mapping[str, Any]:
        await trio.lowlevel.checkpoint()
        return _STATUS


async def _status_reply(page: int) -> Reply:
    owner = Caller("1", "Ann", "3", "Northern Lights", "2", Right.OWNER)
    return await show_status(cast("Desk", _Told()), owner, page)


def pictures() -> dict[str, str]:
    """Each picture by its file's name."""
    drawn = {}
    for name, progress in _PROGRESS.items():
        card, buttons = announcement_card(Announcement(_code(), progress))
        reply = Reply(cards=(card,), buttons=buttons)
        drawn[f"discord-{name}.svg"] = message_svg(reply, title=_TITLES[name], now=NOW)
    card, buttons = announcement_card(Announcement(_code(CodeState.EXPIRED), _PROGRESS["done"]))
    ended = Reply(cards=(card,), buttons=buttons)
    drawn["discord-expired.svg"] = message_svg(
        ended, title="The same message when the code has ended", now=NOW
    )
    for name, page in (("status", 0), ("status-tree", 1)):
        status = trio.run(_status_reply, page)
        title = "/perkd status, as an owner sees it"
        drawn[f"discord-{name}.svg"] = message_svg(status, title=title, now=NOW, private=True)
    return drawn


def main() -> None:
    """Write them all."""
    PLACE.mkdir(parents=True, exist_ok=True)
    for name, svg in pictures().items():
        (PLACE / name).write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    main()
