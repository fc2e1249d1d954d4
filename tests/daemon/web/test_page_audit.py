"""Whatever is ordered over the TCP port with the token leaves an entry in the audit log."""

from pathlib import Path

from actors.giftcodes.model import Audit
from tests.worlds.asked_daemon import BEARER, Running, running


async def test_every_order_over_tcp_leaves_an_audit_record(tmp_path: Path) -> None:
    async with running(tmp_path, []) as here:
        await here.post("/api/players", 201, game="wos", fid="1001", state="7")
        await here.post("/api/players", 200, fid="1001", state="8")
        await here.post("/api/players", 200, fid="1001", state="8")  # changes nothing
        rows = b"game,fid,state,name\nwos,1001,9,\nwos,1002,7,\n"
        for _ in range(2):  # the second time it changes nothing
            imported = await here.client.post("/api/players/import", content=rows, headers=BEARER)
            assert imported.status_code == 200
        await here.post("/api/players/remove", fid="1001")
        await here.post("/api/codes", 201, game="wos", code="FROST")
        await here.post("/api/codes/retire", code="FROST")
        await here.post("/api/reload")
        assert await entries(here) == [
            ("web", "players add", "wos/1001"),
            ("web", "players add", "wos/1001: corrected"),
            ("web", "players import", "1 added, 1 corrected"),
            ("web", "players remove", "wos/1001"),
            ("web", "codes add", "wos/FROST"),
            ("web", "codes retire", "wos/FROST"),
            ("web", "reload", ""),
        ]


async def test_every_order_of_a_command_leaves_one_too(tmp_path: Path) -> None:
    async with running(tmp_path, []) as here:
        await here.host.command("players", "add", "--fid", "1001", "--state", "7")
        await here.host.command("codes", "add", "FROST")
        await here.host.command("codes", "retire", "FROST")
        await here.host.command("pause", "wos")
        await here.host.command("reload")
        assert [(member, action) for member, action, _ in await entries(here)] == [
            ("cli", "players add"),
            ("cli", "codes add"),
            ("cli", "codes retire"),
            ("cli", "games pause"),
            ("cli", "reload"),
        ]


async def entries(here: Running) -> list[tuple[str, str, str]]:
    found = sorted(await here.made.store.find(Audit), key=lambda one: one.at)
    return [(one.member, one.action, one.details) for one in found]


async def test_what_was_refused_leaves_none(tmp_path: Path) -> None:
    async with running(tmp_path, []) as here:
        await here.post("/api/players/remove", 404, game="wos", fid="9")
        assert (await here.client.post("/api/reload")).status_code == 401
        assert (
            await here.client.post("/api/reload", headers={**BEARER, "origin": "null"})
        ).status_code == 403
        assert await here.made.store.find(Audit) == []
