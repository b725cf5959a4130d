"""What may be copied and the tables that keep it do not drift apart."""

import pytest
from sqlmodel import SQLModel

from subscribers.entities import ENTITIES, Entity, Shape, column_of
from subscribers.models import Copied


@pytest.mark.parametrize("entity", ENTITIES.values(), ids=str)
def test_every_field_has_its_column_and_every_column_its_field(entity: Entity) -> None:
    derived = {"name_sound", "name_initials", "middle", "backwards", "certificate_sealed", "certificate_hash"}
    columns = set(SQLModel.metadata.tables[str(entity.table.__tablename__)].columns.keys())
    own = columns - set(Copied.model_fields) - derived

    assert own == {column_of(field) for field in entity.fields if field.shape is not Shape.CERTIFICATE}


def test_parents_come_before_their_children() -> None:
    seen: set[str] = set()
    for entity in ENTITIES.values():
        assert set(entity.parents) <= seen
        seen.add(entity.name)
