"""Every module that has tables, so that whoever creates or migrates them sees all."""

from importlib import import_module

from sqlmodel import SQLModel

HOMES = (
    "core.api_clients",
    "core.audit",
    "core.identity",
    "core.jobs",
    "core.news",
    "core.numbering",
    "core.regular",
    "core.scope",
    "core.sign_in",
    "core.signing",
    "core.working_days",
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
    "subscribers.as_of",
    "subscribers.calls.models",
    "subscribers.correcting.models",
    "subscribers.loading.failing",
    "subscribers.loading.foreseeing",
    "subscribers.loading.models",
    "subscribers.loading.reconciling",
    "subscribers.loading.staged",
    "subscribers.loading.wishing",
    "subscribers.models",
    "subscribers.quick_profile",
    "subscribers.restrictions",
    "subscribers.revealing",
    "subscribers.rights.models",
    "subscribers.steering.undoing",
    "subscribers.suppressions",
    "subscribers.verifying",
)


def known() -> list[str]:
    """Import them all and return the names of their tables."""
    for home in HOMES:
        import_module(home)
    return sorted(SQLModel.metadata.tables)
