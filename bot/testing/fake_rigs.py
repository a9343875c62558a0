"""The contract's rigs over the fakes: they show that the laws can be obeyed, and what a rig looks like."""

from __future__ import annotations

import msgspec

from bot.model import NO_MESSAGE, ChannelRef, Invitation, MessageId, PostKey, ThreadKey, UserId, Where
from bot.testing.chat_rig import ChatRig, Hands
from bot.testing.chat_world import ADDRESS, Person, Shown
from bot.testing.chats import FakeChat
from bot.testing.faults import Line
from bot.testing.forum_rig import ForumRig
from bot.testing.forums import FakeForum


class FakeForumRig(ForumRig):
    """A `FakeForum` and its people."""

    def __init__(self, forum: FakeForum) -> None:
        self.fake = forum
        self.board = forum.board

    async def forum(self) -> FakeForum:
        return self.fake

    async def reopen(self) -> FakeForum:
        await self.fake.close()
        return self.fake

    async def start_thread(self, title: str, text: str, author: str) -> ThreadKey:
        return self.fake.start_thread(title, text, author)

    async def post(self, thread: ThreadKey, parent: str, author: str, text: str) -> PostKey:
        return self.fake.post(thread, parent, author, text)

    async def edit(self, post: PostKey, text: str) -> None:
        self.fake.edit(post, text)

    async def delete(self, post: PostKey) -> None:
        self.fake.delete(post)

    async def unsee(self, post: PostKey) -> None:
        self.fake.unseen.add(post)

    async def garble(self, post: PostKey) -> None:
        self.fake.broken.add(post)

    async def moderate(self) -> None:
        self.fake.moderated = True

    async def approve(self, ticket: str) -> None:
        self.fake.approve(ticket)

    async def reject(self, ticket: str) -> None:
        self.fake.reject(ticket)

    async def lock(self, thread: ThreadKey) -> None:
        self.fake.close_thread(thread)

    async def befall(self, thread: ThreadKey) -> None:
        self.fake.befall(thread, "renamed this thread")

    async def answer(self, name: str, invitation: Invitation) -> str:
        return self.fake.consent(name, invitation.secret)

    async def user(self, name: str, staff: bool = False) -> None:
        self.fake.users[name] = staff

    async def line(self, state: Line) -> None:
        self.fake.faults.line = state


class FakeHands(Hands):
    """A person of a `FakeChat`."""

    def __init__(self, person: Person) -> None:
        self.id = person.id
        self._person = person

    async def say(self, where: Where, text: str, reply_to: MessageId = NO_MESSAGE) -> MessageId:
        return self._person.say(where, text, reply_to)

    async def attach(self, where: Where, text: str, name: str, content: bytes) -> MessageId:
        return self._person.say(where, text, files={name: content})

    async def edit(self, where: Where, message: MessageId, text: str) -> None:
        self._person.edit(message, text)

    async def delete(self, where: Where, message: MessageId) -> None:
        self._person.delete(message)

    async def react(self, where: Where, message: MessageId, reaction: str, on: bool = True) -> None:
        self._person.react(message, reaction, on)

    async def read(self, where: Where, message: MessageId) -> None:
        self._person.read(where, message)

    async def command(self, where: Where, line: str) -> None:
        self._person.command(where, line)

    async def press(self, where: Where, message: MessageId, label: str) -> None:
        self._person.press(where, message, label)


class FakeChatRig(ChatRig):
    """A `FakeChat`, its people and its readers."""

    where = Where(ChannelRef("lounge"))

    def __init__(self, chat: FakeChat) -> None:
        self.fake = chat

    async def chat(self) -> FakeChat:
        return self.fake

    async def reopen(self) -> FakeChat:
        await self.fake.close()
        self.fake.reopen()
        return self.fake

    def as_person(self, name: str, admin: bool = False) -> FakeHands:
        return FakeHands(self.fake.person(name, admin))

    async def shown(self, where: Where) -> list[Shown]:
        return [
            msgspec.structs.replace(one, text="\n".join((one.text, *self.fake.labels(one.message))))
            for one in self.fake.shown(where)
        ]

    async def past(self, text: str) -> None:
        self.fake.person("Ann").say(self.where, text)
        self.fake.begin()

    async def told(self, person: UserId) -> list[str]:
        whispers = [one for one in self.fake.whispers if one.person == person]
        return ["\n".join((one.text, *(offer.label for offer in one.offers))) for one in whispers]

    async def pinned(self, where: Where) -> list[MessageId]:
        return list(self.fake.pins)

    async def pings(self) -> int:
        return len(self.fake.pings)

    async def link(self, where: Where, message: MessageId) -> str:
        return f"{ADDRESS}/m/{message}"

    async def line(self, state: Line) -> None:
        self.fake.faults.line = state
