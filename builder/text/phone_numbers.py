"""Find telephone numbers in a text with `phonenumbers` (Apache-2.0) and by the words and signs around them."""

import re
from collections.abc import Iterator
from functools import lru_cache

import langcodes
import phonenumbers

LATIN = "A-Za-z0-9À-ÖØ-öø-ɏ"  # the inside of a character class of letters and digits
_NOT_BEFORE = rf"(?<![{LATIN}\u0370-\u052f_+#№§$€£¥₽₹₩@=&])(?<!\d[.,:/'’–-])(?<!\d )"
_GAP = r"(?:\) ?-? ?| ?\( ?| ?[-./] ?| )"
# An atomic group, because possessive quantifiers find almost nothing here on Python 3.11.2 (but all on 3.11.7).
_DIGITS = re.compile(
    rf"(?:{_NOT_BEFORE}\(?\+ ?\(?|{_NOT_BEFORE}\(?)(?<!\d)(?>\d+(?:{_GAP}\d+)*)"
    rf"(?![{LATIN}\u0370-\u052f_@]|[.,:'’–-]\d| ?(?:[%‰°€$£¥₽₹₩元円원万億]|euro|dollar|EUR|USD|руб))"
)
_SEPARATOR = re.compile(r" ?/ ?| - ?|- ")  # between two numbers, or between two groups of one
_SAYS_PHONE = re.compile(
    r"(?:(?<![^\W\d_])(?:(?:tele(?:ph|f)on|télé?phon|tel[eé]fon|telefoon|телефон|τηλέφων|τηλεφων|puhelin|puhelim|telepon|"
    r"handynummer)\w*|tel|tél|telf|tlf|phone|puh|sími|fax|gsm|whatsapp|viber|mobile?|móvil|cellulare|celular|"
    r"điện thoại|simu|тел|факс|моб|τηλ|טלפון|טל|هاتف|الهاتف|تلفن|تلیفون|تليفون|फ़ोन|फोन|मोबाइल|ফোন|মোবাইল)"
    r"(?![^\W\d_])|☎|📞|电话|電話|手机|手機|전화|휴대폰|โทร|โทรศัพท์|தொலைபேசி|ఫోన్|ഫോൺ|ფონი|ስልክ|հեռ)[^\d\n!?\]]{0,16}$",
    re.I,
)
_SAYS_OTHER = re.compile(
    r"(?:№|(?<![^\W\d_])(?:nr|no|nº|n°|num|núm|art|ref|réf|isbn|issn|ean|gtin|sku|id|az|konto|account|order|инн|огрн|арт|рег|"
    r"rif|siret|siren|cnpj|cpf|nif|رقم)|编号|編號|番号|번호)[.: #-]*$",
    re.I,
)
# A date, a span of years, a year in brackets, an ISBN-10.
_OTHERWISE = re.compile(
    r"(?<!\d)(?:\d{1,2}([-./ ])\d{1,2}\1(?:19|20)\d\d|(?:19|20)\d\d([-./])\d{1,2}\2\d{1,2})(?!\d)"
    r"|(?<!\d)(?:19|20)\d\d ?- ?(?:19|20)\d\d(?!\d)|\((?:19|20)\d\d\)|^\d-\d+-\d+-\d$"
)
_THOUSANDS = re.compile(r"\+ ?\d{1,3}(?:[ .]\d{3})+")


def phones(text: str, region: str | None) -> Iterator[tuple[int, int]]:
    """Yield start and end of each telephone number; without a region, only of numbers with a `+`."""
    for match in _DIGITS.finditer(text):
        if sum(map(str.isdigit, match[0])) < 8:
            continue
        before = text[max(0, match.start() - 60) : match.start()]
        labelled = bool(_SAYS_PHONE.search(before))
        if not labelled and _SAYS_OTHER.search(before):
            continue
        start = match.start() + (match[0].startswith("(") and ")" not in match[0])
        gaps = [tuple(match.start() + edge for edge in gap.span()) for gap in _SEPARATOR.finditer(match[0])]
        ends, starts = [*(gap[0] for gap in gaps), match.end()], [start, *(gap[1] for gap in gaps)]
        first = 0
        while first < len(starts):
            for last in range(min(first + 3, len(ends)) - 1, first - 1, -1):
                if _is_phone(text[starts[first] : ends[last]], region, labelled):
                    yield starts[first], ends[last]
                    first = last
                    break
            first += 1


def _is_phone(number: str, region: str | None, labelled: bool) -> bool:
    """Tell whether digits in groups are a telephone number of a region, or of any region with a `+`.

    `labelled`: a word for telephone precedes them.

    >>> [_is_phone(n, "FR", False) for n in ("01 99 00 12 34", "+1 202-555-0123", "0199001234", "01.02.2023 12")]
    [True, True, False, False]
    """
    groups = re.findall(r"\d+", number)
    count = sum(map(len, groups))
    strict, valid = phonenumbers.Leniency.STRICT_GROUPING, phonenumbers.Leniency.VALID
    if re.fullmatch(r"\+?\d+\.\d+", number):  # a decimal
        return False
    if number.lstrip("(").startswith("+"):
        return 8 <= count <= 15 and _verified(number, None, strict if _THOUSANDS.fullmatch(number) else valid)
    if region is None or not (8 if labelled else 9) <= count <= 15:
        return False
    if not labelled:
        hyphens = count >= 10 and len(groups) >= 3 and not re.search(r"[^\d-]", number)
        if len(groups) < 2 or not (number.startswith(("0", "(")) or hyphens):
            return False
        drawn = all(len(group) == 2 for group in groups) and groups == sorted(set(groups)) and groups[-1] <= "50"
        if drawn or _OTHERWISE.search(number):
            return False
    return _verified(number, region, strict)


def _verified(number: str, region: str | None, leniency: int) -> bool:
    matches = phonenumbers.PhoneNumberMatcher(number, region, leniency=leniency)
    return any(match.raw_string == number for match in matches)


@lru_cache(maxsize=4096)
def region_of(language: str | None) -> str | None:
    """Return the region whose telephone numbers are likely in a tag's language; None if there is no single one.

    >>> region_of("fr"), region_of("pt"), region_of("pt-PT"), region_of("es-419")
    ('FR', 'BR', 'PT', None)
    """
    region = langcodes.Language.get(language).maximize().territory if language else None
    return region if region in phonenumbers.SUPPORTED_REGIONS else None
