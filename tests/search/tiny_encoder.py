"""Make a real SentenceTransformer, as small as can be and file by file, so that nothing heavy is loaded.

Texts that share characters are near: each character has a direction, and the layers above add nothing.
"""

import json
from pathlib import Path

import numpy as np

LETTERS = "查询话费流量宽带套餐月租移机漫游国内国际出境上网光猫报修亲情号办理年人优惠校园青卡家庭企业专线老"
LONGEST = 64
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


def make(folder: Path, dimension: int = 24, *, is_nested: bool = False, query_prompt: str = "") -> Path:
    words = [*SPECIAL, *dict.fromkeys(LETTERS)]
    (folder / "1_Pooling").mkdir(parents=True)
    (folder / "vocab.txt").write_text("\n".join(words), encoding="utf-8")
    for name, said in _files(len(words), dimension, query_prompt).items():
        (folder / name).write_text(json.dumps(said), encoding="utf-8")
    if is_nested:
        (folder / "README.md").write_text("tags:\n- loss:MatryoshkaLoss\n", encoding="utf-8")
    _write(folder / "model.safetensors", _weights(len(words), dimension))
    return folder


def _files(words: int, dimension: int, query_prompt: str) -> dict[str, object]:
    size = {"hidden_size": dimension, "intermediate_size": 8, "vocab_size": words}
    depth = {"num_hidden_layers": 1, "num_attention_heads": 1, "max_position_embeddings": LONGEST}
    modules = "sentence_transformers.models"
    return {
        "config.json": {"architectures": ["BertModel"], "model_type": "bert", **size, **depth},
        "tokenizer_config.json": {"tokenizer_class": "BertTokenizer", "model_max_length": LONGEST},
        "modules.json": [
            {"idx": 0, "name": "0", "path": "", "type": f"{modules}.Transformer"},
            {"idx": 1, "name": "1", "path": "1_Pooling", "type": f"{modules}.Pooling"},
        ],
        "sentence_bert_config.json": {"max_seq_length": LONGEST, "do_lower_case": False},
        "1_Pooling/config.json": {"word_embedding_dimension": dimension, "pooling_mode_mean_tokens": True},
        "config_sentence_transformers.json": {"prompts": {"query": query_prompt, "document": ""}},
    }


def _weights(words: int, size: int) -> dict[str, np.ndarray]:
    layer = "encoder.layer.0"
    dense = {f"{layer}.attention.self.{part}": (size, size) for part in ("query", "key", "value")}
    dense |= {f"{layer}.attention.output.dense": (size, size), f"{layer}.intermediate.dense": (8, size)}
    dense |= {f"{layer}.output.dense": (size, 8), "pooler.dense": (size, size)}
    norms = ("embeddings", f"{layer}.attention.output", f"{layer}.output")
    directions = np.random.default_rng(size).standard_normal((words, size))
    return {
        "embeddings.word_embeddings.weight": directions,
        "embeddings.position_embeddings.weight": np.zeros((LONGEST, size)),
        "embeddings.token_type_embeddings.weight": np.zeros((2, size)),
        **{f"{name}.LayerNorm.weight": np.ones(size) for name in norms},
        **{f"{name}.LayerNorm.bias": np.zeros(size) for name in norms},
        **{f"{name}.weight": np.zeros(shape) for name, shape in dense.items()},
        **{f"{name}.bias": np.zeros(shape[0]) for name, shape in dense.items()},
    }


def _write(path: Path, weights: dict[str, np.ndarray]) -> None:
    """Write what the safetensors library reads: a length, a table of contents, the numbers."""
    contents, numbers = {}, b""
    for name, weight in weights.items():
        raw = weight.astype("<f4").tobytes()
        place = [len(numbers), len(numbers) + len(raw)]
        contents[name] = {"dtype": "F32", "shape": list(weight.shape), "data_offsets": place}
        numbers += raw
    head = json.dumps(contents | {"__metadata__": {"format": "pt"}}).encode()
    path.write_bytes(len(head).to_bytes(8, "little") + head + numbers)
