"""Read a tag and a collection from a path."""

import re

from builder.core.errors import TagError
from builder.languages.tag import canonical_language, is_language_folder, is_tag_line


def tag_of_path(path: str) -> str | None:
    """Read a tag from a file's name, else from its name and folders; None if neither has one.

    >>> tag_of_path("afp/fr-02.txt"), tag_of_path("pt-BR/0007.txt.gz"), tag_of_path("afp/sr/Latn/RS/3.txt")
    ('fr-02', 'pt-BR-0007', 'sr-Latn-RS-3')
    >>> tag_of_path("afp/17.txt"), tag_of_path("wire/co-op.txt")
    (None, None)
    """
    *folders, name = path.split("/")
    stem = name.split(".", 1)[0]
    if is_tag_line(stem):
        return stem
    if not re.fullmatch("[A-Za-z0-9]+", stem):
        return None
    for depth in (3, 2, 1):
        language = "-".join(folders[-depth:])
        if len(folders) >= depth and is_language_folder(language):
            return f"{language}-{stem}"
    return None


def collection_of(path: str, language: str) -> str | None:
    """Return the first folder below the raw root, unless it names the article's language.

    >>> collection_of("afp/fr-02.txt", "fr"), collection_of("fr/02.txt", "fr"), collection_of("fr-02.txt", "fr")
    ('afp', None, None)
    """
    folder, _, rest = path.partition("/")
    if not rest:
        return None
    try:
        named = canonical_language(folder)
    except TagError:
        return folder
    return None if named.split("-")[0] == language.split("-", maxsplit=1)[0] else folder
