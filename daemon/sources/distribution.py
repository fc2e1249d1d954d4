"""Kind `distribution`: `{"codes": ["CODE dd.mm.yyyy", …]}`, the API that communities share codes through.

The date is that of adding, as far as anybody knows, and therefore no expiry: it is read past. The key goes
into the header `X-API-Key`. perkd only reads here: what it finds elsewhere is not sent back.
"""

import re
from collections.abc import Sequence

from actors.giftcodes.codes import clean_code, read_code
from actors.ports import SourceError
from daemon.sources.body import Body
from daemon.sources.json_body import parse_json, shape
from daemon.sources.listing import Entry
from daemon.sources.polled import Format

KEY_HEADER = "X-API-Key"

_DATE = re.compile(r"\d{1,2}\.\d{1,2}\.\d{2,4}", re.ASCII)


def entries(body: Body) -> Sequence[object]:
    """The list at `codes`. Raises `SourceError` when there is none."""
    match parse_json(body):
        case {"codes": list(found)}:
            return found
        case document:
            raise SourceError(f"got JSON that is {shape(document)}, without a list codes")


def read(entry: object) -> Entry | None:
    """The code of one `CODE dd.mm.yyyy`, or `CODE` alone; None when it is neither."""
    if not isinstance(entry, str):
        return None
    match entry.split():
        case [text, date] if _DATE.fullmatch(clean_code(date)):
            code = read_code(text)
        case _:
            code = read_code(entry)
    return Entry(code) if code else None


FORMAT = Format("application/json", entries, read)
