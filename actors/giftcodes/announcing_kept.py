"""The messages about the codes that matter, as they are or will be recorded. Pure.

There may be a hundred thousand. So what is kept of each is a plain tuple of its own values: what the garbage
collector need not look through, and whose guild and channel are kept once.
"""

import sys
from collections.abc import Mapping

from attrs import define, field

from actors.giftcodes.model import Code, CodeKey, Guild, Post, PostKind

Slot = tuple[str, str, int, str]
"""(guild, channel, activation, kind) of a message about a code."""
Kept = tuple[float | None, float | None, str, str, str, bool]
"""`at`, `intended_at`, `nonce`, `message`, `shown` and `remade` of a `Post`."""

CODE, MENTION = PostKind.CODE.value, PostKind.MENTION.value
_NONE: Mapping[Slot, Kept] = {}


def is_posted(kept: Kept | None) -> bool:
    """Whether the message is there."""
    return kept is not None and kept[0] is not None


@define(eq=False)
class Posts:
    """Messages by their codes, read from the store code by code."""

    _by_code: dict[CodeKey, dict[Slot, Kept]] = field(factory=dict)

    def __contains__(self, key: CodeKey) -> bool:
        return key in self._by_code

    def load(self, key: CodeKey, posts: list[Post]) -> None:
        """Take over what is stored about a code."""
        self._by_code[key] = {_slot(post): _kept(post) for post in posts}

    def keep_only(self, keys: set[CodeKey]) -> None:
        """Forget those about other codes."""
        for key in self._by_code.keys() - keys:
            del self._by_code[key]

    def put(self, post: Post) -> None:
        """Take over a message as it is now; one about a code that was not read is in the store only."""
        found = self._by_code.get(CodeKey(post.game, post.code))
        if found is not None:
            found[_slot(post)] = _kept(post)

    def of(self, key: CodeKey) -> Mapping[Slot, Kept]:
        """All messages about a code."""
        return self._by_code.get(key, _NONE)

    def about(self, code: Code, guild: str, channel: str) -> Post | None:
        """The announcement of the code's present activation."""
        return self._post(code, (guild, channel, code.activation, CODE))

    def mention(self, code: Code, guild: Guild) -> Post | None:
        """The message that mentions the guild's members, in whichever of its channels."""
        found = self.of(code.code_key)
        slots = ((guild.id, channel.id, code.activation, MENTION) for channel in guild.channels)
        return next((self._post(code, slot) for slot in slots if slot in found), None)

    def _post(self, code: Code, slot: Slot) -> Post | None:
        kept = self.of(code.code_key).get(slot)
        if kept is None:
            return None
        (guild, channel, activation, kind), (at, intended_at, nonce, message, shown, remade) = slot, kept
        return Post(
            guild,
            channel,
            code.game,
            code.code,
            activation,
            at,
            PostKind(kind),
            intended_at,
            nonce,
            message,
            shown,
            remade,
        )


def _slot(post: Post) -> Slot:
    return (sys.intern(post.guild), sys.intern(post.channel), post.activation, post.kind.value)


def _kept(post: Post) -> Kept:
    return (post.at, post.intended_at, post.nonce, post.message, post.shown, post.remade)
