"""URLs: give the many URLs of one page one spelling, so that articles of one page are known to belong together."""

from urllib.parse import parse_qsl, urlsplit

import pyarrow as pa
from w3lib.url import canonicalize_url, url_query_cleaner

from builder.core.schema import PAGES

# Parameters that say where a reader came from; they do not name a page.
_TRACKING = frozenset(
    ("fbclid", "gclid", "dclid", "msclkid", "yclid", "igshid", "mc_cid", "mc_eid", "ref", "ref_src", "cmpid", "ncid")
)
_TRACKING_BEGINS = ("utm_", "at_", "pk_", "mtm_", "hsa_")


def normalize_url(url: str | None) -> str | None:
    """Spell a URL without scheme, `www.`, fragment and tracking; null for a home page or anything but a web address.

    >>> normalize_url("https://www.Example.org/news/12/?utm_source=x&b=2&a=1#top")
    'example.org/news/12?a=1&b=2'
    >>> normalize_url("http://example.org/news/12?a=1&b=2")
    'example.org/news/12?a=1&b=2'
    >>> normalize_url("https://example.org/"), normalize_url("see below")
    (None, None)
    """
    try:
        if url is None or urlsplit(url).scheme not in ("http", "https"):
            return None
        names = {name for name, _ in parse_qsl(urlsplit(url).query, keep_blank_values=True)}
        tracking = [name for name in names if name.lower() in _TRACKING or name.lower().startswith(_TRACKING_BEGINS)]
        if tracking:
            url = url_query_cleaner(url, tracking, remove=True)
        parts = urlsplit(canonicalize_url(url))
    except ValueError:
        return None
    path = parts.path.rstrip("/")
    if not path and not parts.query:
        return None
    return f"{parts.netloc.removeprefix('www.')}{path}{'?' * bool(parts.query)}{parts.query}"


def add_pages(table: pa.Table) -> pa.Table:
    """Append schema.PAGES: the pages of an article's `url` and `canonical`, each once."""
    pages = [
        list(dict.fromkeys(filter(None, map(normalize_url, urls))))
        for urls in zip(table["url"].to_pylist(), table["canonical"].to_pylist(), strict=True)
    ]
    return table.append_column(PAGES, pa.array(pages, PAGES.type))
