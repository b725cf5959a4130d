"""Names of files: `CRM_CUSTOMER_F_202611260830_012.dat`, and its manifest `.chk` beside it."""

import re
from dataclasses import dataclass
from datetime import datetime

from core.clock import CENTRE_TIME
from core.errors import Invalid
from subscribers.entities import ENTITIES
from subscribers.loading.models import LoadKind

DATA, MANIFEST, ACK = ".dat", ".chk", ".ack"
_NAME = re.compile(r"([A-Z][A-Z0-9]{0,19})_([A-Z]+)_([FD])_(\d{12})_(\d{3,9})")
_KINDS = {"F": LoadKind.FULL, "D": LoadKind.DELTA}


class NameUnreadable(Invalid):
    def __init__(self, name: str) -> None:
        super().__init__(
            f"文件名 {name} 不合规则，应为 来源_实体_F或D_年月日时分_序号，"
            "如 CRM_CUSTOMER_F_202611260830_012.dat。请改名后重新放入。"
        )


@dataclass(frozen=True)
class FileName:
    source: str
    entity: str
    kind: LoadKind
    made_at: datetime
    sequence: int

    def __str__(self) -> str:
        letter = "F" if self.kind is LoadKind.FULL else "D"
        made = self.made_at.astimezone(CENTRE_TIME).strftime("%Y%m%d%H%M")
        return f"{self.source.upper()}_{self.entity.upper()}_{letter}_{made}_{self.sequence:03}"


def understood(name: str) -> FileName:
    """Read a name without its extension.

    :raises NameUnreadable: if it is not one of ours
    """
    found = _NAME.fullmatch(name)
    entity = found[2].lower() if found else ""
    if found is None or entity not in ENTITIES:
        raise NameUnreadable(name)
    try:
        made = datetime.strptime(found[4], "%Y%m%d%H%M").replace(tzinfo=CENTRE_TIME)
    except ValueError as error:
        raise NameUnreadable(name) from error
    return FileName(found[1].lower(), entity, _KINDS[found[3]], made, int(found[5]))
