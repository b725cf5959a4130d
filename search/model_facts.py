"""What a model says of itself on a device, asked once in a process of its own and kept in the data folder."""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from search.model_files import facts_folder
from search.own_process import OwnProcess

log = logging.getLogger(__name__)

START_SECONDS, HANG_SECONDS = 180.0, 30.0


@dataclass(frozen=True)
class ModelFacts:
    """`longest`: so many tokens of a text it reads, where it has a limit. `device`: where it ran."""

    dimension: int
    longest: int | None = None
    prompts: dict[str, str] = field(default_factory=dict)
    device: str = ""


def facts_of(version: str, device: str, program: Sequence[str]) -> ModelFacts:
    """Return what is known of these files on that device; the first time the model is loaded for it.

    :raises ProcessFailed: if it cannot be loaded
    """
    kept = _kept_of(version, device)
    facts = _read(kept)
    if facts is None:
        facts = _asked(program)
        _keep(kept, facts)
    return facts


def known_facts(version: str, device: str) -> ModelFacts | None:
    """Return what the model said when it was loaded there for the first time."""
    return _read(_kept_of(version, device))


def _kept_of(version: str, device: str) -> Path:
    return facts_folder() / f"{version}.{device.replace(':', '-')}.json"


def _asked(program: Sequence[str]) -> ModelFacts:
    process = OwnProcess(program, start_seconds=START_SECONDS)
    try:
        return ModelFacts(**json.loads(process.ask({"describe": True}, seconds=HANG_SECONDS)))
    finally:
        process.close()


def _read(kept: Path) -> ModelFacts | None:
    try:
        return ModelFacts(**json.loads(kept.read_text("utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        log.warning("what %s says cannot be used, the model is asked again: %s", kept, error)
        return None


def _keep(kept: Path, facts: ModelFacts) -> None:
    kept.parent.mkdir(parents=True, exist_ok=True)
    beside = kept.with_suffix(f".{uuid4().hex}.tmp")
    beside.write_text(json.dumps(facts.__dict__, ensure_ascii=False), encoding="utf-8")
    beside.replace(kept)
