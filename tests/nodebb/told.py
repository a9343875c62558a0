"""A thread of a stand-in, and what its people do in it."""

from __future__ import annotations

from bot.model import PostKey, ThreadKey
from bot.testing.forum_talk import Follower, follow
from tests.nodebb.conftest import Opened
from tests.nodebb.stand_in import StandIn
from tests.nodebb.world import Post, Topic


def key(post: Post) -> PostKey:
    return PostKey(str(post.pid))


class Told:
    """A thread of an opening post and some replies."""

    def __init__(self, site: StandIn, replies: int, cid: int = 5) -> None:
        self.site, self.world = site, site.world
        self.ann, self.ben = site.world.user("ann"), site.world.user("ben")
        self.op = site.world.start(self.ann, "Plain talk", "The opening words", cid)
        self.posts = [site.world.reply(self.ben, self.op.tid, f"Reply {n}") for n in range(replies)]

    @property
    def topic(self) -> Topic:
        return self.world.topics[str(self.op.tid)]

    @property
    def thread(self) -> ThreadKey:
        return ThreadKey(str(self.op.tid))

    async def follow(self, opened: Opened, name: str = "") -> Follower:
        return await follow(opened(name), self.thread)

    def more(self, count: int) -> list[Post]:
        """So many replies besides."""
        made = [self.world.reply(self.ben, self.op.tid, f"Later {n}") for n in range(count)]
        self.posts += made
        return made
