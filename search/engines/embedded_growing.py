"""Arrays that grow while others read them."""

from typing import Any

import numpy as np
import numpy.typing as npt

SPARE = 8


class Growing:
    """An array that grows at its end. A view that a reader took stays as it was.

    It has room for more from the first: who comes with one new row must not wait until all are copied.
    """

    def __init__(self, first: npt.NDArray[Any], room: int = 0) -> None:
        """`room`: for how many rows at least."""
        self._buffer, self._used = self._with_room(first, max(room, len(first))), len(first)

    @property
    def view(self) -> npt.NDArray[Any]:
        return self._buffer[: self._used]

    def append(self, new: npt.NDArray[Any]) -> None:
        needed = self._used + len(new)
        if needed > len(self._buffer):
            self._buffer = self._with_room(self.view, needed)
        self._buffer[self._used : needed] = new
        self._used = needed

    @staticmethod
    def _with_room(held: npt.NDArray[Any], needed: int) -> npt.NDArray[Any]:
        buffer = np.empty((needed + needed // SPARE, *held.shape[1:]), held.dtype)
        buffer[: len(held)] = held
        return buffer
