"""Which columns about subscribers hold seals, for the change of keys."""

from core.rotating import Sealed, table_of
from subscribers.loading import quarantine
from subscribers.loading.models import QuarantinedRow
from subscribers.loading.preparing import CERTIFICATE
from subscribers.loading.staged import STAGED
from subscribers.models import Customer
from subscribers.rights.models import PersonFile
from subscribers.rights.person_file import PURPOSE

SEALED = (
    Sealed(STAGED["customer"], "certificate_sealed", CERTIFICATE, "读入待合并的证件号码", "certificate_hash"),
    Sealed(table_of(Customer), "certificate_sealed", CERTIFICATE, "证件号码", "certificate_hash"),
    Sealed(table_of(QuarantinedRow), "raw", quarantine.PURPOSE, "隔离的行"),
    Sealed(table_of(QuarantinedRow), "raw_mended", quarantine.PURPOSE, "修正过的行"),
    Sealed(table_of(PersonFile), "content_sealed", PURPOSE, "个人资料副本"),
)
