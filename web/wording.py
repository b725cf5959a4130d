"""How a match explains itself."""

from search.hits import Hit, Signal

_NAMES = {
    Signal.CODES: "代码",
    Signal.WORDS: "关键词",
    Signal.GRAMS: "关键词",
    Signal.PINYIN: "读音",
    Signal.MEANING: "语义",
}


def why(hit: Hit) -> str:
    """Return such as `代码 · 关键词 · 语义 0.82`."""
    matched = [signal for signal in _NAMES if signal in hit.why]
    names = {_NAMES[signal]: _strength(signal, hit) for signal in matched}
    return " · ".join(f"{name} {strength}".strip() for name, strength in names.items())


def _strength(signal: Signal, hit: Hit) -> str:
    return f"{hit.why[signal]:.2f}" if signal is Signal.MEANING else ""
