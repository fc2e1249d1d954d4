"""Orders for a stand-in that runs as a process: `POST /_control/<order>` with the order's fields as JSON.

What an order makes is answered with its id, and named by that id in later ones: guilds, channels, roles,
users, messages; answers to interactions and hanging faults by a number.
"""

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from attrs import define, field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.worlds.discord.guild import GuildState
from tests.worlds.discord.messages import MessageState
from tests.worlds.discord.people import MemberState
from tests.worlds.discord.places import ChannelState
from tests.worlds.discord.world import Discord

Json = dict[str, Any]


@define(eq=False)
class Control:
    """The orders, as methods. Those that return nothing are answered with `{}`."""

    discord: Discord
    _answers: list[Any] = field(factory=list)
    _hangs: list[Any] = field(factory=list)

    async def obey(self, request: Request) -> Response:
        """Do one order; 400 with the reason where it can't be done."""
        order = request.path_params["order"]
        do = None if order in ("obey", "discord") or order.startswith("_") else getattr(self, order, None)
        if do is None:
            return JSONResponse({"error": f"there is no order {order!r}"}, 404)
        try:
            found = do(**(await request.json() if await request.body() else {}))
            found = await found if inspect.isawaitable(found) else found
        except Exception as error:  # noqa: BLE001 - who gave the order is told, and the stand-in lives on
            return JSONResponse({"error": f"{type(error).__name__}: {error}"}, 400)
        return JSONResponse({} if found is None else found)

    # --- what is there ----------------------------------------------------------------------------

    def add_guild(self, name: str, **fields: Any) -> Json:
        return {"id": self.discord.add_guild(name, **fields).id}

    def add_channel(self, guild: str, name: str, *, deny: Sequence[str] = (), **fields: Any) -> Json:
        return {"id": self._guild(guild).add_channel(name, deny=tuple(deny), **fields).id}

    def add_role(self, guild: str, name: str, **fields: Any) -> Json:
        return {"id": self._guild(guild).add_role(name, **fields).id}

    def add_member(self, guild: str, name: str, *, roles: Sequence[str] = (), **fields: Any) -> Json:
        place = self._guild(guild)
        return {"id": place.add_member(name, roles=tuple(place.roles[r] for r in roles), **fields).id}

    def set_available(self, guild: str, *, available: bool) -> None:
        self._guild(guild).set_available(available)

    def remove_bot(self, guild: str) -> None:
        self._guild(guild).remove_bot()

    def deny(self, channel: str, *, permissions: list[str]) -> None:
        self._channel(channel).deny(*permissions)

    def delete_channel(self, channel: str) -> None:
        self._channel(channel).delete()

    def delete_message(self, channel: str, message: str) -> None:
        self._message(channel, message).delete()

    def messages(self, channel: str) -> list[Json]:
        return [_seen(message) for message in self._channel(channel).messages]

    def direct_messages(self, user: str) -> list[Json]:
        return [_seen(message) for message in self.discord.direct_messages(self.discord.users[user])]

    def commands(self) -> list[Json]:
        return self.discord.commands

    def requests(self) -> list[tuple[str, str, int]]:
        return self.discord.requests

    # --- what members do --------------------------------------------------------------------------

    async def say(self, channel: str, member: str, text: str) -> Json:
        return {"id": (await self._member(channel, member).say(self._channel(channel), text)).id}

    async def slash(self, channel: str, member: str, command: str, options: Json | None = None) -> Json:
        who = self._member(channel, member)
        return self._answer(await who.slash(self._channel(channel), command, **(options or {})))

    async def press(
        self, channel: str, member: str, button: str, *, message: str = "", answer: int | None = None
    ) -> Json:
        on = self._message(channel, message) if answer is None else self._answers[answer]
        return self._answer(await self._member(channel, member).press(on, button))

    async def submit(self, channel: str, member: str, answer: int, inputs: dict[str, str]) -> Json:
        return self._answer(await self._member(channel, member).submit(self._answers[answer], **inputs))

    # --- what goes wrong --------------------------------------------------------------------------

    def fault(self, kind: str, method: str, path: str, **fields: Any) -> Json:
        faults = self.discord.faults
        kinds: dict[str, Callable[..., Any]] = {
            "answer": faults.answer,
            "drop_reply": faults.drop_reply,
            "hang": faults.hang,
        }
        self._hangs.append(kinds[kind](method, path, **fields))
        return {"fault": len(self._hangs) - 1}

    def release(self, fault: int) -> None:
        self._hangs[fault].release()

    def clear_faults(self) -> None:
        self.discord.faults.clear()

    async def op7(self) -> None:
        await self.discord.gateway.op7()

    async def op9(self, *, resumable: bool) -> None:
        await self.discord.gateway.op9(resumable=resumable)

    async def close(self, code: int) -> None:
        await self.discord.gateway.close(code)

    def refuse(self, *, refuse: bool = True) -> None:
        self.discord.gateway.refuse(refuse)

    def later(self, seconds: float) -> None:
        self.discord.later(seconds)

    def intents_allowed(self, **fields: bool) -> None:
        self.discord.intents_allowed(**fields)

    def gateway(self) -> Json:
        gateway = self.discord.gateway
        return {name: getattr(gateway, name) for name in ("sessions", "identifies", "resumes")}

    # --- inside -----------------------------------------------------------------------------------

    def _guild(self, guild: str) -> GuildState:
        return self.discord.guilds[guild]

    def _channel(self, channel: str) -> ChannelState:
        return self.discord.channels[channel]

    def _member(self, channel: str, member: str) -> MemberState:
        guild = self._channel(channel).guild
        assert guild is not None
        return guild.members[member]

    def _message(self, channel: str, message: str) -> MessageState:
        found = self._channel(channel).message(message)
        assert found is not None, f"there is no message {message}"
        return found

    def _answer(self, answer: Any) -> Json:
        self._answers.append(answer)
        names = ("text", "embeds", "components", "ephemeral", "deferred", "modal", "first_after")
        return {"answer": len(self._answers) - 1} | {name: getattr(answer, name) for name in names}


def _seen(message: MessageState) -> Json:
    return message.payload() | {"pinged": sorted(message.pinged), "reacted": message.reactions}


def control_route(discord: Discord) -> Route:
    """Where orders are taken."""
    return Route("/_control/{order}", Control(discord).obey, methods=["POST"])
