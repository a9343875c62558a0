"""What a message may look like: lengths, counts, embeds, and who is called by it."""

from __future__ import annotations

import re
from typing import Any

from tests.discord.components import check_components, texts_of
from tests.discord.nouns import COMPONENTS_V2, EPHEMERAL, LOADING, SUPPRESS_EMBEDS, Upload
from tests.discord.refusals import Form, Refusal

CONTENT, NONCE, EMBEDS, FILES = 2000, 25, 10, 10
FILE_BYTES = 10 * 2**20
REQUEST_BYTES = 25 * 2**20
_EMBED_TEXTS = 6000
_SETTABLE = SUPPRESS_EMBEDS | EPHEMERAL | COMPONENTS_V2 | LOADING | 1 << 12
_USER, _ROLE = re.compile(r"<@!?(\d+)>"), re.compile(r"<@&(\d+)>")
_ALL = re.compile(r"@(everyone|here)\b")


def check_files(files: list[Upload]) -> None:
    """Raise what Discord says of files that are too large."""
    if any(len(file.data) > FILE_BYTES for file in files) or sum(len(file.data) for file in files) > REQUEST_BYTES:
        raise Refusal(413, 40005, "Request entity too large")


def check_message(body: dict[str, Any], files: list[Upload], *, flags: int, where: str = "") -> None:
    """Raise what is wrong with a new message, or with a change of one; `flags` are those that it will have."""
    check_files(files)
    form = Form()
    at = f"{where}." if where else ""
    form.long(f"{at}content", body.get("content"), CONTENT)
    if (nonce := body.get("nonce")) is not None and len(str(nonce)) > NONCE:
        form.wrong(f"{at}nonce", "BASE_TYPE_MAX_LENGTH", f"Must be {NONCE} or fewer in length.")
    if (embeds := body.get("embeds")) is not None and form.count(f"{at}embeds", embeds, EMBEDS):
        _embeds(form, f"{at}embeds", embeds)
    if (attachments := body.get("attachments")) is not None:
        form.count(f"{at}attachments", attachments, FILES)
    elif len(files) > FILES:
        form.wrong(f"{at}attachments", "BASE_TYPE_MAX_LENGTH", f"Must be {FILES} or fewer in length.")
    if (body.get("flags") or 0) & ~_SETTABLE:
        form.wrong(f"{at}flags", "MESSAGE_FLAGS_INVALID", "Invalid message flags.")
    _mentions(form, f"{at}allowed_mentions", body.get("allowed_mentions"))
    v2 = bool(flags & COMPONENTS_V2)
    if v2:
        for field in ("content", "embeds", "poll", "sticker_ids"):
            if body.get(field):
                form.wrong(
                    f"{at}{field}",
                    "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
                    f"The '{field}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2",
                )
    if body.get("components") is not None:
        check_components(form, f"{at}components", body["components"], v2=v2)
    form.check()


def _embeds(form: Form, at: str, embeds: list[dict[str, Any]]) -> None:
    together = 0
    for number, embed in enumerate(embeds):
        here = f"{at}.{number}"
        author, footer = embed.get("author") or {}, embed.get("footer") or {}
        form.long(f"{here}.title", embed.get("title"), 256)
        form.long(f"{here}.description", embed.get("description"), 4096)
        form.long(f"{here}.footer.text", footer.get("text"), 2048)
        form.long(f"{here}.author.name", author.get("name"), 256)
        texts = [embed.get("title"), embed.get("description"), footer.get("text"), author.get("name")]
        fields = embed.get("fields") or []
        if form.count(f"{here}.fields", fields, 25):
            for index, field in enumerate(fields):
                form.long(f"{here}.fields.{index}.name", field.get("name"), 256, 1)
                form.long(f"{here}.fields.{index}.value", field.get("value"), 1024, 1)
                texts += [field.get("name"), field.get("value")]
        if embed.get("color") is not None:
            form.number(f"{here}.color", embed["color"], 0, 0xFFFFFF)
        links = [("url", embed.get("url"), False), ("author.url", author.get("url"), False)]
        links += [("author.icon_url", author.get("icon_url"), True), ("footer.icon_url", footer.get("icon_url"), True)]
        links += [(f"{kind}.url", (embed.get(kind) or {}).get("url"), True) for kind in ("image", "thumbnail")]
        for field, url, file in links:
            _link(form, f"{here}.{field}", url, file=file)
        together += sum(len(text) for text in texts if isinstance(text, str))
    if together > _EMBED_TEXTS:
        form.wrong(at, "MAX_EMBED_SIZE_EXCEEDED", f"Embed size exceeds maximum size of {_EMBED_TEXTS}")


