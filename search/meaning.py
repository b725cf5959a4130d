"""Which encoder speaks for the index in use, and the change from one model to another.

While the vectors of a new model are being made beside the old ones, queries go on being encoded as the old
ones were; with the switch, everybody's next query is encoded anew. Vectors of two recipes never meet.
"""

from dataclasses import dataclass
from typing import Protocol

from core.settings import settings
from search import embeddings, engines, model_files, models
from search.embeddings import Awaited, ModelMissing, Unanswered
from search.engines.base import EngineStatus, EngineUnavailable, Progress
from search.model_facts import known_facts
from search.models import ModelUnusable
from search.recipes import BUNDLED, NO_MODEL, EmbeddingRecipe

NEARLY = 0.9


class AskingForDrafts(Protocol):
    """Makes vectors of queries, and of the texts of a draft that somebody waits for."""

    @property
    def recipe(self) -> EmbeddingRecipe: ...

    def ask(self, text: str, *, budget: float = ...) -> Awaited: ...

    def ask_passage(self, text: str, *, budget: float) -> Awaited: ...


class Missing:
    """In place of an encoder that the index would need and that is not here."""

    def __init__(self, recipe: EmbeddingRecipe) -> None:
        self._recipe = recipe

    @property
    def recipe(self) -> EmbeddingRecipe:
        return self._recipe

    def ask(self, _text: str, *, budget: float = 0.0) -> Awaited:
        return Unanswered(ModelMissing())

    def ask_passage(self, _text: str, *, budget: float) -> Awaited:
        return Unanswered(ModelMissing())


NOBODYS = EmbeddingRecipe(NO_MODEL, 0, "")


def recipe() -> EmbeddingRecipe | None:
    """Return the recipe by which queries are encoded now: that of the index in use.

    None where meaning is switched off, or there are no vectors and no model to make them.
    """
    if settings().embedding_model == NO_MODEL:
        return None
    try:
        return engines.engine().recipe() or models.chosen()
    except EngineUnavailable:
        return models.chosen()


def encoder() -> AskingForDrafts | None:
    """Return what encodes queries, or None where meaning is switched off."""
    if settings().embedding_model == NO_MODEL:
        return None
    return _encoder_of(recipe())


def _encoder_of(wanted: EmbeddingRecipe | None) -> AskingForDrafts:
    if wanted is None:
        return Missing(NOBODYS)
    try:
        return embeddings.query_encoder(wanted)
    except ModelUnusable:
        return Missing(wanted)


def tend() -> None:
    """Have the encoder of a new model come up shortly before it is needed, and end those that are over."""
    if (used := recipe()) is None:
        embeddings.keep_only(())
        return
    chosen = models.chosen()
    embeddings.keep_only({used} | ({chosen} if chosen else set()))
    if chosen in {None, used}:
        return  # no other model is coming, so that the index need not be counted
    try:
        preparing = engines.engine().status().preparing
    except EngineUnavailable:
        return
    if preparing and preparing.recipe == chosen and _is_nearly_done(preparing.meaning):
        _encoder_of(chosen)


def _is_nearly_done(made: Progress) -> bool:
    return made.done >= NEARLY * made.total


@dataclass(frozen=True)
class Encoding:
    """How vectors of a recipe are made here. `longest`: tokens of a text that the model reads at most."""

    recipe: EmbeddingRecipe
    device: str
    batch: int
    threads: int
    processes: int
    longest: int | None


def encoding(made_by: EmbeddingRecipe) -> Encoding:
    """Return how this process makes vectors of a recipe."""
    said, is_bundled = settings(), made_by.model == BUNDLED
    facts = None if is_bundled else known_facts(made_by.version, said.embedding_device)
    return Encoding(
        recipe=made_by,
        device="cpu" if is_bundled else said.embedding_device if facts is None else facts.device,
        batch=said.embedding_batch,
        threads=1 if is_bundled else model_files.threads(said.embedding_threads),
        processes=said.encoder_processes,
        longest=facts.longest if facts else None,
    )


def trouble(status: EngineStatus | None) -> str:
    """Return why there is no meaning, now or once the model has changed, naming it; "" if all is well."""
    if settings().embedding_model == NO_MODEL:
        return ""
    if told := models.problem():
        return told
    try:
        if status is not None and status.recipe is not None:
            models.program_for(status.recipe)
    except ModelUnusable as error:
        return str(error)
    return ""
