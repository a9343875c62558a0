"""What Discord says when it says no: a status, a code and, for forms, what is wrong in which field."""

from __future__ import annotations

from typing import Any


class Refusal(Exception):
    """The answer to a request that was not done."""

    def __init__(self, status: int, code: int, message: str, **more: Any) -> None:
        super().__init__(f"{status} {code} {message} {more or ''}".rstrip())
        self.status = status
        self.code = code
        self.body: dict[str, Any] = {"message": message, "code": code, **more}


_UNKNOWN = {
    "Application": 10002,
    "Channel": 10003,
    "Guild": 10004,
    "Member": 10007,
    "Message": 10008,
    "Role": 10011,
    "User": 10013,
    "Emoji": 10014,
    "Webhook": 10015,
    "interaction": 10062,
    "application command": 10063,
    "Forum Tag": 10087,
}


def unknown(what: str) -> Refusal:
    """There is no such thing, or there is none any more."""
    return Refusal(404, _UNKNOWN[what], f"Unknown {what}")


def missing_access() -> Refusal:
    """The channel may not be seen."""
    return Refusal(403, 50001, "Missing Access")


def missing_permissions() -> Refusal:
    """The channel may be seen, and this may not be done."""
    return Refusal(403, 50013, "Missing Permissions")


class Form:
    """Collects what is wrong with a request's fields."""

    def __init__(self) -> None:
        self._errors: dict[str, Any] = {}

    def wrong(self, where: str, code: str, message: str) -> None:
        """Note a mistake; `where` is a path such as `embeds.0.title`."""
        at = self._errors
        for step in where.split("."):
            at = at.setdefault(step, {})
        at.setdefault("_errors", []).append({"code": code, "message": message})

    def long(self, where: str, text: Any, most: int, least: int = 0) -> None:
        """A text has to have this length; none at all counts as empty."""
        said = "" if text is None else text
        if not isinstance(said, str):
            self.wrong(where, "STRING_TYPE_CONVERT", "Could not interpret value as string.")
        elif least == 0 and len(said) > most:
            self.wrong(where, "BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length.")
        elif least and not said:
            self.wrong(where, "BASE_TYPE_REQUIRED", "This field is required")
        elif least and not least <= len(said) <= most:
            self.wrong(where, "BASE_TYPE_BAD_LENGTH", f"Must be between {least} and {most} in length.")

    def count(self, where: str, things: Any, most: int, least: int = 0) -> bool:
        """A list has to have so many; gives whether it has."""
        if not isinstance(things, list):
            self.wrong(where, "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
            return False
        if least <= len(things) <= most:
            return True
        if least:
            self.wrong(where, "BASE_TYPE_BAD_LENGTH", f"Must be between {least} and {most} in length.")
        else:
            self.wrong(where, "BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length.")
        return False

    def number(self, where: str, value: Any, least: int, most: int) -> None:
        """A number has to be within these."""
        if not isinstance(value, int):
            self.wrong(where, "NUMBER_TYPE_COERCE", f'Value "{value}" is not int.')
        elif value < least:
            self.wrong(where, "NUMBER_TYPE_MIN", f"int value should be greater than or equal to {least}.")
        elif value > most:
            self.wrong(where, "NUMBER_TYPE_MAX", f"int value should be less than or equal to {most}.")

    def check(self) -> None:
        """Raise what was collected."""
        if self._errors:
            raise Refusal(400, 50035, "Invalid Form Body", errors=self._errors)


def bad_form(where: str, code: str, message: str) -> Refusal:
    """One mistake in a form."""
    form = Form()
    form.wrong(where, code, message)
    try:
        form.check()
    except Refusal as refusal:
        return refusal
    raise AssertionError("a form with a mistake is refused")
