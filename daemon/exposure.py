"""The part of `perkd check` that is about others: who may read secrets, and who may open the page."""

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from daemon.config import Config, StatusConfig
from daemon.finding import Finding, not_loaded
from daemon.secrets import CREDENTIALS, SecretError, load_secret, secrets_beside
from daemon.web.actor import is_loopback


def examine_exposure(config: Config) -> Iterator[Finding]:
    """The page, and each file with a secret that others may read."""
    if config.status.address is not None:
        yield _page(config.status, config.status.address)
    named = [game.sign_key_file for game in config.games.values() if game.sign_key_file is not None]
    for path in (*named, *_beside()):
        if way_out := _way_out(path):
            text = f"{path} may be read by others: it holds a secret"
            yield Finding("secret file", well=False, text=text, way_out=way_out)


def _page(status: StatusConfig, address: tuple[str, int]) -> Finding:
    host, port = address
    what, where = "page", f"{f'[{host}]' if ':' in host else host}:{port}"
    try:
        token = load_secret(status.token_env or None)
    except SecretError as error:
        return not_loaded(what, error)
    if is_loopback(host):
        orders = "" if token else ", without a token: nothing can be ordered there"
        return Finding(what, well=True, text=f"at {where}, for this machine{orders}")
    if token is not None:
        return Finding(what, well=True, text=f"at {where}, for who has the token")
    name = status.token_env or "a variable, named in [status] token_env,"
    text = f"at {where} others reach it, and there is no token: all but the two health checks is refused"
    way_out = f"set {name} to what `openssl rand -hex 32` prints, or listen on 127.0.0.1"
    return Finding(what, well=False, text=text, way_out=way_out)


def _beside() -> list[Path]:
    """The credentials beside the configuration, where they count."""
    directory = secrets_beside()
    if directory is None or os.environ.get(CREDENTIALS):
        return []
    try:
        return sorted(path for path in directory.iterdir() if path.is_file())
    except OSError:  # there are none, or they are not for this user
        return []


def _way_out(path: Path) -> str:
    """How others are kept from it; "" where none get at it, or where its mode can't be changed."""
    try:
        found = path.stat()
        own = found.st_uid == os.geteuid()
        if not found.st_mode & (0o044 if own else 0o004):  # perkd may have it by its group alone
            return ""
        mounted = os.statvfs(path).f_flag & os.ST_RDONLY  # into a container
        if mounted or not all(folder.stat().st_mode & 0o011 for folder in path.absolute().parents):
            return ""
    except OSError:  # that it can't be read is told where it is wanted
        return ""
    return f"chmod {'600' if own else 'o='} {path}"


def without_secrets(url: str) -> str:
    """An address without user, password and query: keys are put there."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", f":{parts.port}" if parts.port else ""
    except ValueError:
        return "as configured"
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}{port}{parts.path}{'?…' if parts.query else ''}"
