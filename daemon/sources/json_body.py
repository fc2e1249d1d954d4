"""Reading JSON from strangers."""

import json

from actors.ports import SourceError
from daemon.sources.body import Body, excerpt


def parse_json(body: Body) -> object:
    """The document in `body`. Raises `SourceError` naming what there is instead."""
    if body.is_html:
        raise SourceError(f"got {body.description} instead of JSON")
    try:
        return json.loads(body.content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise SourceError(f"got invalid UTF-8 at byte {error.start} instead of JSON") from None
    except json.JSONDecodeError as error:
        raise SourceError(
            f"got bad JSON ({error.msg} at character {error.pos}): {body.description}"
        ) from None
    except (ValueError, RecursionError):  # a number of thousands of digits; brackets nested by the thousand
        raise SourceError(f"got JSON beyond reason: {body.description}") from None


def shape(document: object) -> str:
    """What a JSON value is, for an error: `a list of 3`, `an object with status, error`."""
    match document:
        case dict():
            keys = ", ".join(str(key)[:20] for key in list(document)[:6])
            return f"an object with {excerpt(keys)[1:-1]}" if keys else "an empty object"
        case list():
            return f"a list of {len(document)}"
        case None:
            return "null"
        case _:
            return excerpt(str(document))
