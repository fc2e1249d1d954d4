"""A file that MongoDB has taken over from is not copied: a running perkd is asked, the disk may not tell."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import UnixStreamServer
from threading import Thread
from typing import Any

import pytest

from tests.worlds.stores import fill, some_players


class Daemon(UnixStreamServer):
    """Answers every request with one status."""

    state = "leading"


class Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Daemon)
        told = {"storage": {"backends": {"sqlite": {}, "mongodb": {"state": self.server.state}}}}
        body = json.dumps(told).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def address_string(self) -> str:
        return "the socket"

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def daemon(home: Path) -> Iterator[Daemon]:
    fill(home / "var" / "perkd.sqlite3", *some_players(2))
    with Daemon(str(home / "var" / "perkd.sock"), Answer) as server:
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("state", ["leading", "failing"])
@pytest.mark.parametrize("command", ["backup", "export"])
def test_no_copy_is_made_while_mongodb_alone_has_the_state(
    daemon: Daemon, perkd: Any, home: Path, command: str, state: str
) -> None:
    daemon.state = state
    done = perkd(command, str(home / "copy"))
    assert (done.returncode, done.stdout) == (1, "")
    assert "MongoDB alone keeps the state now" in done.stderr
    assert not (home / "copy").exists()


@pytest.mark.parametrize("state", ["following", "behind", "away"])
@pytest.mark.parametrize("command", ["backup", "export"])
def test_a_file_that_leads_is_copied(
    daemon: Daemon, perkd: Any, home: Path, command: str, state: str
) -> None:
    daemon.state = state
    assert perkd(command, str(home / "copy")).returncode == 0
    assert (home / "copy").stat().st_size > 0
