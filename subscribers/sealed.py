"""Which columns about subscribers hold seals, for the change of keys."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from core.rotating import Sealed, table_of
from subscribers.entities import ENTITIES, Shape
from subscribers.loading import quarantine
from subscribers.loading.models import BeforeImage, QuarantinedRow
from subscribers.loading.preparing import CERTIFICATE, digest
from subscribers.loading.staged import STAGED
from subscribers.models import Customer
from subscribers.rights.models import PersonFile
from subscribers.rights.person_file import PURPOSE

_HASH = "certificate_hash"


def _digest_follows(row: Mapping[str, Any], changed: Mapping[str, Any]) -> dict[str, Any]:
    """A row's digest tells its certificate by the hash: without this the next file would change everybody."""
    entity = ENTITIES["customer"]
    said = {
        field.name: value.isoformat() if isinstance(value := row[field.name], date) else value
        for field in entity.fields
        if field.shape is not Shape.CERTIFICATE
    }
    before = digest(entity, row["key"], said | {"certificate": row[_HASH]})
    after = digest(entity, row["key"], said | {"certificate": changed[_HASH]})
    return {"digest": after if row["digest"] == before else row["digest"]}


# in the order in which they are copied: what is copied meanwhile comes after its origin
SEALED = (
    Sealed(
        STAGED["customer"],
        "certificate_sealed",
        CERTIFICATE,
        "读入待合并的证件号码",
        _HASH,
        follow=_digest_follows,
    ),
    Sealed(table_of(Customer), "certificate_sealed", CERTIFICATE, "证件号码", _HASH, follow=_digest_follows),
    Sealed(
        table_of(BeforeImage),
        "before",
        CERTIFICATE,
        "装载前旧值里的证件号码",
        _HASH,
        inside="certificate_sealed",
        follow=_digest_follows,
    ),
    Sealed(table_of(QuarantinedRow), "raw", quarantine.PURPOSE, "隔离的行"),
    Sealed(table_of(QuarantinedRow), "raw_mended", quarantine.PURPOSE, "修正过的行"),
    Sealed(table_of(PersonFile), "content_sealed", PURPOSE, "个人资料副本"),
)
