"""What of the status and of the events leaves perkd: without the secrets that the log leaves out, too.

The text of an exception may hold an address with a key in it.
"""

from daemon.logs import redacted

_TOLD = frozenset({"last_error", "reason", "failing", "text", "traceback"})
"""Where a document has the words of an exception."""


def hide_secrets(document: object) -> None:
    """Take them out of a JSON-ready document, in place: where it tells of errors, and of sentences."""
    match document:
        case dict():
            for key, value in document.items():
                if not isinstance(value, str):
                    hide_secrets(value)
                elif key in _TOLD:
                    document[key] = redacted(value)
        case list():
            for index, value in enumerate(document):
                if isinstance(value, str):
                    document[index] = redacted(value)
                else:
                    hide_secrets(value)
        case _:
            pass
