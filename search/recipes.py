"""What two vectors must share to be comparable."""

import json
from dataclasses import asdict, dataclass, field
from hashlib import blake2b

BUNDLED, NO_MODEL = "bundled", "none"


@dataclass(frozen=True)
class EmbeddingRecipe:
    """What must be equal for two vectors, which are all of length one, to be comparable.

    `version` is a digest of the model's files. `model` says where to look for them again; a model that moved
    makes the same vectors.
    """

    name: str
    dimension: int
    version: str
    query_prompt: str = ""
    passage_prompt: str = ""
    model: str = field(default=BUNDLED, compare=False)

    @property
    def fingerprint(self) -> str:
        said = f"{self.name}/{self.dimension}/{self.version}"
        prompts = json.dumps([self.query_prompt, self.passage_prompt])
        if not (self.query_prompt or self.passage_prompt):
            return said
        return f"{said}/{blake2b(prompts.encode(), digest_size=4).hexdigest()}"


def written(recipe: EmbeddingRecipe | None) -> str:
    """Return the recipe as an index keeps it beside its vectors; "" where there are none."""
    return json.dumps(asdict(recipe), ensure_ascii=False) if recipe else ""


def read(kept: str) -> EmbeddingRecipe | None:
    """Return the recipe that was `written`."""
    return EmbeddingRecipe(**json.loads(kept)) if kept else None
