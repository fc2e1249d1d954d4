"""What may be ordered about Telegram accounts: `perkd telegram restore`."""

from typing import Any

import trio
from attrs import frozen
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route

from actors.vip.model import AccountState
from actors.vip.pool_messages import RestoreAccount
from daemon.assembly_gateways import TELEGRAM
from daemon.assembly_vip import ACCOUNT_POOL
from daemon.control.app import answering
from daemon.control.body import read_texts
from daemon.control.errors import NotRunning
from daemon.service import NotFound, Refused, Service
from daemon.service.audit import By, record
from daemon.telegram.status import AccountNumbers, ReviveAccount, TelegramStatus
from supervision import SupervisionError, Tree

CONNECT_WITHIN = 20.0
"""Seconds that an account gets before who ordered it is told that it takes longer."""
_LOOK = 0.1
_ANSWER_WITHIN = 5.0


@frozen
class AccountOrders:
    """The endpoints. `by`: who is named in the audit log."""

    tree: Tree
    service: Service
    by: By

    async def restore(self, request: Request) -> JSONResponse:
        """`POST /api/telegram/restore`: `{"account"}`; answered with `account`, `state`, `reason`, `leased`.

        A dead account is connected again. Unless it is still dead, or leased, it is cleared then, and free.
        """
        name = (await read_texts(request, "account")).get("account", "")
        if not await self._ask(TELEGRAM, ReviveAccount(name)):
            raise NotFound(f"no account {name[:100]!r} in [[telegram.accounts]] of the perkd that runs")
        stands = await self._connected(name)
        leased = False
        if stands.state != "dead":
            leased = await self._ask(ACCOUNT_POOL, RestoreAccount(name)) is AccountState.LEASED
            await record(self.service, self.by, "telegram restore", name)
        answer = {"account": name, "state": stands.state, "reason": stands.reason, "leased": leased}
        return JSONResponse(answer)

    async def _connected(self, name: str) -> AccountNumbers:
        """How the account stands, once it is connected or dead, or when that takes long."""
        until = trio.current_time() + CONNECT_WITHIN
        while True:
            accounts: tuple[AccountNumbers, ...] = await self._ask(TELEGRAM, TelegramStatus())
            stands = next((one for one in accounts if one.name == name), None)
            if stands is None:
                raise NotRunning("perkd's part for Telegram is starting: try again in a moment")
            if stands.state != "away" or trio.current_time() >= until:
                return stands
            await trio.sleep(_LOOK)

    async def _ask(self, path: str, message: object) -> Any:
        try:
            return await self.tree.ref(path).ask(message, timeout=_ANSWER_WITHIN)
        except KeyError:
            raise Refused("perkd runs without VIP threads: see [vip] enabled, and its log") from None
        except SupervisionError as error:
            raise NotRunning(f"{path} does not answer now: {error}") from error

    def routes(self) -> list[BaseRoute]:
        """All of them."""
        return [Route("/api/telegram/restore", answering(self.restore), methods=["POST"])]
