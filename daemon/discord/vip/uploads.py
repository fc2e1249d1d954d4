"""The files of a message, fetched before it is sent; those that can't be had become words."""

from collections.abc import Sequence

import hikari
from attrs import evolve, frozen

from actors.vip.ports import Content, Forbidden, Gone, Refused
from actors.vip.relay_values import File, Part
from daemon.discord.vip.places import OpenFile
from daemon.discord.vip.showing import Shown, file_name, shown
from daemon.vip_relaying import DISCORD


@frozen
class Parcel:
    """A message with its files' bytes."""

    shown: Shown
    data: tuple[bytes, ...] = ()

    def attachments(self) -> Sequence[hikari.Bytes]:
        """As hikari sends them."""
        files = enumerate(zip(self.shown.files, self.data, strict=True))
        return [
            hikari.Bytes(data, file_name(file, place), spoiler=file.hidden) for place, (file, data) in files
        ]


async def packed(content: Content, open_file: OpenFile) -> Parcel:
    """Fetch what is attached. Raises the `Trouble` of a file that may be had later, or by others."""
    part = content.body
    if not isinstance(part, Part) or not part.files:
        return Parcel(shown(content))
    files, data = list[File](), dict[int, bytes]()
    absent, large = set[int](), set[int]()
    for place, file in enumerate(part.files):
        try:
            found = await open_file(file.source)
        except (Gone, Refused, Forbidden):
            found = b""
        if not found:  # Discord takes no file without bytes
            absent.add(place)
        elif len(found) > DISCORD.file:
            large.add(place)
        else:
            data[place] = found
        files.append(evolve(file, size=len(found)) if found else file)
    return _parcel(evolve(part, files=tuple(files)), data, absent, large)


def too_large(content: Content, parcel: Parcel) -> Parcel:
    """The same where Discord finds the files too large: all of them in words."""
    part = _part(content)
    sizes = {file.source: file.size for file in parcel.shown.files}
    files = tuple(evolve(file, size=sizes.get(file.source, file.size)) for file in part.files)
    absent = {place for place, file in enumerate(files) if file.source not in sizes}
    return _parcel(evolve(part, files=files), {}, absent, set(range(len(files))) - absent)


def in_words(content: Content) -> Parcel:
    """The same where the files can't be passed on: all of them in words."""
    part = _part(content)
    return _parcel(part, {}, set(range(len(part.files))), set())


def _part(content: Content) -> Part:
    if not isinstance(content.body, Part):
        raise TypeError(f"a thread shows Part, not {type(content.body).__name__}")
    return content.body


def _parcel(part: Part, data: dict[int, bytes], absent: set[int], large: set[int]) -> Parcel:
    return Parcel(shown(Content(part), absent, large), tuple(data.values()))
