"""What a benchmark found, put into the README between its own markers."""

import os
from datetime import datetime
from pathlib import Path

from core.clock import CENTRE_TIME

README = Path(__file__).with_name("README.md")


def put_between(name: str, text: str, readme: Path = README) -> None:
    """Replace what stands between `<!-- name -->` and `<!-- /name -->`.

    :raises ValueError: if the markers are not there
    """
    before, opening, rest = readme.read_text("utf-8").partition(f"<!-- {name} -->\n")
    _, closing, after = rest.partition(f"<!-- /{name} -->")
    if not opening or not closing:
        raise ValueError(f"{readme} has no markers <!-- {name} --> … <!-- /{name} -->")
    readme.write_text(before + opening + text.strip("\n") + "\n" + closing + after, "utf-8")


def measured(at: datetime) -> str:
    """Say when and how busy the machine was, which every figure of time depends on."""
    load, when = os.getloadavg()[0], at.astimezone(CENTRE_TIME)
    return f"Measured on {when:%Y-%m-%d %H:%M}, {os.cpu_count()} cores, load average before {load:.1f}."
