r"""Find personal data (PII) in texts: e-mail addresses, telephone numbers, IP addresses and bank numbers.

RE2 searches every text for candidates (10 µs an article), and Python verifies only these. The rules are tuned for
precision, because matches may be masked. They deliberately miss:

* e-mail: addresses without a dot in the domain or spelt out (`jo at example dot org`), handles (`@jo`,
  `@jo@example.social`), quoted local parts, and local parts in a script without spaces, whose beginning is unclear;
* telephone: short numbers (`112`), extensions, and numbers that read as a date, a decimal or a draw of the lottery. A
  number without a `+` must have the format of the region that the tag implies, at least nine digits in groups, and a
  `0`, a bracket or hyphens throughout to tell it from a sum. Behind a word for telephone, eight digits, one block or
  other groups suffice. Fictional numbers of some countries are valid nowhere, `phonenumbers` included;
* IP: private, local and multicast addresses. An IPv4 address counts only behind `IP` if all four parts are below 100
  (it may be a section or a version), if the last three parts have three digits (it may be a sum), or if a word for a
  version precedes it. IPv6 counts only in 2000::/3, where all public addresses are;
* bank: account numbers other than IBANs, IBANs in small letters, cards of 12, 13 or 19 digits.

Sources: `phonenumbers` (Apache-2.0), `python-stdnum` (LGPL-2.1+) for IBAN and Luhn, `ipaddress`.
"""

import ipaddress
import re
import unicodedata
from collections.abc import Iterator
from contextlib import suppress

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from stdnum import iban, luhn

from builder.core import columns
from builder.core.arrow import one_chunk
from builder.core.column import Table
from builder.core.errors import ConfigError
from builder.core.schema import PRIVACY
from builder.text.phone_numbers import LATIN, phones, region_of

KINDS = ("email", "phone", "ip", "bank")  # in the order of schema.PRIVACY
MASKED = tuple(column.name for column in columns.of(Table.RECORD) if column.masked)

_NEVER = "]"  # blanks matches: like a mask, no pattern matches it
_SPACES, _HYPHENS = "\u00a0\u2007\u2008\u2009\u200a\u202f\u2060\u3000", "\u2010\u2011\uff0d"
_PLAIN = str.maketrans(_SPACES + _HYPHENS + "＠＋（）／", " " * len(_SPACES) + "-" * len(_HYPHENS) + "@+()/")
_FOREIGN_DIGIT = re.compile(r"(?![0-9])\d")

# Python looks only at texts in which RE2 finds one of these. They list separators, because \P{L} takes RE2 30 times
# as long.
_SUSPECT = "|".join(
    (
        r"[\pL\pM\p{Nd}_+-][@＠][\pL\p{Nd}]",
        rf"\p{{Nd}}(?:[ {_SPACES}{_HYPHENS}（）／()./-]{{0,4}}\p{{Nd}}){{7}}",
        rf"[A-Z]{{2}}\p{{Nd}}{{2}}[ {_SPACES}]?[A-Z\p{{Nd}}]{{4}}",
        r"\p{Nd}\.\p{Nd}{1,3}\.\p{Nd}{1,3}\.\p{Nd}",
        r"[23][\p{Nd}A-Fa-f]{3}:[\p{Nd}A-Fa-f]{0,4}:",
    )
)

# --- e-mail
_SPACED = "\u0370-\u058f\u05d0-\u06d3\u0900-\u0d7f\u10a0-\u10ff\u1200-\u137f"  # Greek to Ethiopic, not Thai, not Han
_LABEL = r"(?:[^\W_]|[\u0300-\u036f\u0900-\u0dff\u0e31-\u0e4e])"
_FOREIGN_TLD = (
    "рф|рус|укр|бел|бг|мкд|срб|мон|қаз|ею|москва|онлайн|сайт|орг|ком|дети|ελ|ευ|հայ|გე|ישראל|قطر|مصر|السعودية|امارات|"
    "ایران|الاردن|المغرب|الجزائر|تونس|عمان|فلسطين|پاکستان|شبكة|موقع|भारत|संगठन|ভারত|বাংলা|ਭਾਰਤ|ભારત|இந்தியா|இலங்கை|"
    "சிங்கப்பூர்|భారత్|ලංකා|ไทย|ລາວ|中国|中國|香港|台灣|台湾|澳門|新加坡|公司|网络|网址|在线|商城|みんな|コム|한국|닷컴|닷넷"
)
_TLD = r"(?:xn--[a-z0-9-]{2,59}|[a-z]{2,24}|[A-Z]{2,24}|Com|Org|Net)" + rf"(?![{LATIN}])"
_DOMAIN = rf"(?:{_LABEL}(?:(?:{_LABEL}|-){{0,62}}{_LABEL})?\.){{1,8}}"
_EMAIL = re.compile(
    rf"(?<![{LATIN}@._%+-])[._%+-]*+(?P<latin>[{LATIN}](?:[{LATIN}._%+-]{{0,62}}[{LATIN}_+-])?@"
    rf"{_DOMAIN}(?:{_TLD}|(?:{_FOREIGN_TLD})))"
    rf"|(?<![{LATIN}{_SPACED}@._%+-])(?P<foreign>[{_SPACED}](?:[{_SPACED}0-9._-]{{0,62}}[{_SPACED}0-9])?@"
    rf"{_DOMAIN}(?:{_FOREIGN_TLD}))"
)
_FILE = re.compile(r"\.(?:png|jpe?g|gif|svg|webp|avif|bmp|mp[34]|pdf|html?|php|js|css|json)$", re.I)  # logo@2x.png


