"""Sealed secrets: opened by the key that sealed them, found by their hash, also after a change of keys."""

from pathlib import Path

import pytest

from core import sealing
from core.settings import settings

CERTIFICATE = "330102198501011234"
OLD, NEW = "k1:a-long-enough-old-secret", "k2:a-long-enough-new-secret"


def use(monkeypatch: pytest.MonkeyPatch, keys: str) -> None:
    monkeypatch.setenv("ZHIDA_DATA_KEYS", keys)
    settings.cache_clear()
    sealing.keys.cache_clear()


def test_what_is_sealed_opens_again_and_shows_nothing_of_itself(data_dir: Path) -> None:
    sealed = sealing.seal(CERTIFICATE, "certificate")

    assert sealing.unseal(sealed, "certificate") == CERTIFICATE
    assert CERTIFICATE[6:] not in sealed
    assert sealing.seal(CERTIFICATE, "certificate") == sealed  # loading it again changes nothing
    with pytest.raises(sealing.KeyMissing):
        sealing.unseal(sealed, "another purpose")


def test_without_the_setting_one_key_is_made_and_kept_for_its_owner_alone(data_dir: Path) -> None:
    sealed = sealing.seal(CERTIFICATE, "certificate")
    sealing.keys.cache_clear()  # another process

    assert sealing.unseal(sealed, "certificate") == CERTIFICATE
    assert (data_dir / sealing.KEY_FILE).stat().st_mode & 0o777 == 0o600


def test_after_a_change_of_keys_the_old_ones_still_open_and_find(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, OLD)
    sealed, found_by = sealing.seal(CERTIFICATE, "c"), sealing.hash_now(CERTIFICATE, "c")
    use(monkeypatch, f"{NEW},{OLD}")

    assert sealing.unseal(sealed, "c") == CERTIFICATE
    assert found_by in sealing.hashes_of(CERTIFICATE, "c")
    assert not sealing.is_current(sealed)
    assert sealing.is_current(sealing.seal(CERTIFICATE, "c"))
    assert sealing.hash_now(CERTIFICATE, "c") != found_by

    use(monkeypatch, NEW)
    with pytest.raises(sealing.KeyMissing):
        sealing.unseal(sealed, "c")


@pytest.mark.parametrize(
    "keys", ["short:secret", "no-colon-at-all-in-this", f"{OLD},{OLD}", "k 1:a-long-enough-secret"]
)
def test_keys_that_cannot_be_used_are_refused_by_name(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, keys: str
) -> None:
    use(monkeypatch, keys)

    with pytest.raises(sealing.KeysUnusable):
        sealing.seal(CERTIFICATE, "c")
