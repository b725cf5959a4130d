"""What a browser calls itself, in two words."""

import re

_PROGRAMS = (("Edg", "Edge"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
_SYSTEMS = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def browser_name(user_agent: str) -> str:
    """Return such as `Chrome 156 · Windows`; an unknown one is not guessed at."""
    program = next((_versioned(mark, name, user_agent) for mark, name in _PROGRAMS if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    return " · ".join(part for part in (program, system) if part) or "未知设备"


def _versioned(mark: str, name: str, user_agent: str) -> str:
    version = re.search(rf"{mark}\w*/(\d+)", user_agent)
    return f"{name} {version[1]}" if version else name
