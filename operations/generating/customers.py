"""Who a made-up customer is."""

from dataclasses import dataclass
from datetime import date
from random import Random

from operations.generating import identities, names, places
from operations.generating.places import District

MANAGERS = ("郑凯", "罗敏", "唐文博", "许佳", "范立群", "姚远")
_SOMETIMES_UNKNOWN = 0.08  # the part of people of whom a field is not known
_MOST_NUMBERS = 16


@dataclass(slots=True)
class Customer:
    number: int
    is_company: bool
    name: str
    is_woman: bool
    born: date
    certificate: str
    home: District
    address: str
    opened: int  # so many days ago

    @property
    def key(self) -> str:
        return f"C{self.number:09}"

    def phone(self, place: int) -> str:
        """Return the number of one of their lines; each customer has a few to itself."""
        return identities.mobile(self.number * _MOST_NUMBERS + place)


def customer(number: int, chance: Random) -> Customer:
    """Make the customer; a few are people whom the source has a second time under another key."""
    chance.seed(number)
    opened = 30 + int(chance.random() ** 1.6 * 5_000)
    person = number - 7 if number % 331 == 330 else number
    if person != number:
        chance.seed(person)
        chance.random()
    home, born, certificate = identities.identity(person)
    is_company = person % 50 == 17
    is_woman = int(certificate[16]) % 2 == 0
    if is_company:
        name, certificate = names.company(chance, home.city[3:5]), identities.credit_code(person)
    else:
        name = names.person(chance, is_woman=is_woman, born=born.year)
    chance.seed(number * 2 + 1)
    address = places.address(chance, home)
    return Customer(number, is_company, name, is_woman, born, certificate, home, address, opened)


def values(one: Customer, chance: Random) -> tuple[str, ...]:
    """Return the fields of the entity customer; here and there one is not known."""
    email = f"u{one.number * 7919 % 10_000_019}@example.com" if chance.random() < 0.35 else ""
    if one.is_company:
        manager = MANAGERS[one.number // 50 % len(MANAGERS)]
        kind = ("group", one.name, "", "", "营业执照", one.certificate, one.phone(0), email, one.address)
        return (*kind, one.home.region, manager)
    known = chance.random() >= _SOMETIMES_UNKNOWN
    return (
        "person",
        one.name,
        ("女" if one.is_woman else "男") if known else "",
        one.born.isoformat() if known else "",
        "身份证",
        one.certificate,
        one.phone(0) if chance.random() >= _SOMETIMES_UNKNOWN else "",
        email,
        one.address if chance.random() >= _SOMETIMES_UNKNOWN else "",
        one.home.region,
        "",
    )
