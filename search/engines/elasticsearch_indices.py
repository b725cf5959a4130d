"""Our indices in Elasticsearch: two for each generation, and aliases that say what a generation is for."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from search.engines.base import EngineDown, IndexMissing, IndexOutOfDate
from search.engines.elasticsearch_cluster import Body, Cluster
from search.engines.elasticsearch_failures import said_as_unavailable
from search.engines.embedded_terms import OTHER_DAY
from search.recipes import EmbeddingRecipe, read, written

SCHEMA = 1  # raise it with every change of what is kept, or of how text is cut
WORDS, MEANING = "words", "meaning"
PARTS = (WORDS, MEANING)
TEXTS_A_GRAPH = 36_000  # in graphs of so many, recall@100 is 0.98; in one of 500,000 it was 0.87, as slowly
BYTES_A_NUMBER = 15  # of a vector: as JSON in the entry, as a float and in a byte
CUT_FIELDS = ("head_words", "body_words", "head_grams", "body_grams", "sounds")


class ForeignIndex(EngineDown):
    """Nothing is rebuilt over what is another's; it goes on by itself once people have cleared it up."""

    message = (
        "检索服务器上已有同名的索引，但不是直答建的，没有动它。"
        "请把 ZHIDA_ELASTICSEARCH_PREFIX 换成别的名字，或先删除那个索引。"
    )


@dataclass(frozen=True)
class Generation:
    """`recipe`: what makes its vectors. `is_usable`: this version of ours made it."""

    name: str
    recipe: EmbeddingRecipe | None
    is_usable: bool


@dataclass(frozen=True)
class Standing:
    """Which generations there are, and what each is for."""

    current: Generation | None = None
    building: Generation | None = None
    previous: str | None = None
    all_names: frozenset[str] = frozenset()

    @property
    def searched(self) -> Generation:
        """
        :raises IndexMissing: if there is none
        :raises IndexOutOfDate: if another version of the program built it
        """
        if self.current is None:
            raise IndexMissing
        if not self.current.is_usable:
            raise IndexOutOfDate
        return self.current


class Indices:
    """Read aliases name what is searched. Each generation that takes changes has write aliases of its own."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster, self._prefix = cluster, cluster.prefix
        self._ours = re.compile(rf"{re.escape(self._prefix)}-(words|meaning)-([0-9a-f]{{12}})")

    def read(self, part: str) -> str:
        return f"{self._prefix}-{part}"

    def index(self, part: str, generation: str) -> str:
        return f"{self._prefix}-{part}-{generation}"

    def write(self, part: str, generation: str) -> str:
        return f"{self.index(part, generation)}-write"

    def standing(self) -> Standing:
        """
        :raises ForeignIndex: if one of the names is taken by somebody else
        """
        found = self._all()
        names = {match[2] for name in found if (match := self._ours.fullmatch(name))}
        by_alias = {use: self._one(found, names, use) for use in ("current", "building", "previous")}
        current, building, previous = by_alias["current"], by_alias["building"], by_alias["previous"]
        return Standing(
            current=self._generation(found, current) if current else None,
            building=self._generation(found, building) if building else None,
            previous=previous,
            all_names=frozenset(names),
        )

    def make(self, recipe: EmbeddingRecipe | None) -> str:
        """Create both parts of an empty generation that takes changes and is not searched."""
        generation = uuid4().hex[:12]
        meta = {"schema": SCHEMA, "generation": generation, "recipe": written(recipe)}
        for part in PARTS:
            properties = _properties(part, recipe)
            with said_as_unavailable():
                self._cluster.patient.indices.create(
                    index=self.index(part, generation),
                    settings=_settings(recipe if part == MEANING else None),
                    mappings={"dynamic": "strict", "_meta": meta, "properties": properties},
                    aliases={self.write(part, generation): {}},
                )
        return generation

    def switch(self, standing: Standing, generation: str) -> None:
        """Let everybody search this generation, in one step, and keep the one before without changes."""
        actions: list[Body] = []
        for part in PARTS:
            read, every, new = self.read(part), self.index(part, "*"), self.index(part, generation)
            old = {"index": every, "must_exist": False}
            actions += [{"remove": {**old, "alias": alias}} for alias in (read, self._previous)]
            actions.append({"add": {"index": new, "alias": read}})
            if standing.current is not None:
                before = self.index(part, standing.current.name)
                closed = self.write(part, standing.current.name)
                actions.append({"remove": {"index": before, "alias": closed}})
                actions.append({"add": {"index": before, "alias": self._previous}})
        with said_as_unavailable():
            self._cluster.patient.indices.update_aliases(actions=actions)

    def sweep(self, keep: Iterable[str | None]) -> None:
        """Delete the generations that are not to be kept."""
        gone = self.standing().all_names.difference(keep)
        for generation in sorted(gone):
            names = [self.index(part, generation) for part in PARTS]
            with said_as_unavailable():
                self._cluster.patient.options(ignore_status=404).indices.delete(
                    index=names, ignore_unavailable=True
                )

    @property
    def _previous(self) -> str:
        return f"{self._prefix}-previous"

    def _all(self) -> dict[str, Any]:
        named = [f"{self._prefix}-{part}{more}" for part in PARTS for more in ("", "-*")]
        found = self._cluster.described(named)
        if any(self._is_taken(name, body) for name, body in found.items()):
            raise ForeignIndex
        return found

    def _is_taken(self, name: str, body: Body) -> bool:
        """Tell whether an index that is not ours has one of the names that people search under."""
        names = {self.read(part) for part in PARTS}
        return not self._ours.fullmatch(name) and not names.isdisjoint({name, *body["aliases"]})

    def _one(self, found: dict[str, Any], names: Iterable[str], use: str) -> str | None:
        """Return the generation that has this use in both parts."""
        for name in sorted(names):
            parts = [found.get(self.index(part, name)) for part in PARTS]
            if all(
                body and self._use_of(part, name, body) == use
                for part, body in zip(PARTS, parts, strict=True)
            ):
                return name
        return None

    def _use_of(self, part: str, generation: str, body: Body) -> str | None:
        aliases = body["aliases"]
        if self.read(part) in aliases:
            return "current"
        if self._previous in aliases:
            return "previous"
        return "building" if self.write(part, generation) in aliases else None

    def _generation(self, found: dict[str, Any], name: str) -> Generation:
        mappings = {part: found[self.index(part, name)]["mappings"] for part in PARTS}
        metas = [mappings[part].get("_meta", {}) for part in PARTS]
        recipe = _recipe_in(metas[0])
        told = {"schema": SCHEMA, "generation": name, "recipe": written(recipe)}
        fits = all(_fits(part, mappings[part], recipe) for part in PARTS)
        return Generation(name, recipe, is_usable=fits and all(meta == told for meta in metas))


def _recipe_in(meta: Body) -> EmbeddingRecipe | None:
    """Return the recipe that was noted, or None if that is no recipe of this version's."""
    try:
        return read(str(meta.get("recipe", "")))
    except (ValueError, TypeError):
        return None


