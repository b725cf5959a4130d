"""Backup and restore: nothing lost, and a bad file touches nothing."""

import tarfile
from pathlib import Path

import pytest
from sqlmodel import select

from core import database, sealing
from core.identity import Team
from core.settings import settings
from operations import keeping
from operations.keeping import BackupBroken, CentreNotEmpty, CentreRunning, NotEmbedded
from tests.conftest import MONDAY_MORNING, forget


def add_team(name: str) -> None:
    with database.unit_of_work() as session:
        session.add(Team(code=name, name=name))


def teams() -> list[str]:
    with database.reading() as session:
        return sorted(team.name for team in session.exec(select(Team)))


@pytest.fixture
def backup_file(centre: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    add_team("甲")
    (centre / "imports").mkdir()
    (centre / "imports" / "原始.csv").write_text("问题,答案", "utf-8")
    file = tmp_path_factory.mktemp("backups") / "zhida.tar.gz"
    keeping.backup(file, at=MONDAY_MORNING)
    return file


def restore(file: Path, *, replace: bool) -> Path | None:
    database.engine().dispose()
    former = keeping.restore(file, replace=replace, at=MONDAY_MORNING)
    forget()
    return former


def test_what_was_backed_up_comes_back_and_the_rest_is_kept_aside(centre: Path, backup_file: Path) -> None:
    add_team("备份之后的")

    former = restore(backup_file, replace=True)

    assert teams() == ["甲"]
    assert (centre / "imports" / "原始.csv").read_text("utf-8") == "问题,答案"
    assert former
    assert (former / "zhida.sqlite3").exists()


def test_what_was_sealed_before_opens_after_a_restore_though_the_backup_holds_no_key(
    centre: Path, backup_file: Path
) -> None:
    sealed = sealing.seal("330102198501011234", "certificate")
    with tarfile.open(backup_file) as archive:
        assert sealing.KEY_FILE not in archive.getnames()

    restore(backup_file, replace=True)

    assert sealing.unseal(sealed, "certificate") == "330102198501011234"
    assert (centre / sealing.KEY_FILE).stat().st_mode & 0o777 == 0o600


def test_a_backup_is_whole_while_somebody_is_writing(
    centre: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    add_team("甲")
    file = tmp_path_factory.mktemp("backups") / "zhida.tar.gz"

    with database.unit_of_work() as session:
        session.add(Team(code="b", name="还没提交的"))
        session.flush()
        keeping.backup(file, at=MONDAY_MORNING)
    restore(file, replace=True)

    assert teams() == ["甲"]


def test_data_is_not_replaced_without_being_told(centre: Path, backup_file: Path) -> None:
    with pytest.raises(CentreNotEmpty):
        restore(backup_file, replace=False)

    assert teams() == ["甲"]


@pytest.mark.parametrize("damage", ["cut", "flipped", "not a backup", "no manifest"])
def test_a_damaged_backup_touches_nothing(centre: Path, backup_file: Path, damage: str) -> None:
    add_team("乙")
    content = backup_file.read_bytes()
    if damage == "cut":
        backup_file.write_bytes(content[: len(content) // 2])
    elif damage == "flipped":
        middle = len(content) // 2
        backup_file.write_bytes(content[:middle] + bytes([content[middle] ^ 0xFF]) + content[middle + 1 :])
    elif damage == "not a backup":
        backup_file.write_bytes(b"PK\x03\x04 something else")
    else:
        with tarfile.open(backup_file, "w:gz") as archive:
            archive.add(centre / "zhida.sqlite3", "zhida.sqlite3")

    with pytest.raises(BackupBroken):
        restore(backup_file, replace=True)

    assert teams() == ["乙", "甲"]


def test_a_backup_that_reaches_outside_its_folder_is_refused(
    centre: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    evil = tmp_path_factory.mktemp("backups") / "evil.tar.gz"
    with tarfile.open(evil, "w:gz") as archive:
        archive.add(centre / "zhida.sqlite3", "../../escaped.sqlite3")

    with pytest.raises(BackupBroken):
        restore(evil, replace=True)

    assert not (centre.parent.parent / "escaped.sqlite3").exists()


def test_a_running_centre_is_not_replaced(centre: Path, backup_file: Path) -> None:
    with keeping.in_service(), pytest.raises(CentreRunning):
        restore(backup_file, replace=True)

    restore(backup_file, replace=True)


def test_postgresql_is_left_to_its_own_tools(centre: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIDA_DATABASE_URL", "postgresql://somewhere/zhida")
    settings.cache_clear()

    with pytest.raises(NotEmbedded):
        keeping.backup(centre / "x.tar.gz", at=MONDAY_MORNING)
