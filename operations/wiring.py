"""The composition root: who offers documents to search, who runs which jobs, who listens to whom."""

from core import api_clients, events, jobs, regular, rotating
from kb import adoption, importing, offered_terms, shelving
from kb.events import CategoryMoved
from kb.search_source import PERIODS, SOURCE, ArticleSource, PeriodSource
from operations import trying
from search import drift, indexing, reasking, recutting, sources, understanding, watching
from subscribers import facts, forgetting, regular_work, sealed, steering, telling
from subscribers import kept as contacts_kept
from subscribers.calls import erased, silence, told
from subscribers.calls import kept as calls_kept
from subscribers.correcting import meeting, reopening
from subscribers.events import LoadMerged, LoadUndone
from subscribers.loading import clearing, redriving
from subscribers.loading import watching as loads
from subscribers.rights import erasing, in_loads, kept, person_copy, person_file, retention


def introduce() -> None:
    """Make the parts known to each other. Harmless to call twice."""
    _knowledge()
    _subscribers()
    _personal_data()


def _knowledge() -> None:
    sources.introduce(SOURCE, ArticleSource())
    sources.introduce(PERIODS, PeriodSource())
    understanding.introduce_terms(offered_terms.TERMS)
    watchers = (*watching.handlers(), *reasking.handlers())
    of_search = (*indexing.handlers(), *drift.handlers(), recutting.handler(), *watchers)
    for handler in (*of_search, *importing.handlers(), *adoption.handlers(), *trying.handlers()):
        jobs.introduce(handler)
    regular.introduce(adoption.COUNT, every=adoption.EVERY)
    regular.introduce(drift.CHECK, by_night=drift.NIGHT)
    events.listen(CategoryMoved, "index", shelving.index_moved, label="更新分类下知识的索引")


def _subscribers() -> None:
    of_loads = (loads.handler(), clearing.handler(), *steering.handlers())
    for handler in (*of_loads, *regular_work.handlers(), *facts.handlers(), *silence.handlers()):
        jobs.introduce(handler)
    regular.introduce(loads.WATCH, every=loads.EVERY)
    regular.introduce(clearing.CLEAR, every=clearing.EVERY)
    regular.introduce(facts.RECKON, every=facts.EVERY)
    regular.introduce(silence.KIND, every=silence.EVERY)
    for kind, every in regular_work.EVERY.items():
        regular.introduce(kind, every=every)
    events.listen(LoadMerged, "orphans", redriving.bring_orphans, label="装载等待上级的数据")
    events.listen(LoadMerged, "corrections", meeting.meet_merged, label="核对更正与新数据")
    events.listen(LoadMerged, "facts", facts.note_load, label="用户数据装载后重算指标")
    events.listen(LoadUndone, "corrections", reopening.meet_undone, label="撤销装载后恢复更正")
    events.listen(LoadUndone, "facts", facts.note_load, label="撤销装载后重算指标")


def _personal_data() -> None:
    for handler in (person_file.handler(), retention.handler()):
        jobs.introduce(handler)
    regular.introduce(retention.RUN, every=retention.EVERY)
    retention.introduce((*kept.KEPT, *calls_kept.KEPT, *contacts_kept.KEPT, *in_loads.KEPT))
    erasing.introduce((*forgetting.PARTS, *erased.PARTS, *in_loads.PARTS))
    person_copy.introduce(told.NAME, told.calls_of)
    person_copy.introduce(telling.NAME, telling.profiles_of)
    rotating.introduce((*sealed.SEALED, api_clients.SEALED))
    events.listen(LoadMerged, "erased", in_loads.erase_what_came_back, label="再次抹去已删除客户的资料")
