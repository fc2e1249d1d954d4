"""What a message looks like at the desk: text, entities, and the file itself."""

import mimetypes

from attrs import evolve, frozen

from actors.vip.ports import Content, Gone, Refused
from actors.vip.relay_values import File, FileKind, Part, Said, Say
from actors.vip.rich_text import RichText
from daemon.discord.text import clean
from daemon.discord.vip.places import OpenFile
from daemon.telegram.entities import to_entities
from daemon.telegram.values import Outgoing, Upload
from daemon.vip.attachments import TooLarge
from daemon.vip_relaying import TELEGRAM
from daemon.vip_wording import notice_words, part_words

_PICTURES = ("image/jpeg", "image/png", "image/webp")
"""What Telegram takes as a picture; other images go as files."""
_MOST_PICTURE = 10 * 1024 * 1024
_BYTES = "application/octet-stream"
_NAMELESS = "file"


@frozen
class Show:
    """Makes of a content what Telegram gets."""

    open_file: OpenFile

    async def __call__(
        self, content: Content, *, editing: bool = False, without_file: bool = False
    ) -> Outgoing:
        """The message; `editing`: its words alone, for its file stays as it was sent.

        A file that can't be had any more, or passed on (`without_file`), is told in words in its place.
        Raises `Trouble` of `open_file`.
        """
        if content.notice is not None:
            return _outgoing(notice_words(content.notice))
        part = content.body
        if not isinstance(part, Part):
            raise TypeError(f"the desk is shown Part, not {type(part).__name__}")
        if not part.files or editing:
            return _outgoing(part_words(part))
        if without_file:
            return _without_file(part, _no_file(part.files[0]))
        return await self._with_file(part, part.files[0])

    async def _with_file(self, part: Part, file: File) -> Outgoing:
        try:
            data = await self.open_file(file.source)
        except TooLarge:
            size = TELEGRAM.file if file.size is None else file.size
            said = Said.of(Say.TOO_LARGE, name=file.name, size=size, limit=TELEGRAM.file)
        except (Gone, Refused):
            said = _no_file(file)
        else:
            if data:
                return _outgoing(part_words(part), _upload(file, data))
            said = _no_file(file)
        return _without_file(part, said)


def _no_file(file: File) -> Said:
    return Said.of(Say.NO_FILE, kind=file.kind.value, name=file.name)


def _without_file(part: Part, said: Said) -> Outgoing:
    return _outgoing(part_words(evolve(part, files=(), after=(*part.after, said))))


def _outgoing(words: RichText, upload: Upload | None = None) -> Outgoing:
    text, entities = to_entities(words)
    return Outgoing(text, entities, upload)


def _upload(file: File, data: bytes) -> Upload:
    name = clean(file.name) or _NAMELESS
    mime = mimetypes.guess_type(name)[0] or _BYTES
    # Telegram has no covered pictures that perkd could send: what was hidden goes as a file.
    picture = (
        file.kind is FileKind.PICTURE and mime in _PICTURES and not file.hidden and len(data) <= _MOST_PICTURE
    )
    return Upload(name, data, mime, picture)
