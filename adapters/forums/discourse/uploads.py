"""Files that go to a Discourse with a post: uploaded as its own editor does, and named in the text as it does.

A file that no post names leaves it by itself after some hours.
"""

from __future__ import annotations

from adapters.engines.multipart import UPLOADING, File, multipart
from adapters.forums.discourse.acting import Accounts
from adapters.forums.discourse.client import Client, answered
from adapters.forums.discourse.rows import UploadRow
from bot import markup
from bot.errors import OutcomeUnknown
from bot.markup.nodes import document, paragraph
from bot.model import Login


class Uploads:
    """Gives files to one forum."""

    def __init__(self, client: Client, accounts: Accounts) -> None:
        self._client = client
        self._accounts = accounts

    async def upload(self, name: str, kind: str, content: bytes, login: Login | None) -> str:
        """What shows the file in a post: an image, or a link to it. Refused where its ending or size is not taken."""
        account = self._accounts.key(login)
        fields = [("upload_type", "composer"), ("synchronous", "true")]
        body, form = multipart(fields, File("file", name, kind, content))
        answer = await self._client.send(
            "POST", "/uploads.json", f"the file {name[:80]}", account, body=body, kind=form, total=UPLOADING
        )
        made = answered(answer, UploadRow, "the upload")
        if not made.short_url.startswith("upload://"):
            raise OutcomeUnknown("The forum took the file and does not say what it is called there.")
        words = markup.write(document(paragraph(name)), "markdown")
        if made.width and made.height:
            return f"![{words}|{made.width}x{made.height}]({made.short_url})"
        return f"[{words}|attachment]({made.short_url})"
