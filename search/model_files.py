"""Where a model of sentence-transformers lies on this machine, and what tells its files from others."""

import os
from collections.abc import Iterator
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path

from core.settings import settings

MOST_THREADS = 4
SIGNS = ("modules.json", "config.json")
MATTERS = {".json", ".safetensors", ".bin", ".pt", ".txt", ".model", ".py"}
EXPORTS = {"onnx", "openvino"}
READ_WHOLE = 32 * 2**20
PIECES, PIECE = 64, 256 * 2**10


def is_installed() -> bool:
    """Tell whether the library that runs such models is there; it is not loaded."""
    return find_spec("sentence_transformers") is not None


def folder_of(name: str) -> Path | None:
    """Return the folder of a model given by its path or by the name it was downloaded under."""
    here = Path(name)
    if any((here / sign).is_file() for sign in SIGNS):
        return here
    return next(filter(None, (_downloaded(name, sign) for sign in SIGNS)), None)


def folder_with(name: str, version: str) -> Path | None:
    """Return the folder in which just these files are, be they no longer the newest download."""
    newest = folder_of(name)
    if newest is None:
        return None
    revisions = newest.parent.iterdir() if newest.parent.name == "snapshots" else ()
    return next((folder for folder in (newest, *revisions) if version_of(folder) == version), None)


def version_of(folder: Path) -> str:
    """Return a digest of the files that make the vectors.

    Of a very large file it takes evenly spaced pieces: whoever trains a model changes all of its weights.
    """
    digest = blake2b(digest_size=8)
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        hidden = any(part.startswith(".") or part in EXPORTS for part in inside.parts)
        if path.suffix in MATTERS and not hidden and path.is_file():
            digest.update(f"{inside}\0{path.stat().st_size}\0".encode())
            for piece in _pieces(path):
                digest.update(piece)
    return digest.hexdigest()


def threads(asked: int = 0) -> int:
    """Return how many threads a model may use: as asked, or half of the cores, and not many."""
    return asked or max(1, min(MOST_THREADS, (os.cpu_count() or 1) // 2))


def facts_folder() -> Path:
    """Return where it is kept what models say of themselves."""
    return settings().data_dir / "models"


def _pieces(path: Path) -> Iterator[bytes]:
    size = path.stat().st_size
    with path.open("rb") as file:
        if size <= READ_WHOLE:
            yield file.read()
            return
        for number in range(PIECES):
            file.seek(number * (size - PIECE) // (PIECES - 1))
            yield file.read(PIECE)


def _downloaded(name: str, sign: str) -> Path | None:
    if not is_installed():
        return None
    from huggingface_hub import try_to_load_from_cache  # noqa: PLC0415 - it comes with the extra
    from huggingface_hub.errors import HFValidationError  # noqa: PLC0415

    try:
        found = try_to_load_from_cache(name, sign)
    except HFValidationError:
        return None
    return Path(found).parent if isinstance(found, str) else None
