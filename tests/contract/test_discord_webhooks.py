"""The Discord adapter obeys the contract of a chat also where webhooks speak under the names of authors."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.testing.chat_contract import ChatContract, ChatRig
from bot.testing.chat_talk import seen, send_one
from bot.testing.faults import PAUSE, Line
from tests.contract.test_discord import DiscordRig
from tests.discord.conftest import no_voice  # noqa: F401 - a fixture
from tests.discord.faults import Fail, Limit, LoseAnswer
from tests.discord.stand_in import StandIn


class WebhookRig(DiscordRig):
    """The same channel, in which webhooks speak."""

    identity = "webhook"

    async def line(self, state: Line) -> None:
        await super().line(state)
        faults = self.there.faults
        match state:
            case Line.DEAF:
                for method in ("POST", "PATCH"):
                    faults.rule(LoseAnswer(), method, "/webhooks/", times=None)
            case Line.GARBLED:
                faults.rule(Fail(502), "POST", "/webhooks/", times=None)
            case Line.LIMITED:
                faults.rule(Limit(PAUSE), "POST", "/webhooks/")


class TestDiscordWebhooks(ChatContract):
    @pytest.fixture
    async def rig(self, tmp_path: Path) -> AsyncIterator[WebhookRig]:
        async with StandIn() as there:
            with there.addressed():
                rig = WebhookRig(there, tmp_path)
                yield rig
                await rig.close()

    async def test_a_reply_is_native(self, rig: ChatRig) -> None:
        """Webhooks answer nothing natively: the message says in words what it answers."""
        chat = await rig.chat()
        first = await send_one(chat, rig.where, "question", "k-1")
        answer = await send_one(chat, rig.where, "answer", "k-3", reply_to=first)
        assert f"/{first}>" in (await seen(rig, answer)).text
