"""The two language detectors, heliport and langdetect, and the languages that each knows."""

import math
from functools import lru_cache
from importlib import resources
from typing import Any, NamedTuple

from builder.languages.codes import base, same_language
from builder.languages.scripts import may_be_in
from builder.languages.tag import heliport_labels

CANDIDATE_LANGUAGES = 30  # answers in which to look for the tag's language; beyond them it is far behind
NO_LANGUAGE = frozenset({"und", "zxx", "undhtml"})  # heliport's labels for text in no known language


class Answer(NamedTuple):
    """A detector's answer: a language (None: no answer), its score, and whether the detector is sure."""

    language: str | None
    score: float | None
    sure: bool


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
    """Load heliport's models once; this takes more than a second and 800 MB."""
    import heliport as models

    return models.Identifier()


def first_answers(bodies: list[str]) -> list[Answer]:
    """Ask heliport about each body; if it is unsure (`und`), return its best guess with `sure` false."""
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
    return [Answer(to_bcp47(answer.language), _finite(answer.score), answer.sure) for answer in answers]


def sure_languages(texts: list[str]) -> list[str | None]:
    """Return the language of each text by heliport; None where it is unsure."""
    answers = heliport().par_identify_with_score(texts) if texts else []
    return [None if label in NO_LANGUAGE else to_bcp47(label) for label, _ in answers]


@lru_cache(maxsize=1024)
def to_bcp47(label: str | None) -> str | None:
    """Return a detector's label as BCP-47; heliport refines some labels with a suffix (`msaind`)."""
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


def second_answer(body: str) -> Answer:
    """Ask langdetect with a fixed seed; it is sure if its best answer has more than half of the probability."""
    from langdetect.lang_detect_exception import LangDetectException

    detector = _langdetect().create()
    detector.append(body)
    try:
        best = detector.get_probabilities()[0]
    except (LangDetectException, IndexError):
        return Answer(None, None, False)
    code = {"zh-cn": "zh-CN", "zh-tw": "zh-TW"}.get(best.lang, best.lang)
    # It sometimes takes Chinese for Korean, so an answer counts only if that language uses these letters.
    return Answer(code, best.prob, best.prob > 0.5 and may_be_in(body, code))
