"""The documents of a generation in memory: who may be found, and whose vectors are nearest."""

import threading
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import numpy.typing as npt

from search.document import ANY, DocumentKey
from search.encoder_worker import Vectors
from search.engines.base import Scored
from search.engines.embedded_coarse import Coarse, Mask, Owners, Rows
from search.engines.embedded_growing import Growing
from search.engines.embedded_vectors import ChangedDocument, VectorStore

Filters = Mapping[str, frozenset[str]]
Wishes = Mapping[str, Collection[str]]
Wished = frozenset[tuple[str, frozenset[str]]]
NOBODY = -1
EXACT_ROWS = 40_000
GATHERED_DOCUMENTS = 2_000
ROWS_A_DOCUMENT = 6
MUCH_WASTE = 0.25
MOST_COUNTED = 100_000
MOST_MASKS = 200


@dataclass(frozen=True)
class Snapshot:
    """One moment, shared by any number of threads. Documents are numbered as in the store."""

    ids: Mapping[DocumentKey, int]
    keys: Sequence[DocumentKey | None]
    profiles: Sequence[Filters]
    profile_of: npt.NDArray[np.int32]
    begins: npt.NDArray[np.float64]
    until: npt.NDArray[np.float64]
    vectors: Vectors
    owners: Owners
    coarse: Coarse | None
    waiting: int
    version: int
    masks: dict[Wished, "_HeldMask"] = field(default_factory=dict)

    def allowed(self, wishes: Wishes, at: datetime) -> Mask:
        """Return, for each document and at the end for nobody, whether it may be found."""
        return self._held(wishes, at).mask

    def allowed_since(self, wishes: Wishes, at: datetime) -> float:
        """Return a moment, in seconds, that is another one once something else may be found."""
        return self._held(wishes, at).since

    def _held(self, wishes: Wishes, at: datetime) -> "_HeldMask":
        wished = frozenset((name, frozenset(values)) for name, values in wishes.items())
        moment, held = at.timestamp(), self.masks.get(wished)
        if held is None or not held.since <= moment < held.until:
            if len(self.masks) > MOST_MASKS:
                self.masks.clear()
            held = self.masks[wished] = self._made(wished, moment)
        return held

    def keep_allowed(self, found: Sequence[tuple[int, float]], allowed: Mask, most: int) -> list[Scored]:
        """Return the first of them that may be found; a number that came after this moment may not."""
        if not found:
            return []
        last = len(allowed) - 1
        marks = allowed[[min(number, last) for number, _ in found]].tolist()
        kept = [Scored(self._key(hit[0]), hit[1]) for hit, fits in zip(found, marks, strict=True) if fits]
        return kept[:most]

    def numbers_of(self, keys: Iterable[DocumentKey]) -> dict[int, DocumentKey]:
        return {self.ids[key]: key for key in keys if key in self.ids}

    def keys_of(self, numbers: Iterable[int]) -> list[DocumentKey]:
        return [self._key(number) for number in numbers if number < len(self.keys)]

    def _key(self, number: int) -> DocumentKey:
        key = self.keys[number]
        if key is None:
            raise AssertionError("only documents that were recorded have a number")
        return key

    def _made(self, wished: Wished, moment: float) -> "_HeldMask":
        """Return the mask, and from when to when it is the same."""
        fits = np.array([*(all(_fits(profile, *one) for one in wished) for profile in self.profiles), False])
        holds = (self.begins <= moment) & (self.until > moment)
        later = [moments[moments > moment].min(initial=np.inf) for moments in (self.begins, self.until)]
        return _HeldMask(np.append(fits[self.profile_of] & holds, [False]), moment, min(later))

    def nearest(self, vector: Vectors, allowed: Mask, limit: int) -> list[Scored]:
        """Return the documents of which some text is nearest, with the cosine of that text."""
        rows, scores = self._scored(vector, allowed)
        wanted = limit * ROWS_A_DOCUMENT
        while True:
            best = _best(scores, wanted)
            found = self._documents(rows[best], scores[best], limit)
            if len(found) >= limit or wanted >= len(scores):
                return found
            wanted *= 4

    def _scored(self, vector: Vectors, allowed: Mask) -> tuple[Rows, Vectors]:
        """Return the rows that are worth an exact look and their cosines."""
        if self.coarse is not None and np.count_nonzero(allowed) > GATHERED_DOCUMENTS:
            rows = self.coarse.roughly_best(vector, allowed, self.owners)
        else:
            rows = np.flatnonzero(allowed[self.owners])
        if len(rows) > len(self.owners) // 4:  # to pick rows out costs more than to multiply them
            return rows, (self.vectors @ vector)[rows]
        return rows, self.vectors[rows] @ vector

    def _documents(self, rows: npt.NDArray[np.intp], scores: Vectors, limit: int) -> list[Scored]:
        found: dict[int, float] = {}
        for owner, score in zip(self.owners[rows].tolist(), scores.tolist(), strict=True):
            found.setdefault(owner, score)
        keys = ((self.keys[owner], score) for owner, score in found.items())
        return [Scored(key, score) for key, score in keys if key is not None][:limit]


