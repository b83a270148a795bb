"""Identify: which language a body is in, by two detectors, and the verdict on the tag that follows.

`heliport` identifies every article; `langdetect` is the second opinion where the first is unsure or contradicts
the tag, and only where its answer can change the verdict.
"""

import math
from functools import lru_cache
from importlib import resources
from typing import Any, NamedTuple

import langcodes
import pyarrow as pa
import pyarrow.compute as pc
from langcodes.data_dicts import MACROLANGUAGES

from builder.columns import one_chunk
from builder.scripts import script_of
from builder.tag import heliport_labels

SECOND_OPINION_CHARACTERS = 2000  # of the body; langdetect's cost grows with them, its answer does not change
NO_LANGUAGE = frozenset({"und", "zxx", "undhtml"})  # what heliport says of text that it cannot or will not name

# Languages that detectors take for one another: an answer within a group is no evidence against the tag.
CONFUSED: tuple[frozenset[str], ...] = (
    frozenset({"hr", "bs", "sr", "cnr", "sh"}),
    frozenset({"id", "ms", "zsm", "min"}),
    frozenset({"nb", "nn", "no", "da"}),
    frozenset({"xh", "zu", "ss", "nd", "nr"}),
    frozenset({"st", "nso", "tn"}),
    frozenset({"rw", "rn"}),
    frozenset({"cs", "sk"}),
    frozenset({"gl", "pt"}),
    frozenset({"bo", "dz"}),
    frozenset({"hi", "mai", "bho", "awa", "mag"}),
    frozenset({"fa", "prs", "tg"}),
    frozenset({"zh", "cmn", "yue", "wuu", "lzh"}),
)


class Answer(NamedTuple):
    """What a detector said: a language (None: nothing), its score, and whether it is sure of it."""

    language: str | None
    score: float | None
    sure: bool


# What is asked of the detectors, and what they answer, one row a usable article.
REQUEST = pa.schema([("body", pa.string()), ("tag", pa.string())])
ANSWERS = pa.schema(
    [
        ("first", pa.string()),
        ("first_score", pa.float32()),
        ("first_sure", pa.bool_()),
        ("second", pa.string()),
        ("second_score", pa.float32()),
        ("second_sure", pa.bool_()),
    ]
)


def identify(table: pa.Table) -> pa.Table:
    """Add script, verdict and both detectors' answers (schema.VERDICT) to tidied rows; null where there is no text."""
    return conclude(table, answer(request(table)))


def request(table: pa.Table) -> pa.RecordBatch:
    """Give the bodies and tags of the usable rows (REQUEST)."""
    usable = table.filter(pc.is_null(table["reason"])).combine_chunks()
    columns = [one_chunk(usable["text"]), one_chunk(usable["language"])]
    return pa.RecordBatch.from_arrays(columns, schema=REQUEST)


