"""The encoders of this process, by the recipe that they work by."""

import logging
import threading
import time
from collections.abc import Callable, Collection
from typing import Generic, Protocol, TypeVar

from search import models
from search.encoder_worker import Program
from search.models import ModelUnusable
from search.recipes import EmbeddingRecipe

log = logging.getLogger(__name__)

LOOKS_AGAIN_SECONDS = 60.0


class _Closing(Protocol):
    def close(self) -> None: ...


Kept = TypeVar("Kept", bound=_Closing)


class ByRecipe(Generic[Kept]):
    """Those that this process uses now: one, and while models are being switched two."""

    def __init__(self, make: Callable[[EmbeddingRecipe, Program], Kept]) -> None:
        self._make, self._lock = make, threading.Lock()
        self._kept: dict[str, Kept] = {}
        self._missing: dict[str, tuple[float, ModelUnusable]] = {}

    def of(self, wanted: EmbeddingRecipe) -> Kept:
        with self._lock:
            known = self._kept.get(wanted.fingerprint)
            if known is None:
                self._look_for(wanted)
                known = self._make(wanted, lambda: models.program_for(wanted))
                self._kept[wanted.fingerprint] = known
            return known

    def _look_for(self, wanted: EmbeddingRecipe) -> None:
        """Look for the model's files, but not for every query anew."""
        until, error = self._missing.get(wanted.fingerprint, (0.0, ModelUnusable()))
        if time.monotonic() < until:
            raise error
        try:
            models.program_for(wanted)
        except ModelUnusable as missing:
            log.warning("%s", missing)
            self._missing[wanted.fingerprint] = (time.monotonic() + LOOKS_AGAIN_SECONDS, missing)
            raise

    def look_again(self) -> None:
        """Look for what was missing at the next use."""
        with self._lock:
            self._missing.clear()

    def keep_only(self, fingerprints: Collection[str]) -> None:
        with self._lock:
            over = [self._kept.pop(name) for name in self._kept.keys() - set(fingerprints)]
        for encoder in over:
            encoder.close()
