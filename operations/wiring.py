"""The composition root: who offers documents to search, who runs which jobs, who listens to whom."""

from core import events, jobs, regular
from kb import adoption, importing, offered_terms, shelving
from kb.events import CategoryMoved
from kb.search_source import PERIODS, SOURCE, ArticleSource, PeriodSource
from operations import trying
from search import drift, indexing, reasking, recutting, sources, understanding, watching
from subscribers.calls import silence


def introduce() -> None:
    """Make the parts known to each other. Harmless to call twice."""
    sources.introduce(SOURCE, ArticleSource())
    sources.introduce(PERIODS, PeriodSource())
    understanding.introduce_terms(offered_terms.TERMS)
    watchers = (*watching.handlers(), *reasking.handlers())
    of_search = (*indexing.handlers(), *drift.handlers(), recutting.handler(), *watchers)
    for handler in (
        *of_search,
        *importing.handlers(),
        *adoption.handlers(),
        *trying.handlers(),
        *silence.handlers(),
    ):
        jobs.introduce(handler)
    regular.introduce(adoption.COUNT, every=adoption.EVERY)
    regular.introduce(silence.KIND, every=silence.EVERY)
    regular.introduce(drift.CHECK, every=drift.EVERY)
    events.listen(CategoryMoved, "index", shelving.index_moved, label="更新分类下知识的索引")
