"""The guard as the outermost layer of an application, and the headers of every answer."""

import json
from collections.abc import Mapping

from attrs import frozen
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from daemon.web.guard import Asked, Guard, Refusal, headers_of

HEADERS: Mapping[str, str] = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
"""What the page does not need, a browser shall not do. An answer may have its own `cache-control`."""
_POLICY_VIOLATION = 1008


@frozen(eq=False)
class Shield:
    """An ASGI application around another one."""

    app: ASGIApp
    guard: Guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or hand on."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        websocket = scope["type"] == "websocket"
        headers = headers_of(scope["headers"])
        port = (scope.get("server") or ("", 0))[1] or 0
        asked = Asked(scope.get("method", "GET"), scope["path"], headers, websocket=websocket, port=port)
        refusal = self.guard.refuse(asked)
        if refusal is None:
            await self.app(scope, receive, send if websocket else _with_headers(send))
        elif websocket:
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION, "reason": refusal.text})
        else:
            await _answer(refusal, asked, send)


async def _answer(refusal: Refusal, asked: Asked, send: Send) -> None:
    """Say why not; a person who opened the page is shown where the token is given."""
    send = _with_headers(send)
    if refusal.status == 401 and "text/html" in asked.headers.get("accept", ""):  # noqa: PLR2004 - HTTP's
        await send({"type": "http.response.start", "status": 303, "headers": [(b"location", b"/login")]})
        await send({"type": "http.response.body", "body": b""})
        return
    body = json.dumps({"error": refusal.text}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if refusal.status == 401:  # noqa: PLR2004
        headers.append((b"www-authenticate", b"Bearer"))
    # What was sent along is not read: the connection can't be used again.
    headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            own = {name.lower() for name, _ in message.get("headers", ())}
            more = [(n.encode(), v.encode()) for n, v in HEADERS.items() if n.encode() not in own]
            message = {**message, "headers": [*message.get("headers", ()), *more]}
        await send(message)

    return sending
