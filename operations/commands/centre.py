"""Start a centre and run it."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
import uvicorn
from sqlmodel import select

from core import clock, database
from core.identity import Role, Staff
from core.settings import settings
from core.staff import appoint_first_admin
from operations import keeping, migrating, preparing
from operations.commands.screen import console, failures_said, progress_bar
from operations.sample_centre import loading, searches, subscribers
from operations.working import Workers
from search import engines, indexing, meaning, reranking
from search.engines.base import EngineDown, RebuildRunning


def init(
    empty: Annotated[bool, typer.Option("--empty", help="不装样例，只建空的中心和首位管理员")] = False,  # noqa: FBT002
) -> None:
    """建立一个中心：建库、装样例（或首位管理员）、建索引。"""
    preparing.prepare()
    with failures_said():
        migrating.migrate()
        _stock_lexicon()
        if empty:
            _ask_for_admin()
        else:
            _load_samples()
        _index()


def run(
    host: Annotated[str, typer.Option(help="监听地址，默认取设置")] = "",
    port: Annotated[int, typer.Option(help="监听端口，默认取设置")] = -1,
) -> None:
    """一步到位：建库或升级、装样例、建索引，然后开始服务。"""
    preparing.prepare()
    with failures_said():
        _refuse_unusable_settings()
        if migrating.migrate():
            console.print("数据库已就绪。")
        _stock_lexicon()
        if _wants_samples():
            _load_samples()
        _index()
        _say_who_can_sign_in()
    serve(host=host, port=port)


def serve(
    host: Annotated[str, typer.Option(help="监听地址，默认取设置")] = "",
    port: Annotated[int, typer.Option(help="监听端口，默认取设置")] = -1,
) -> None:
    """只启动网页服务（数据库须已是最新）。"""
    if not migrating.is_current():
        console.print("[red]数据库还不是这个版本的格式。请先运行 zhida run 或 zhida migrate。[/red]")
        raise typer.Exit(1)
    with failures_said():
        _refuse_unusable_settings()
    with keeping.in_service(), _working_beside():
        uvicorn.run(
            "web.app:create_app",
            factory=True,
            host=host or settings().host,
            port=port if port >= 0 else settings().port,
            log_level=settings().log_level.lower(),
            access_log=False,
            proxy_headers=True,
            forwarded_allow_ips=settings().trusted_proxies,
            timeout_graceful_shutdown=3,
            workers=settings().web_processes,
        )


@contextmanager
def _working_beside() -> Iterator[None]:
    """Do the jobs here if several web processes answer, so that none of them does what another does."""
    if settings().web_processes == 1 or not settings().jobs_in_web:
        yield
        return
    preparing.prepare()
    workers = Workers()
    workers.start()
    try:
        yield
    finally:
        workers.stop()


def work() -> None:
    """只做后台任务；可以开任意多个进程。"""
    logging.basicConfig(level=settings().log_level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    preparing.prepare()
    with failures_said():
        _refuse_unusable_settings()
    workers = Workers()
    with keeping.in_service():
        workers.start()
        console.print("后台任务进程已启动，按 Ctrl+C 结束。")
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            workers.stop()


def migrate() -> None:
    """把数据库升级到这个版本的格式。"""
    console.print("数据库已升级。" if migrating.migrate() else "数据库已是最新。")
    _stock_lexicon()


def _refuse_unusable_settings() -> None:
    reranking.refuse_missing()
    engines.refuse_unusable_address()


def _stock_lexicon() -> None:
    added = preparing.stock_lexicon()
    if added:
        console.print(f"词库：装入 {added} 条。")


def _wants_samples() -> bool:
    """Samples come to a centre that has nobody yet, and stay up to date where they already are."""
    with database.reading() as session:
        nobody = session.exec(select(Staff.id).limit(1)).first() is None
        sampled = session.exec(select(loading.SampleArticle.code).limit(1)).first() is not None
    return nobody or sampled


def _load_samples() -> None:
    with progress_bar("装入样例知识") as told:
        loaded = loading.load(clock.now(), told)
    with progress_bar("装入样例用户") as told:
        subscribed = subscribers.load(clock.now(), told)
    searched = searches.load(clock.now())
    if searched:
        console.print(f"样例检索记录：{searched} 次，供“检索分析”页查看。")
    if subscribed:
        console.print(f"样例用户：{subscribed} 位客户，含手写的来电人。")
    if loaded.added or loaded.renewed:
        console.print(f"样例知识：新增 {loaded.added} 篇，更新 {loaded.renewed} 篇，保留 {loaded.kept} 篇。")


def _index() -> None:
    try:
        with progress_bar("建立检索索引") as told:
            preparing.index_everything(told)
        status = indexing.status()
    except (EngineDown, RebuildRunning) as error:  # it goes on without hands, and people can work meanwhile
        console.print(f"{error}检索先只按字面查，恢复后自动建好索引。", style="yellow", markup=False)
        return
    console.print(f"检索索引：{status.documents} 篇。", end="")
    if status.meaning.pending:
        console.print(f"语义还有 {status.meaning.pending} 段在后台准备，按词检索不用等。", end="")
    console.print()
    if trouble := meaning.trouble(status):
        console.print(trouble, style="yellow", markup=False)


def _ask_for_admin() -> None:
    console.print("请建立首位管理员。")
    login = typer.prompt("工号")
    name = typer.prompt("姓名")
    password = typer.prompt(
        "密码（至少 8 位，含字母和数字）", hide_input=True, confirmation_prompt="再输一遍"
    )
    with database.unit_of_work() as session:
        appoint_first_admin(session, login, name, password, at=clock.now())
    console.print(f"管理员 {login} 已建立。运行 zhida serve 开始服务。")


def _say_who_can_sign_in() -> None:
    host, port = settings().host, settings().port
    if not _wants_samples():
        return
    console.print(f"\n[b]样例账号[/b]（密码都是 [b]{loading.PASSWORD}[/b]）")
    for one in loading.people():
        roles = "、".join(Role(role).label for role in one["roles"])
        console.print(f"  {one['login']}  {one['name']}  {roles}")
    console.print(f"\n在浏览器打开 [b]http://{host}:{port}[/b]，按 Ctrl+C 结束。\n")
    if host not in {"127.0.0.1", "localhost", "::1"}:
        console.print(
            "[yellow]样例账号的密码是公开的。开放给局域网前，请在“员工”页重置或停用它们。[/yellow]\n"
        )
