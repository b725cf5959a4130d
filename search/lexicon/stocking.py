"""Putting the shipped entries into a centre's lexicon, each once: what editors removed stays away."""

import logging
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import uuid4

from sqlmodel import Session, col, select

from core.errors import Conflict
from core.identity import SYSTEM
from search.lexicon import wording as wordings
from search.lexicon.changing import Move, record
from search.lexicon.clashing import Rivals
from search.lexicon.models import Act, Direction, LexiconMove
from search.lexicon.shipped import lines, synonym_groups, ways_to_say
from search.lexicon.wording import Wording

log = logging.getLogger(__name__)
_ASKED_AT_ONCE = 500


def stock(session: Session, *, at: datetime) -> int:
    """Add what is shipped and was never here; return how many entries came."""
    offered = list({one.signature: one for one in _shipped()}.values())
    known = _ever_seen(session, [one.signature for one in offered])
    new = [one for one in offered if one.signature not in known]
    moves = list(_fitting(session, new))
    if moves:
        record(session, Act.SHIPPED, moves, actor=SYSTEM, at=at)
    return len(moves)


def _shipped() -> Iterator[Wording]:
    for said in lines("words.txt"):
        yield wordings.word(said)
    for said in lines("fillers.txt"):
        yield wordings.filler(said)
    for said, *meant in synonym_groups():
        yield wordings.synonym(said, meant, Direction.TWO_WAY)
    ways: dict[str, list[str]] = defaultdict(list)
    for said, terms in ways_to_say():
        ways[said] += terms
    for said, named in ways.items():
        yield wordings.synonym(said, named, Direction.ONE_WAY)


def _ever_seen(session: Session, signatures: Sequence[str]) -> set[str]:
    seen = set[str]()
    for start in range(0, len(signatures), _ASKED_AT_ONCE):
        some = signatures[start : start + _ASKED_AT_ONCE]
        seen.update(session.exec(select(LexiconMove.signature).where(col(LexiconMove.signature).in_(some))))
    return seen


def _fitting(session: Session, new: Sequence[Wording]) -> Iterator[Move]:
    """Yield what does not stand against an editor's own entries, which win."""
    rivals = Rivals(session, new)
    for one in new:
        try:
            rivals.refuse(one)
        except Conflict as clash:
            log.info("a shipped entry was left out: %s", clash)
            continue
        move = Move(uuid4(), None, one)
        rivals.take(one, move.entry_id)
        yield move
