"""What of a person is shown: long runs of digits are masked in logs, lists and exports."""

import re

_LONG_DIGITS = re.compile(r"\d{5,}")


def masked(text: str) -> str:
    """Return the text with the inside of every run of five or more digits replaced by stars.

    A hotline's number keeps nothing secret, but it looks like the start of somebody's: all are masked alike.
    """
    return _LONG_DIGITS.sub(lambda run: run[0][:2] + "*" * (len(run[0]) - 4) + run[0][-2:], text)
