"""One spelling for numbers and certificates, however people and switches write them."""

import re
import unicodedata

_CHINA = re.compile(r"(?:\+|00)86|86(?=1[3-9]\d{9}$)")
_TRUNK = re.compile(r"0(?=1[3-9]\d{9}$)")
_NO_CERTIFICATE = re.compile(r"[^0-9A-Z\u4e00-\u9fff]")
_PLACES = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"


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
    """Return it in half width and capitals; an identity card of fifteen digits as the one of eighteen."""
    text = _NO_CERTIFICATE.sub("", unicodedata.normalize("NFKC", written).upper())
    if re.fullmatch(r"\d{15}", text):
        text = f"{text[:6]}19{text[6:]}"
        text += check_digit(text)
    return text


def check_digit(seventeen: str) -> str:
    """Return the last character of an identity card (GB 11643)."""
    return _CHECKS[sum(int(digit) * place for digit, place in zip(seventeen, _PLACES, strict=True)) % 11]
