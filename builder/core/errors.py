"""Define the errors that stop a build or quarantine a record."""

from builder.core.terms import Reason


def one_line(error: BaseException) -> str:
    """Return the message of an error on one line."""
    return " ".join(str(error).split())


class BuilderError(Exception):
    """The base of all errors of this package. The command line prints the message and exits with 1."""


class ConfigError(BuilderError):
    """An unknown setting, or a wrong value."""


class TagError(BuilderError):
    """A tag that is not valid; the record is quarantined for `reason`."""

    reason = Reason.TAG


class NoTagError(TagError):
    """A record without a tag."""

    reason = Reason.NO_TAG


class RawError(BuilderError):
    """A raw file or record that cannot be read; it is quarantined for `reason`.

    >>> str(RawError(Reason.EMPTY, "no record in it")), RawError(Reason.EMPTY, "no record in it").reason
    ('no record in it', <Reason.EMPTY: 'empty'>)
    """

    def __init__(self, reason: Reason, detail: str) -> None:
        """Keep both as arguments, so that the error survives pickling."""
        super().__init__(reason, detail)
        self.reason = reason

    def __str__(self) -> str:
        """Return the detail."""
        return str(self.args[1])


class ReleaseError(BuilderError):
    """A release that cannot be written, or that differs from its manifest."""


class HubError(BuilderError):
    """A hub that refuses a release or cannot be read."""


class StoreError(BuilderError):
    """A store that cannot be read or written."""


class LockedError(BuilderError):
    """Another build holds the lock of the work folder."""
