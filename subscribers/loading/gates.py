"""Gates that a whole file passes before any of it is merged; a person may let it pass all the same."""

from sqlalchemy import func, select
from sqlmodel import SQLModel

from core import database
from core.settings import settings
from subscribers.entities import ENTITIES
from subscribers.loading.models import Hold, Load, LoadKind, Via
from subscribers.loading.turning import Held

FEW_ROWS = 20  # a share of fewer says nothing


def pass_sizes(load: Load) -> None:
    """
    :raises Held: if a full file has far more or fewer rows than the copy
    """
    if load.kind != LoadKind.FULL or Hold.SWING in load.waived:
        return
    target = SQLModel.metadata.tables[str(ENTITIES[load.entity].table.__tablename__)]
    living = (target.c.source == load.source) & target.c.gone_at.is_(None)
    with database.reading() as session:
        here = session.execute(select(func.count()).select_from(target).where(living)).scalar_one()
    most = max(FEW_ROWS, here * settings().load_swing_percent / 100)
    if here and abs(load.rows - here) > most:
        raise Held(
            Hold.SWING,
            f"全量文件有 {load.rows} 行，本中心现有 {here} 行，相差超过 {settings().load_swing_percent:g}%。"
            "请与来源核对，再决定放行或退回。",
        )


def pass_errors(load: Load, *more: int) -> None:
    """
    :raises Held: if too many of the rows cannot be taken
    """
    bad = load.bad + sum(more)
    share = settings().load_error_percent
    too_many = bad > max(FEW_ROWS, load.rows * share / 100) or 0 < load.rows == bad
    if load.via == Via.MENDED or Hold.ERRORS in load.waived or not too_many:
        return
    raise Held(
        Hold.ERRORS,
        f"{load.rows} 行里有 {bad} 行不能装载，超过 {share:g}%。请看被搁置的行，再决定放行或退回。",
    )


def pass_orphans(load: Load, orphans: dict[str, int]) -> None:
    """
    :raises Held: if many rows name parents that are not there: their file has yet to come
    """
    most = max(FEW_ROWS, load.rows * settings().load_error_percent / 100)
    if load.via == Via.MENDED or Hold.PARENTS in load.waived:
        return
    for name, count in orphans.items():
        if count > most or 0 < load.rows == count:
            label = ENTITIES[ENTITIES[load.entity].field(name).refers_to].label
            raise Held(Hold.PARENTS, f"有 {count} 行的{label}还没有到。{label}的文件装载后会自动接着做。")
