"""What a large lexicon costs: taking files of new words in, reading them anew, and searches beside it.

    python -m benchmarks.lexicon [--words 20000 20000 10000] [--folder zhida-data-lexicon]

The sample centre in a folder of its own, without meaning. Each number of `--words` is one file and one
change; `--words 2000 1000` is a small run. Somebody types beside it all the while: the seconds of the
processor hold their searches too.
"""

import argparse
import os
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from io import BytesIO
from itertools import cycle, islice
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

from benchmarks import large_centre, zhida_side
from benchmarks.quantiles import milliseconds, quantiles
from benchmarks.typing_moments import pauses
from core import clock, database
from core.identity import SYSTEM, Actor, Role
from kb import lexicon_files
from kb.finding import Wish, find_articles
from operations import preparing
from search import understanding
from search.finder import Mode
from search.lexicon import changing, current, undoing, wording
from search.lexicon.changing import Move
from search.lexicon.models import Kind
from search.vocabulary import Vocabulary

FILES = (20_000, 20_000, 10_000)
EDITOR = Actor(SYSTEM.staff_id, "量词库", roles=frozenset({Role.EDITOR}))
REST = 0.1  # of one who types, between two moments
CHARACTERS = "宽带移机资费漫游套餐流量副卡合约云盘光猫网关权益积分充值账单停复话视频专线"
T = TypeVar("T")


@dataclass
class Typist:
    """Somebody who types, in a thread of their own; what each search took, by what went on meanwhile."""

    meanwhile: str = "before"
    took: dict[str, list[float]] = field(default_factory=dict)
    stopped: threading.Event = field(default_factory=threading.Event)

    def go_on(self) -> None:
        for text in cycle([moment for query in zhida_side.golden_queries() for moment in pauses(query)]):
            if self.stopped.wait(REST):
                return
            self.took.setdefault(self.meanwhile, []).append(milliseconds(partial(_search, text)))


def main() -> None:
    options = _options()
    os.environ["ZHIDA_EMBEDDING_MODEL"] = "none"
    large_centre.settle_in(options.folder)
    large_centre.write(0)
    preparing.stock_lexicon()
    preparing.index_everything(lambda _done, _total: None)
    understanding.refresh()
    typist = Typist()
    beside = threading.Thread(target=typist.go_on)
    beside.start()
    try:
        time.sleep(options.seconds)
        _measure(options.words, typist)
        time.sleep(options.seconds)
    finally:
        typist.stopped.set()
        beside.join()
    print("\n| searches, ms | p50 | p95 | p99 | searches |\n|---|---|---|---|---|")
    for meanwhile, took in typist.took.items():
        print(f"| {meanwhile} | {quantiles(took)} | {len(took):,} |")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--words", type=int, nargs="+", default=FILES, help="how many new words, file by file"
    )
    parser.add_argument("--folder", type=Path, default=Path("zhida-data-lexicon"), help="where the centre is")
    parser.add_argument("--seconds", type=float, default=10, help="of typing before and after")
    return parser.parse_args()


def _measure(files: Sequence[int], typist: Typist) -> None:
    print(f"load average {os.getloadavg()[0]:.1f}\n")
    print("| what | seconds of the processor | by the clock |\n|---|---|---|")
    words, number = new_words(), 0
    for count in files:
        file = "\r\n".join(["词", *islice(words, count)]).encode()
        moves = _timed(f"look at {count:,} rows before they are taken in", partial(_looked_at, file))
        number = _timed(f"keep {len(moves):,} words as one change", partial(_keep, moves))
        _read_anew(typist)
    one_more = [Move(uuid4(), None, wording.word(next(words)))]
    _timed("keep one word more", partial(_keep, one_more))
    _read_anew(typist)
    _timed(f"undo the change that brought {files[-1]:,}", partial(_undo, number))
    _timed("the first vocabulary alone", _first_vocabulary)


def _read_anew(typist: Typist) -> None:
    typist.meanwhile = "while words are read anew"
    _timed("read lexicon, cutter and vocabulary anew", understanding.refresh)
    typist.meanwhile = f"with {len(current.current().words):,} words"


def new_words() -> Iterator[str]:
    """Yield words that no lexicon has, the same at every run."""
    dice, known = random.Random(1), set[str]()
    while True:
        made = "".join(dice.choices(CHARACTERS, k=dice.randint(4, 6)))
        if made not in known:
            known.add(made)
            yield made


def _looked_at(file: bytes) -> list[Move]:
    token = lexicon_files.keep_upload(BytesIO(file), "words.csv", at=clock.now())
    with database.reading() as session:
        return list(lexicon_files.check(session, token, Kind.WORD).moves)


def _keep(moves: Sequence[Move]) -> int:
    with database.unit_of_work() as session:
        return changing.keep_all(session, moves, actor=EDITOR, at=clock.now())


def _undo(number: int) -> int:
    with database.unit_of_work() as session:
        return undoing.undo(session, number, actor=EDITOR, at=clock.now())


def _first_vocabulary() -> Vocabulary:
    return Vocabulary(dict.fromkeys(understanding.terms_of(current.current()), 1.0)).prepared()


def _search(text: str) -> None:
    with database.reading() as session:
        find_articles(session, EDITOR, Wish(text), mode=Mode.WORDS, at=clock.now())


def _timed(what: str, work: Callable[[], T]) -> T:
    began, worked = time.perf_counter(), time.process_time()
    done = work()
    spent = time.process_time() - worked
    print(f"| {what} | {spent:.2f} | {time.perf_counter() - began:.2f} |", flush=True)
    return done


if __name__ == "__main__":
    main()