def _emails(text: str, region: str | None) -> Iterator[tuple[int, int]]:
    for match in _EMAIL.finditer(text):
        span = match.span(match.lastgroup or 0)
        if ".." not in match[0] and not _FILE.search(match[0]):
            yield span


# --- IP
_IPV4 = re.compile(
    rf"(?<![{LATIN}_.])(?<![A-Za-z]-)(?<![0-9][,:])(?:[0-9]{{1,3}}\.){{3}}[0-9]{{1,3}}(?![{LATIN}_]|\.\d)"
)
_IPV6 = re.compile(
    rf"(?<![{LATIN}_.:])[23][0-9A-Fa-f]{{3}}:(?:[0-9A-Fa-f]{{0,4}}:){{1,6}}[0-9A-Fa-f]{{0,4}}(?![{LATIN}_:])"
)
# `is_private` would include the addresses for documentation, and differs between versions of Python.
_PRIVATE = "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.168.0.0/16 224.0.0.0/3"
_NOT_PUBLIC = [ipaddress.IPv4Network(network) for network in _PRIVATE.split()]
_SAYS_IP = re.compile(rf"(?<![{LATIN}])IP(?:v4|s)?(?![{LATIN}])[^\n\]]{{0,40}}$", re.I)
_SAYS_VERSION = re.compile(
    r"(?:versi|vers[aã]o|verz|wersj|верси|версі|sürüm|phiên bản|إصدار|نسخه|संस्करण|版本|バージョン|버전|รุ่น"
    r"|release|build|firmware|driver|chrome|firefox|windows|android|ios|linux)[^\d\n\]]{0,12}$",
    re.I,
)


def _ips(text: str, region: str | None) -> Iterator[tuple[int, int]]:
    for match in _IPV4.finditer(text):
        parts = [int(part) for part in match[0].split(".")]
        before = text[max(0, match.start() - 60) : match.start()]
        doubtful = max(parts) < 100 or min(parts[1:]) >= 100 or _SAYS_VERSION.search(before)
        if not doubtful or _SAYS_IP.search(before):
            with suppress(ValueError):
                address = ipaddress.IPv4Address(match[0])
                if not any(address in network for network in _NOT_PUBLIC):
                    yield match.span()
    for match in _IPV6.finditer(text):
        end = match.end() - (match[0].endswith(":") and not match[0].endswith("::"))
        with suppress(ValueError):
            ipaddress.IPv6Address(text[match.start() : end])
            yield match.start(), end


# --- bank
_IBAN = re.compile(rf"(?<![{LATIN}_])[A-Z]{{2}}[0-9]{{2}}(?: ?[A-Z0-9]{{4}}){{2,7}}(?: ?[A-Z0-9]{{1,3}}(?![A-Z0-9]))?")
_CARD = re.compile(
    rf"(?<![{LATIN}_/=#.,:+-])(?<!\d )"
    r"(?:\d{4}([ -]?)\d{4}\1\d{4}\1\d{4}|3[47]\d\d([ -]?)\d{6}\2\d{5}|3[068]\d\d([ -])\d{6}\3\d{4})"
    rf"(?![{LATIN}_/=]|[.,-]\d| \d{{4}}(?!\d))"
)
# Visa, Mastercard, Mir, Discover and RuPay, UnionPay, JCB, American Express, Diners Club.
_ISSUER = re.compile(
    r"4\d{15}|5[1-5]\d{14}|2(?:2[2-9]|[3-6]\d|7[01])\d{13}|220[0-4]\d{12}|6(?:0|4[4-9]|5)\d{13,14}|62\d{14}"
    r"|35(?:2[89]|[3-8]\d)\d{12}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}"
)


def _bank_numbers(text: str, region: str | None) -> Iterator[tuple[int, int]]:
    for match in _IBAN.finditer(text):
        ends = [match.end(), *(match.start() + gap.start() for gap in reversed(list(re.finditer(" ", match[0]))))]
        for end in ends:
            if not re.match(rf"[{LATIN}_]", text[end:]) and iban.is_valid(text[match.start() : end]):
                yield match.start(), end
                break
    for match in _CARD.finditer(text):
        digits = re.sub(r"\D", "", match[0])
        if _ISSUER.fullmatch(digits) and luhn.is_valid(digits):
            yield match.span()


