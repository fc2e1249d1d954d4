"""After a correction: a game that is called in another way than before is not held to its old pause.

A wrong key pauses its game for up to an hour, and the pause outlives a restart, so that a daemon that is
restarted again and again does not knock each time. But an operator who has put in the right key must not
wait for it. So what a game was called with is recorded, as a salted fingerprint, and compared at the start,
before the session pool reads the pauses.
"""

import hashlib
import logging
import secrets
from collections.abc import Mapping

import trio
from attrs import define, evolve

from actors.giftcodes.circuit import Fault, fault_of_reason
from actors.giftcodes.model import Circuit, GameSetup
from actors.giftcodes.session_pool import ResumeGame
from actors.ports import Put, Store, StoreUnavailable
from daemon.secrets import Secret
from supervision import Actor, ActorDead, ActorRef, MailboxFull

logger = logging.getLogger("perkd")

AGAIN_AFTER = 5.0
"""Seconds until a store that was away is asked again."""


_STAYING = frozenset({None, Fault.THROTTLED, Fault.ORDERED})
"""No key changes these."""


@define(eq=False)
class SetupActor(Actor):
    """Compares once in a life of the process; after that there is nothing to do.

    A pause for the address's spent budget (429) stays, and one that a person ordered: no key changes that.
    """

    store: Store
    pool: ActorRef
    setups: Mapping[str, Secret]

    async def started(self) -> None:
        """Compare before those that start later read the pauses; with the store away, later."""
        try:
            await self._compare()
        except StoreUnavailable:
            self.start_soon(self._compare_later)

    async def _compare_later(self) -> None:
        while True:
            await trio.sleep(AGAIN_AFTER)
            try:
                await self._compare()
            except StoreUnavailable:
                continue
            return

    async def _compare(self) -> None:
        for game, setup in self.setups.items():
            known = await self.store.get(GameSetup, game)
            if known is not None and known.fingerprint == fingerprint(known.salt, setup):
                continue
            if known is not None:
                await self._forgive(game)
            salt = secrets.token_hex(16)
            await self.store.commit(Put(GameSetup(game, salt, fingerprint(salt, setup))))

    async def _forgive(self, game: str) -> None:
        circuit = await self.store.get(Circuit, game)
        if circuit is None or fault_of_reason(circuit.reason) in _STAYING:
            return
        await self.store.commit(Put(evolve(circuit, reason="", until=0.0, failures=0)))
        # For a pool that has read the pause already, because the store was away before.
        try:
            self.pool.tell(ResumeGame(game))
        except (MailboxFull, ActorDead) as error:
            logger.warning("%s stays paused: the session pool could not be told: %s", game, error)
        logger.info(
            "▶️ %s is called in another way than before: its pause (%s) is lifted",
            game,
            circuit.reason,
            extra={"game": game, "reason": circuit.reason},
        )


def fingerprint(salt: str, setup: Secret) -> str:
    """What tells two setups apart and gives neither away: 8 bytes, as hexadecimal digits."""
    digest = hashlib.blake2b(setup.reveal().encode(), digest_size=8, salt=bytes.fromhex(salt))
    return digest.hexdigest()
