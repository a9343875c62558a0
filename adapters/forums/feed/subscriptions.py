"""Pure: WebSub's rules for whoever subscribes: which hub a feed names, when it is asked, what proves a push.

Source: W3C Recommendation WebSub, 2018.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Iterable, Sequence

import msgspec

from bot.markup.addresses import absolute
from bot.model import DAY, HOUR, MINUTE, Hint, Millis

LEASE = 10 * DAY
"""How long we ask a hub to push."""

LONGEST_LEASE = 14 * DAY
"""A hub that promises more is asked again after so long: it may have forgotten by then."""

EARLY = 10
"""A lease is renewed when a tenth of it is left."""

REFUSED = DAY
"""After how long a hub that said no is asked again."""

LONGEST_WAIT = 6 * HOUR

METHODS = frozenset({"sha1", "sha256", "sha384", "sha512"})
"""What a signature may be made with."""

_LINK = re.compile(r'<([^<>]{1,2000}+)>((?:[^,"]++|"[^"]*+")*+)')
_REL = re.compile(r';\s{0,9}rel\s{0,9}=\s{0,9}(?:"([^"]{0,200})"|([^\s;,"]{1,200}))', re.IGNORECASE)


class Offer(msgspec.Struct, frozen=True):
    """Where a feed says that it can be subscribed to, and under which name the hub knows it."""

    hub: str
    topic: str


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of one subscription; times are 0 for never."""

    hub: str
    topic: str
    target: Hint
    """The source that a push makes due."""
    id: str
    """The end of the address that the hub posts to; nobody can guess it."""
    secret: str
    tries: int = 0
    """How often the hub was asked without having confirmed it."""
    asked: Millis = 0
    refused: Millis = 0
    began: Millis = 0
    """When the hub last confirmed it."""
    until: Millis = 0
    """When it stops pushing."""
    tended: Millis = 0
    """When the feed was last read."""
    heard: bool = False
    """Whether it pushed in this lease."""
    news: int = 0
    """How often reading found something new in this lease."""


def offered(headers: Sequence[str], links: Iterable[tuple[str, str]], address: str) -> Offer | None:
    """The hub that a feed at an address names, in its Link headers or, as (rel, href), in itself; None for none.

    A hub that is not asked over https is none, but for a feed that is not read over https either: the secret would be
    sent in the clear.
    """
    told = [one for header in headers for one in _links(header[:8192])]
    for pairs in (told, links):
        found: dict[str, str] = {}
        for rel, href in pairs:
            for name in rel.lower().split():
                if name in ("hub", "self") and (full := absolute(href, address)).startswith(("http://", "https://")):
                    found.setdefault(name, full)
        hub = found.get("hub", "")
        if hub.startswith("https://") or (hub and address.startswith("http://")):
            return Offer(hub, found.get("self", address))
    return None


def _links(header: str) -> list[tuple[str, str]]:
    """What a Link header says, as (rel, href)."""
    return [
        (rel[1] or rel[2] or "", link[1].strip())
        for link in _LINK.finditer(header)
        if (rel := _REL.search(link[2])) is not None
    ]


def begun(offer: Offer, target: Hint, now: Millis) -> Subscription:
    """A new subscription, with an address and a secret of its own."""
    return Subscription(
        hub=offer.hub,
        topic=offer.topic,
        target=target,
        id=secrets.token_urlsafe(24),
        secret=secrets.token_urlsafe(32),
        tended=now,
    )


def due(sub: Subscription, now: Millis) -> bool:
    """Whether the hub is to be asked now: for the first time, again, or before the lease ends."""
    if sub.refused:
        return not 0 <= now - sub.refused < REFUSED
    if sub.tries:
        return not 0 <= now - sub.asked < min(LONGEST_WAIT, 10 * MINUTE * 2 ** min(sub.tries - 1, 10))
    return not sub.began <= now < sub.until - (sub.until - sub.began) // EARLY


def asked(sub: Subscription, now: Millis) -> Subscription:
    """The subscription while the hub is asked."""
    return msgspec.structs.replace(sub, asked=now, tries=sub.tries + 1, refused=0)


def confirmed(sub: Subscription, seconds: str, now: Millis) -> Subscription:
    """The subscription once the hub confirmed it, for as many seconds as it says."""
    lease = int(seconds) * 1000 if re.fullmatch(r"[0-9]{1,12}", seconds, re.ASCII) else LEASE
    until = now + max(MINUTE, min(lease, LONGEST_LEASE))
    return msgspec.structs.replace(sub, tries=0, refused=0, began=now, until=until, heard=False, news=0)


def silent(sub: Subscription, now: Millis) -> bool:
    """Whether a lease is (nearly) over in which reading found news and the hub told of none."""
    return bool(sub.began and not sub.heard and sub.news and due(sub, now))


def over(sub: Subscription, now: Millis) -> bool:
    """Whether nothing is left of it: the lease ended, and nobody reads the feed any more."""
    return sub.until < now and not 0 <= now - sub.tended < DAY


class Proof:
    """Finds out, piece by piece, whether a body was signed with a subscription's secret."""

    def __init__(self, secret: str, signature: str) -> None:
        method, _, self._given = signature.strip().lower().partition("=")
        self._hmac = hmac.new(secret.encode(), digestmod=method) if method in METHODS else None

    def add(self, piece: bytes) -> None:
        """A further piece of the raw body."""
        if self._hmac is not None:
            self._hmac.update(piece)

    def holds(self) -> bool:
        """Whether the signature is that of the pieces."""
        if self._hmac is None:
            return False
        return hmac.compare_digest(self._hmac.hexdigest().encode(), self._given.encode("utf-8", "replace"))
