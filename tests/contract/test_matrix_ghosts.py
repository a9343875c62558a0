"""The Matrix adapter obeys the contract of a chat also as an application service, where each author has a ghost."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.chats.matrix.settings import Settings
from bot.testing.chat_contract import ChatContract
from tests.contract.test_matrix import MatrixRig
from tests.matrix.conftest import homeserver, synapse  # noqa: F401 - fixtures
from tests.matrix.homeserver import Homeserver
from tests.matrix.people import Person, newcomer
from tests.matrix.proxy import Fail, Proxy
from tests.matrix.services import Service


class GhostRig(MatrixRig):
    """A room that everybody may enter, with the service's own account in it."""

    def __init__(
        self, server: Homeserver, proxy: Proxy, owner: Person, service: Service, bot: Person, room: str, folder: Path
    ) -> None:
        super().__init__(server, proxy, owner, bot, room, folder)
        self._service = service
        service.known_in(self._context.folder)

    def _settings(self, address: str) -> Settings:
        return self._service.settings(address)

    async def _lock(self) -> None:
        """The registration is taken from the homeserver."""
        self._proxy.rule(Fail(401, asked=False), times=None)


class TestMatrixGhosts(ChatContract):
    @pytest.fixture
    async def rig(self, homeserver: Homeserver, tmp_path: Path) -> AsyncIterator[GhostRig]:  # noqa: F811
        service = homeserver.services[0]
        owner, bot = await newcomer(homeserver, "owner"), await service.account(homeserver)
        room = await owner.room()
        await bot.join(room)
        async with Proxy(homeserver.address) as proxy:
            rig = GhostRig(homeserver, proxy, owner, service, bot, room, tmp_path)
            yield rig
            await rig.close()
