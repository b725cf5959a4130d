"""Make real SentenceTransformers, as small as can be: texts that share characters are near.

A program of its own, so that the tests' process loads none of it:
`python tiny_encoder.py FOLDER DIMENSION [nested] [prompted]`.
"""

import sys
from pathlib import Path

LETTERS = "查询话费流量宽带套餐月租移机漫游国内国际出境上网光猫报修提速亲情号开通办理怎么一二三四五"
LONGEST = 64


def make(folder: Path, dimension: int, wishes: list[str]) -> None:
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel, BertTokenizer

    torch.manual_seed(dimension)
    bare = folder / "bare"
    bare.mkdir(parents=True)
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *dict.fromkeys(LETTERS)]
    (bare / "vocab.txt").write_text("\n".join(words), encoding="utf-8")
    tokenizer = BertTokenizer(str(bare / "vocab.txt"))
    tokenizer.model_max_length = LONGEST
    size = {"num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 16}
    config = BertConfig(vocab_size=len(words), hidden_size=dimension, max_position_embeddings=LONGEST, **size)
    BertModel(config).save_pretrained(bare)
    tokenizer.save_pretrained(bare)
    prompts = {"query": "查询", "document": ""} if "prompted" in wishes else None
    transformer = Transformer(str(bare), max_seq_length=LONGEST)
    model = SentenceTransformer(modules=[transformer, Pooling(dimension)], prompts=prompts, device="cpu")
    model.save(str(folder / "model"), create_model_card=False)
    if "nested" in wishes:
        (folder / "model" / "README.md").write_text("tags:\n- loss:MatryoshkaLoss\n", encoding="utf-8")


if __name__ == "__main__":
    make(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
