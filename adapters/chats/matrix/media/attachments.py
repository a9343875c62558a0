"""Pure: images and recordings as messages of their own, and what such a message says."""

from __future__ import annotations

from typing import Any

import msgspec

from adapters.chats.matrix.client import Object
from bot.markup.addresses import unfolds
from bot.markup.nodes import Kind, Node, document, paragraph, text
from bot.ports import Attachment, Media

LONGEST_ALT = 200
"""Characters of a description."""

KINDS = {"image": "m.image", "video": "m.video", "audio": "m.audio"}
"""What files of a kind are called; all others are "m.file"."""

AS_FILE = ("msgtype", "filename", "info", "url")
"""What says of a message that it is a file, and which one."""


class Picture(msgspec.Struct, frozen=True):
    """An image or recording of a card, as its payload names it."""

    address: str
    alt: str = ""


def apart(found: tuple[Attachment, ...], most: int) -> list[Picture]:
    """What of a text may become a message of its own: nothing that is hidden in it, and no page of a video."""
    fit = [one for one in found if not one.hidden and not unfolds(one.address)]
    return [Picture(one.address, one.alt[:LONGEST_ALT]) for one in fit[:most]]


def link_to(one: Picture) -> tuple[Node, Node]:
    """The link that stands for what cannot be had, for clients that show HTML and for others."""
    link = Node(Kind.LINK, target=one.address, children=(text(one.alt or one.address),))
    plain = f"{one.alt}: {one.address}" if one.alt else one.address
    return document(paragraph(link)), document(paragraph(plain))


def filed(said: Object, one: Picture, file: Media, mxc: str, measures: tuple[int, int] | None) -> Object:
    """A message that shows a file: under its description where there is one, else under its name."""
    info: dict[str, Any] = {"mimetype": file.mime, "size": file.size}
    if measures is not None:
        info["w"], info["h"] = measures
    as_file = {"msgtype": KINDS.get(file.kind, "m.file"), "filename": file.name, "info": info, "url": mxc}
    return _under(said, one, as_file)


def as_it_stood(said: Object, one: Picture, before: Object) -> Object:
    """The same of a file that stands there already, whatever became of it where it came from."""
    return _under(said, one, {field: before[field] for field in AS_FILE if field in before})


def _under(said: Object, one: Picture, as_file: Object) -> Object:
    rest = {field: value for field, value in said.items() if field not in ("format", "formatted_body")}
    return rest | as_file | {"body": one.alt or str(as_file["filename"])}
