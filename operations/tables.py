"""Every module that has tables, so that whoever creates or migrates them sees all."""

from importlib import import_module

from sqlmodel import SQLModel

HOMES = (
    "core.audit",
    "core.identity",
    "core.jobs",
    "core.numbering",
    "core.regular",
    "core.scope",
    "core.sign_in",
    "core.signing",
    "kb.adoption",
    "kb.gaps",
    "kb.importing.models",
    "kb.models",
    "operations.sample_centre.golden",
    "operations.sample_centre.loading",
    "search.configuration",
    "search.drift",
    "search.golden",
    "search.lexicon.models",
    "search.query_log",
    "search.rebuilds",
    "search.trials",
    "search.watched",
    "subscribers.loading.models",
    "subscribers.loading.staged",
    "subscribers.models",
    "subscribers.quick_profile",
    "subscribers.revealing",
    "subscribers.verifying",
)


def known() -> list[str]:
    """Import them all and return the names of their tables."""
    for home in HOMES:
        import_module(home)
    return sorted(SQLModel.metadata.tables)
