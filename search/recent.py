"""The latest answers of something costly, kept for those who ask the same again."""

import threading
from collections import OrderedDict
from typing import Generic, TypeVar

Asked = TypeVar("Asked")
Told = TypeVar("Told")


class Recent(Generic[Asked, Told]):
    """Forgets what nobody asked for longest. For any number of threads."""

    def __init__(self, most: int) -> None:
        self._most, self._lock = most, threading.Lock()
        self._kept: OrderedDict[Asked, Told] = OrderedDict()

    def get(self, asked: Asked) -> Told | None:
        with self._lock:
            told = self._kept.get(asked)
            if told is not None:
                self._kept.move_to_end(asked)
            return told

    def put(self, asked: Asked, told: Told) -> None:
        with self._lock:
            self._kept[asked] = told
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)
