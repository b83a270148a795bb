"""Explain the columns of an article, and the reasons why a release lacks a record."""

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
    """Return the meaning of a column of schema.ARTICLE or schema.STANDOFF; an empty string for any other.

    >>> of_column("script")
    'Script of most of the text (ISO 15924).'
    """
    return _columns().get(name, "")


def of_reason(key: str) -> tuple[str, str]:
    """Return the stage that removes records for `decision:reason`, and the meaning, which is empty if it is unknown.

    >>> of_reason("duplicate:near"), of_reason("quarantined:other")
    (('copies', 'nearly the same wording'), ('reading', ''))
    """
    decision, _, name = key.partition(":")
    try:
        reason = Reason(name)
    except ValueError:  # the release is from another version
        return _USUAL_STAGE.get(decision, Stage.QUALITY).value, ""
    return reason.stage.value, reason.words


def taken_out(counts: Mapping[str, int]) -> list[tuple[str, str, int]]:
    """Return stage, `decision:reason` and number of the removed records, in the order of STAGES.

    `counts` comes from a manifest.

    >>> taken_out({"read": 9, "kept": 4, "duplicate": 3, "duplicate:near": 3, "quarantined": 2, "quarantined:tag": 2})
    [('reading', 'quarantined:tag', 2), ('copies', 'duplicate:near', 3)]
    """
    rows = [(of_reason(key)[0], key, count) for key, count in counts.items() if ":" in key and count]
    return sorted(rows, key=lambda row: (STAGES.index(row[0]), row[1]))
