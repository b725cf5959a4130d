"""A large centre in a folder: made when it is not there, and given work to do."""

import os
import time
from collections.abc import Callable
from pathlib import Path

from sqlmodel import func, select

from benchmarks import hundred_thousand
from benchmarks.kept_vectors import KeptPassages, KeptVectors
from core import clock, database, jobs, numbering, sign_in
from kb import writing
from kb.forms import ArticleDraft
from kb.models import Article
from kb.publishing import publish_many
from operations import migrating, preparing
from operations.sample_centre import loading
from search import embeddings, engines, models
from search.embeddings import Encoder

AGENT = "8001"


def settle_in(folder: Path) -> None:
    """Make this process, and those that it starts, belong to the centre in the folder."""
    os.environ |= {"ZHIDA_DATA_DIR": str(folder.absolute()), "ZHIDA_LOG_LEVEL": "WARNING"}


def build(articles: int, cache: Path) -> dict[str, float]:
    """Make what is missing of the centre; return the seconds that each step took, if it was made anew."""
    took = write(articles)
    indexed = seconds(lambda: preparing.index_everything(dots))
    encoder = hundred_thousand.near_real(kept(cache), articles)
    made = seconds(lambda: hundred_thousand.encode_all(encoder, lambda done: dots(done, 0)))
    embeddings.forget()
    engines.forget()
    return took | {"indexing words": indexed, "vectors made from real ones": made} if took else {}


def write(articles: int) -> dict[str, float]:
    """Make the centre's database, if it is not there; return the seconds that took."""
    preparing.prepare()
    migrating.migrate()
    present = hundred_thousand.written()
    if present not in {0, articles}:
        raise SystemExit(f"the folder has {present:,} generated articles, not {articles:,}: delete it")
    if present:
        return {}
    loading.load(clock.now())
    writing = seconds(lambda: hundred_thousand.write_articles(clock.now(), articles))
    return {"writing articles to the database": writing}


def kept(cache: Path) -> Encoder:
    recipe = models.chosen()
    assert recipe
    encoder = embeddings.passage_encoder(recipe)
    return KeptPassages(KeptVectors(cache / "vectors.sqlite3"), encoder)


def sign_an_agent_in() -> str:
    """Return a session token."""
    with database.unit_of_work() as session:
        token = sign_in.sign_in(
            session, AGENT, loading.PASSWORD, address="127.0.0.1", browser="benchmark", at=clock.now()
        )
    assert token
    return token


def add_work(count: int) -> None:
    """Publish articles whose texts are new, so that the real encoder has them to do."""
    at = clock.now()
    with database.unit_of_work() as session:
        highest = session.exec(select(func.max(Article.number))).one()
        numbering.reserve(session, writing.COUNTER, highest)  # generated articles took no numbers
        drafts = [
            ArticleDraft(title=f"临时公告 {at:%H%M%S} {number}", answer="网络割接" * 20)
            for number in range(count)
        ]
        versions = [writing.start_article(session, draft, actor=loading.LOADER, at=at) for draft in drafts]
        publish_many(session, versions, batch="benchmark", actor=loading.LOADER, at=at)
    jobs.run_all_due(clock.now())


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def dots(done: int, _total: int) -> None:
    if done % 10_000 < 500:
        print(".", end="", flush=True)
