"""How the system is doing, on screen."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlmodel import select

from core import database, jobs
from core.clock import now
from core.identity import Actor
from core.jobs import Job, JobState
from core.settings import settings
from search import indexing, rebuilds, reranking
from search.drift import DriftCheck
from search.engines.base import EngineDown, EngineStatus, Preparing, Progress
from search.engines.elasticsearch_failures import (
    EngineBusy,
    EngineForbids,
    EngineRefusesUs,
    EngineSlow,
    EngineUnreachable,
    IndexReadOnly,
)
from search.engines.elasticsearch_indices import ForeignIndex
from search.query_kinds import QueryKind
from search.query_log import AskedQuery, SettledBy
from search.rebuilds import Rebuild
from tests.search.stand_ins import OTHER_RECIPE, RECIPE
from tests.web.browser import HTMX, Browser
from tests.web.records import rows


def _job(state: JobState, error: str = "", kind: str = indexing.LOOK_AGAIN) -> UUID:
    at: datetime = now()
    with database.unit_of_work() as session:
        job = Job(kind=kind, payload={}, state=state, error=error, attempts=8, run_at=at, created_at=at)
        session.add(job)
        return job.id


def test_a_missing_index_is_said_aloud(wu: Browser) -> None:
    assert "没有可用的索引" in wu.get("/system").text


@pytest.mark.parametrize(
    "failure", [EngineUnreachable, EngineSlow, EngineBusy, EngineRefusesUs, EngineForbids, ForeignIndex]
)
def test_a_server_that_is_away_is_said_by_name_and_nobody_is_told_to_rebuild(
    wu: Browser, monkeypatch: pytest.MonkeyPatch, failure: type[EngineDown]
) -> None:
    def away() -> EngineStatus:
        raise failure

    monkeypatch.setattr(indexing, "status", away)

    page = wu.get("/system").text

    assert failure.message in page
    assert "不用重建" in page
    assert "请点“重建索引”" not in page


def test_the_index_says_how_much_it_holds(wu: Browser) -> None:
    indexing._rebuild([], now())

    page = wu.get("/system").text

    assert "0 篇" in page
    assert "未启用，只按关键词查找" in page


def test_waiting_jobs_are_counted_by_their_names(wu: Browser) -> None:
    _job(JobState.WAITING)
    _job(JobState.RUNNING)

    assert "更新检索索引 2" in wu.get("/system", headers=HTMX).text


def test_what_holds_up_a_job_is_said_beside_it(wu: Browser) -> None:
    _job(JobState.WAITING, error=IndexReadOnly.message)
    _job(JobState.DEAD, error="KeyError", kind=rebuilds.REBUILD)

    page = wu.get("/system").text

    assert f"更新检索索引：{IndexReadOnly.message}" in page
    assert "重建检索索引：KeyError" not in page


def test_a_failed_job_shows_why_and_runs_again_on_demand(wu: Browser) -> None:
    job = _job(JobState.DEAD, error="EngineUnavailable: <磁盘已满>")

    page = wu.get("/system").text
    wu.submit(f"/system/jobs/{job}/rerun")

    assert "EngineUnavailable: &lt;磁盘已满&gt;" in page
    assert rows(select(Job.state).where(Job.id == job)) == [JobState.WAITING]
    assert "没有失败的任务" in wu.get("/system").text


def test_running_it_again_twice_is_said_and_harmless(wu: Browser) -> None:
    job = _job(JobState.DEAD)
    wu.submit(f"/system/jobs/{job}/rerun")

    again = wu.submit(f"/system/jobs/{job}/rerun")

    assert again.status_code == 404
    assert "可能已被重新执行" in again.text


def test_a_rebuild_is_asked_for_once_however_often_one_clicks(wu: Browser) -> None:
    for _ in range(3):
        wu.submit("/system/index")

    assert len(rows(select(Job.id).where(Job.kind == rebuilds.REBUILD))) == 1
    assert "重建索引" in wu.get("/audit", headers=HTMX).text


def test_a_rebuild_is_paused_taken_up_and_given_up_from_the_page(wu: Browser) -> None:
    indexing._rebuild([], now())
    with database.unit_of_work() as session:
        session.add(
            Rebuild(
                generation="g2", done=300, total=900, counted=300, seconds=10, began_at=now(), moved_at=now()
            )
        )

    page = wu.get("/system").text
    assert "300 / 900 篇" in page
    assert "每秒 30 篇" in page
    assert "约剩 20 秒" in page

    wu.submit("/system/index/pause")
    assert "这一批建完后暂停" in wu.get("/system").text
    wu.submit("/system/index")
    assert "暂停" in wu.get("/system").text
    wu.submit("/system/index/abandon")
    assert "正在清理" in wu.get("/system").text
    jobs.run_all_due(now())
    assert "已放弃" in wu.get("/system").text

    late = wu.submit("/system/index/pause")
    assert late.status_code == 409
    assert "没有进行中的重建" in late.text


def test_what_searches_had_to_do_without_is_counted(wu: Browser, admin_wu: Actor) -> None:
    with database.unit_of_work() as session:
        for minutes, missed in ((1, ["meaning_slow"]), (2, []), (90, ["engine_unavailable"])):
            at = now() - timedelta(minutes=minutes)
            asked = AskedQuery(
                staff_id=admin_wu.staff_id,
                text="流量包",
                kind=QueryKind.HANZI,
                at=at,
                result_count=1,
                duration_ms=10,
                degradations=missed,
                settled_by=SettledBy.ENTER,
            )
            session.add(asked)

    page = wu.get("/system").text

    assert "2 次查询" in page
    assert "3 次查询" in page
    assert page.count("语义较慢，本次仅按关键词 1 次") == 2
    assert page.count("仅按字面查标题和答案 1 次") == 1


@pytest.mark.parametrize(
    ("missing", "is_whole", "said"),
    [(0, True, "一致"), (3, True, "缺 3，旧 0，多 0；已修复"), (0, False, "各部分对不上，正在重建")],
)
def test_the_engine_and_what_the_last_check_found_are_said(
    wu: Browser, missing: int, said: str, *, is_whole: bool
) -> None:
    indexing._rebuild([], now())
    found = {"documents": 900, "missing": missing, "stale": 0, "orphaned": 0, "is_whole": is_whole}
    with database.unit_of_work() as session:
        session.add(DriftCheck(at=now(), seconds=1.5, **found))

    page = wu.get("/system").text

    assert "内置" in page
    assert "900 篇" in page
    assert said in page


def test_an_editor_looks_and_runs_nothing(lin: Browser) -> None:
    job = _job(JobState.DEAD)

    page = lin.get("/system")

    assert page.status_code == 200
    assert "重新执行" not in page.text
    assert lin.submit(f"/system/jobs/{job}/rerun").status_code == 403
    for address in ("/system/index", "/system/index/pause", "/system/index/abandon"):
        assert lin.submit(address).status_code == 403


def test_the_model_in_use_and_the_one_that_follows_are_named(
    wu: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    preparing = Preparing("g2", OTHER_RECIPE, Progress(1200, 4000))
    status = EngineStatus("g1", 800, Progress(4000, 4000), "g2", True, RECIPE, preparing)
    monkeypatch.setattr(indexing, "status", lambda: status)

    page = wu.get("/system").text

    assert "letters" in page
    assert "正在换成" in page
    assert "other letters" in page
    assert "1,200 / 4,000" in page
    assert "完成后切换，此前照旧查找" in page
    assert "正在后台重建" not in page
    assert "只按 e5 系列" not in page


def test_it_is_said_that_a_model_of_another_family_never_leads_to_nothing_found(
    wu: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    status = EngineStatus("g1", 800, Progress(4000, 4000), recipe=OTHER_RECIPE)
    monkeypatch.setattr(indexing, "status", lambda: status)

    assert "凡查到的都列出，不说“没有找到”" in wu.get("/system").text


def test_a_model_that_cannot_be_used_is_named(wu: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    indexing._rebuild([], now())
    monkeypatch.setattr(settings(), "embedding_model", "nobody/no-such-model")

    page = wu.get("/system").text

    assert "语义模型 nobody/no-such-model" in page
    assert "只按关键词查找" in page


def test_the_reranker_is_named_and_says_how_it_does(wu: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    indexing._rebuild([], now())
    assert "精排模型" not in wu.get("/system").text
    reranker = reranking.Reranker("bge-reranker-base", ["false"])
    monkeypatch.setattr(reranking, "reranker", lambda: reranker)

    rests = wu.get("/system").text
    with pytest.raises(reranking.RerankingUnavailable):
        reranker.wake()
    fails = wu.get("/system").text
    reranker.close()

    assert "bge-reranker-base" in rests
    assert "尚未启动" in rests
    assert "出错，暂按基本排序" in fails
