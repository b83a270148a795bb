"""Meanings: what the columns of an article say, and why a record is not in a release, in words and by stage."""

from collections.abc import Mapping
from functools import lru_cache

from builder.core import columns
from builder.core.column import Table
from builder.core.terms import Decision, Reason, Stage

STAGES = tuple(Stage)  # in the order of decisions
_USUAL_STAGE = {Decision.QUARANTINED.value: Stage.READING, Decision.DUPLICATE.value: Stage.COPIES}


@lru_cache(maxsize=1)
def _columns() -> Mapping[str, str]:
    published = (*columns.of(Table.ARTICLE), *columns.of(Table.STANDOFF))
    return {column.name: column.meaning for column in published}


def of_column(name: str) -> str:
    """Give the meaning of a column of schema.ARTICLE or schema.STANDOFF; an empty string for any other.

    >>> of_column("script")
    'The script that most of the text is in (ISO 15924).'
    """
    return _columns().get(name, "")


def of_reason(what: str) -> tuple[str, str]:
    """Give the stage that a record is taken out at, and why in words, of `decision:reason`; a reason may be unknown.

    >>> of_reason("duplicate:near"), of_reason("quarantined:other")
    (('copies', 'nearly the same wording'), ('reading', ''))
    """
    decision, _, name = what.partition(":")
    try:
        reason = Reason(name)
    except ValueError:  # of a release by another version
        return _USUAL_STAGE.get(decision, Stage.QUALITY).value, ""
    return reason.stage.value, reason.words


def taken_out(counts: Mapping[str, int]) -> list[tuple[str, str, int]]:
    """Give stage, `decision:reason` and records of all that is not in a release, in the order of STAGES.

    `counts` are those of a manifest.

    >>> taken_out({"read": 9, "kept": 4, "duplicate": 3, "duplicate:near": 3, "quarantined": 2, "quarantined:tag": 2})
    [('reading', 'quarantined:tag', 2), ('copies', 'duplicate:near', 3)]
    """
    found = [(of_reason(what)[0], what, count) for what, count in counts.items() if ":" in what and count]
    return sorted(found, key=lambda row: (STAGES.index(row[0]), row[1]))
