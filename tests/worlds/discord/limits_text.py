"""Lengths of texts and lists.

Texts are counted in UTF-16 units, which is never less than what Discord may count.
"""

from typing import Any

from tests.worlds.discord.errors import Form, Json


def length(text: str) -> int:
    """In UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def check_text(form: Form, body: Json, key: str, most: int, *, least: int = 0, required: bool = False) -> str:
    """A field that is text; returns it, or "" where it is absent or wrong."""
    value = body.get(key)
    if value is None:
        if required:
            form.wrong("BASE_TYPE_REQUIRED", "This field is required", key)
        return ""
    if not isinstance(value, str):
        form.wrong("STRING_TYPE_CONVERT", "Could not interpret value as string.", key)
        return ""
    if required and not value:
        form.wrong("BASE_TYPE_REQUIRED", "This field is required", key)
    elif length(value) > most and least:
        form.wrong("BASE_TYPE_BAD_LENGTH", f"Must be between {least} and {most} in length.", key)
    elif length(value) > most:
        form.wrong("BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length.", key)
    elif length(value) < least:
        form.wrong("BASE_TYPE_BAD_LENGTH", f"Must be between {least} and {most} in length.", key)
    return value


def check_list(form: Form, body: Json, key: str, most: int, *, least: int = 0) -> list[Any]:
    """A field that is a list; returns what may be looked at further."""
    value = body.get(key)
    if value is None:
        return []
    if not isinstance(value, list):
        form.wrong("LIST_TYPE_CONVERT", "Only iterables may be used in a ListType", key)
        return []
    if len(value) > most or len(value) < least:
        bounds = f"between {least} and {most}" if least else f"{most} or fewer"
        form.wrong(
            "BASE_TYPE_BAD_LENGTH" if least else "BASE_TYPE_MAX_LENGTH", f"Must be {bounds} in length.", key
        )
        return []
    return value
