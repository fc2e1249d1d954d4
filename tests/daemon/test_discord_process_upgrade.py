"""The store of an older perkd, from before Discord: it starts, and nothing old is announced again."""

import contextlib
import json
import sqlite3
from pathlib import Path

from actors.giftcodes.model import (
    TERMINAL_GUILD,
    Channel,
    Code,
    Guild,
    Outcome,
    Player,
    Post,
    Record,
    Redemption,
    Registration,
)
from actors.ports import Put
from daemon.storage import codec, schema
from tests.worlds.discord_process import Stage, open_stage, said

_INDEXED_THEN = {
    Player: ("game",),
    Registration: ("guild", "game"),
    Code: ("game", "state"),
    Redemption: ("game", "fid", "code", "outcome"),
    Post: ("game", "guild"),
    Guild: (),
}
_NEWER_THAN_THAT = {
    "kind",
    "intended_at",
    "nonce",
    "message",
    "shown",
    "remade",
    "mention",
    "watched",
    "summary",
}
_NEWER_THAN_THAT |= {"paused", "rewards", "by"}


def _as_then(record: Record) -> str:
    """The document without what the second perkd did not know."""

    def older(value: object) -> object:
        if isinstance(value, dict):
            return {name: older(one) for name, one in value.items() if name not in _NEWER_THAN_THAT}
        return [older(one) for one in value] if isinstance(value, list) else value

    return json.dumps(older(json.loads(codec.encode(record))))


def _write_version_2(stage: Stage, records: list[Record]) -> None:
    path = stage.host.directory / "var" / "perkd.sqlite3"
    path.parent.mkdir(mode=0o700)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        schema.migrate(connection, schema.MIGRATIONS[:2])
        connection.execute("INSERT INTO terms VALUES (1, 'w', 0, 0)")
        for number, record in enumerate(records, start=1):
            values = [getattr(record, name) for name in _INDEXED_THEN[type(record)]]
            marks = ", ".join("?" * (2 + len(values)))
            row = (record.key, _as_then(record), *values)
            connection.execute(f'INSERT INTO "{record.collection}" VALUES ({marks})', row)  # noqa: S608 - ours
            connection.execute(
                "INSERT INTO journal (term, sequence, at, batch) VALUES (1, ?, 5.0, ?)",
                (number, codec.encode_batch([Put(record)])),
            )
    path.chmod(0o600)


async def test_a_store_from_before_discord_is_taken_over_and_nothing_old_is_announced(tmp_path: Path) -> None:
    async with open_stage(tmp_path, players=2, codes=["OLD1", "OLD2"]) as stage:
        server = stage.add_server()
        old = ("OLD1", "OLD2")
        _write_version_2(
            stage,
            [
                Guild(TERMINAL_GUILD, "Terminal", channels=(Channel(TERMINAL_GUILD, since=0.0),)),
                *(Player("wos", fid, "7", f"P{fid}", added_at=1.0) for fid in ("1001", "1002")),
                *(Registration(TERMINAL_GUILD, "", "wos", fid, at=1.0) for fid in ("1001", "1002")),
                *(Code("wos", code, source="feed", first_seen=2.0) for code in old),
                *(Post(TERMINAL_GUILD, TERMINAL_GUILD, "wos", code, 1, at=3.0) for code in old),
                *(
                    Redemption("wos", "1001", code, outcome=Outcome.REDEEMED, status="SUCCESS", attempts=1)
                    for code in old
                ),
            ],
        )
        async with stage.host.perkd() as process:
            await stage.until_connected()
            answer = await server.admin.slash(server.channel, "manage giftcode setchannel")
            assert "posted to" in said(answer)
            document = await stage.host.until_settled(2)
            assert document["giftcodes"]["redeemed"] == 4
            stage.list_code("NEW1")
            await stage.until_shown(server.channel, "NEW1")
            await stage.host.until_settled(3)
            assert await stage.host.stop(process) == 0
        text = stage.host.log_text()
        assert "📣 [wos] NEW1" in text
        assert "📣 [wos] OLD" not in text
        assert "Traceback" not in text
        assert len(server.channel.messages) == 1
        stats = stage.world.stats.games["wos"]
        assert stats.players["1001"].codes == {"NEW1": 1}
        assert {one.code for one in stage.host.find(Post, guild=server.id)} == {"NEW1"}
        assert len(stage.host.find(Registration, member="")) == 2
