"""Splits: a salted hash of the story (else the id) deals each article out, whatever else comes into the corpus."""

import hashlib
from functools import lru_cache

SPLITS = ("train", "validation", "test")


def story_of(tag_id: str, story_field: str | None, story_from: str) -> str | None:
    """Give the story of an article: the ID of its tag, its field, or none; null where there is no telling.

    >>> story_of("02", None, "tag-id"), story_of("02", "summit", "field"), story_of("02", "summit", "none")
    ('02', 'summit', None)
    """
    if story_from == "tag-id":
        return tag_id
    return (story_field or None) if story_from == "field" else None


@lru_cache(maxsize=1 << 20)
def split_of(key: str, salt: str, train: float, validation: float) -> str:
    """Deal out a story (or id): the first 8 bytes of sha256(salt, NUL, key) as a fraction of one.

    >>> split_of("02", "news", 0.9, 0.05)
    'train'
    >>> [split_of("02", "news", *ratios) for ratios in ((1.0, 0.0), (0.0, 1.0), (0.0, 0.0))]
    ['train', 'validation', 'test']
    """
    digest = hashlib.sha256(f"{salt}\0{key}".encode()).digest()
    fraction = int.from_bytes(digest[:8], "big") / 2**64
    if fraction < train:
        return "train"
    return "validation" if fraction < train + validation else "test"