# In the order in which they take characters: two matches never share one.
_FINDERS = {"email": _emails, "ip": _ips, "bank": _bank_numbers, "phone": phones}


def spans(text: str, language: str | None) -> list[tuple[int, int, str]]:
    """Find the personal data in one text: (start, end, kind) from left to right.

    >>> spans("Écrire à jo@example.org. Tél. 01 99 00 12 34", "fr")
    [(9, 23, 'email'), (30, 44, 'phone')]
    """
    plain = text.translate(_PLAIN)  # character by character, so that positions stay
    if not plain.isascii():
        plain = _FOREIGN_DIGIT.sub(lambda digit: str(unicodedata.decimal(digit[0])), plain)
    region = region_of(language)
    matches: list[tuple[int, int, str]] = []
    searched = None
    while plain != searched:  # a number may match only after its neighbour is blanked, as it would be masked
        searched = plain
        for kind, finder in _FINDERS.items():
            for start, end in list(finder(plain, region)):
                matches.append((start, end, kind))
                plain = plain[:start] + _NEVER * (end - start) + plain[end:]
    return sorted(matches)


def masked(text: str, matches: list[tuple[int, int, str]], mask: tuple[str, ...]) -> str:
    """Replace the matches (spans) of the kinds in `mask`.

    >>> masked("Call +1 202-555-0123", spans("Call +1 202-555-0123", "en"), ("phone",))
    'Call [PHONE]'
    """
    for start, end, kind in reversed(matches):
        if kind in mask:
            text = f"{text[:start]}[{kind.upper()}]{text[end:]}"
    return text


def find(table: pa.Table, mask: tuple[str, ...]) -> pa.Table:
    """Append schema.PRIVACY: the numbers of e-mail addresses, telephones, IP addresses and bank numbers in the text.

    Reads the columns of MASKED, `language` (BCP-47) and `reason` (null: usable). The counts are those before masking,
    and are of the text alone. The kinds in `mask` (`email`, `phone`, `ip`, `bank`) become `[EMAIL]`, `[PHONE]`, `[IP]`,
    `[BANK]` in all of these columns. Unusable rows stay as they are. Raises ConfigError for an unknown kind.

    >>> rows = {"title": [None], "text": ["Write to jo@example.org."], "language": ["en"], "reason": [None]}
    >>> found = find(pa.table(rows, pa.schema([(name, pa.string()) for name in rows])), ("email",))
    >>> found["text"].to_pylist(), found["emails"].to_pylist(), found["phones"].to_pylist()
    (['Write to [EMAIL].'], [1], [0])
    """
    unknown = sorted(set(mask) - set(KINDS))
    if unknown:
        raise ConfigError(f"personal data: unknown kind {', '.join(unknown)}. Expected some of {', '.join(KINDS)}")
    usable = one_chunk(pc.and_(pc.is_null(table["reason"]), pc.is_valid(table["text"])))
    counts = np.zeros((len(table), len(KINDS)), np.int32)
    for name in MASKED if mask else ("text",):
        column = one_chunk(table[name])
        suspect = pc.and_(usable, pc.fill_null(pc.match_substring_regex(column, _SUSPECT), False))
        rows = np.flatnonzero(suspect.to_numpy(zero_copy_only=False))
        replaced, numbers = _mask_and_count(column.take(rows), table["language"].take(rows).to_pylist(), mask)
        if name == "text":
            counts[rows] = numbers
        if mask and numbers.any():
            column = pc.replace_with_mask(column, suspect, replaced)
            table = table.set_column(table.schema.get_field_index(name), table.schema.field(name), column)
    unusable = np.invert(usable.to_numpy(zero_copy_only=False))
    for kind, field in enumerate(PRIVACY):
        table = table.append_column(field, pa.array(counts[:, kind], field.type, mask=unusable))
    return table


def _mask_and_count(
    texts: pa.Array, languages: list[str | None], mask: tuple[str, ...]
) -> tuple[pa.Array, np.ndarray[tuple[int, int], np.dtype[np.int32]]]:
    """Mask texts and count the matches of each kind (columns: KINDS), line by line: no match spans two lines."""
    counts = np.zeros((len(texts), len(KINDS)), np.int32)
    lists = pc.split_pattern(texts, "\n")
    lines = lists.flatten()
    suspect = pc.match_substring_regex(lines, _SUSPECT)
    rows = pc.list_parent_indices(lists).filter(suspect).to_pylist()
    replaced = lines.filter(suspect).to_pylist()
    for index, row in enumerate(rows):
        matches = spans(replaced[index], languages[row])
        replaced[index] = masked(replaced[index], matches, mask)
        for _, _, kind in matches:
            counts[row, KINDS.index(kind)] += 1
    lines = pc.replace_with_mask(lines, suspect, pa.array(replaced, lines.type))
    return pc.binary_join(pa.ListArray.from_arrays(lists.offsets, lines), "\n"), counts
