"""Kind `json`: `{"status": "success", "data": {"giftCodes": [{"code": "X", "expiresAt": "…"}, …]}}`.

This is what kingshot.net's API answers. `expiresAt` may be missing or null; other fields are ignored. A
status that says failure is an outage, even with an empty list beside it.
"""

from collections.abc import Sequence

from actors.giftcodes.codes import read_code
from actors.ports import SourceError
from daemon.sources.body import Body, excerpt
from daemon.sources.expiry import parse_expiry
from daemon.sources.json_body import parse_json, shape
from daemon.sources.listing import Entry
from daemon.sources.polled import Format

_FAILURES = frozenset({"error", "fail", "failed", "failure"})


def entries(body: Body) -> Sequence[object]:
    """The list at `data.giftCodes`. Raises `SourceError` when there is none."""
    document = parse_json(body)
    if isinstance(document, dict) and _failed(document.get("status")):
        raise SourceError(
            f"got status {excerpt(str(document['status']))}: {excerpt(str(document.get('message', '')))}"
        )
    match document:
        case {"data": {"giftCodes": list(found)}}:
            return found
        case {"data": inner}:
            raise SourceError(f"got JSON whose data is {shape(inner)}, without a list giftCodes")
        case _:
            raise SourceError(f"got JSON that is {shape(document)}, without data.giftCodes")


def _failed(status: object) -> bool:
    return status is False or (isinstance(status, str) and status.strip().lower() in _FAILURES)


def read(entry: object) -> Entry | None:
    """The code of one `{code, expiresAt?}`; None when it has none."""
    if not isinstance(entry, dict) or not isinstance(text := entry.get("code"), str):
        return None
    code = read_code(text)
    return Entry(code, parse_expiry(entry.get("expiresAt"))) if code else None


FORMAT = Format("application/json", entries, read)
