"""Programs in place of the reranker's: they die, hang or lie at a word. Run as files of their own."""

import sys
from collections.abc import Sequence
from pathlib import Path

_PROGRAM = """
import json, math, os, struct, sys, time
def read():
    head = sys.stdin.buffer.read(4)
    return sys.stdin.buffer.read(*struct.unpack(">I", head)) if len(head) == 4 else b""
def write(payload):
    sys.stdout.buffer.write(struct.pack(">I", len(payload)) + payload)
    sys.stdout.buffer.flush()
if {dead!r}:
    os._exit(1)
write(b"ready")
while request := read():
    asked = json.loads(request)
    if "死" in asked["asked"]:
        os._exit(1)
    if "停" in asked["asked"]:
        time.sleep(60)
    if "慢" in asked["asked"]:
        time.sleep(0.4)
    numbers = [0.9 if "免费" in text else 0.5 if "优惠" in text else 0.1 for text in asked["texts"]]
    if "谎" in asked["asked"]:
        numbers[0] = math.nan
    if "多" in asked["asked"]:
        numbers[0] = 1.5
    if "短" in asked["asked"]:
        numbers.pop()
    write(struct.pack(f"<{{len(numbers)}}f", *numbers))
"""


def treacherous(folder: Path, *, dead: bool = False) -> Sequence[str]:
    """Return the command of a reranker that prefers 免费, then 优惠.

    A question with 死 kills it, 停 stops it, 慢 slows it; with 谎, 多 or 短 its reply cannot be used.
    """
    path = folder / f"reranker_{dead}.py"
    path.write_text(_PROGRAM.format(dead=dead), encoding="utf-8")
    return (sys.executable, str(path))
