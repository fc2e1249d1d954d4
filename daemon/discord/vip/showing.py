"""What a content looks like in a thread: text and files; and whether a message there is one. Pure."""

import re
from collections.abc import Collection, Sequence

import hikari
from attrs import evolve, frozen

from actors.vip.ports import Content
from actors.vip.relay_values import File, Part, Said, Say
from actors.vip.rich_text import NOTHING, RichText, is_blank, plain
from daemon.discord.markdown import markdown_units, to_markdown
from daemon.discord.text import clean, cut
from daemon.vip_relaying import DISCORD
from daemon.vip_wording import notice_words, part_words, said_words

_NAME = 80
_ENDING = re.compile(r"\.[A-Za-z0-9]{1,8}$")
_NOT_IN_NAMES = re.compile(r'[\\/:*?"<>|@\r\n]')
_FOLDED = re.compile(r"[^a-z0-9]+")


@frozen
class Shown:
    """A message as it is sent."""

    text: str
    files: tuple[File, ...] = ()
    overflow: str = ""
    """What has to be a message before it: lines about files for which it has no room."""


def shown(content: Content, absent: Collection[int] = (), too_large: Collection[int] = ()) -> Shown:
    """What is sent for it.

    Args:
        content: a notice, or a `Part`.
        absent: the places of files that can't be had any more: told in words.
        too_large: the places of files that Discord does not take: told in words.
    """
    if content.notice is not None:
        return Shown(to_markdown(notice_words(content.notice)))
    part = content.body
    if not isinstance(part, Part):
        raise TypeError(f"a thread shows Part, not {type(part).__name__}")
    if not absent and not too_large:
        return Shown(to_markdown(part_words(part)), part.files)
    kept = [file for place, file in enumerate(part.files) if place not in {*absent, *too_large}]
    lines = [_absent(part.files[place]) for place in sorted(absent)]
    lines += [_too_large(part.files[place]) for place in sorted(too_large)]
    whole = part_words(evolve(part, files=tuple(kept), after=(*part.after, *lines)))
    if markdown_units(whole) <= DISCORD.text:
        return Shown(to_markdown(whole), tuple(kept))
    words = [said_words(line) for line in lines]
    if not (text := part_words(part)) and not kept:
        return Shown(_lines(words))
    return Shown(to_markdown(text), tuple(kept), _lines(words))


def _lines(words: Sequence[RichText]) -> str:
    whole = sum((line + plain("\n") for line in words), NOTHING)
    return cut(to_markdown(whole.stripped()), DISCORD.text)


def _absent(file: File) -> Said:
    return Said.of(Say.NO_FILE, kind=file.kind.value, name=file.name)


def _too_large(file: File) -> Said:
    return Said.of(Say.TOO_LARGE, name=file.name, size=file.size or 0, limit=DISCORD.file)


def file_name(file: File, place: int) -> str:
    """A name that shows nothing but itself; what the file is stays at its end."""
    name = _NOT_IN_NAMES.sub("_", clean(file.name)).lstrip(".")
    ending = found[0] if (found := _ENDING.search(name)) else ""
    stem = name.removesuffix(ending)
    if is_blank(stem):
        stem = f"{file.kind.value}-{place + 1}"
    return stem[: _NAME - len(ending)] + ending


# --- finding it again ---------------------------------------------------------------------------


def looks_like(message: hikari.PartialMessage, content: Content) -> bool:
    """Whether the message shows this content, maybe without files that could not be had."""
    attachments = list(message.attachments or ())
    if not isinstance(content.body, Part):
        return not attachments and _same(message, shown(content))
    lost = _not_among(content.body.files, attachments)
    if lost is None:
        return False
    if not lost:
        return _same(message, shown(content))
    return _same(message, shown(content, absent=lost)) or _same(message, shown(content, too_large=lost))


def shown_after_edit(content: Content, present: hikari.PartialMessage | None) -> str:
    """The text for our message as it is now (None: one without files), whose attachments stay."""
    if present is None or not isinstance(content.body, Part):
        return shown(content).text
    lost = _not_among(content.body.files, list(present.attachments or ()))
    return shown(content, absent=lost or ()).text


def _same(message: hikari.PartialMessage, wanted: Shown) -> bool:
    return (message.content or "").strip() == wanted.text.strip()


def _not_among(files: Sequence[File], attachments: list[hikari.Attachment]) -> list[int] | None:
    """The places of files that are not attached; None: something else is attached."""
    lost, left = [], list(attachments)
    for place, file in enumerate(files):
        if left and _is(left[0], file, place):
            left.pop(0)
        else:
            lost.append(place)
    return None if left else lost


def _is(attachment: hikari.Attachment, file: File, place: int) -> bool:
    """Discord changes names as it likes: where the size is known, it tells."""
    if file.size is not None:
        return attachment.size == file.size
    return _folded(attachment.filename.removeprefix("SPOILER_")) == _folded(file_name(file, place))


def _folded(name: str) -> str:
    return _FOLDED.sub("", name.lower())
