"""What commands act upon."""

from __future__ import annotations

from typing import Protocol

from bot.accounts import Accounts
from bot.clock import Clock
from bot.confiding import Confiding
from bot.lanes import OpenForum, Sought
from bot.media.cache import Held
from bot.ports import Chat
from bot.store import Store


class Desk(Protocol):
    """What commands act upon: the program as far as a command may reach it."""

    store: Store
    clock: Clock
    accounts: Accounts
    confiding: Confiding

    async def forum_for(self, address: str) -> OpenForum:
        """The forum that an address belongs to by its form, opened; raises `NotFound` where no adapter knows it."""

    async def sought(self, address: str) -> Sought:
        """The forum that an address leads to, opened; its page is read where nothing else tells. Raises `NotFound`."""

    def forum_at(self, address: str) -> str:
        """The name of the forum that an address belongs to; opens nothing; raises `NotFound` as `forum_for` does."""

    async def chat(self, name: str) -> Chat:
        """A chat login, opened; raises `NotFound` naming those that are configured."""

    async def forum(self, name: str) -> OpenForum:
        """A forum by its name, opened."""

    async def held_media(self) -> Held:
        """How much of images and files is kept."""

    def remarks(self) -> dict[str, list[str]]:
        """What the chats that are open have to say to operators, by name; asks nobody."""

    def site(self) -> str:
        """Where people reach our pages, without a slash at the end."""

    def wake(self) -> None:
        """Something may be due or owed now."""
