"""How personal data looks until somebody reveals it: enough to recognise, too little to use."""

import re

from subscribers.entities import Field, Shape

STARS = "****"
LEAST = 5  # of what is shorter a part would give away the whole
_IN_TEXT = re.compile(r"(?<!\d)(?:\d{17}[\dXx]|\d{15}|1[3-9]\d{9})(?!\d)")
_LANDLINE = re.compile(r"(010|02\d|0[3-9]\d\d)(\d{5,})")
_EXTENSION = re.compile(r"(?<=\d)\s*(?:转|[-,;#*]|ext\.?)\s*\d{1,6}$", re.IGNORECASE)
_PLACE = re.compile(r"^.*?[区县旗](?=.)|^.*?市(?=.)")


def masked_field(field: Field, value: str) -> str:
    """Return what is shown of a field's value."""
    if not value or not field.is_personal:
        return value
    by_shape = {Shape.PHONE: masked_phone, Shape.CERTIFICATE: masked_certificate, Shape.DATE: masked_day}
    mask = by_shape.get(field.shape, masked_email if "@" in value else masked_address)
    return mask(value)


def masked_day(day: str) -> str:
    return f"{day[:4]}-**-**" if day[:4].isdigit() else STARS


def masked_phone(number: str) -> str:
    """Keep the first three and the last four digits: 138 **** 6207. Short numbers keep the last two, and
    what is too short for a number nothing.

    A landline keeps its area and the last two: 0571 **** 66. Of an extension only that there is one is told.
    """
    digits, own = (re.sub(r"\D", "", text) for text in (number, _EXTENSION.sub("", number)))
    landline = _LANDLINE.fullmatch(own) or _LANDLINE.fullmatch(digits)
    if landline:
        extension = "-**" if landline[0] != digits else ""
        return f"{landline[1]} {STARS} {landline[0][-2:]}{extension}"
    if len(number) < LEAST:
        return "*" * len(number)
    if len(number) < 7:
        return "*" * (len(number) - 2) + number[-2:]
    return f"{number[:3]} {STARS} {number[-4:]}"


def masked_certificate(number: str) -> str:
    """Keep the first and the last two characters, of what is too short for that nothing."""
    if len(number) < LEAST:
        return "*" * len(number)
    return number[:1] + "*" * (len(number) - 3) + number[-2:]


def masked_address(address: str) -> str:
    """Keep the place down to the district; of the rest nothing."""
    place = _PLACE.match(address)
    return (place[0] if place else address[:2]) + STARS


def masked_email(address: str) -> str:
    name, _, host = address.partition("@")
    return f"{name[:1]}{STARS}@{host}"


def masked_text(text: str) -> str:
    """Mask the certificate and mobile numbers in what somebody wrote; slips and recordings keep theirs."""
    return _IN_TEXT.sub(
        lambda found: masked_phone(found[0]) if len(found[0]) == 11 else masked_certificate(found[0]), text
    )