def answer(asked: pa.RecordBatch) -> pa.RecordBatch:
    """Ask heliport about every body, and langdetect where its answer can change the verdict (ANSWERS)."""
    bodies, tags = asked["body"].to_pylist(), asked["tag"].to_pylist()
    firsts = _first_answers(bodies)
    seconds = [
        _second_answer(body) if needs_second(tag, first) else Answer(None, None, False)
        for body, tag, first in zip(bodies, tags, firsts, strict=True)
    ]
    columns = [[getattr(each, name) for each in answers] for answers in (firsts, seconds) for name in Answer._fields]
    arrays = [pa.array(column, field.type) for column, field in zip(columns, ANSWERS, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=ANSWERS)


def conclude(table: pa.Table, answers: pa.RecordBatch) -> pa.Table:
    """Add schema.VERDICT to the rows of which `answers` tells, in the order of the usable rows."""
    usable = pc.is_null(table["reason"]).to_pylist()
    wanted = [index for index, use in enumerate(usable) if use]
    languages = table["language"].to_pylist()
    columns: dict[str, list[Any]] = {name: [None] * len(languages) for name in _COLUMNS}
    rows = zip(wanted, *(column.to_pylist() for column in answers.columns), strict=True)
    for index, first, first_score, first_sure, second, second_score, second_sure in rows:
        verdict = judge(
            languages[index], Answer(first, first_score, first_sure), Answer(second, second_score, second_sure)
        )
        for name, value in zip(_COLUMNS, (verdict, first, first_score, second, second_score), strict=True):
            columns[name][index] = value
    table = table.append_column("script", script_of(table, usable))
    for name, type in _COLUMNS.items():
        table = table.append_column(name, pa.array(columns[name], type))
    return table


_COLUMNS = {
    "language_verdict": pa.string(),
    "language_detected": pa.string(),
    "language_score": pa.float32(),
    "second_detected": pa.string(),
    "second_score": pa.float32(),
}


def judge(tag: str, first: Answer, second: Answer) -> str:
    """Give the verdict on a tag's language: `agree`, `disagree`, `uncertain` or `unsupported`.

    >>> sure, silent = (lambda language: Answer(language, 1.0, True)), Answer(None, None, False)
    >>> judge("fr", sure("fra"), silent), judge("fr", sure("spa"), sure("es")), judge("fr", sure("spa"), sure("fr"))
    ('agree', 'disagree', 'uncertain')
    >>> judge("hr", sure("srp"), silent), judge("hr", sure("hbs"), silent), judge("bem", sure("swa"), silent)
    ('uncertain', 'agree', 'unsupported')
    """
    if first.sure and same_language(tag, first.language):
        return "agree"
    if not (knows_first(tag) or knows_second(tag)):
        return "unsupported"
    if not first.sure:  # its best guess and the tag may still be of one mind, unless the other objects
        best = second if second.sure and knows_second(tag) else first
        return "agree" if same_language(tag, best.language) else "uncertain"
    if confused(tag, first.language):
        return "uncertain"
    if second.sure and not same_language(second.language, first.language):
        return "uncertain"
    return "disagree"


def needs_second(tag: str, first: Answer) -> bool:
    """Tell whether langdetect's answer can change the verdict."""
    if (first.sure and same_language(tag, first.language)) or not (knows_first(tag) or knows_second(tag)):
        return False
    if not first.sure:
        return knows_second(tag)
    return not confused(tag, first.language) and (knows_second(tag) or knows_second(first.language))


@lru_cache(maxsize=65536)
def same_language(one: str | None, other: str | None) -> bool:
    """Tell whether two codes name one language, or one names a macrolanguage of which the other is a member.

    >>> same_language("zh-TW", "cmn"), same_language("fil", "tgl"), same_language("hr", "hbs")
    (True, True, True)
    >>> same_language("hr", "srp"), same_language("yue", "cmn"), same_language("fr", None)
    (False, False, False)
    """
    if one is None or other is None:
        return False
    one, other = base(one), base(other)
    return one == other or macro(one) == other or macro(other) == one


def confused(tag: str, detected: str | None) -> bool:
    """Tell whether two languages are in one group of those that detectors confuse."""
    if detected is None:
        return False
    names = {base(tag), macro(base(tag))}, {base(detected), macro(base(detected))}
    return any(group & names[0] and group & names[1] for group in CONFUSED)


@lru_cache(maxsize=65536)
def base(code: str) -> str:
    """Give the canonical language subtag of any ISO 639 or BCP-47 code, without script and region.

    >>> base("zh-Hant-TW"), base("fra"), base("hbs"), base("tgl")
    ('zh', 'fr', 'sh', 'fil')
    """
    code = code.replace("_", "-").split("-")[0].lower()
    if code in ("hbs", "sh"):  # the registry replaces it with `sr`, but as an answer it means any of its members
        return "sh"
    try:
        return langcodes.Language.get(code).language or code
    except (LookupError, ValueError):
        return code


def macro(code: str) -> str:
    """Give the macrolanguage of a language subtag, else the subtag itself.

    >>> macro("cmn"), macro("hr"), macro("fr")
    ('zh', 'sh', 'fr')
    """
    return str(MACROLANGUAGES.get(code, code))


@lru_cache(maxsize=65536)
def knows_first(code: str | None) -> bool:
    """Tell whether heliport can answer with this language.

    >>> knows_first("fr"), knows_first("sr-Latn"), knows_first("bem")
    (True, True, False)
    """
    return any(same_language(code, label) for label in heliport_labels() - NO_LANGUAGE)


@lru_cache(maxsize=65536)
def knows_second(code: str | None) -> bool:
    """Tell whether langdetect can answer with this language.

    >>> knows_second("no"), knows_second("ka")
    (True, False)
    """
    return any(same_language(code, label) for label in _second_labels())


@lru_cache(maxsize=1)
def _second_labels() -> frozenset[str]:
    profiles = resources.files("langdetect").joinpath("profiles")
    return frozenset(profile.name for profile in profiles.iterdir() if not profile.name.startswith("_"))


@lru_cache(maxsize=1)
def heliport() -> Any:
    """Load heliport's models: a second and more, 800 MB."""
    import heliport as models

    return models.Identifier()


def _first_answers(bodies: list[str]) -> list[Answer]:
    """Ask heliport; where it is unsure (`und`), its best guess stands with `sure` false."""
    if not bodies:
        return []
    answers = [
        Answer(label, score, label not in NO_LANGUAGE) for label, score in heliport().par_identify_with_score(bodies)
    ]
    unsure = [index for index, answer in enumerate(answers) if not answer.sure]
    if unsure:
        guesses = heliport().par_identify_with_score([bodies[index] for index in unsure], True)
        for index, (label, _) in zip(unsure, guesses, strict=True):
            answers[index] = Answer(None if label in NO_LANGUAGE else label, answers[index].score, False)
    return [Answer(_bcp47(answer.language), _finite(answer.score), answer.sure) for answer in answers]


@lru_cache(maxsize=1024)
def _bcp47(label: str | None) -> str | None:
    """Give a detector's label as BCP-47; heliport refines some labels with a suffix (`msaind`)."""
    if label is None:
        return None
    return label if label.startswith("zh-") else base(label[:3])


def _finite(score: float | None) -> float | None:
    return score if score is not None and math.isfinite(score) else None


@lru_cache(maxsize=1)
def _langdetect() -> Any:
    from langdetect import detector_factory

    detector_factory.init_factory()
    detector_factory._factory.seed = 0
    return detector_factory._factory


def _second_answer(body: str) -> Answer:
    """Ask langdetect, seeded; sure where its best answer has more than half of the probability."""
    from langdetect.lang_detect_exception import LangDetectException

    detector = _langdetect().create()
    detector.append(body[:SECOND_OPINION_CHARACTERS])
    try:
        best = detector.get_probabilities()[0]
    except (LangDetectException, IndexError):
        return Answer(None, None, False)
    return Answer({"zh-cn": "zh-CN", "zh-tw": "zh-TW"}.get(best.lang, best.lang), best.prob, best.prob > 0.5)
