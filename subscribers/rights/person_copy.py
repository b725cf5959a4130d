"""Everything held of one person, written twice: for machines (JSON) and for reading (HTML)."""

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from html import escape
from typing import Any

from sqlmodel import Session, col, select

from core import clock, sealing
from subscribers.correcting.models import Correction, CorrectionState
from subscribers.entities import ENTITIES, Entity, Field, Shape, column_of
from subscribers.joining import the_person
from subscribers.models import CustomerKind, MonthlyFact, ProductKind, Status
from subscribers.rights.holdings import rows_of, subscriptions_of, these
from subscribers.rights.models import RightsKind, RightsRequest, RightsState
from subscribers.suppressions import standing_of

FORMAT = "zhida-person/1"
_LABELS = {str(choice): choice.label for kind in (CustomerKind, Status, ProductKind) for choice in kind}
_STYLE = (
    "body{font:14px/1.6 sans-serif;margin:32px}table{border-collapse:collapse;margin:8px 0 24px}"
    "th,td{border:1px solid #cdd5e1;padding:4px 10px;text-align:left}th{background:#eef1f6}"
)


@dataclass(frozen=True)
class Block:
    """Rows of one sort. Each value stands under the name of its field; `labels` says the names in Chinese."""

    name: str
    label: str
    labels: dict[str, str]
    rows: list[dict[str, str]]


Telling = Callable[[Session, list[int]], Block]
_introduced: dict[str, Telling] = {}


def introduce(name: str, telling: Telling) -> None:
    """Let a part of the house that keeps something about customers tell it to them, given who they are."""
    _introduced[name] = telling


def held(session: Session, customer_id: int, *, at: datetime) -> list[Block]:
    """Return all that is held of a person, whoever they are to the sources, and what they asked."""
    people, keys = the_person(session, customer_id), dict[tuple[str, int], str]()
    blocks = [_copied(session, entity, people, keys) for entity in ENTITIES.values()]
    blocks += [_reckoned(session, people, keys), _corrected(session, people)]
    blocks += [telling(session, people) for telling in _introduced.values()]
    return [*blocks, _asked(session, people), _refused(session, people, at)]


def packed(blocks: list[Block], *, at: datetime) -> bytes:
    """Return the zip of both forms."""
    made_at = local_time(at)
    said = {"format": FORMAT, "made_at": made_at, "blocks": {block.name: block.rows for block in blocks}}
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.json", json.dumps(said, ensure_ascii=False, indent=1))
        archive.writestr("我的资料.html", _readable(blocks, made_at))
    return into.getvalue()


def _copied(session: Session, entity: Entity, people: list[int], keys: dict[tuple[str, int], str]) -> Block:
    labels = {"key": "编号"} | {field.name: field.label for field in entity.fields} | {"source": "来源"}
    rows = []
    for row in session.exec(rows_of(entity, people)):
        keys[(entity.name, row.id)] = row.key
        values = {field.name: _text(field, row, keys) for field in entity.fields}
        rows.append({"key": row.key} | values | {"source": row.source})
    return Block(entity.name, entity.label, labels, rows)


def _reckoned(session: Session, people: list[int], keys: dict[tuple[str, int], str]) -> Block:
    """Return what we work out of their bills and events ourselves."""
    labels = {
        "subscription": "用户",
        "month": "月份",
        "arpu_3": "近 3 个月月均消费",
        "arpu_6": "近 6 个月月均消费",
        "arpu_12": "近 12 个月月均消费",
        "tenure_months": "网龄（月）",
        "arrears_days": "欠费天数",
        "complaints": "投诉次数",
    }
    of_theirs = col(MonthlyFact.subscription_id).in_(subscriptions_of(these(people)))
    in_order = (col(MonthlyFact.subscription_id), col(MonthlyFact.month))
    rows = [
        {
            "subscription": keys[("subscription", fact.subscription_id)],
            "month": f"{fact.month // 100}-{fact.month % 100:02}",
            "arpu_3": _written(Shape.MONEY, fact.arpu_3),
            "arpu_6": _written(Shape.MONEY, fact.arpu_6),
            "arpu_12": _written(Shape.MONEY, fact.arpu_12),
            "tenure_months": str(fact.tenure_months),
            "arrears_days": str(fact.arrears_days),
            "complaints": str(fact.complaints),
        }
        for fact in session.exec(select(MonthlyFact).where(of_theirs).order_by(*in_order))
    ]
    return Block("facts", "月度指标", labels, rows)


