"""Making the vectors that are missing in Elasticsearch: any number of processes, each text by one of them."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack

from search.embeddings import Encoder
from search.encoder_worker import Vectors, is_sound
from search.engines.base import WritingBusy
from search.engines.elasticsearch_texts import DIGITS, SHARES, Texts
from search.engines.rights import Rights

ENCODED_WAIT_SECONDS = 60.0
Keep = Callable[[Mapping[str, Vectors | None]], None]


def encode_some(texts: Texts, rights: Rights, encoder: Encoder, most: int, keep: Keep) -> int:
    """Encode texts of a share that nobody else is at, have them kept, and return how many (0: none waits).

    :raises WritingBusy: if others keep all that waits to themselves, and do not get on
    """
    while (newest := texts.newest_waiting()) is not None:
        with ExitStack() as mine:
            if waiting := _taken(texts, rights, most, _in_turn(newest), mine):
                keep(_encoded(encoder, waiting))
                return len(waiting)
        _await_others(rights, _in_turn(newest)[0])
    return 0


def _taken(texts: Texts, rights: Rights, most: int, shares: Iterable[int], mine: ExitStack) -> dict[str, str]:
    """Return at most so many texts of the shares that are free, which stay taken until `mine` is closed."""
    waiting: dict[str, str] = {}
    for share in shares:
        if len(waiting) < most and mine.enter_context(rights.encoding(share)):
            waiting |= texts.pending(most - len(waiting), share)
    return waiting


def _in_turn(newest: str) -> list[int]:
    """Return the shares, first that of the text which was changed last."""
    first = DIGITS.index(newest[0])
    return [(first + number) % SHARES for number in range(SHARES)]


def _encoded(encoder: Encoder, waiting: Mapping[str, str]) -> dict[str, Vectors | None]:
    """Return a vector for each hash, or None where the encoder can make none that is one."""
    made = encoder.passages(list(waiting.values()))
    dimension = encoder.recipe.dimension
    sound = (one if one is not None and is_sound(one, dimension) else None for one in made)
    return dict(zip(waiting, sound, strict=True))


def _await_others(rights: Rights, share: int) -> None:
    """Whoever asks for the rest must not be told that it is done while others are still at it."""
    with rights.encoding(share, wait=ENCODED_WAIT_SECONDS) as mine:
        if not mine:
            raise WritingBusy
