"""Sockets to listen at: private, and never stolen from a daemon that lives."""

import contextlib
import errno
import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

from daemon.control.errors import AlreadyRunning, ControlError

MAX_PATH = 107
"""Bytes of a Unix socket's path: `sun_path` has 108, with a zero at the end (unix(7))."""
BACKLOG = 100
"""Connections that wait to be accepted at the Unix socket."""
TCP_BACKLOG = 1024
"""The same of a port: where it is full, whoever comes next waits a second and more, also a health check."""
PROBE_WITHIN = 2.0
"""Seconds to find out whether somebody listens at a socket that is there already."""


def check_path(path: Path) -> None:
    """Raise `ControlError` where the path is too long for a Unix socket."""
    length = len(os.fsencode(path))
    if length > MAX_PATH:
        raise ControlError(
            f"[status] socket = {path}: {length} bytes are too many for a Unix socket (at most {MAX_PATH}): "
            "name a shorter path in config.toml"
        )


@contextlib.contextmanager
def unix_socket(path: Path) -> Iterator[socket.socket]:
    """A listening socket of mode 0600 for the length of the block; its file is removed at the end.

    A missing directory is made, with mode 0700. The file of a dead process is replaced.

    Raises:
        AlreadyRunning: somebody listens there.
        ControlError: the path is too long, something else is there, or it can't be made.
    """
    check_path(path)
    try:
        if not path.parent.exists():
            path.parent.mkdir(mode=0o700, parents=True)
        _remove_stale(path)
        listener = _bind(path)
    except OSError as error:
        raise ControlError(f"[status] socket = {path}: can't be made: {error.strerror}") from error
    identity = _identity(path)
    try:
        yield listener
    finally:
        listener.close()
        with contextlib.suppress(OSError):
            if _identity(path) == identity:  # a daemon that was started since has its own there
                path.unlink()


def _bind(path: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        # Before `bind`, so that the file is never open to others, whatever the umask; Linux only, thus again.
        with contextlib.suppress(OSError):
            os.fchmod(listener.fileno(), 0o600)
        listener.bind(os.fspath(path))
        path.chmod(0o600)
        listener.listen(BACKLOG)
    except BaseException:
        listener.close()
        raise
    return listener


def _remove_stale(path: Path) -> None:
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise ControlError(
            f"[status] socket = {path}: something else is there: move it, or name another path"
        )
    if _is_answered(path):
        raise AlreadyRunning(f"perkd is already running: a process listens at {path}: stop that one first")
    path.unlink(missing_ok=True)


def _is_answered(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(PROBE_WITHIN)
        try:
            probe.connect(os.fspath(path))
        except OSError as error:
            # Any other error (a full backlog, no permission) means that there is somebody.
            return error.errno not in {errno.ECONNREFUSED, errno.ENOENT}
        return True


def _identity(path: Path) -> tuple[int, int]:
    found = path.lstat()
    return found.st_dev, found.st_ino


def tcp_sockets(host: str, port: int) -> list[socket.socket]:
    """Listening sockets for every address of `host`. Raises `ControlError` where one can't be had."""
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise ControlError(f"[status] listen: address {host!r} is not known: {error.strerror}") from error
    sockets: list[socket.socket] = []
    try:
        for family, _, _, _, address in dict.fromkeys(found):
            sockets.append(_listen_at(family, str(address[0]), port))
            port = sockets[0].getsockname()[1]  # of port 0, all addresses take what the first one got
    except OSError as error:
        for one in sockets:
            one.close()
        raise ControlError(
            f"[status] listen = {host}:{port}: {error.strerror}: "
            "free that port, or name another one in config.toml"
        ) from error
    return sockets


def _listen_at(family: int, host: str, port: int) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:  # 0.0.0.0 has a socket of its own
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind((host, port))
        listener.listen(TCP_BACKLOG)
    except BaseException:
        listener.close()
        raise
    return listener
