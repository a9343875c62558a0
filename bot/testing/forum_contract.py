"""The contract of a forum: what the core relies on, as tests that an adapter's author runs over his adapter."""

from __future__ import annotations

import pytest

from bot.testing.forum_accounts import AccountLaws
from bot.testing.forum_boards import BoardLaws
from bot.testing.forum_events import EventLaws
from bot.testing.forum_failing import FailureLaws
from bot.testing.forum_files import FileLaws
from bot.testing.forum_impersonating import ImpersonationLaws
from bot.testing.forum_marks import MarkLaws
from bot.testing.forum_moderation import ModerationLaws
from bot.testing.forum_reading import ReadingLaws
from bot.testing.forum_recovering import RecoveringLaws
from bot.testing.forum_rig import ForumRig
from bot.testing.forum_starting import StartingLaws
from bot.testing.forum_writing import WritingLaws

__all__ = ["ForumContract", "ForumRig"]


@pytest.mark.asyncio
class ForumContract(
    ReadingLaws,
    EventLaws,
    BoardLaws,
    FailureLaws,
    WritingLaws,
    RecoveringLaws,
    StartingLaws,
    ModerationLaws,
    AccountLaws,
    ImpersonationLaws,
    FileLaws,
    MarkLaws,
):
    """All laws of a forum; subclass it and override the fixture `rig`.

    `ReadingLaws`, `EventLaws` and `BoardLaws` are what every forum must obey, `FailureLaws` what makes it survive,
    `WritingLaws` what makes it answer, `RecoveringLaws` what makes it answer once, `StartingLaws` what makes it start
    threads, `ModerationLaws` what those need whose replies wait for a moderator, `AccountLaws` and `MarkLaws` those
    that people lend their own accounts, `ImpersonationLaws` those whose operators let us act for others, `FileLaws`
    those that take files. A law that does not concern an adapter skips itself and says why: by a capability or port
    that the adapter does not have, or by a hook that the rig does not have.
    """

    @pytest.fixture
    def rig(self) -> ForumRig:
        raise NotImplementedError("override the fixture `rig`: it gives a ForumRig over your adapter")
