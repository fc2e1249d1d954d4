"""Checks between keys. They look at the parsed file itself, so that they speak up beside other faults too.

What has the wrong type is passed over here: its own rule says so.
"""

import os.path
from collections.abc import Callable, Iterator, Mapping

from daemon.config.faults import Fault, RefusedError, Step, show, show_key
from daemon.config.rules import NAME
from daemon.config.schema import SOURCE_KINDS

_PUSH_SCHEMES = ("ws://", "wss://")
_POLL_SCHEMES = ("http://", "https://")
_VIP_NEEDS = {
    "upgrade_channel": "the id of the Discord channel whose button opens the threads",
    "desk": 'the Telegram chat, as "@desk_username"',
}


def cross_faults(document: Mapping[str, object]) -> Iterator[Fault]:
    """Every contradiction between keys."""
    games = _table(document.get("games"))
    for name, game in games.items():
        yield from _table_name("games", name)
        if isinstance(game, Mapping):
            yield from _sign_key(("games", name), game)
    for name in _table(document.get("boards")):
        yield from _table_name("boards", name)
    sources = tuple(_entries(document.get("sources")))
    for at, source in sources:
        yield from _game_exists(("sources", at, "game"), source.get("game"), games)
        yield from _scheme_fits(("sources", at, "url"), source)
    yield from _duplicates(("sources",), sources, "name")
    accounts = tuple(_entries(_table(document.get("telegram")).get("accounts")))
    yield from _duplicates(("telegram", "accounts"), accounts, "name")
    yield from _duplicates(("telegram", "accounts"), accounts, "session", _session_file)
    yield from _vip(_table(document.get("vip")), bool(accounts))


def _table_name(section: str, name: str) -> Iterator[Fault]:
    try:
        NAME.read(name)
    except RefusedError as error:
        yield Fault((section, name), f"the name {error.text}")


def _sign_key(path: tuple[Step, ...], game: Mapping[str, object]) -> Iterator[Fault]:
    given = [key for key in ("sign_key_env", "sign_key_file") if game.get(key, "") != ""]
    if not given:
        yield Fault(path, "sign_key_env or sign_key_file must be given: where the game's signing key is")
    elif len(given) > 1:
        yield Fault((*path, "sign_key_file"), "must not be given beside sign_key_env: choose one")


def _game_exists(path: tuple[Step, ...], game: object, games: Mapping[str, object]) -> Iterator[Fault]:
    if isinstance(game, str) and game not in games:
        known = ", ".join(show_key(name) for name in games) or "none"
        yield Fault(path, f"there is no [games.{show_key(game)}]; the games are: {known}", show(game))


def _scheme_fits(path: tuple[Step, ...], source: Mapping[str, object]) -> Iterator[Fault]:
    kind, url = source.get("kind"), source.get("url")
    if not isinstance(url, str) or not isinstance(kind, str):
        return
    pushes = kind == "websocket"
    if url.lower().startswith(_POLL_SCHEMES if pushes else _PUSH_SCHEMES) and kind in SOURCE_KINDS:
        wanted = "ws:// or wss://" if pushes else "http:// or https://"
        yield Fault(path, f"must begin with {wanted} for kind = {show(kind)}")


def _vip(vip: Mapping[str, object], has_accounts: bool) -> Iterator[Fault]:
    """What VIP threads can't be without. Secrets are looked for at the start: without them the rest runs."""
    if vip.get("enabled") is not True:
        return
    for key, what in _VIP_NEEDS.items():
        if vip.get(key, "") in ("", 0, False):
            yield Fault(("vip", key), f"must be given while enabled = true: {what}")
    if not has_accounts:
        text = "needs at least one [[telegram.accounts]]: add it, then `perkd telegram login NAME`"
        yield Fault(("vip", "enabled"), text, show(True))
    if vip.get("log_channel", 0) == vip.get("upgrade_channel", 0) != 0:
        text = "must be another channel than upgrade_channel: only staff may read it"
        yield Fault(("vip", "log_channel"), text, show(vip["log_channel"]))


def _duplicates(
    path: tuple[Step, ...],
    entries: tuple[tuple[int, Mapping[str, object]], ...],
    key: str,
    same: Callable[[str], str] = str,
) -> Iterator[Fault]:
    """`same`: what two values that mean the same thing have in common."""
    seen: dict[str, int] = {}
    for at, entry in entries:
        value = entry.get(key)
        if not isinstance(value, str):
            continue
        meant = same(value)
        if meant in seen:
            yield Fault((*path, at, key), f"must be unique, but #{seen[meant] + 1} has it too", show(value))
        seen.setdefault(meant, at)


def _session_file(path: str) -> str:
    """Two accounts in one file would lock each other out. Telethon's names end in `.session`."""
    return os.path.normpath(path).removesuffix(".session")


def _table(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _entries(value: object) -> Iterator[tuple[int, Mapping[str, object]]]:
    if isinstance(value, list):
        yield from ((at, entry) for at, entry in enumerate(value) if isinstance(entry, Mapping))
