"""The composition root: who offers documents to search, who runs which jobs, who listens to whom."""

from core import events, jobs, regular
from kb import adoption, importing, offered_terms, shelving
from kb.events import CategoryMoved
from kb.search_source import PERIODS, SOURCE, ArticleSource, PeriodSource
from operations import trying
from search import drift, indexing, reasking, recutting, sources, understanding, watching
from subscribers import facts
from subscribers.events import LoadMerged
from subscribers.loading import clearing, redriving
from subscribers.loading import watching as loads


def introduce() -> None:
    """Make the parts known to each other. Harmless to call twice."""
    sources.introduce(SOURCE, ArticleSource())
    sources.introduce(PERIODS, PeriodSource())
    understanding.introduce_terms(offered_terms.TERMS)
    watchers = (*watching.handlers(), *reasking.handlers())
    of_search = (*indexing.handlers(), *drift.handlers(), recutting.handler(), *watchers)
    of_kb = (*importing.handlers(), *adoption.handlers())
    for handler in (*of_search, *of_kb, *trying.handlers(), *facts.handlers()):
        jobs.introduce(handler)
    regular.introduce(adoption.COUNT, every=adoption.EVERY)
    regular.introduce(drift.CHECK, every=drift.EVERY)
    regular.introduce(facts.RECKON, every=facts.EVERY)
    events.listen(LoadMerged, "facts", facts.note_load, label="用户数据装载后重算指标")
    jobs.introduce(loads.handler())
    jobs.introduce(clearing.handler())
    regular.introduce(clearing.CLEAR, every=clearing.EVERY)
    regular.introduce(loads.WATCH, every=loads.EVERY)
    events.listen(LoadMerged, "orphans", redriving.bring_orphans, label="装载等待上级的数据")
    events.listen(CategoryMoved, "index", shelving.index_moved, label="更新分类下知识的索引")
