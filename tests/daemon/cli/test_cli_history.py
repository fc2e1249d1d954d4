"""`perkd history` of more than is shown."""

import json
from typing import Any

from actors.giftcodes.model import Code, Redemption
from actors.ports import Put
from daemon.config import load_config
from daemon.storage import SQLiteBackend
from daemon.storing import database


def fill(home: Any, pairs: int) -> None:
    backend = SQLiteBackend(database(load_config(home / "config.toml", {})))
    backend.open()
    redemptions = [Redemption("wos", str(number), "SNOW", last_at=float(number)) for number in range(pairs)]
    backend.commit([Put(Code("wos", "SNOW")), *map(Put, redemptions)])
    backend.close()


def test_a_limit_shows_the_newest_and_says_that_there_are_more(perkd: Any, home: Any) -> None:
    fill(home, 3)
    more = "(the newest 2; there are more: see --limit, --code, --player and --game)\n"
    done = perkd("history", "--limit", "2", "--json")
    assert ([row["fid"] for row in json.loads(done.stdout)], done.stderr) == (["1", "2"], more)
    done = perkd("history", "--limit", "2")
    assert (done.stdout.count("wos/"), done.stderr) == (2, more)
    done = perkd("history", "--limit", "3", "--json")
    assert ([row["fid"] for row in json.loads(done.stdout)], done.stderr) == (["0", "1", "2"], "")
    assert perkd("history", "--limit", "0").returncode == 2


def test_without_a_limit_a_thousand_are_shown(perkd: Any, home: Any) -> None:
    fill(home, 1001)
    done = perkd("history", "--json")
    assert json.loads(done.stdout)[0]["fid"] == "1"
    assert len(json.loads(done.stdout)) == 1000
    assert "(the newest 1000;" in done.stderr
