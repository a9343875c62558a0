"""A forum of Flarum without its server: who is there, what they wrote, and who may see it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import escape

BEGAN = 1_767_268_800
"""Seconds: when the world begins."""

_MENTION = re.compile(r'@["“]((?:(?!"#[a-z]{0,3}[0-9]+).)+)["”]#p([0-9]+)\b')


@dataclass
class User:
    id: int
    username: str
    moderator: bool = False
    insider: bool = False
    """May read what carries a restricted tag."""
    password: str = ""
    gone: bool = False


@dataclass
class Tag:
    id: int
    name: str
    slug: str
    position: int | None = 0
    parent: int | None = None
    restricted: bool = False


@dataclass
class Post:
    id: int
    discussion: int
    number: int
    user: int
    created: int
    content: object
    kind: str = "comment"
    edited: int | None = None
    hidden: bool = False
    approved: bool = True
    broken: bool = False

    @property
    def comment(self) -> bool:
        return self.kind == "comment"


@dataclass
class Discussion:
    id: int
    title: str
    user: int
    created: int
    tags: list[int]
    locked: bool = False
    sticky: bool = False
    hidden: bool = False
    approved: bool = True
    count: int = 0
    """The highest number that was ever given to a post."""
    reads: dict[int, int] = field(default_factory=dict)
    slug: str = ""


@dataclass
class Token:
    id: int
    value: str
    user: int
    session: bool = True


class World:
    """What stands on the forum. Each act takes a second."""

    def __init__(self) -> None:
        self.now = BEGAN
        self.users: dict[int, User] = {}
        self.tags: dict[int, Tag] = {}
        self.posts: dict[int, Post] = {}
        self.discussions: dict[int, Discussion] = {}
        self.tokens: dict[str, Token] = {}
        self.keys: set[str] = set()
        """Keys of the site, which act for anybody."""
        self.moderated = False
        """New posts wait for a moderator."""
        self.approval = False
        """The extension that lets posts wait is there."""
        self.private = False
        """Guests see nothing."""
        self._answers: tuple[tuple[int, int], dict[int, list[int]]] = (0, 0), {}
        self.last: dict[int, int] = {}
        """When each account posted last."""

    def user(self, username: str, *, moderator: bool = False, insider: bool = False) -> User:
        """The account of that name."""
        for one in self.users.values():
            if one.username == username:
                return one
        id = len(self.users) + 1
        made = self.users[id] = User(id, username, moderator, insider, f"{username} has a password")
        return made

    def tag(self, name: str, slug: str, **more: object) -> Tag:
        """A new tag."""
        id = len(self.tags) + 1
        made = self.tags[id] = Tag(id, name, slug, **more)  # type: ignore[arg-type]
        return made

    def token(self, user: User, value: str = "", *, session: bool = True) -> Token:
        """A token of an account."""
        value = value or f"{user.username}{len(self.tokens)}".ljust(40, "x")
        made = self.tokens[value] = Token(len(self.tokens) + 1, value, user.id, session)
        return made

    def start(self, user: User, title: str, text: str, *tags: int) -> Post:
        """A new discussion; its first post."""
        self.now += 1
        id = len(self.discussions) + 1
        self.discussions[id] = Discussion(id, title, user.id, self.now, list(tags), approved=not self.moderated)
        self.discussions[id].slug = slug(id, title)
        return self.reply(user, id, text)

    def reply(self, user: User, discussion: int, text: object, kind: str = "comment") -> Post:
        """A new post, or an event."""
        self.now += 1
        self.discussions[discussion].count += 1
        number, id = self.discussions[discussion].count, 29 + len(self.posts) + 1
        approved = not (self.moderated and kind == "comment")
        post = self.posts[id] = Post(id, discussion, number, user.id, self.now, text, kind, approved=approved)
        self.discussions[discussion].reads[user.id] = number
        return post

    def answer(self, user: User, parent: int, text: str) -> Post:
        """An answer to a post, as the button "Reply" makes it."""
        above = self.posts[parent]
        name = self.users[above.user].username
        return self.reply(user, above.discussion, f'@"{name}"#p{parent} {text}')

    def edit(self, post: int, text: str) -> None:
        """Somebody changes a post; what names the post that it answers stays."""
        self.now += 1
        row = self.posts[post]
        head = _MENTION.match(str(row.content))
        row.content, row.edited = f"{head[0]} {text}" if head else text, self.now

    def delete(self, post: int) -> None:
        """A moderator deletes a post for good."""
        self.now += 1
        del self.posts[post]

    def rename(self, discussion: int, title: str, by: User) -> None:
        """A discussion gets another title, which is told among its posts."""
        row = self.discussions[discussion]
        before, row.title, row.slug = row.title, title, slug(discussion, title)
        self.reply(by, discussion, [before, title], "discussionRenamed")

    # --------------------------------------------------------------------------------------------------- who sees what

    def sees(self, actor: User | None, row: Discussion) -> bool:
        if self.private and actor is None:
            return False
        if any(self.tags[id].restricted for id in row.tags) and not (actor and (actor.insider or actor.moderator)):
            return False
        own = actor is not None and (actor.moderator or actor.id == row.user)
        return own or (not row.hidden and row.approved)

    def sees_post(self, actor: User | None, row: Post) -> bool:
        if not self.sees(actor, self.discussions[row.discussion]):
            return False
        own = actor is not None and (actor.moderator or actor.id == row.user)
        return own or (not row.hidden and row.approved)

    def comments(self, discussion: int) -> list[Post]:
        """Its posts that count."""
        return [one for one in self.of(discussion) if one.comment and not one.hidden and one.approved]

    def of(self, discussion: int) -> list[Post]:
        """All of its posts, by number."""
        return sorted((one for one in self.posts.values() if one.discussion == discussion), key=lambda one: one.number)

    def answers(self) -> dict[int, list[int]]:
        """Which posts name which; made anew when anything happened."""
        state = (self.now, len(self.posts))
        if self._answers[0] != state:
            found: dict[int, list[int]] = {}
            for one in self.posts.values():
                for mention in _MENTION.finditer(str(one.content)) if "#p" in str(one.content) else ():
                    found.setdefault(int(mention[2]), []).append(one.id)
            self._answers = state, found
        return self._answers[1]

    def may_change(self, actor: User, row: Post) -> bool:
        """An own post may be changed until it was answered."""
        last = max((one.number for one in self.comments(row.discussion)), default=0)
        return actor.moderator or (actor.id == row.user and row.number >= last)

    def html(self, text: str, address: str) -> str:
        """What is shown of a text."""

        def link(found: re.Match[str]) -> str:
            row = self.posts.get(int(found[2]))
            if row is None:
                return found[0]
            home = self.discussions[row.discussion]
            name = escape(self.users[row.user].username)
            return f'<a href="{address}/d/{home.slug}/{row.number}" class="PostMention" data-id="{row.id}">{name}</a>'

        paragraphs = []
        for part in re.split(r"\n{2,}", text.strip()):
            shown, at = "", 0
            for found in _MENTION.finditer(part):
                shown += _words(part[at : found.start()]) + link(found)
                at = found.end()
            paragraphs.append(f"<p>{shown}{_words(part[at:])}</p>")
        return "\n\n".join(paragraphs)


def slug(id: int, title: str) -> str:
    """What stands in a discussion's address."""
    words = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
    return f"{id}-{words}" if words else str(id)


def _words(text: str) -> str:
    shown = re.sub(r"\\([^\w\s])", r"\1", text)
    return re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", escape(shown, quote=False).replace("\n", "<br>\n"))
