"""The program of a process that decodes spans of one file for a load: `side_by_side` starts it and asks."""

import json
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any

from search.piped_program import serve
from subscribers.loading.decoding import Decoder, Recipe, packed


def answering() -> Callable[[Mapping[str, Any]], bytes]:
    os.nice(5)  # people who search come first
    decoder = Decoder(Recipe(**json.loads(sys.argv[2])))

    def answer(asked: Mapping[str, Any]) -> bytes:
        return packed(decoder.decode(asked["after"], asked["position"], asked["rows"]))

    return answer


def main() -> None:
    serve(answering)