def _link(form: Form, at: str, url: Any, *, file: bool) -> None:
    if not url:
        return
    schemes = ("http://", "https://", "attachment://") if file else ("http://", "https://")
    if len(url) > 2048:
        form.wrong(at, "BASE_TYPE_MAX_LENGTH", "Must be 2048 or fewer in length.")
    elif not url.startswith(schemes):
        said = "('http', 'https', 'attachment')" if file else "('http', 'https')"
        form.wrong(
            at, "URL_TYPE_INVALID_SCHEME", f'Scheme "{url.partition(":")[0]}" is not supported. Must be one of {said}.'
        )
    elif not re.match(r"\w+://[^\s/?#]+", url) or re.search(r"\s", url):
        form.wrong(at, "URL_TYPE_INVALID_URL", "Not a well formed URL.")


def _mentions(form: Form, at: str, allowed: dict[str, Any] | None) -> None:
    if allowed is None:
        return
    parse = allowed.get("parse") or []
    for kind in ("users", "roles"):
        named = allowed.get(kind)
        if named and kind in parse:
            form.wrong(
                at,
                "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
                f'parse:["{kind}"] and {kind}: [ids...] are mutually exclusive.',
            )
        if named and len(named) > 100:
            form.wrong(f"{at}.{kind}", "BASE_TYPE_MAX_LENGTH", "Must be 100 or fewer in length.")
    if set(parse) - {"users", "roles", "everyone"}:
        form.wrong(f"{at}.parse", "BASE_TYPE_CHOICES", "Value must be one of ('users', 'roles', 'everyone').")


def called(body: dict[str, Any], *, replied: str | None) -> tuple[list[str], list[str], bool]:
    """The people, the roles and whether everybody is called by this text; `replied` wrote what it answers.

    What is not said to be allowed is parsed: by a request without `allowed_mentions`, all of it.
    """
    allowed = body.get("allowed_mentions")
    parse = {"users", "roles", "everyone"} if allowed is None else set(allowed.get("parse") or [])
    said = "\n".join([body.get("content") or "", *texts_of(body.get("components") or [])])
    named = {kind: {str(one) for one in (allowed or {}).get(kind) or []} for kind in ("users", "roles")}
    people = [one for one in _USER.findall(said) if "users" in parse or one in named["users"]]
    roles = [one for one in _ROLE.findall(said) if "roles" in parse or one in named["roles"]]
    if replied and (allowed is None or allowed.get("replied_user")):
        people.append(replied)
    everyone = "everyone" in parse and _ALL.search(said) is not None
    return list(dict.fromkeys(people)), list(dict.fromkeys(roles)), everyone


def trimmed(embed: dict[str, Any]) -> dict[str, Any]:
    """An embed as it is kept: without the blanks around its texts, and of the one type that bots make."""
    kept = {key: value.strip() if key in ("title", "description") and value else value for key, value in embed.items()}
    if "fields" in kept:
        kept["fields"] = [
            {
                **field,
                "name": field["name"].strip(),
                "value": field["value"].strip(),
                "inline": field.get("inline", False),
            }
            for field in kept["fields"]
        ]
    return {**kept, "type": "rich"}


def shows(body: dict[str, Any], files: list[Upload]) -> bool:
    """Whether there is anything to see in a new message."""
    embeds = [embed for embed in body.get("embeds") or [] if set(embed) - {"type", "flags", "color"}]
    return bool(
        (body.get("content") or "").strip() or embeds or files or body.get("components") or body.get("sticker_ids")
    )


def files_shown(embeds: list[dict[str, Any]]) -> set[str]:
    """The names of the files that embeds show."""
    inner = [embed.get(key) or {} for embed in embeds for key in ("image", "thumbnail", "author", "footer")]
    urls = [str(one.get("url") or "") for one in inner] + [str(one.get("icon_url") or "") for one in inner]
    return {url.removeprefix("attachment://") for url in urls if url.startswith("attachment://")}
