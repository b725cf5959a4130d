"""How a match explains itself."""

from kb.result_rows import FoundArticle
from search.hits import Hit, Signal

_LITERAL = {Signal.CODES: "代码", Signal.WORDS: "关键词", Signal.GRAMS: "关键词"}


def why(row: FoundArticle) -> list[str]:
    """Return the reasons, the most telling first, such as 置顶, 同义词 座机→固话, 语义 0.82."""
    raised = ["置顶"] * row.is_pinned + ["推荐"] * row.is_promoted
    readings = [f"{reading.reason.label} {reading.said}→{reading.meant}" for reading in row.readings]
    literal = [name for signal, name in _LITERAL.items() if row.hit.why.get(signal, 0.0) > 0]
    return list(dict.fromkeys([*raised, *readings, *literal, *_heard(row.hit), *_meant(row.hit)]))


def _heard(hit: Hit) -> list[str]:
    """Sound says something only where nothing is written alike."""
    written = any(hit.why.get(signal, 0.0) > 0 for signal in _LITERAL)
    return ["读音相同"] if hit.why.get(Signal.PINYIN, 0.0) > 0 and not written else []


def _meant(hit: Hit) -> list[str]:
    return [f"语义 {hit.why[Signal.MEANING]:.2f}"] if Signal.MEANING in hit.why else []


def signal_name(signal: Signal) -> str:
    return (_LITERAL | {Signal.PINYIN: "读音", Signal.MEANING: "语义"})[signal]
