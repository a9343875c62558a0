"""Pure: the boards of Democratic Underground and the groups they stand in, as far as they are known or listed.

The site files its boards in groups ("Issue Forums"). Of few boards the group is known here; a thread's page
names it, and so does the page of all forums, where boards stand under the names of their groups.
"""

from __future__ import annotations

import html

from adapters.forums.democratic_underground import addresses, lines
from adapters.forums.democratic_underground.addresses import GREATEST, LATEST, Place
from adapters.forums.democratic_underground.parse_html import Tag, attributes, pieces
from adapters.forums.democratic_underground.settings import Rules
from bot.model import Board, BoardKey

ROOT = "Latest Discussions"
"""What the way to every board begins with on a page; it tells nothing of any."""

GROUPS = frozenset(
    ("Issue Forums", "Culture Forums", "Alliance Forums", "Region Forums", "Support Forums", "Help & Search")
)
"""The groups of boards, as the site's menu names them."""

KNOWN = {
    "1002": ("General Discussion",),
    "1014": ("Latest Breaking News",),
    "1016": ("Issue Forums", "Editorials & Other Articles"),
    "1018": ("The DU Lounge",),
    "1017": ("Video",),
    "1035": ("Musicians",),
    "1090": ("Campaigns",),
    "1127": ("Environment & Energy",),
    "1133": ("Foreign Affairs",),
    "1202": ("Writing",),
    "1228": ("Science",),
    "1256": ("Help",),
}
"""The ways to the boards that are known, those first that most people want; a single name where the group is not."""

SITEWIDE = {LATEST: "Latest Threads", GREATEST: "Greatest Threads"}
"""Lists of the whole site, as its tabs name them: their threads stand on boards of their own."""

_LONGEST_NAME = 100
_MOST = 500
"""Boards that are taken from a page."""


def name(key: BoardKey) -> str:
    """What a board is called, empty where nobody knows."""
    return SITEWIDE.get(key) or KNOWN.get(key, ("",))[-1]


def board(key: BoardKey, rules: Rules, called: str = "", group: str = "") -> Board:
    """A board as far as it is known: `called` and `group` are what a page says of it.

    Its name may be empty. Its path is empty where its group is not known: nothing is to be put in the place of
    what another page told.
    """
    called = called or name(key)
    group = group or "".join(KNOWN.get(key, ())[:-1])
    return Board(key, called, (group, called) if group else (), addresses.link(rules.base, Place(key)))


def boards(page: bytes, rules: Rules) -> tuple[Board, ...]:
    """The boards that a page of the site links to, each under the group above it; the best known ones first.

    Those that are known here where it links to none.
    """
    found: dict[BoardKey, Board] = {}
    named: list[str] = []  # groups whose names stand one after another, without a board
    under = False  # whether a board stood under the last of them
    link: BoardKey | None = None
    words: list[str] = []
    text, _ = lines.decoded(page)
    for tag, element, rest in pieces(text):
        if tag is Tag.TEXT:
            words.append(rest)
            continue
        said = lines.folded(html.unescape("".join(words)))
        if link is None and said in GROUPS:
            named = [said] if said in named or under else [*named, said]
            under = False
        if link is None or element == "a":
            if link is not None and said and len(found) < _MOST:
                # Names of groups one after another are a menu: none of them is that of the boards behind it.
                group = named[0] if len(named) == 1 else ""
                if link not in found or (group and not found[link].path):
                    found[link] = board(link, rules, said[:_LONGEST_NAME], group)
                under = True
            words = []
        if element == "a":
            link = _linked(attributes(rest).get("href", ""), rules) if tag is Tag.OPEN else None
    known = list(KNOWN)
    order = {key: at for at, key in enumerate(known)}
    some = sorted(found.values(), key=lambda one: order.get(one.key, len(known)))
    return tuple(some) or tuple(board(BoardKey(key), rules) for key in known)


def _linked(address: str, rules: Rules) -> BoardKey | None:
    place = addresses.read(address, rules.base)
    living = place is not None and not place.thread and not place.old and place.board not in SITEWIDE
    return place.board if place is not None and living else None
