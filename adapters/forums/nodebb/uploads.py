"""Files that go to a NodeBB with a post: uploaded as its own editor does, and named in the text by their addresses.

Its API for programs has no way for files; the editor's own takes tokens where the forum lets it. Where it does not, or
the account lacks the privilege, the file is refused.
"""

from __future__ import annotations

from urllib.parse import urljoin

from adapters.engines.multipart import UPLOADING, File, multipart
from adapters.forums.nodebb.acting import Accounts
from adapters.forums.nodebb.client import Client, answered
from adapters.forums.nodebb.rows import Uploaded
from bot import markup
from bot.errors import OutcomeUnknown
from bot.markup.addresses import shows
from bot.markup.nodes import Kind, Node, document, paragraph, text
from bot.model import Login


class Uploads:
    """Gives files to one forum."""

    def __init__(self, client: Client, accounts: Accounts) -> None:
        self._client = client
        self._accounts = accounts

    async def upload(self, name: str, kind: str, content: bytes, login: Login | None) -> str:
        """What shows the file in a post: an image, or a link to it."""
        body, form = multipart((), File("files[]", name, kind, content))
        what = f"the file {name[:80]}"
        answer = await self._client.give("/post/upload", what, self._accounts.key(login), body, form, UPLOADING)
        made = answered(answer, Uploaded, what)
        address = urljoin(f"{self._client.root}/", made.images[0].url) if made.images else ""
        if not shows(address):
            raise OutcomeUnknown("The forum took the file and does not say where it is.")
        shown = Node(Kind.LINK, target=address, children=(text(name),))
        if kind.startswith("image/"):
            shown = Node(Kind.IMAGE, target=address, label=name)
        return markup.write(document(paragraph(shown)), "markdown")
