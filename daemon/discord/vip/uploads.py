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
    absent, too_large = set[int](), set[int]()
    for place, file in enumerate(part.files):
        try:
            data[place] = await open_file(file.source)
        except (Gone, Refused, Forbidden):
            absent.add(place)
            files.append(file)
            continue
        files.append(evolve(file, size=len(data[place])))
        if len(data[place]) > DISCORD.file:
            too_large.add(place)
    return _parcel(evolve(part, files=tuple(files)), data, absent, too_large)


def without_files(content: Content, parcel: Parcel) -> Parcel:
    """The same where Discord does not take the files: all of them in words."""
    part = content.body
    if not isinstance(part, Part):
        return parcel
    sizes = {file.source: file.size for file in parcel.shown.files}
    files = tuple(evolve(file, size=sizes.get(file.source, file.size)) for file in part.files)
    absent = {place for place, file in enumerate(files) if file.source not in sizes}
    return _parcel(evolve(part, files=files), {}, absent, set(range(len(files))) - absent)


def _parcel(part: Part, data: dict[int, bytes], absent: set[int], too_large: set[int]) -> Parcel:
    message = shown(Content(part), absent, too_large)
    return Parcel(message, tuple(data[n] for n in sorted(data) if n not in absent | too_large))
