"""How good the search is, beside what else one could have taken.

    python -m benchmarks.relevance [--data ../shared/data] [--sets golden,xquad_zh] [--cache FOLDER]
        [--elasticsearch http://127.0.0.1:9200]

Prints Markdown. A run over all sets also writes it, with its picture, into this folder (`--write`: any run).
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import on_elasticsearch, zhida_side
from benchmarks.peers import Peer, bm25, dense, elasticsearch_text, fts5, whoosh_jieba
from benchmarks.question_sets import QuestionSet, names_in, public_set
from benchmarks.relevance_budgets import budget_lines
from benchmarks.relevance_plot import draw
from benchmarks.relevance_tables import GOLDEN, golden_tables, table_of
from benchmarks.scoring import SetResult
from benchmarks.written import measured, put_between
from core import clock
from search import embeddings
from search.embeddings import Asking, Encoder
from search.finder import Mode

ROOT = Path(__file__).parents[1]
PICTURE = Path(__file__).with_name("relevance.svg")


def main() -> None:
    options = _options()
    public = names_in(options.data)
    chosen = options.sets or [GOLDEN, *public]
    if not public:
        say(f"no public sets in {options.data}: golden alone")
    when = measured(clock.now())
    with TemporaryDirectory() as scratch:
        os.environ |= {"ZHIDA_DATA_DIR": scratch, "ZHIDA_LOG_LEVEL": "WARNING"}
        encoders = zhida_side.encoders(options.cache)
        results = [measure(name, options, encoders) for name in chosen]
        embeddings.forget()
    missing = [] if options.elasticsearch else [on_elasticsearch.ABSENT]
    lines = [when, *missing, *(line for result in results for line in told(result))]
    rivals = [bm25.over_our_words().name, bm25.over_plain_words().name]
    text = "\n".join([*lines, *budget_lines(results, rivals)])
    print(text)
    if options.write or (public and not options.sets):
        draw(results, PICTURE)
        put_between("relevance", f"![nDCG@10]({PICTURE.name})\n\n{text}")


def measure(name: str, options: argparse.Namespace, encoders: tuple[Encoder, Asking]) -> SetResult:
    with TemporaryDirectory() as scratch, _asked(name, options.data, encoders) as (asked, ask):
        say(f"{name}: {len(asked.documents):,} documents, {len(asked.judged):,} queries")
        by_query = {one.query: ask(one.query) for one in asked.judged}
        answers = {
            system: {query: answered[system] for query, answered in by_query.items()}
            for system in zhida_side.SYSTEMS
        }
        if options.elasticsearch:
            say(f"{name}: {zhida_side.ON_ELASTICSEARCH}")
            with _asked_there(asked, encoders, options.elasticsearch) as found:
                answers[zhida_side.ON_ELASTICSEARCH] = {one.query: found(one.query) for one in asked.judged}
        for peer in peers(Path(scratch), *encoders, options.elasticsearch):
            say(f"{name}: {peer.name}")
            peer.index(asked.documents)
            answers[peer.name] = {one.query: peer.ask(one.query, zhida_side.DEEPEST) for one in asked.judged}
        notes = (_trigrams_missing(asked),)
        return SetResult(name, len(asked.documents), asked.judged, answers, notes, options.seed)


def peers(scratch: Path, passages: Encoder, asking: Asking, elasticsearch: str | None) -> Iterator[Peer]:
    yield bm25.over_our_words()
    yield bm25.over_plain_words()
    yield fts5.Fts5("unicode61")
    yield fts5.Fts5("trigram")
    yield whoosh_jieba.WhooshJieba(scratch)
    if elasticsearch:
        with elasticsearch_text.peers(elasticsearch) as analyzed:
            yield from analyzed
    yield dense.Dense(passages, asking)


def told(result: SetResult) -> Iterator[str]:
    yield from table_of(result)
    if result.name == GOLDEN:
        yield from golden_tables(result)


@contextmanager
def _asked(
    name: str, data: Path, encoders: tuple[Encoder, Asking]
) -> Iterator[tuple[QuestionSet, zhida_side.Ask]]:
    if name == GOLDEN:
        with zhida_side.sample_centre(encoders[0], _dots) as prepared:
            yield prepared
    else:
        asked = public_set(data, name)
        with zhida_side.asked_of_set(asked, *encoders, _dots) as ask:
            yield asked, ask


@contextmanager
def _asked_there(
    asked: QuestionSet, encoders: tuple[Encoder, Asking], url: str
) -> Iterator[Callable[[str], list[str]]]:
    """Index the same on Elasticsearch; yield what finds there as a person does."""
    passages, asking = encoders
    with on_elasticsearch.borrowed(url) as place:
        if asked.name == GOLDEN:
            with on_elasticsearch.instead(place, patient=True):
                zhida_side.index_centre(passages, _dots)
                yield lambda text: zhida_side.as_found(text, Mode.HYBRID, clock.now())
            return
        with TemporaryDirectory() as folder, closing(place.engine(Path(folder), passages.recipe)) as engine:
            zhida_side.fill(engine, asked.documents, passages, _dots)
            yield lambda text: zhida_side.found_in(engine, asking, text, clock.now())


def _trigrams_missing(asked: QuestionSet) -> str:
    short = sum(not fts5.trigrams(one.query) for one in asked.judged)
    return (
        f"{short} of these queries have no run of three characters, so FTS5's trigrams cannot look them up."
    )


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _dots(done: int, total: int) -> None:
    if done % 1024 < 64:
        say(f"  {done:,} of {total:,}")


def _options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared/data")
    parser.add_argument("--sets", type=lambda said: said.split(","))
    parser.add_argument("--cache", type=Path, default=Path("zhida-data-benchmark"))
    parser.add_argument("--elasticsearch", metavar="URL", help="measure on this server too")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--write", action="store_true")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
