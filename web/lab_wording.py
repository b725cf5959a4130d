"""What the relevance lab calls the parts of the ranking, and how it tells what moved a query."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from search.comparing import Answered, Move, Shift
from search.configuration import DEFAULT, Configuration
from search.hits import Signal

SIGNALS = {
    Signal.WORDS: "词",
    Signal.GRAMS: "字",
    Signal.PINYIN: "读音",
    Signal.MEANING: "语义",
    Signal.CODES: "代码",
}
WEIGHTS = {
    "words": "词",
    "grams": "字",
    "pinyin": "读音",
    "meaning": "语义",
    "codes": "代码",
    "synonym": "同义词",
    "expansion": "扩展词",
    "correction": "纠正",
    "adoption": "采用",
    "freshness": "新鲜",
    "closeness": "贴近客户",
    "promotion": "推荐",
    "floor": "没有找到的下限",
}
SWITCHES = {
    "with_meaning": "语义",
    "with_synonyms": "同义词",
    "with_pinyin": "拼音",
    "with_corrections": "纠正",
    "with_priors": "先验",
    "with_reranker": "精排",
}
PUT_BACK, COMPARED, TUNED = "put_back", "compared", "tuned"
SHIFTS_SAID = 3


def differs(chosen: Configuration, other: Configuration = DEFAULT) -> list[str]:
    """Return what a configuration has otherwise, such as `语义 0.5→0.7` or `关闭拼音`."""
    said = []
    for field in fields(Configuration):
        now, then = getattr(chosen, field.name), getattr(other, field.name)
        if now == then:
            continue
        if isinstance(now, bool):
            said.append(f"{'打开' if now else '关闭'}{SWITCHES[field.name]}")
        else:
            said.append(f"{WEIGHTS[field.name]} {then:g}→{now:g}")
    return said


def rank(answered: Answered) -> str:
    """Return such as `第 2`; for a query that has no answer, whether anything was shown."""
    if not answered.ranked:
        return "没有找到"
    if not answered.relevant:
        return "有结果"
    return f"第 {answered.best_rank}" if answered.best_rank else "前 10 外"


def moved(move: Move) -> list[str]:
    """Tell why a query is answered better or worse."""
    said = [f"不再读作“{reading}”" for reading in move.no_longer_read]
    said += [f"读作“{reading}”" for reading in move.newly_read]
    if bool(move.before.ranked) is not bool(move.after.ranked):
        return [*said, "跨过了“没有找到”的下限"]
    if move.after.relevant and None in {move.before.best_rank, move.after.best_rank}:
        return [*said, "进入前 10" if move.is_win else "跌出前 10"]
    if move.shifts:
        against = f"相对 {move.rival.name}：" if move.rival else ""
        said.append(against + "，".join(_shift(shift) for shift in move.shifts[:SHIFTS_SAID]))
    return said or ["名次随其他知识变化"]


def _shift(shift: Shift) -> str:
    return f"{SIGNALS[shift.signal] if shift.signal else '先验'} {shift.by:+.2f}"


def evidence_said(evidence: Mapping[str, Any]) -> str:
    """Return why a configuration was put in force, in a sentence."""
    by = evidence.get("by")
    if by == PUT_BACK:
        return f"恢复第 {evidence['number']} 次的配置" if evidence["number"] else "恢复出厂配置"
    if by not in {COMPARED, TUNED}:
        return "没有记录依据"
    before, after = evidence["ndcg_at_10"]
    low, high = evidence["interval"]
    figures = f"nDCG@10 {before:.3f}→{after:.3f}，差的 95% 区间 {low:+.3f} 至 {high:+.3f}"
    where = "自动调优，保留部分" if by == TUNED else f"“{evidence['name']}”对“{evidence['against']}”"
    return f"{where}：{figures}（{evidence['queries']} 条）"
