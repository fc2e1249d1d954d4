"""A process that commits until it is killed, and tells each acknowledged position on its standard output.

Run as `python committer.py DATABASE [SIZE_LIMIT]`. Each batch writes the same mark into three records of two
collections, and advances a counter, so that half a batch would show.
"""

import resource
import sys
from pathlib import Path

from actors.giftcodes.model import Code, Player, Redemption
from actors.ports import Put, StoreUnavailable
from daemon.storage import SQLiteBackend, StoreBusy


def say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def main(path: str, size_limit: int | None) -> None:
    backend = SQLiteBackend(Path(path))
    try:
        term = backend.open().term
    except StoreBusy as error:
        say(f"busy {error}")
        return
    say(f"open {term}")
    if size_limit is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size_limit, size_limit))
    number = 0
    while True:
        number += 1
        mark = f"{term}.{number}"
        try:
            position = backend.commit(
                [
                    Put(Player("wos", "1", name=mark)),
                    Put(Code("wos", "A", source=mark)),
                    Put(Redemption("wos", mark, "A", status="x" * 500)),
                    Put(Player("ks", "1", name=mark)),
                ]
            )
        except StoreUnavailable as error:
            say(f"unavailable {error}")
            backend.close()
            return
        say(f"done {position.term} {position.sequence}")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else None)
