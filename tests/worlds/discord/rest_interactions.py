"""Routes about interactions: their callbacks, the messages that answer them, and more of those.

Whether an interaction is known, answered already, or too old is decided by `World.interactions`:

- `callback(id, token, body, files)` does the first answer. Raises `Refusal(10062)`, `Refusal(40060)`, 50035.
- `message(token, message_id)` is a `MessageState`; `"@original"` is the first answer. Raises
  `Refusal(50027)` where the token is no more, `Refusal(10008)`.
- `edit(token, message_id, body, files)` changes it and returns it; `delete(token, message_id)`.
- `followup(token, body, files)` sends one more and returns it.
"""

from typing import Any

from tests.worlds.discord.errors import Refusal
from tests.worlds.discord.rest_call import Call, Json, Routes

ROUTES = Routes()
MESSAGE = "/webhooks/{webhook}/{token}/messages/{message}"


@ROUTES.on("POST", "/interactions/{interaction}/{token}/callback", token=False, limited=False)
async def post_callback(call: Call) -> Json | None:
    interactions, token = call.world.interactions, call.params["token"]
    interactions.callback(call.params["interaction"], token, call.body, call.files)
    if call.query.get("with_response", "").lower() != "true":
        return None
    found: Json = {"interaction": {"id": call.params["interaction"], "type": 2}}
    message = interactions.first(token)
    if message is not None:
        found["interaction"] |= {
            "response_message_id": message.id,
            "response_message_loading": bool(message.flags & 1 << 7),
            "response_message_ephemeral": message.ephemeral,
        }
        found["resource"] = {"type": call.body["type"], "message": message.payload()}
    return found


@ROUTES.on("GET", MESSAGE, token=False)
async def get_message(call: Call) -> Any:
    return _interactions(call).message(call.params["token"], call.params["message"]).payload()


@ROUTES.on("PATCH", MESSAGE, token=False)
async def patch_message(call: Call) -> Any:
    params = call.params
    return _interactions(call).edit(params["token"], params["message"], call.body, call.files).payload()


@ROUTES.on("DELETE", MESSAGE, token=False)
async def delete_message(call: Call) -> None:
    _interactions(call).delete(call.params["token"], call.params["message"])


@ROUTES.on("POST", "/webhooks/{webhook}/{token}", token=False)
async def post_followup(call: Call) -> Any:
    return _interactions(call).followup(call.params["token"], call.body, call.files).payload()


def _interactions(call: Call) -> Any:
    if call.params["webhook"] != call.world.application_id:
        raise Refusal(10015)
    return call.world.interactions
