"""A new data key: everything is sealed with it, found by it, and the old one can be thrown away."""

from pathlib import Path

import pytest
from sqlmodel import col, select

from core import database, rotating, sealing
from core.settings import settings
from subscribers.models import Customer
from tests.makers import make_subscriber

OLD, NEW, LOST = (f"{name}:a-long-enough-secret-{name}" for name in ("k1", "k2", "k3"))
CERTIFICATES = {f"138000000{n:02}": f"3301021985010112{n:02}" for n in range(7)}


def use(monkeypatch: pytest.MonkeyPatch, *keys: str) -> None:
    monkeypatch.setenv("ZHIDA_DATA_KEYS", ",".join(keys))
    settings.cache_clear()
    sealing.keys.cache_clear()


def make_people(certificates: dict[str, str]) -> None:
    for number, certificate in certificates.items():
        make_subscriber(
            number,
            certificate_sealed=sealing.seal(certificate, "certificate"),
            certificate_hash=sealing.hash_now(certificate, "certificate"),
        )


def opened() -> dict[str, str]:
    """Who has which certificate, by opening every seal."""
    with database.reading() as session:
        sealed = select(Customer.key, Customer.certificate_sealed).where(Customer.certificate_sealed != "")
        return {
            key.removeprefix("C"): sealing.unseal(text, "certificate") for key, text in session.exec(sealed)
        }


def found_by(certificate: str) -> list[str]:
    hashes = sealing.hashes_of(certificate, "certificate")
    with database.reading() as session:
        return list(session.exec(select(Customer.key).where(col(Customer.certificate_hash).in_(hashes))))


def made_by() -> dict[str, int]:
    with database.reading() as session:
        return {key: counts["证件号码"] for key, counts in rotating.standing(session).items()}


@pytest.fixture
def people(each_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, OLD)
    make_people(CERTIFICATES)
    make_subscriber("13899999999")  # without a certificate
    monkeypatch.setattr(rotating, "BATCH", 3)


@pytest.mark.usefixtures("people")
def test_after_it_the_old_key_is_not_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, NEW, OLD)
    assert made_by() == {"k2": 0, "k1": 7, "": 0}

    assert rotating.rotate() == rotating.Rotation(7, 0)

    assert made_by() == {"k2": 7, "k1": 0, "": 0}
    use(monkeypatch, NEW)
    assert opened() == CERTIFICATES
    for number, certificate in CERTIFICATES.items():
        assert found_by(certificate) == [f"C{number}"]
    assert rotating.rotate() == rotating.Rotation(0, 0)


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize("batches", [1, 2])
def test_cut_short_it_goes_on_and_everybody_is_found_meanwhile(
    monkeypatch: pytest.MonkeyPatch, batches: int
) -> None:
    use(monkeypatch, NEW, OLD)

    def die(done: int, _all: int) -> None:
        if done >= 3 * batches:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rotating.rotate(die)

    assert made_by() == {"k2": 3 * batches, "k1": 7 - 3 * batches, "": 0}
    assert all(found_by(certificate) == [f"C{number}"] for number, certificate in CERTIFICATES.items())
    assert rotating.rotate() == rotating.Rotation(7 - 3 * batches, 0)
    assert opened() == CERTIFICATES


@pytest.mark.usefixtures("people")
def test_what_a_load_writes_meanwhile_is_not_overwritten(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, NEW, OLD)
    newer = sealing.seal("110101199003078888", "certificate")
    read = rotating._next

    def overtaken(sealed: rotating.Sealed, last: object) -> object:
        rows = read(sealed, last)
        if rows and sealed.column == "certificate_sealed":
            with database.unit_of_work() as session:
                first = session.exec(select(Customer).where(Customer.key == "C13800000000")).one()
                first.certificate_sealed = newer
                session.add(first)
        return rows

    monkeypatch.setattr(rotating, "_next", overtaken)
    rotating.rotate()

    assert opened() == CERTIFICATES | {"13800000000": "110101199003078888"}


@pytest.mark.usefixtures("people")
def test_what_no_key_opens_is_counted_and_left(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, LOST)
    make_people({"13911112222": "440101197001010011"})
    use(monkeypatch, NEW, OLD)

    assert rotating.rotate() == rotating.Rotation(7, 1)
    assert made_by() == {"k2": 7, "k1": 0, "": 1}

    use(monkeypatch, NEW, LOST)
    assert rotating.rotate() == rotating.Rotation(1, 0)
    assert opened()["13911112222"] == "440101197001010011"


def test_every_column_of_seals_is_known_to_the_change_of_keys(data_dir: Path) -> None:
    from sqlmodel import SQLModel

    sealed = {
        (name, column.name)
        for name, table in SQLModel.metadata.tables.items()
        for column in table.columns
        if "sealed" in column.name
    }

    assert {(str(one.table.__tablename__), one.column) for one in rotating.introduced()} >= sealed
