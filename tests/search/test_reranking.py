"""A reranker's death costs one answer its better order, and nothing else."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from core.settings import settings
from search import model_files, own_process, reranking
from search.own_process import program_of
from search.reranking import (
    Reranker,
    RerankerNotInstalled,
    RerankingSlow,
    RerankingUnavailable,
    Standing,
    UnknownReranker,
)
from tests.search import tiny_reranker
from tests.search.reranker_programs import treacherous

PATIENT, AGES = 60.0, 600.0
TEXTS = ["移机一百元", "移机免费", "移机优惠"]
real = pytest.mark.skipif(
    find_spec("sentence_transformers") is None,
    reason="no real reranker is tried: pip install '.[transformers]'",
)


@pytest.fixture
def reranker(tmp_path: Path) -> Iterator[Reranker]:
    reranker = Reranker("treacherous", treacherous(tmp_path))
    reranker.wake(seconds=PATIENT)
    yield reranker
    reranker.close()


@pytest.fixture
def dead(tmp_path: Path) -> Iterator[Reranker]:
    reranker = Reranker("dead", treacherous(tmp_path, dead=True))
    yield reranker
    reranker.close()


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "tiny"
    subprocess.run([sys.executable, tiny_reranker.__file__, str(folder)], check=True, capture_output=True)
    return folder


def test_each_text_has_its_probability(reranker: Reranker) -> None:
    found = reranker.probabilities("宽带移机", TEXTS, budget=PATIENT)

    assert found == pytest.approx([0.1, 0.9, 0.5])
    assert reranker.standing is Standing.WORKING


def test_the_first_question_starts_it_and_does_not_wait(tmp_path: Path) -> None:
    reranker = Reranker("lazy", treacherous(tmp_path))
    assert (reranker.pids(), reranker.standing) == ([], Standing.RESTING)

    with pytest.raises(RerankingSlow):
        reranker.probabilities("宽带移机", TEXTS, budget=PATIENT)

    reranker.wake(seconds=PATIENT)
    assert len(reranker.pids()) == 1
    assert reranker.probabilities("宽带移机", TEXTS, budget=PATIENT)[1] == pytest.approx(0.9)
    reranker.close()


def test_beyond_the_budget_nobody_waits_and_the_next_asker_gains(reranker: Reranker) -> None:
    began = time.monotonic()
    with pytest.raises(RerankingSlow):
        reranker.probabilities("慢慢移机", TEXTS, budget=0.05)
    assert time.monotonic() - began < 0.4
    assert reranker.standing is Standing.LATE

    reranker.probabilities("移机", TEXTS, budget=PATIENT)  # they stand in line
    assert reranker.probabilities("慢慢移机", TEXTS, budget=0.0)[1] == pytest.approx(0.9)
    assert reranker.standing is Standing.WORKING


@pytest.mark.parametrize("question", ["死", "谎", "多", "短"])
def test_a_death_or_a_lie_costs_that_answer_only(reranker: Reranker, question: str) -> None:
    with pytest.raises(RerankingUnavailable):
        reranker.probabilities(question, TEXTS, budget=PATIENT)
    assert reranker.standing is Standing.FAILING

    with pytest.raises(RerankingUnavailable):  # it starts again while nobody waits
        reranker.probabilities("移机", TEXTS, budget=PATIENT)
    reranker.wake(seconds=PATIENT)
    assert len(reranker.probabilities("移机", TEXTS, budget=PATIENT)) == 3


def test_a_hanging_process_is_replaced(reranker: Reranker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reranking, "HANG_SECONDS", 0.2)
    before = reranker.pids()

    with pytest.raises(RerankingUnavailable):
        reranker.probabilities("停", TEXTS, budget=PATIENT)

    reranker.wake(seconds=PATIENT)
    assert reranker.pids() != before


def test_one_that_never_starts_is_not_started_for_every_question(
    dead: Reranker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_process, "FIRST_PAUSE_SECONDS", PATIENT)
    for _ in range(3):
        with pytest.raises(RerankingUnavailable):
            dead.wake(seconds=PATIENT)

    assert dead.standing is Standing.FAILING
    for _ in range(5):
        with pytest.raises(RerankingUnavailable):
            dead.probabilities("移机", TEXTS, budget=PATIENT)
    assert dead._waking is None  # nobody tried: it pauses


def test_the_pause_lengthens_and_ends_with_success(monkeypatch: pytest.MonkeyPatch) -> None:
    hour = 1000.0
    monkeypatch.setattr(own_process.time, "monotonic", lambda: hour)
    pause = own_process.Pause()

    for _ in range(2):
        pause.failed()
    assert not pause.holds
    for _ in range(20):
        pause.failed()
    assert pause.holds
    hour += own_process.LONGEST_PAUSE_SECONDS
    assert not pause.holds
    pause.worked()
    pause.failed()
    assert not pause.holds


def test_closing_leaves_no_process(tmp_path: Path) -> None:
    reranker = Reranker("treacherous", treacherous(tmp_path))
    reranker.wake(seconds=PATIENT)
    (pid,) = reranker.pids()

    reranker.close()

    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


class TestTheSetting:
    def choose(self, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ZHIDA_RERANKER", name)
        settings.cache_clear()

    def test_none_is_none(self, data_dir: Path) -> None:
        reranking.refuse_missing()

        assert reranking.reranker() is None

    def test_without_its_library_it_is_refused_with_what_to_install(
        self, data_dir: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.choose("BAAI/bge-reranker-base", monkeypatch)
        monkeypatch.setattr(model_files, "is_installed", lambda: False)

        with pytest.raises(RerankerNotInstalled, match=r"pip install '.\[transformers\]'"):
            reranking.refuse_missing()

    @real
    @pytest.mark.parametrize("name", ["nobody/no-such-model", "/no/such/folder", "a b c"])
    def test_a_model_that_is_not_here_is_refused_by_name(
        self, data_dir: Path, monkeypatch: pytest.MonkeyPatch, name: str
    ) -> None:
        self.choose(name, monkeypatch)

        with pytest.raises(UnknownReranker, match=name):
            reranking.refuse_missing()

    @real
    def test_a_folder_with_a_model_is_accepted(self, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (data_dir / "config.json").write_text("{}")
        self.choose(str(data_dir), monkeypatch)

        reranking.refuse_missing()

        assert (kept := reranking.reranker())
        assert kept.standing is Standing.RESTING


@real
def test_a_real_model_ranks_by_what_it_learned_and_stays_out_of_this_process(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reranking, "START_SECONDS", AGES)  # a busy machine loads torch slowly
    monkeypatch.setattr(reranking, "HANG_SECONDS", AGES)
    reranker = Reranker("tiny", program_of("reranker_process", str(tiny), "1"))
    reranker.wake(seconds=AGES)

    dear, free = reranker.probabilities("宽带移机", ["移机一百元", "移机免费"], budget=AGES)
    strange = reranker.probabilities("😀\x00\ud800" * 50, ["ﷺ" * 300, "", "x" * 10_000], budget=AGES)
    reranker.close()

    assert dear < 0.5 < free
    assert len(strange) == 3
    assert not {"torch", "sentence_transformers", "transformers"} & set(sys.modules)
