"""Whatever is ordered over the TCP port with the token leaves an entry in the audit log."""

from pathlib import Path

from actors.giftcodes.model import Audit
from tests.worlds.asked_daemon import BEARER, running


async def test_every_order_over_tcp_leaves_an_audit_record(tmp_path: Path) -> None:
    async with running(tmp_path, []) as here:
        await here.post("/api/players", 201, game="wos", fid="1001", state="7")
        await here.post("/api/players/remove", game="wos", fid="1001")
        await here.post("/api/codes", 201, game="wos", code="FROST")
        await here.post("/api/reload")
        found = sorted(await here.made.store.find(Audit), key=lambda one: one.at)
        assert [(one.member, one.action, one.details) for one in found] == [
            ("web", "players add", "wos 1001"),
            ("web", "players remove", "wos 1001"),
            ("web", "codes add", "wos/FROST"),
            ("web", "reload", ""),
        ]


async def test_what_was_refused_leaves_none(tmp_path: Path) -> None:
    async with running(tmp_path, []) as here:
        await here.post("/api/players/remove", 404, game="wos", fid="9")
        assert (await here.client.post("/api/reload")).status_code == 401
        assert (
            await here.client.post("/api/reload", headers={**BEARER, "origin": "null"})
        ).status_code == 403
        assert await here.made.store.find(Audit) == []
