"""One spelling for numbers and certificates, however people and switches write them."""

import re
import unicodedata

from subscribers.loading.certificates import as_eighteen
from subscribers.loading.values import half_width

_CHINA = re.compile(r"(?:\+|00)86|86(?=1[3-9]\d{9}$)")
_TRUNK = re.compile(r"0(?=1[3-9]\d{9}$)")


def plain_number(written: str) -> str:
    """Return the digits of a telephone number as it is kept: without the country, and landlines with their 0.

    +86 138-0000-6207, 0086 13800006207 and 013800006207 are 13800006207.
    """
    text = re.sub(r"[^0-9+]", "", unicodedata.normalize("NFKC", written))
    country = _CHINA.match(text)
    digits = re.sub(r"\D", "", text[country.end() :] if country else text)
    if country and digits[:1] not in {"", "0", "1"}:
        return f"0{digits}"
    return _TRUNK.sub("", digits)


def plain_certificate(written: str) -> str:
    """Return it as it is kept: half width, capitals; an identity card of 15 digits as one of 18."""
    return as_eighteen(half_width(written).replace(" ", "").upper())
