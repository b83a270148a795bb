"""The errors that stop a build or name a bad record; each takes one message, so that it survives pickling."""


def one_line(error: BaseException) -> str:
    """Give what an error says in one line."""
    return " ".join(str(error).split())


class BuilderError(Exception):
    """Any error of ours: the command prints it in one line and exits with 1."""


class ConfigError(BuilderError):
    """A setting that is unknown or wrong."""


class TagError(BuilderError):
    """A tag that is no tag; it becomes a quarantined record."""


class RawError(BuilderError):
    """A raw file that cannot be read as what it claims to be; it becomes a quarantined record.

    The message begins with the reason's word and a colon: `decompress: …`.
    """


class ReleaseError(BuilderError):
    """A release that cannot be written or does not hold what it says."""


class HubError(BuilderError):
    """A release that cannot be published on a hub, or read from one."""


class StoreError(BuilderError):
    """A place by URL that cannot be read or written."""


class LockedError(BuilderError):
    """Another build holds the work folder."""
