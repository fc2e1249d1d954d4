"""Replies, cards and modals as hikari takes them: within Discord's limits, and pinging nobody.

The limits are enforced here, at the last step, so that no text can break a message: what is too long is cut
with an ellipsis, what is too many is left out. Used in the loop's thread.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import hikari
from hikari.impl import (
    AutocompleteChoiceBuilder,
    InteractiveButtonBuilder,
    MessageActionRowBuilder,
    ModalActionRowBuilder,
)

from daemon.discord.custom_ids import LONGEST as LONGEST_ID
from daemon.discord.locale import say
from daemon.discord.text import ZWSP, cut, units
from daemon.discord.values import Button, Card, Choice, Field, Modal, Reply, Style

CONTENT, TITLE, TEXT, FIELD_NAME, FIELD_VALUE, FOOTER = 2000, 256, 4096, 256, 1024, 2048
FIELDS, CARDS, FILES, TOGETHER = 25, 10, 10, 6000
"""`TOGETHER`: units of all texts in all cards of a message."""
ROWS, IN_A_ROW, LABEL = 5, 5, 80
INPUTS, MODAL_TITLE, INPUT_LABEL, PLACEHOLDER, INPUT_VALUE = 5, 45, 45, 100, 4000
CHOICES, CHOICE = 25, 100

SILENT: dict[str, Any] = {"mentions_everyone": False, "user_mentions": False, "role_mentions": False}
"""Nothing in the text notifies anybody."""

_STYLES: dict[Style, hikari.ButtonStyle] = {
    Style.PRIMARY: hikari.ButtonStyle.PRIMARY,
    Style.SECONDARY: hikari.ButtonStyle.SECONDARY,
    Style.SUCCESS: hikari.ButtonStyle.SUCCESS,
    Style.DANGER: hikari.ButtonStyle.DANGER,
}
_JPEG = b"\xff\xd8"
_FEWEST = 8
"""Units below which a field is not worth beginning."""


# --- messages -----------------------------------------------------------------------------------


def message_of(reply: Reply) -> dict[str, Any]:
    """The keyword arguments with which hikari sends this reply, or puts it in the place of another message.

    All parts are named, also empty ones, so that an edit leaves nothing of what was there before.
    """
    content = cut(reply.text.strip(), CONTENT)
    embeds = embeds_of(reply.cards)
    files = [hikari.Bytes(file.content, _file_name(file.name)) for file in reply.files[:FILES]]
    if not (content or embeds or files):
        content = say("reply.empty")
    return {
        "content": content,
        "embeds": embeds,
        "components": rows_of(reply.buttons),
        "attachments": files or None,
        **SILENT,
    }


def embeds_of(cards: Sequence[Card]) -> list[hikari.Embed]:
    """The cards as embeds; together within Discord's limit, the first ones served first."""
    room = TOGETHER
    embeds = []
    for number, card in enumerate(cards[:CARDS]):
        embed, used = _embed(card, number, room)
        room -= used
        if used or card.image:
            embeds.append(embed)
    return embeds


def rows_of(buttons: Iterable[Button]) -> list[MessageActionRowBuilder]:
    """The buttons in rows of five. Raises `ValueError` for an id that Discord would refuse."""
    unique = list({button.id: button for button in buttons}.values())[: ROWS * IN_A_ROW]
    return [
        MessageActionRowBuilder(components=[_button(button) for button in unique[start : start + IN_A_ROW]])
        for start in range(0, len(unique), IN_A_ROW)
    ]


def _button(button: Button) -> InteractiveButtonBuilder:
    return InteractiveButtonBuilder(
        style=_STYLES[button.style],
        custom_id=_checked(button.id),
        label=cut(button.label.strip(), LABEL) or ZWSP,
        is_disabled=button.disabled,
    )


def _embed(card: Card, number: int, room: int) -> tuple[hikari.Embed, int]:
    """The card in at most `room` units, and how many it takes: the text gives way to the fields."""
    title = cut(card.title.strip(), min(TITLE, room))
    used = units(title)
    footer = cut(card.footer.strip(), min(FOOTER, max(0, room - used) // 2))
    used += units(footer)
    wanted = sum(min(units(one.name), FIELD_NAME) + min(units(one.value), FIELD_VALUE) for one in card.fields)
    text = cut(card.text.strip(), min(TEXT, max(room - used - wanted, (room - used) // 2)))
    used += units(text)
    fields = _fitting_fields(card.fields, room - used)
    used += sum(units(one.name) + units(one.value) for one in fields)
    embed = hikari.Embed(title=title or None, description=text or None, color=card.colour)
    for one in fields:
        embed.add_field(one.name, one.value, inline=one.inline)
    if footer:
        embed.set_footer(footer)
    if card.image:
        kind = "jpg" if card.image.startswith(_JPEG) else "png"
        embed.set_image(hikari.Bytes(card.image, f"picture{number}.{kind}"))
    return embed, used


def _fitting_fields(fields: Sequence[Field], room: int) -> list[Field]:
    fitting = []
    for one in fields[:FIELDS]:
        name = cut(one.name.strip(), FIELD_NAME) or ZWSP
        left = room - units(name)
        if left < _FEWEST:
            break
        value = cut(one.value.strip(), min(FIELD_VALUE, left)) or ZWSP
        room = left - units(value)
        fitting.append(Field(name, value, one.inline))
    return fitting


def _file_name(name: str) -> str:
    """What Discord keeps of a file's name anyway."""
    kept = "".join(char if char.isascii() and (char.isalnum() or char in "._-") else "_" for char in name)
    return kept[-100:] or "file"


# --- modals and suggestions ---------------------------------------------------------------------


def modal_rows(modal: Modal) -> list[ModalActionRowBuilder]:
    """The inputs of a modal, one a row."""
    rows = []
    for one in modal.inputs[:INPUTS]:
        longest = min(max(one.longest, 1), INPUT_VALUE)
        row = ModalActionRowBuilder()
        row.add_text_input(
            _checked(one.id),
            cut(one.label, INPUT_LABEL) or ZWSP,
            placeholder=cut(one.placeholder, PLACEHOLDER) or hikari.UNDEFINED,
            value=cut(one.value, longest) or hikari.UNDEFINED,
            required=one.required,
            max_length=longest,
        )
        rows.append(row)
    return rows


def modal_of(modal: Modal) -> dict[str, Any]:
    """The keyword arguments of hikari's `create_modal_response`."""
    return {
        "title": cut(modal.title, MODAL_TITLE) or ZWSP,
        "custom_id": _checked(modal.id),
        "components": modal_rows(modal),
    }


def choices_of(choices: Iterable[Choice]) -> list[AutocompleteChoiceBuilder]:
    """The first 25 suggestions; one with a value too long to come back is left out."""
    usable = [one for one in choices if one.value and units(one.value) <= CHOICE]
    return [
        AutocompleteChoiceBuilder(name=cut(one.name, CHOICE) or one.value, value=one.value)
        for one in usable[:CHOICES]
    ]


def _checked(custom_id: str) -> str:
    if not 0 < len(custom_id) <= LONGEST_ID:
        raise ValueError(f"custom id {custom_id[:120]!r}: Discord takes 1 to {LONGEST_ID} characters")
    return custom_id