def _settings(graphs_of: EmbeddingRecipe | None) -> Body:
    """Each segment has a graph of its own; segments of vectors are therefore not merged into large ones."""
    largest = TEXTS_A_GRAPH * graphs_of.dimension * BYTES_A_NUMBER if graphs_of else None
    return {
        **({"merge.policy.max_merged_segment": f"{largest}b"} if largest else {}),
        # One shard: what is rare is then the same for all documents, and 300,000 articles fit.
        "number_of_shards": 1,
        "auto_expand_replicas": "0-1",
        "refresh_interval": "1s",  # said outright: else a shard that was not asked for a while sleeps
        "similarity": {
            "frequency": {"type": "BM25", "k1": 1.2, "b": 0.75},
            "rarity": {"type": "BM25", "k1": 0.0, "b": 0.0},
        },
    }


def _properties(part: str, recipe: EmbeddingRecipe | None) -> Body:
    scope: Body = {
        "key": {"type": "keyword"},
        "filters": {"type": "keyword"},
        "begins": {"type": "long"},
        "until": {"type": "long"},
    }
    return scope | (_of_words() if part == WORDS else _of_meaning(recipe))


def _of_words() -> Body:
    """Text was cut beforehand: the server splits it at spaces and counts, nothing else."""
    cut = {
        "type": "text",
        "analyzer": "whitespace",
        "index_options": "freqs",
        "similarity": "frequency",
    }
    code = {"type": "keyword", "similarity": "rarity"}
    kept = {"type": "keyword", "index": False, "doc_values": False}
    return {
        **{day + name: cut for day in ("", OTHER_DAY) for name in CUT_FIELDS},
        "codes": code,
        "any_codes": code,
        "texts": kept,
        "text_count": {"type": "integer"},
        "digest": kept,
    }


def _of_meaning(recipe: EmbeddingRecipe | None) -> Body:
    """One entry for each text of a document; without a vector it waits for one, or never can have one."""
    fields: Body = {
        "hash": {"type": "keyword"},
        "text": {"type": "keyword", "index": False, "doc_values": False},
        "waiting": {"type": "boolean"},
    }
    if recipe is None:
        return fields
    vector = {
        "type": "dense_vector",
        "dims": recipe.dimension,
        "similarity": "cosine",
        "index_options": {"type": "int8_hnsw"},
    }
    return {**fields, "vector": vector}


def _fits(part: str, mapping: Body, recipe: EmbeddingRecipe | None) -> bool:
    """Tell whether the fields are those that we would make, each as we would make it."""
    wanted, found = _properties(part, recipe), mapping.get("properties", {})
    return wanted.keys() == found.keys() and all(_says(found[name], wanted[name]) for name in wanted)


def _says(found: Any, wanted: Any) -> bool:
    """Tell whether everything that is wanted is there; the server adds its own defaults."""
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(_says(found.get(name), wanted[name]) for name in wanted)
    return bool(found == wanted)
