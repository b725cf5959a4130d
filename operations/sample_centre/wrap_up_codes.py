"""The sample centre's tree of wrap-up codes. A centre that has codes of its own keeps them."""

import tomllib
from datetime import datetime
from importlib import resources

from sqlmodel import Session, select

from core.identity import Actor
from subscribers.calls import codes
from subscribers.calls.models import WrapUpCode


def load(session: Session, *, actor: Actor, at: datetime) -> int:
    """Return how many were added."""
    if session.exec(select(WrapUpCode.id).limit(1)).first() is not None:
        return 0
    file = resources.files("operations.sample_centre") / "wrap_up_codes.toml"
    added = 0
    for first, branches in tomllib.loads(file.read_text("utf-8")).items():
        root = codes.add(session, first, None, actor=actor, at=at)
        for second, leaves in branches.items():
            branch = codes.add(session, second, root.id, actor=actor, at=at)
            for leaf in leaves:
                codes.add(session, leaf, branch.id, actor=actor, at=at)
            added += 1 + len(leaves)
        added += 1
    return added
