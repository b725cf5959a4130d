"""A pair that a person uploads: put into the folder of its source, as if the source had sent it."""

import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO
from uuid import UUID, uuid4

from core.errors import Invalid
from subscribers.loading import acknowledging, naming, watching
from subscribers.loading.models import Load

_AT_ONCE = 1024 * 1024


class FileMissing(Invalid):
    message = "请选择这个文件。"


class NotAPair(Invalid):
    def __init__(self, wanted: str) -> None:
        super().__init__(f"清单应与数据文件同名：{wanted}。请重新选择。", field="chk")


class StillWaiting(Invalid):
    message = "来源的文件夹里已有同名文件在等待装载，请稍后再试，或换一个序号。"


class WrongEnding(Invalid):
    def __init__(self, ending: str, *, field: str) -> None:
        super().__init__(f"这里要选 {ending} 文件，请重新选择。", field=field)


@dataclass(frozen=True)
class Upload:
    """One file as the browser sends it."""

    name: str
    content: BinaryIO


def receive_pair(dat: Upload | None, chk: Upload | None, *, staff_id: UUID, at: datetime) -> Load:
    """Drop both files and note the load they make.

    :raises FileMissing: if one is not there
    :raises WrongEnding: if they are not a .dat and a .chk
    :raises NotAPair: if their names differ
    :raises StillWaiting: if a pair of that name is there already
    :raises Invalid: if the name says neither source nor entity
    """
    dat, chk = _given(dat, "dat"), _given(chk, "chk")
    for upload, ending in ((dat, naming.DATA), (chk, naming.MANIFEST)):
        if Path(upload.name).suffix.lower() != ending:
            raise WrongEnding(ending, field=ending[1:])
    stem = Path(dat.name).stem
    if Path(chk.name).stem != stem:
        raise NotAPair(stem + naming.MANIFEST)
    try:
        name = naming.understood(stem)
    except Invalid as error:
        raise Invalid(str(error), field="dat") from error

    inbox = acknowledging.folder(name.source) / "in"
    if any((inbox / f"{stem}{ending}").exists() for ending in (naming.DATA, naming.MANIFEST)):
        raise StillWaiting(field="dat")
    for upload, ending in ((dat, naming.DATA), (chk, naming.MANIFEST)):  # the manifest last: it is the signal
        _drop(upload, inbox / f"{stem}{ending}")
    taken = watching.take(inbox / f"{stem}{naming.MANIFEST}", name, at=at, staff_id=staff_id)
    if taken is None:
        raise StillWaiting(field="dat")
    return taken


def _drop(upload: Upload, to: Path) -> None:
    half = to.with_name(f".{to.name}.{uuid4().hex}")
    with half.open("wb") as file:
        shutil.copyfileobj(upload.content, file, _AT_ONCE)
    half.replace(to)


def _given(upload: Upload | None, field: str) -> Upload:
    if upload is None or not upload.name:
        raise FileMissing(field=field)
    return upload
