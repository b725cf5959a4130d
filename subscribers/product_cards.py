"""What a subscription has ordered, as a card shows it: how much is used, and when it ends."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from subscribers.models import Product, ProductKind

NEARLY = 0.8
SOON = 60  # days
_ORDER = (
    ProductKind.PLAN,
    ProductKind.BROADBAND,
    ProductKind.CONTRACT,
    ProductKind.ADDON,
    ProductKind.BENEFIT,
)


@dataclass(frozen=True)
class Usage:
    label: str
    used: float
    total: float
    unit: str

    @property
    def share(self) -> float:
        return min(1.0, self.used / self.total) if self.total else 0.0

    @property
    def is_nearly_out(self) -> bool:
        return self.share >= NEARLY

    @property
    def text(self) -> str:
        return f"{self.used:g} / {self.total:g} {self.unit}"


@dataclass(frozen=True)
class ProductCard:
    """`days_left` of what ends; `served` and `contract_months` of a contract."""

    id: int
    code: str
    name: str
    kind: ProductKind
    fee: int
    ends_on: date | None
    days_left: int | None
    contract_months: int
    served: int
    usages: tuple[Usage, ...]

    @property
    def ends_soon(self) -> bool:
        return self.days_left is not None and self.days_left <= SOON

    @property
    def contract_share(self) -> float:
        return min(1.0, self.served / self.contract_months) if self.contract_months else 0.0


def product_cards(rows: Iterable[Product], today: date) -> tuple[ProductCard, ...]:
    """Plans come before what was added to them."""
    return tuple(sorted((_product(one, today) for one in rows), key=by_weight))


def _product(row: Product, today: date) -> ProductCard:
    return ProductCard(
        id=row.id or 0,
        code=row.code,
        name=row.name,
        kind=ProductKind(row.kind),
        fee=row.fee,
        ends_on=row.ends_on,
        days_left=(row.ends_on - today).days if row.ends_on else None,
        contract_months=row.contract_months,
        served=min(months_between(row.starts_on, today), row.contract_months),
        usages=tuple(_usages(row)),
    )


def _usages(row: Product) -> list[Usage]:
    found = []
    if row.data_mb:
        found.append(_data(row.data_used_mb, row.data_mb))
    if row.voice_minutes:
        found.append(Usage("语音", row.voice_used_minutes, row.voice_minutes, "分钟"))
    return found


def _data(used: int, total: int) -> Usage:
    if total < 1024:
        return Usage("流量", used, total, "MB")
    return Usage("流量", round(used / 1024, 1), round(total / 1024, 1), "GB")


def months_between(since: date | None, until: date) -> int:
    """Return the whole months from one day to another."""
    if since is None or since > until:
        return 0
    return (until.year - since.year) * 12 + until.month - since.month - (until.day < since.day)


def by_weight(product: ProductCard) -> int:
    return _ORDER.index(product.kind)
