"""Make a real CrossEncoder, as small as can be: in a second it learns to prefer what is free (免费).

A program of its own, so that the tests' process loads none of it: `python tiny_reranker.py FOLDER`.
"""

import random
import sys
from pathlib import Path

LETTERS = "查询话费流量宽带套餐月租移机漫游国内国际免收一百元"
WANTED = "免"
STEPS = 150


def make(folder: Path) -> None:
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizer

    torch.manual_seed(1)
    torch.set_num_threads(1)
    folder.mkdir(parents=True)
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *LETTERS]
    vocabulary = folder / "vocab.txt"
    vocabulary.write_text("\n".join(words), encoding="utf-8")
    tokenizer = BertTokenizer(str(vocabulary))
    size = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 16}
    config = BertConfig(vocab_size=len(words), max_position_embeddings=64, num_labels=1, **size)
    model = BertForSequenceClassification(config)
    _teach(torch, model, tokenizer)
    tokenizer.model_max_length = 64
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _teach(torch, model, tokenizer) -> None:  # type: ignore[no-untyped-def]  # libraries without types
    chance = random.Random(1)
    learner = torch.optim.AdamW(model.parameters(), lr=0.01)
    others = LETTERS.replace(WANTED, "")
    for _ in range(STEPS):
        labels = torch.tensor([[float(number % 2)] for number in range(32)])
        texts = [_text(chance, others, with_it=number % 2 == 1) for number in range(32)]
        asked = ["".join(chance.choices(others, k=4)) for _ in texts]
        scores = model(**tokenizer(asked, texts, padding=True, return_tensors="pt")).logits
        loss = torch.nn.functional.binary_cross_entropy_with_logits(scores, labels)
        learner.zero_grad()
        loss.backward()
        learner.step()


def _text(chance: random.Random, others: str, *, with_it: bool) -> str:
    letters = chance.choices(others, k=chance.randint(3, 12))
    if with_it:
        letters[chance.randrange(len(letters))] = WANTED
    return "".join(letters)


if __name__ == "__main__":
    make(Path(sys.argv[1]))