@dataclass(frozen=True)
class _HeldMask:
    """Who may be found, which between these two moments (in seconds) does not change."""

    mask: Mask
    since: float
    until: float


class Memory:
    """Follows the store: `latest` is what was committed a moment ago."""

    def __init__(self, store: VectorStore, dimension: int) -> None:
        self._store, self._dimension = store, dimension
        self._following = threading.Lock()
        self._version, self._change = -1, 0
        self._ids: dict[DocumentKey, int] = {}
        self._keys: list[DocumentKey | None] = []
        self._profiles: dict[Wished, int] = {}
        self._profile_of = np.empty(0, np.int32)
        self._begins, self._until = np.empty(0, np.float64), np.empty(0, np.float64)
        self._vectors = Growing(np.empty((0, dimension), np.float32))
        self._owners = np.empty(0, np.int32)
        self._coarse: Coarse | None = None
        self._snapshot: Snapshot | None = None

    def latest(self) -> Snapshot:
        """Return the newest snapshot; whoever comes while another thread fetches it takes the one before."""
        if self._following.acquire(blocking=self._snapshot is None):
            try:
                self._follow()
            finally:
                self._following.release()
        if self._snapshot is None:
            raise AssertionError("the first caller waits for the first snapshot")
        return self._snapshot

    def _follow(self) -> None:
        version = self._store.version()
        if version == self._version and self._snapshot is not None:
            return
        with self._store.reading():
            changed = self._store.changed_since(self._change)
            vectors, owners = self._store.vectors_since(self._change, self._dimension)
            waiting = self._store.waiting(at_most=MOST_COUNTED)
        if changed:
            self._take(changed)
            self._replace(changed, vectors, owners)
            self._change = changed[-1].change
        self._version = version
        self._snapshot = self._see(waiting)

    def _take(self, changed: Sequence[ChangedDocument]) -> None:
        more = 1 + max(document.id for document in changed) - len(self._keys)
        if more > 0:
            self._keys += [None] * more
            self._profile_of = np.append(self._profile_of, np.full(more, NOBODY, np.int32))
            self._begins = np.append(self._begins, np.zeros(more))
            self._until = np.append(self._until, np.zeros(more))
        profile_of, begins, until = self._profile_of.copy(), self._begins.copy(), self._until.copy()
        for document in changed:
            self._ids[document.key], self._keys[document.id] = document.id, document.key
            profile_of[document.id] = NOBODY if document.removed else self._profile(document.filters)
            begins[document.id] = -np.inf if document.valid_from is None else document.valid_from
            until[document.id] = np.inf if document.valid_until is None else document.valid_until
        self._profile_of, self._begins, self._until = profile_of, begins, until

    def _profile(self, filters: Filters) -> int:
        """Return the number of this set of filters; many documents share few of them."""
        return self._profiles.setdefault(frozenset(filters.items()), len(self._profiles))

    def _replace(self, changed: Sequence[ChangedDocument], vectors: Growing, owners: Owners) -> None:
        outdated = np.zeros(len(self._keys) + 1, np.bool_)
        outdated[[document.id for document in changed]] = True
        kept = np.where(outdated[self._owners], np.int32(NOBODY), self._owners)
        self._owners = np.append(kept, owners)
        if len(self._owners) == len(owners):
            self._vectors = vectors
        else:
            self._vectors.append(vectors.view)
        if np.count_nonzero(self._owners == NOBODY) > MUCH_WASTE * len(self._owners):
            living = self._owners != NOBODY
            self._owners, self._vectors = self._owners[living], Growing(self._vectors.view[living])
            self._coarse = None
        if self._coarse is not None:
            self._coarse.append(vectors.view)
        elif len(self._owners) > EXACT_ROWS:
            self._coarse = Coarse(self._vectors.view)

    def _see(self, waiting: int) -> Snapshot:
        return Snapshot(
            self._ids,
            self._keys,
            tuple(map(dict, self._profiles)),
            self._profile_of,
            self._begins,
            self._until,
            self._vectors.view,
            self._owners,
            self._coarse,
            waiting,
            self._version,
        )


def _fits(profile: Filters, name: str, wish: frozenset[str]) -> bool:
    values = profile.get(name, frozenset())
    return ANY in values or not wish.isdisjoint(values)


def _best(scores: Vectors, most: int) -> npt.NDArray[np.intp]:
    if most < len(scores):
        top = np.argpartition(scores, len(scores) - most)[-most:]
        return top[np.argsort(-scores[top], kind="stable")]
    return np.argsort(-scores, kind="stable")
