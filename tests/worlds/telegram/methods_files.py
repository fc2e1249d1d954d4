"""Files: parts that come, media that are made of them, and what is fetched."""

from typing import Any

from telethon.tl import functions, types  # type: ignore[import-untyped]

from tests.worlds.telegram.calls import TRUE, Call, method
from tests.worlds.telegram.desk import document, photo
from tests.worlds.telegram.failures import RefusalError
from tests.worlds.telegram.state import now


@method(functions.upload.SaveFilePartRequest, functions.upload.SaveBigFilePartRequest)
def save_part(call: Call) -> bytes:
    call.require_account()
    call.centre.parts.setdefault(call.request.file_id, {})[call.request.file_part] = call.request.bytes
    return TRUE


@method(functions.upload.GetFileRequest)
def get_file(call: Call) -> types.upload.File:
    call.require_account()
    data = call.centre.files.get(call.request.location.id)
    if data is None:
        raise RefusalError("FILE_ID_INVALID")
    begin = call.request.offset
    part = data[begin : begin + call.request.limit]
    return types.upload.File(types.storage.FileUnknown(), int(now().timestamp()), part)


def take_media(call: Call) -> Any:
    """What was uploaded, as the media of a message."""
    media = call.request.media
    match media:
        case types.InputMediaUploadedPhoto():
            return photo(call.centre, _uploaded(call, media.file))
        case types.InputMediaUploadedDocument():
            data = _uploaded(call, media.file)
            names = [a.file_name for a in media.attributes if isinstance(a, types.DocumentAttributeFilename)]
            rest = [a for a in media.attributes if not isinstance(a, types.DocumentAttributeFilename)]
            return document(call.centre, data, (names or [media.file.name])[0], media.mime_type, rest)
    raise RefusalError("MEDIA_INVALID")


def _uploaded(call: Call, file: Any) -> bytes:
    parts = call.centre.parts.pop(file.id, {})
    if sorted(parts) != list(range(file.parts)):
        raise RefusalError("FILE_PARTS_INVALID")
    return b"".join(parts[number] for number in range(file.parts))
