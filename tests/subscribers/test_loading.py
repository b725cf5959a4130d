"""Files of a source become rows of the copy, each accounted for."""

from datetime import date
from pathlib import Path

import pytest

from core import sealing
from subscribers.loading.models import LoadState
from tests.subscribers.senders import Sender, copied, load, row

pytestmark = pytest.mark.usefixtures("each_database")


@pytest.fixture
def crm(tmp_path: Path) -> Sender:
    return Sender(tmp_path)


def test_a_first_full_file_of_customers_is_loaded_with_all_that_they_are_found_by(crm: Sender) -> None:
    chen = row(
        "customer",
        "C1",
        gender="女",
        birthday="19850101",
        certificate_kind="身份证",
        certificate="330102850101123",
        phone="１３８ 0000-6207",
        address="浙江省杭州市西湖区文三路 99 号|3 幢",
    )

    loaded = load(crm.send("customer", [chen, row("customer", "C2", name="李Tom")]))

    assert (loaded.state, loaded.reason) == (LoadState.ACKNOWLEDGED, "")
    assert (loaded.rows, loaded.staged, loaded.inserted, loaded.bad) == (2, 2, 2, 0)
    rows = copied("customer")
    kept = rows["C1"]
    assert (kept.name, kept.name_sound, kept.name_initials) == ("陈婉清", "cenwanqin", "cwq")
    assert (kept.phone, kept.birthday, kept.gender) == ("13800006207", date(1985, 1, 1), "女")
    assert kept.address == "浙江省杭州市西湖区文三路 99 号|3 幢"
    assert sealing.unseal(kept.certificate_sealed, "certificate") == "330102198501011236"
    assert kept.certificate_hash in sealing.hashes_of("330102198501011236", "certificate")
    assert (kept.source, kept.version, kept.load_id, kept.first_load_id) == ("crm", 1, loaded.id, loaded.id)
    assert str(kept.changed_at) == "2026-03-01 12:00:00+00:00"
    assert (rows["C2"].name_sound, rows["C2"].name_initials) == ("litom", "lt")
