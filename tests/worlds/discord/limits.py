"""What Discord accepts of a message: lengths and counts, fields and their kinds.

See https://discord.com/developers/docs/resources/message.
"""

from typing import Any

from tests.worlds.discord.errors import Form, Json
from tests.worlds.discord.limits_components import check_rows
from tests.worlds.discord.limits_text import check_list, check_text, length

CONTENT, NONCE = 2000, 25
EMBEDS, EMBED_TOTAL, FIELDS = 10, 6000, 25
TITLE, DESCRIPTION, FOOTER, AUTHOR, FIELD_NAME, FIELD_VALUE = 256, 4096, 2048, 256, 256, 1024
ATTACHMENTS, NAMED_USERS = 10, 100
COLOURS = 0xFFFFFF

_SUPPRESS_EMBEDS, _EPHEMERAL, _SUPPRESS_NOTIFICATIONS = 1 << 2, 1 << 6, 1 << 12
_PARSE = {"users", "roles", "everyone"}


def check_message(body: Json, *, ephemeral: bool = False) -> None:
    """Refuse (50035) a message, or an edit of one. Only answers to interactions may be `ephemeral`."""
    form = Form()
    check_text(form, body, "content", CONTENT)
    check_embeds(form, body)
    check_rows(form, body)
    check_list(form, body, "attachments", ATTACHMENTS)
    _check_nonce(form, body)
    _check_mentions(form, body)
    flags = body.get("flags") or 0
    allowed = _SUPPRESS_EMBEDS | _SUPPRESS_NOTIFICATIONS | (_EPHEMERAL if ephemeral else 0)
    if flags & ~allowed:
        form.wrong("MESSAGE_FLAGS_INVALID", f"Flags {flags & ~allowed} can't be set here.", "flags")
    form.refuse()


def is_empty(message: Json) -> bool:
    """Whether there is nothing to show; Discord refuses that with 50006."""
    shown = ("content", "embeds", "attachments", "components")
    return not any(_shows(message.get(key)) for key in shown)


def _shows(value: Any) -> bool:
    return bool(value.strip()) if isinstance(value, str) else bool(value)


def check_embeds(form: Form, body: Json) -> None:
    """The list of embeds, each alone and all together."""
    embeds = check_list(form, body, "embeds", EMBEDS)
    total = 0
    for index, embed in enumerate(embeds):
        with form.within("embeds", index):
            total += _check_embed(form, embed)
    if total > EMBED_TOTAL:
        message = f"Embed size exceeds maximum size of {EMBED_TOTAL}"
        form.wrong("MAX_EMBED_SIZE_EXCEEDED", message, "embeds")


def _check_embed(form: Form, embed: Json) -> int:
    """Returns how much of the common limit it takes."""
    texts = [check_text(form, embed, "title", TITLE), check_text(form, embed, "description", DESCRIPTION)]
    for index, one in enumerate(check_list(form, embed, "fields", FIELDS)):
        with form.within("fields", index):
            texts.append(check_text(form, one, "name", FIELD_NAME, required=True))
            texts.append(check_text(form, one, "value", FIELD_VALUE, required=True))
    for part, key, most in (("footer", "text", FOOTER), ("author", "name", AUTHOR)):
        if embed.get(part):
            with form.within(part):
                texts.append(check_text(form, embed[part], key, most, required=True))
    for part in ("image", "thumbnail"):
        if embed.get(part):
            with form.within(part):
                _check_url(form, embed[part], "http", "https", "attachment")
    _check_url(form, embed, "http", "https")
    colour = embed.get("color") or 0
    if not isinstance(colour, int) or not 0 <= colour <= COLOURS:
        form.wrong("NUMBER_TYPE_MAX", f"int value should be less than or equal to {COLOURS}.", "color")
    return sum(length(text.strip()) for text in texts)


def _check_url(form: Form, body: Json, *schemes: str) -> None:
    url = body.get("url")
    if url and str(url).partition("://")[0] not in schemes:
        message = f"Scheme must be one of {schemes}: {url}"
        form.wrong("URL_TYPE_INVALID_SCHEME", message, "url")


def _check_nonce(form: Form, body: Json) -> None:
    nonce = body.get("nonce")
    if isinstance(nonce, str) and length(nonce) > NONCE:
        form.wrong("NONCE_TYPE_TOO_LONG", f"Must be {NONCE} or fewer in length.", "nonce")
    if body.get("enforce_nonce") and nonce in (None, ""):
        form.wrong("BASE_TYPE_REQUIRED", "A nonce is required for enforce_nonce", "nonce")


def _check_mentions(form: Form, body: Json) -> None:
    allowed = body.get("allowed_mentions") or {}
    parse = allowed.get("parse") or []
    if set(parse) - _PARSE:
        form.wrong(
            "BASE_TYPE_CHOICES", f"Values must be among {sorted(_PARSE)}.", "allowed_mentions", "parse"
        )
    for kind in ("users", "roles"):
        named = check_list(form, allowed, kind, NAMED_USERS)
        if named and kind in parse:
            message = f'parse:["{kind}"] and {kind}: [ids...] are mutually exclusive.'
            form.wrong("MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", message, "allowed_mentions")
