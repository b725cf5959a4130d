"""How much of a person is known, and what to ask for while they are on the line."""

from collections.abc import Mapping
from dataclasses import dataclass

# how much a field counts until an administrator chooses otherwise; 0 is not asked for
WEIGHTS = {"phone": 3, "address": 2, "name": 2, "birthday": 1, "email": 1}
MOST_ASKED = 3
OF_A_PERSON = frozenset({"birthday", "gender"})  # a company has none, and is not asked for one


@dataclass(frozen=True)
class Completeness:
    """`percent` of what should be known; `missing` fields, weightiest first; `doubted`: said in two ways."""

    percent: int
    missing: tuple[str, ...] = ()
    doubted: tuple[str, ...] = ()

    @property
    def asks(self) -> tuple[str, ...]:
        """What to ask first: where two answers stand, then what is not known."""
        return (*self.doubted, *self.missing)[:MOST_ASKED]


def completeness(
    values: Mapping[str, str],
    weights: Mapping[str, int],
    *,
    is_group: bool = False,
    doubted: tuple[str, ...] = (),
) -> Completeness:
    """Score the values of a customer by the weights of their fields."""
    none = OF_A_PERSON if is_group else frozenset()
    asked = {name: weight for name, weight in weights.items() if weight > 0 and name not in none}
    missing = sorted((name for name in asked if not values.get(name)), key=lambda name: -asked[name])
    whole = sum(asked.values())
    known = whole - sum(asked[name] for name in missing)
    return Completeness(round(100 * known / whole) if whole else 100, tuple(missing), doubted)
