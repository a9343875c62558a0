"""Forum channels: a post for each forum thread, its tags, and which posts of ours are there.

A post and its first message are made in one request, which carries no key: what became of it, only looking tells. Its
first message has the id of the post. So a chat thread that is opened on that message is there already.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any

from adapters.chats.discord import names
from adapters.chats.discord.hooks import Hooks, speaker
from adapters.chats.discord.markers import key_of, ours
from adapters.chats.discord.pictures import Shown
from adapters.chats.discord.places import Place
from adapters.chats.discord.rest import Object, Rest, route
from bot.errors import Gone, NotAllowed
from bot.model import Found, MessageId, Payload

MOST_TAGS = 5
LASTS = 10_080
"""Minutes after which Discord archives a thread in which nobody speaks: the longest that it offers."""

PAGE = 100
WANTS_TAG = 1 << 4
"""The flag of a forum channel whose posts have to have a tag."""


class Forums:
    """What one bot has in forum channels."""

    def __init__(self, rest: Rest, hooks: Hooks, speaks: bool) -> None:
        self._rest = rest
        self._hooks = hooks
        self._speaks = speaks
        """Whether webhooks do."""

    async def post(self, place: Place, payload: Payload, shown: Shown) -> MessageId:
        """Begin a post with a message; its id."""
        title = names.title_of(str(payload.get("title") or ""))
        wanted: Object = {}
        if tags := await self._tags(place, payload):
            wanted["applied_tags"] = tags
        if self._speaks:
            body = shown.body | speaker(payload)
            said = await self._hooks.say(place.id, body, shown.files, thread_name=title, **wanted)
        else:
            where = route("POST", "/channels/{channel}/threads", channel=place.id)
            wanted |= {"name": title, "auto_archive_duration": LASTS, "message": shown.body}
            said = await self._rest.call(where, wanted, files=shown.files)
        return MessageId(str(said["id"]))

    async def newest(self, place: Place) -> str:
        """The newest post of ours, which a further part of a long text belongs to; `Gone` where there is none."""
        posts = [str(one["id"]) for one in await self._active(place) if await self._is_ours(one)]
        if not posts:
            raise Gone("The post that this text began in was removed.")
        return max(posts, key=int)

    async def read_back(self, place: Place, after: names.At) -> tuple[Found, ...]:
        """Our messages behind one (all, behind "0") in its post and in later posts of ours, in order."""
        found: list[Found] = []
        first = after.post or after.message
        # What a webhook began that is not there any more is ours all the same.
        posts = {str(one["id"]) async for one in self._all(place, first) if self._speaks or await self._is_ours(one)}
        me, application = await self._rest.me(), await self._application()
        for post in sorted(posts, key=int):
            if int(post) < int(first):
                continue
            query = {"limit": str(PAGE), "after": str(max(int(post) - 1, int(after.message)))}
            said = await self._rest.call(route("GET", "/channels/{channel}/messages", channel=post), query=query)
            mine = [one for one in reversed(said) if ours(one, me, application)]
            found += [Found(names.in_post(post, str(one["id"])), key_of(one)) for one in mine]
        return tuple(found)

    async def _tags(self, place: Place, payload: Payload) -> list[str]:
        """The ids of those tags of the channel that are called like one that the post may have, the likeliest first."""
        channel = await self._rest.call(route("GET", "/channels/{channel}", channel=place.id))
        # The moderated ones are for moderators to give; a post that has one would be refused.
        free = [tag for tag in channel.get("available_tags") or () if not tag.get("moderated")]
        known = {str(tag["name"]).casefold(): str(tag["id"]) for tag in free}
        told = payload.get("tags")
        likely = [str(name).casefold() for name in told] if isinstance(told, list) else []
        tags = [known[name] for name in dict.fromkeys(likely) if name in known][:MOST_TAGS]
        if not tags and int(channel.get("flags") or 0) & WANTS_TAG:
            raise NotAllowed(
                f"#{place.name} wants a tag on every post, and has none called like the board. Make one there that is "
                "called so, or switch “Require tags” off."
            )
        return tags

    async def _is_ours(self, post: Object) -> bool:
        owner = str(post.get("owner_id"))
        if not self._speaks:
            return owner == await self._rest.me()
        return owner in (await self._rest.me(), (await self._hooks.of(str(post["parent_id"]))).id)

    async def _application(self) -> str:
        return await self._rest.application() if self._speaks else ""

    async def _active(self, place: Place) -> list[Object]:
        said = await self._rest.call(route("GET", "/guilds/{guild}/threads/active", guild=place.guild))
        return [one for one in said["threads"] if str(one.get("parent_id")) == place.id]

    async def _all(self, place: Place, first: str) -> AsyncIterator[Object]:
        """Posts, active and archived, but for archived ones that are certainly older than the `first`."""
        for one in await self._active(place):
            yield one
        since = names.made_at(first) if int(first) else 0
        query = {"limit": str(PAGE)}
        where = route("GET", "/channels/{channel}/threads/archived/public", channel=place.id)
        while True:
            said = await self._rest.call(where, query=query)
            threads: Sequence[Any] = said["threads"]
            for one in threads:
                yield one
            if not said.get("has_more") or not threads:
                return
            last = str(threads[-1]["thread_metadata"]["archive_timestamp"])
            if datetime.fromisoformat(last).timestamp() * 1000 < since:
                return  # those below were archived, and so made, before
            query["before"] = last
