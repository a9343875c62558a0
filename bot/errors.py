"""One class per reaction: what is caught decides what is done, never which library failed.

::

    ThreadlineError                    shown to the person who asked, never a traceback
    ├── SettingsError                  a setting is wrong: says where, and the likely right key
    ├── HomeInUse                      another process holds the home directory
    ├── StoreStopped                   the database takes no new work (disk full, locked): says so, loses nothing
    ├── NotFound                       a command names something that does not exist here
    ├── Forbidden                      a command was given by somebody who may not give it
    └── AdapterError                   the only errors that leave an adapter
        ├── Unreachable                nothing was sent (or it was only a read): back off and come again
        ├── OutcomeUnknown             a write began and its answer is missing: find out before repeating
        ├── RateLimited                the other side named a wait: wait that long
        ├── LoginRejected              the credential is refused: pause that login, tell its owner once
        ├── NotAllowed                 this place may not be written or read: pause that place
        ├── Refused                    this one act is refused for good: give up, tell the author why
        ├── Gone                       the thing does not exist any more: treat as deleted
        └── Unparsable                 the answer is not what was looked for: keep the bytes, report, go on
"""

LONGEST_WAIT = 24 * 3600.0
"""Seconds; whoever asks for a longer pause is asked again after so many."""


class ThreadlineError(Exception):
    """Something a person can act on; its text says what happened, to what, and what to do next."""


class SettingsError(ThreadlineError):
    """One or more settings are wrong; every mistake stands on a line of its own."""


class HomeInUse(ThreadlineError):
    """Another process holds the lock of the home directory."""


class StoreStopped(ThreadlineError):
    """The database cannot take work now (disk full, locked, I/O error); nothing that was acknowledged is lost."""


class NotFound(ThreadlineError):
    """What a command or an address names does not exist here."""


class Forbidden(ThreadlineError):
    """Who gave the command may not give it."""


class AdapterError(ThreadlineError):
    """Base of all that may leave an adapter; the subclass decides the reaction."""


class Unreachable(AdapterError):
    """Nothing was sent, or the call only read; trying again later is harmless."""


class OutcomeUnknown(AdapterError):
    """A write began and its answer never came; it may have happened."""


class RateLimited(AdapterError):
    """The other side asks for a pause of `seconds`, a day at most; nothing happened."""

    def __init__(self, message: str, seconds: float) -> None:
        super().__init__(message)
        self.seconds = max(0.0, min(LONGEST_WAIT, seconds))  # what is no number at all is taken for the longest


class LoginRejected(AdapterError):
    """The credential is missing, wrong or revoked; no call with it can succeed."""


class NotAllowed(AdapterError):
    """This login may not act in this place; other places are not affected."""


class Refused(AdapterError):
    """This one act is refused for good; the text is the other side's own reason, in words."""


class Gone(AdapterError):
    """The thing was there and is not any more, or never was; `final` where it is said that it will not come back."""

    def __init__(self, message: str = "", *, final: bool = False) -> None:
        super().__init__(message)
        self.final = final


class Unparsable(AdapterError):
    """The answer is not what was looked for; `looked_for` says what, `sample` keeps the first bytes."""

    def __init__(self, message: str, looked_for: str = "", sample: bytes = b"") -> None:
        super().__init__(message)
        self.looked_for = looked_for
        self.sample = sample[:4096]
