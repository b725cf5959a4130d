"""Which fields agents may correct, which value of two survives, and how much a field is asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlmodel import Session, col, select

from core import audit, staff
from core.errors import Invalid
from core.identity import Actor
from core.permissions import Permission, require
from subscribers.completeness import WEIGHTS
from subscribers.correcting.models import FieldRule
from subscribers.entities import ENTITIES, Field, Survives

# what a caller knows better than the source; certificates are changed at a counter, with the document in hand
CORRECTABLE: Mapping[str, tuple[str, ...]] = {
    "customer": (
        "name",
        "gender",
        "birthday",
        "certificate_kind",
        "phone",
        "email",
        "address",
        "region",
        "manager",
    ),
    "account": ("name",),
    "subscription": ("region", "opened_on"),
}
HEAVIEST = 9


class NotCorrectable(Invalid):
    message = "这一项不能由座席更正。证件、余额和状态请按业务流程到来源系统办理。"


class WeightOutOfRange(Invalid):
    message = f"权重请填 0 到 {HEAVIEST} 的整数，0 表示不计入完整度。"


@dataclass(frozen=True)
class Rule:
    """`chosen_by` and `chosen_at` are empty while the rule is the one that the program came with."""

    entity: str
    field: Field
    survives: Survives
    weight: int
    chosen_by: str = ""
    chosen_at: datetime | None = None


Rules = Mapping[tuple[str, str], Rule]


def correctable(entity: str, name: str) -> Field:
    """
    :raises NotCorrectable: if agents may not correct it
    """
    if name not in CORRECTABLE.get(entity, ()):
        raise NotCorrectable(field="field")
    return ENTITIES[entity].field(name)


def rules_of(session: Session) -> Rules:
    """Return the rule of each field that may be corrected, in the order of the screen. One statement."""
    chosen: dict[tuple[str, str], FieldRule] = {
        (row.entity, row.field): row for row in session.exec(_chosen())
    }
    return {key: _rule(*key, chosen[key]) if key in chosen else rule for key, rule in _standing().items()}


@cache
def _chosen() -> Any:
    """Put together once: each card asks it."""
    return select(FieldRule)


@cache
def _standing() -> Rules:
    """Return the rules that the program came with."""
    pairs = [(entity, name) for entity, names in CORRECTABLE.items() for name in names]
    return {(entity, name): _rule(entity, name, None) for entity, name in pairs}


def named_rules(session: Session) -> list[Rule]:
    """Return the rules with who chose them."""
    rules = rules_of(session)
    chosen = list(session.exec(select(FieldRule).order_by(col(FieldRule.entity))))
    names = staff.names_of(session, [row.staff_id for row in chosen])
    by_whom = {(row.entity, row.field): names.get(row.staff_id, "系统") for row in chosen}
    return [
        Rule(one.entity, one.field, one.survives, one.weight, by_whom.get(key, ""), one.chosen_at)
        for key, one in rules.items()
    ]


def weights(rules: Rules) -> dict[str, int]:
    """Return how much each field of a customer counts."""
    return {name: rule.weight for (entity, name), rule in rules.items() if entity == "customer"}


def choose(  # noqa: PLR0913 - a rule has these parts
    session: Session,
    entity: str,
    name: str,
    survives: Survives,
    weight: int,
    *,
    actor: Actor,
    at: datetime,
) -> None:
    """Let a field follow another rule, at once and for open corrections too.

    :raises NotCorrectable: if the field has none
    :raises WeightOutOfRange: if the weight is
    """
    require(actor, Permission.SETTLE_CORRECTIONS)
    correctable(entity, name)
    if not 0 <= weight <= HEAVIEST:
        raise WeightOutOfRange(field="weight")
    before = rules_of(session)[entity, name]
    row = session.get(FieldRule, (entity, name)) or FieldRule(
        entity=entity, field=name, survives=survives, weight=weight, staff_id=actor.staff_id, at=at
    )
    row.survives, row.weight, row.staff_id, row.at = survives, weight, actor.staff_id, at
    session.add(row)
    said = {"survives": f"{before.survives}→{survives}", "weight": f"{before.weight}→{weight}"}
    audit.record(
        session,
        actor=actor,
        action="subscribers.rule.chosen",
        subject_id=f"{entity}.{name}",
        at=at,
        details=said,
    )


def _rule(entity: str, name: str, chosen: FieldRule | None) -> Rule:
    field = ENTITIES[entity].field(name)
    if chosen is None:
        return Rule(entity, field, field.survives, WEIGHTS.get(name, 0) if entity == "customer" else 0)
    return Rule(entity, field, Survives(chosen.survives), chosen.weight, chosen_at=chosen.at)
