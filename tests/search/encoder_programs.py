"""Programs in place of the encoder's: they die, hang or lie at a word. Run as files of their own."""

import sys
from collections.abc import Sequence
from pathlib import Path

_PROGRAM = """
import json, os, struct, sys, time, math
def read():
    head = sys.stdin.buffer.read(4)
    return sys.stdin.buffer.read(*struct.unpack(">I", head)) if len(head) == 4 else b""
def write(payload):
    sys.stdout.buffer.write(struct.pack(">I", len(payload)) + payload)
    sys.stdout.buffer.flush()
if {dead!r}:
    os.abort()
write(b"ready")
while request := read():
    texts = json.loads(request)["texts"]
    numbers = []
    for text in texts:
        if "死" in text:
            os.abort()
        if "停" in text:
            time.sleep(60)
        if "慢" in text:
            time.sleep(0.4)
        size = 3 if "短" in text else 4
        numbers += [math.nan if "谎" in text else 1.0] + [0.0] * (size - 1)
    write(struct.pack(f"<{{len(numbers)}}f", *numbers))
"""
DIMENSION = 4


def treacherous(folder: Path, *, dead: bool = False) -> Sequence[str]:
    """Return the command of an encoder that 死 kills, 停 stops, 慢 slows, 短 shortens and 谎 makes lie."""
    path = folder / f"encoder_{dead}.py"
    path.write_text(_PROGRAM.format(dead=dead), encoding="utf-8")
    return (sys.executable, str(path))
