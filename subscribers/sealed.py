"""Which columns about subscribers hold seals, for the change of keys."""

from core.rotating import Sealed
from subscribers.models import Customer
from subscribers.rights.models import PersonFile
from subscribers.rights.person_file import PURPOSE

SEALED = (
    Sealed(Customer, "certificate_sealed", "certificate", "证件号码", "certificate_hash"),
    Sealed(PersonFile, "content_sealed", PURPOSE, "个人资料副本"),
)
