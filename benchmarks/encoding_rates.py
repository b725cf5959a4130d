"""How many texts a second the encoder of passages does, by their length."""

from collections.abc import Iterator, Sequence

from benchmarks.batches import batches
from benchmarks.large_centre import seconds
from search import embeddings, models
from search.embeddings import Encoder

LENGTHS = (10, 30, 60, 100, 160, 240)
SAMPLES, TOGETHER = 48, 8
_TEXT = "客户来电咨询宽带合约未到期提前解约需要支付多少违约金，请核实机主身份后试算并告知。" * 10


def encoding_rates(samples: int = SAMPLES) -> Iterator[str]:
    yield "\n| characters | texts a second, singly | in eights |\n|---|---|---|"
    recipe = models.chosen()
    assert recipe
    encoder = embeddings.passage_encoder(recipe)
    encoder.passages(["预热"])
    for length in LENGTHS:
        texts = [f"{number}{_TEXT}"[:length] for number in range(samples)]
        yield f"| {length} | {_rate(encoder, texts, 1):.0f} | {_rate(encoder, texts, TOGETHER):.0f} |"
    embeddings.forget()


def _rate(encoder: Encoder, texts: Sequence[str], at_once: int) -> float:
    return len(texts) / seconds(lambda: [encoder.passages(some) for some in batches(texts, at_once)])
