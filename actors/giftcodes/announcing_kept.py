"""The messages about the codes that matter, as they are or will be recorded. Pure.

There may be a hundred thousand. So what is kept of each is a plain tuple of its own values: what the garbage
collector need not look through, and whose guild and channel are kept once.
"""

import sys
from collections import defaultdict
from collections.abc import Mapping

from attrs import define, field

from actors.giftcodes.announcing_told import NEVER, Told, summed_up
from actors.giftcodes.model import Code, CodeKey, Post, PostKind

Slot = tuple[str, str, int]
"""(guild, channel, activation) of the announcement of a code."""
Kept = tuple[float | None, float | None, str, str, str, bool]
"""`at`, `intended_at`, `nonce`, `message`, `shown` and `remade` of a `Post`."""

_NONE: Mapping[Slot, Kept] = {}


def is_posted(kept: Kept | None) -> bool:
    """Whether the message is there."""
    return kept is not None and kept[0] is not None


@define(eq=False)
class Posts:
    """Announcements by their codes, read from the store code by code; of mentions what they come to."""

    _by_code: dict[CodeKey, dict[Slot, Kept]] = field(factory=dict)
    _told: dict[CodeKey, dict[tuple[str, int], Told]] = field(factory=dict)
    """Code → (guild, activation) → what its members were told."""

    def __contains__(self, key: CodeKey) -> bool:
        return key in self._by_code

    def load(self, key: CodeKey, posts: list[Post]) -> None:
        """Take over what is stored about a code."""
        self._by_code[key] = {_slot(post): _kept(post) for post in posts if post.kind is PostKind.CODE}
        mentions = defaultdict[tuple[str, int], list[Post]](list)
        for post in posts:
            if post.kind is PostKind.MENTION:
                mentions[post.guild, post.activation].append(post)
        self._told[key] = {where: summed_up(those) for where, those in mentions.items()}

    def keep_only(self, keys: set[CodeKey]) -> None:
        """Forget those about other codes."""
        for key in self._by_code.keys() - keys:
            del self._by_code[key], self._told[key]

    def put(self, post: Post) -> None:
        """Take over an announcement as it is now; one of a code that was not read is in the store only."""
        found = self._by_code.get(CodeKey(post.game, post.code))
        if found is not None:
            found[_slot(post)] = _kept(post)

    def of(self, key: CodeKey) -> Mapping[Slot, Kept]:
        """All announcements of a code."""
        return self._by_code.get(key, _NONE)

    def about(self, code: Code, guild: str, channel: str) -> Post | None:
        """The announcement of the code's present activation."""
        kept = self.of(code.code_key).get((guild, channel, code.activation))
        if kept is None:
            return None
        at, intended_at, nonce, message, shown, remade = kept
        return Post(
            guild,
            channel,
            code.game,
            code.code,
            code.activation,
            at,
            PostKind.CODE,
            intended_at,
            nonce,
            message,
            shown,
            remade,
        )

    def told(self, code: Code, guild: str) -> Told:
        """What the guild's members were told of the code's present activation."""
        return self._told.get(code.code_key, {}).get((guild, code.activation), NEVER)

    def set_told(self, code: Code, guild: str, told: Told) -> None:
        """Take over what they were told now."""
        found = self._told.get(code.code_key)
        if found is not None:
            found[guild, code.activation] = told


def _slot(post: Post) -> Slot:
    return (sys.intern(post.guild), sys.intern(post.channel), post.activation)


def _kept(post: Post) -> Kept:
    return (post.at, post.intended_at, post.nonce, post.message, post.shown, post.remade)
