"""The composition root: who offers documents to search, who runs which jobs, who listens to whom."""

from core import api_clients, events, jobs, regular, rotating
from kb import adoption, importing, offered_terms, shelving
from kb.events import CategoryMoved
from kb.search_source import PERIODS, SOURCE, ArticleSource, PeriodSource
from operations import trying
from search import drift, indexing, reasking, recutting, sources, understanding, watching
from subscribers import forgetting, regular_work, steering
from subscribers.calls import erased, silence
from subscribers.correcting import meeting
from subscribers import facts
from subscribers.events import LoadMerged
from subscribers.loading import clearing, redriving
from subscribers.loading import watching as loads
from subscribers.rights import erasing, kept, person_file, retention
from subscribers.events import LoadMerged
from subscribers.loading import redriving
from subscribers.loading import watching as loads
from subscribers.rights import erasing, in_loads, kept, person_file, retention
from subscribers.loading import redriving
from subscribers.loading import watching as loads
from subscribers.rights import erasing, kept, person_file, retention
from subscribers.sealed import SEALED


def introduce() -> None:
    """Make the parts known to each other. Harmless to call twice."""
    sources.introduce(SOURCE, ArticleSource())
    sources.introduce(PERIODS, PeriodSource())
    understanding.introduce_terms(offered_terms.TERMS)
    watchers = (*watching.handlers(), *reasking.handlers())
    of_search = (*indexing.handlers(), *drift.handlers(), recutting.handler(), *watchers)
    of_rights = (person_file.handler(), retention.handler())
    of_centre = (*importing.handlers(), *adoption.handlers(), *trying.handlers(), *silence.handlers())
    for handler in (*of_search, *of_centre, *of_rights):
        jobs.introduce(handler)
    for handler in (*steering.handlers(), *regular_work.handlers()):
    of_kb = (*importing.handlers(), *adoption.handlers())
    for handler in (*of_search, *of_kb, *trying.handlers(), *facts.handlers()):
        jobs.introduce(handler)
    regular.introduce(adoption.COUNT, every=adoption.EVERY)
    regular.introduce(silence.KIND, every=silence.EVERY)
    regular.introduce(drift.CHECK, every=drift.EVERY)
    for kind, every in regular_work.EVERY.items():
        regular.introduce(kind, every=every)
    events.listen(LoadMerged, "corrections", meeting.meet_merged, label="核对更正与新数据")
    regular.introduce(retention.RUN, every=retention.EVERY)
    retention.introduce(kept.KEPT)
    for part in (*forgetting.PARTS, *erased.PARTS):
        erasing.introduce(part)
    rotating.introduce((*SEALED, api_clients.SEALED))
    regular.introduce(facts.RECKON, every=facts.EVERY)
    events.listen(LoadMerged, "facts", facts.note_load, label="用户数据装载后重算指标")
    jobs.introduce(loads.handler())
    jobs.introduce(clearing.handler())
    regular.introduce(clearing.CLEAR, every=clearing.EVERY)
    regular.introduce(loads.WATCH, every=loads.EVERY)
    events.listen(LoadMerged, "orphans", redriving.bring_orphans, label="装载等待上级的数据")
    events.listen(CategoryMoved, "index", shelving.index_moved, label="更新分类下知识的索引")
    _introduce_rights()


def _introduce_rights() -> None:
    regular.introduce(retention.RUN, every=retention.EVERY)
    retention.introduce(kept.KEPT)
    erasing.introduce(in_loads.PARTS)
    rotating.introduce(SEALED)
    events.listen(LoadMerged, "erased", in_loads.erase_what_came_back, label="再次抹去已删除客户的资料")
