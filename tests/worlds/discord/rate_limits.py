"""Rate limits: buckets of routes, and the one of everything.

See https://discord.com/developers/docs/topics/rate-limits. A bucket is a window that begins with its first
request; `sliding` ones give a request back every `per / limit` seconds instead.
"""

import hashlib
import math
import time

from attrs import define, field, frozen

GLOBAL = 50
"""Requests a second, whatever they are; interactions and webhooks do not count."""


@frozen
class Rule:
    """So many requests in so many seconds, for each major parameter (channel, guild, webhook)."""

    limit: int
    per: float
    sliding: bool = False


RULES = {
    ("POST", "/channels/{channel}/messages"): Rule(5, 5.0),
    ("PATCH", "/channels/{channel}/messages/{message}"): Rule(5, 5.0),
    ("DELETE", "/channels/{channel}/messages/{message}"): Rule(5, 1.0),
    ("PUT", "/channels/{channel}/messages/{message}/reactions/{emoji}/{user}"): Rule(1, 0.25),
    ("POST", "/channels/{channel}/threads"): Rule(50, 300.0),
    ("POST", "/webhooks/{webhook}/{token}"): Rule(5, 2.0),
    ("PATCH", "/webhooks/{webhook}/{token}/messages/{message}"): Rule(5, 2.0),
}
OTHERS = Rule(50, 1.0)


@define(eq=False)
class Bucket:
    """What is left of one rule for one major parameter. Times are the wall's."""

    rule: Rule
    full_at: float = 0.0
    """When nothing is used any more."""
    used: int = 0

    def take(self, now: float) -> bool:
        """Whether one more request may pass now; it is counted if it may."""
        rule = self.rule
        if rule.sliding:
            step = rule.per / rule.limit
            behind = max(self.full_at - now, 0.0)
            if behind > (rule.limit - 1) * step:
                return False
            self.full_at = now + behind + step
            self.used = math.ceil((behind + step) / step - 1e-9)
            return True
        if now >= self.full_at:
            self.full_at, self.used = now + rule.per, 0
        if self.used >= rule.limit:
            return False
        self.used += 1
        return True

    def wait(self, now: float) -> float:
        """Seconds until one more may pass, where none may now."""
        slack = (self.rule.limit - 1) * self.rule.per / self.rule.limit if self.rule.sliding else 0.0
        return max(self.full_at - slack - now, 0.001)


@frozen
class Taken:
    """How it went: whether the request may pass, else after how many seconds; the headers that say so."""

    passed: bool
    headers: dict[str, str]
    retry_after: float = 0.0
    is_global: bool = False


@define(eq=False)
class RateLimits:
    """All buckets. `rules` may be changed before a bucket is first used."""

    rules: dict[tuple[str, str], Rule] = field(factory=RULES.copy)
    others: Rule = OTHERS
    per_second: int = GLOBAL
    second: float = 1.0
    """How long such a second is: a test that counts requests makes it longer than any machine is busy."""
    enabled: bool = True
    refusals: int = 0
    """How many requests got a 429 of these limits (those that a test ordered do not count)."""
    _buckets: dict[tuple[str, str], Bucket] = field(factory=dict)
    _overall: Bucket | None = None

    def take(self, method: str, route: str, major: str, *, counts_globally: bool = True) -> Taken:
        """Count a request of this route and major parameter."""
        if not self.enabled:
            return Taken(passed=True, headers={})
        now = time.time()
        if counts_globally and not self._take_globally(now):
            self.refusals += 1
            seconds = self._overall.wait(now) if self._overall else 1.0
            headers = {"x-ratelimit-global": "true", "x-ratelimit-scope": "global"}
            return Taken(False, headers, seconds, is_global=True)
        name = hashlib.sha256(f"{method} {route}".encode()).hexdigest()[:32]
        rule = self.rules.get((method, route), self.others)
        bucket = self._buckets.setdefault((name, major), Bucket(rule))
        passed = bucket.take(now)
        headers = _headers(name, bucket, now)
        if passed:
            return Taken(passed=True, headers=headers)
        self.refusals += 1
        headers |= {"x-ratelimit-remaining": "0", "x-ratelimit-scope": "user"}
        return Taken(False, headers, bucket.wait(now))

    def _take_globally(self, now: float) -> bool:
        if self._overall is None:
            self._overall = Bucket(Rule(self.per_second, self.second))
        return self._overall.take(now)


def _headers(name: str, bucket: Bucket, now: float) -> dict[str, str]:
    return {
        "x-ratelimit-bucket": name,
        "x-ratelimit-limit": str(bucket.rule.limit),
        "x-ratelimit-remaining": str(bucket.rule.limit - bucket.used),
        # Never less than the truth, or who comes back to the millisecond comes too early.
        "x-ratelimit-reset": f"{math.ceil(bucket.full_at * 1000) / 1000:.3f}",
        "x-ratelimit-reset-after": f"{math.ceil((bucket.full_at - now) * 1000) / 1000:.3f}",
    }
