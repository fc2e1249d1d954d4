"""What of the status and of the events leaves perkd: without the secrets that the log leaves out, too.

The text of an exception may hold an address with a key in it.
"""

from collections.abc import Iterable

from daemon.logs import redacted

_TOLD = frozenset({"last_error", "reason", "failing", "text", "traceback"})
"""Where a document has the words of an exception."""


def hide_secrets(document: object) -> None:
    """Take them out of a JSON-ready document, in place: where it tells of errors, and of sentences."""
    if isinstance(document, dict):
        for key in _TOLD & document.keys():
            if isinstance(document[key], str):
                document[key] = redacted(document[key])
        inner: Iterable[object] = document.values()
    elif isinstance(document, list):
        for index, value in enumerate(document):
            if isinstance(value, str):
                document[index] = redacted(value)
        inner = document
    else:
        return
    for value in inner:
        if value and isinstance(value, dict | list):  # a status may have ten thousand nodes
            hide_secrets(value)
