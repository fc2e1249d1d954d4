"""What the pages say of the stored state is what the code stores."""

import re
from pathlib import Path

from daemon.storage.codec import COLLECTIONS
from daemon.storage.schema import MIGRATIONS

DOCS = Path(__file__).parents[2] / "docs"


def test_every_collection_is_named() -> None:
    page = (DOCS / "storage.md").read_text(encoding="utf-8")
    (listed,) = re.findall(r"all records of one class: (.*?) \(see", page, flags=re.DOTALL)
    assert re.findall(r"`(\w+)`", listed) == list(COLLECTIONS)


def test_samples_show_the_schema_of_today() -> None:
    page = (DOCS / "backup.md").read_text(encoding="utf-8")
    shown = re.findall(r'"schema":(\d+)|schema version (\d+)', page)
    assert [int(one or other) for one, other in shown] == [len(MIGRATIONS)] * 2