def _text(field: Field, row: Any, keys: dict[tuple[str, int], str]) -> str:
    if field.shape is Shape.CERTIFICATE:
        return sealing.unseal(row.certificate_sealed, "certificate") if row.certificate_sealed else ""
    value = getattr(row, column_of(field))
    if value is None:
        return ""
    if field.shape is Shape.REFERENCE:
        return keys.get((field.refers_to, value), "")  # what is somebody else's, such as a payer, is not told
    return _written(field.shape, value)


def _written(shape: Shape, value: Any) -> str:
    if shape is Shape.MONEY:
        sign, cents = "-" * (value < 0), abs(value)
        return f"{sign}{cents // 100}.{cents % 100:02}"
    if shape is Shape.MOMENT:
        return local_time(value)
    if shape is Shape.DATE:
        return date.isoformat(value)
    return _LABELS.get(value, value) if shape is Shape.CHOICE else str(value)


def _asked(session: Session, people: list[int]) -> Block:
    theirs = select(RightsRequest).where(col(RightsRequest.customer_id).in_(people))
    rows = [
        {
            "code": request.code,
            "kind": RightsKind(request.kind).label,
            "asked": request.asked,
            "received_at": local_time(request.received_at),
            "state": RightsState(request.state).label,
        }
        for request in session.exec(theirs.order_by(col(RightsRequest.number)))
    ]
    labels = {
        "code": "编号",
        "kind": "类型",
        "asked": "请求内容",
        "received_at": "受理时间",
        "state": "状态",
    }
    return Block("requests", "权利请求", labels, rows)


def _corrected(session: Session, people: list[int]) -> Block:
    theirs = select(Correction).where(col(Correction.customer_id).in_(people))
    rows = [
        {
            "field": ENTITIES[said.entity].field(said.field).label,
            "proposed": said.proposed,
            "said_at": local_time(said.created_at),
            "state": CorrectionState(said.state).label,
        }
        for said in session.exec(theirs.order_by(col(Correction.created_at)))
    ]
    labels = {"field": "项目", "proposed": "您说的值", "said_at": "时间", "state": "状态"}
    return Block("corrections", "座席的更正", labels, rows)


def _refused(session: Session, people: list[int], at: datetime) -> Block:
    rows = [
        {"number": said.number or "全部号码", "valid_from": local_time(said.valid_from)}
        for said in standing_of(session, people, at=at)
    ]
    return Block("refusals", "谢绝营销", {"number": "号码", "valid_from": "自"}, rows)


def local_time(moment: datetime) -> str:
    """Return the centre's time as it is written here."""
    return moment.astimezone(clock.CENTRE_TIME).strftime("%Y-%m-%d %H:%M:%S")


def _readable(blocks: list[Block], made_at: str) -> str:
    body = "".join(_table(block) for block in blocks)
    title = "个人资料副本"
    return (
        f'<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{title}</h1><p>制作时间：{made_at}</p>{body}</body></html>"
    )


def _table(block: Block) -> str:
    head = "".join(f"<th>{escape(label)}</th>" for label in block.labels.values())
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(row[name])}</td>" for name in block.labels) + "</tr>"
        for row in block.rows
    )
    shown = f"<table><tr>{head}</tr>{rows}</table>" if rows else "<p>没有记录。</p>"
    return f"<h2>{escape(block.label)}（{len(block.rows)}）</h2>{shown}"
