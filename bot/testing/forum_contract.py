"""The contract of a forum: what the core relies on, as tests that an adapter's author runs over his adapter."""

from __future__ import annotations

import pytest

from bot.testing.forum_boards import BoardLaws
from bot.testing.forum_failing import FailureLaws
from bot.testing.forum_moderation import ModerationLaws
from bot.testing.forum_reading import ReadingLaws
from bot.testing.forum_rig import ForumRig
from bot.testing.forum_writing import WritingLaws

__all__ = ["ForumContract", "ForumRig"]


@pytest.mark.asyncio
class ForumContract(ReadingLaws, BoardLaws, FailureLaws, WritingLaws, ModerationLaws):
    """All laws of a forum; subclass it and override the fixture `rig`.

    `ReadingLaws` and `BoardLaws` are what every forum must obey, `FailureLaws` what makes it survive, `WritingLaws`
    what makes it answer, `ModerationLaws` what those need whose replies wait for a moderator. A law that does not
    concern an adapter skips itself and says why: by a capability that the adapter does not declare, or by a hook that
    the rig does not have.
    """

    @pytest.fixture
    def rig(self) -> ForumRig:
        raise NotImplementedError("override the fixture `rig`: it gives a ForumRig over your adapter")
