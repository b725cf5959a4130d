"""A centre of 100,000 generated articles: the samples' own sentences, mixed, and vectors near real ones."""

import random
import zlib
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import numpy as np
from sqlalchemy import insert
from sqlmodel import col, func, select

from benchmarks.batches import batches
from core import database
from core.identity import Staff
from kb.models import Article, ArticleVersion, Publication
from kb.sanitising import html_of, text_of
from operations.sample_centre import loading
from search import engines
from search.embeddings import Encoder
from search.encoder_worker import Vectors
from search.recipes import EmbeddingRecipe

ARTICLES = 100_000
REAL_VECTORS = 3_000
FIRST_NUMBER = 10_000
CHUNK = 2_000
NEARNESS = (
    0.05  # noise added to a real unit vector of 384 numbers: cosine about 0.7 to it, as unlike texts have
)
PLACES = (
    "杭州",
    "宁波",
    "温州",
    "成都",
    "绵阳",
    "德阳",
    "广州",
    "深圳",
    "佛山",
    "东莞",
    "嘉兴",
    "绍兴",
    "惠州",
)
_WAYS = ("办理", "查询", "取消", "资费", "规则", "说明", "投诉", "补办", "变更", "到期", "口径", "流程")


class NearRealVectors:
    """An encoder for the benchmark's index alone: a real vector, chosen by the text, and a little noise."""

    def __init__(self, real: Sequence[Vectors], recipe: EmbeddingRecipe) -> None:
        self._real, self.recipe = np.stack(real), recipe

    def passages(self, texts: Sequence[str]) -> list[Vectors | None]:
        if not texts:
            return []
        seeds = [zlib.crc32(text.encode()) for text in texts]
        noise = np.stack(
            [np.random.default_rng(seed).standard_normal(384, dtype=np.float32) for seed in seeds]
        )
        made = self._real[[seed % len(self._real) for seed in seeds]] + NEARNESS * noise
        return list(made / np.linalg.norm(made, axis=1, keepdims=True))


def write_articles(at: datetime, count: int = ARTICLES) -> None:
    """Put generated articles into the database, published, in bulk."""
    sentences, titles = _pool()
    with database.reading() as session:
        author = session.exec(select(Staff.id)).first()
    assert author
    for start in range(0, count, CHUNK):
        rows = [
            _article(number, sentences, titles, author, at)
            for number in range(start, min(start + CHUNK, count))
        ]
        with database.unit_of_work() as session:
            for table, place in ((Article, 0), (ArticleVersion, 1), (Publication, 2)):
                session.execute(insert(table), [row[place] for row in rows])


def written() -> int:
    """Return how many generated articles the centre has: all that the loader did not write."""
    with database.reading() as session:
        others = select(func.count()).where(col(Article.created_by) != loading.LOADER.staff_id)
        return session.exec(others).one()


def mark() -> str:
    """Return what tells these articles from those of another centre of the same size."""
    with database.reading() as session:
        return session.exec(select(Article.id).where(col(Article.number) == FIRST_NUMBER)).one().hex[:6]


def encode_all(encoder: Encoder, progress: Callable[[int], None]) -> int:
    """Give every text that waits its vector; return how many."""
    done = 0
    while taken := engines.engine().encode_pending(encoder, 5_000):
        done += taken
        progress(done)
    return done


def near_real(encoder: Encoder, most: int = REAL_VECTORS) -> NearRealVectors:
    """Encode at most so many of the samples' texts, always the same ones first."""
    sentences, titles = _pool()
    texts = [*titles, *sentences]
    random.Random(7).shuffle(texts)
    made = [encoder.passages(batch) for batch in batches(texts[: min(most, REAL_VECTORS)], 8)]
    return NearRealVectors(
        [vector for batch in made for vector in batch if vector is not None], encoder.recipe
    )


def _pool() -> tuple[list[str], list[str]]:
    """Return the sentences and the titles of the sample centre."""
    sentences, titles = [], []
    for article in loading.articles():
        titles += [article["title"], *article.get("similar_questions", [])]
        for part in ("conditions", "prices", "steps"):
            sentences += [line for line in text_of(article.get(part, "")).splitlines() if len(line) > 8]
        sentences.append(article["answer"])
    return sentences, titles


def _article(
    number: int, sentences: list[str], titles: list[str], author: UUID, at: datetime
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    dice = random.Random(number)
    title = f"{dice.choice(PLACES)}{dice.choice(titles)}{dice.choice(_WAYS)}（{dice.randrange(2018, 2027)}）"
    answer, *lines = dice.sample(sentences, 8)
    article, version = uuid4(), uuid4()
    began = at - timedelta(days=dice.randrange(900))
    return (
        {"id": article, "number": FIRST_NUMBER + number, "created_by": author, "created_at": began},
        {
            "id": version, "article_id": article, "number": 1, "title": title[:120], "kind": "faq",
            "answer": answer[:300], "conditions": "", "prices": "", "internal_note": "",
            "steps": html_of("\n".join(lines)), "body_text": "\n".join(lines),
            "similar_questions": [f"{dice.choice(PLACES)}{dice.choice(titles)}"[:200]],
            "codes": [f"CX{dice.randrange(10**5):05d}"], "keywords": [], "audience": "customers",
            "author_id": author, "saved_at": began, "created_at": began, "revision": 0,
        },
        {
            "id": uuid4(), "article_id": article, "version_id": version, "published_by": author,
            "published_at": began, "effective_from": began, "created_at": began,
        },
    )  # fmt: skip
