"""What was asked, understood."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from core.clock import day_of
from search import pinyin
from search import text as texts
from search.configuration import DEFAULT, Configuration
from search.lexicon.snapshot import Lexicon, Pin
from search.query_syntax import NamedFilter, take_apart
from search.readings import Reading, Reason, best_wording, joined, letters_in, letters_of, readings_of
from search.understanding import Understanding, as_shipped

LONGEST_QUERY = 200
MOST_TERMS = 160
MOST_WORDINGS = 4
BEGUN = 0.2  # what a syllable counts that may go on, where it is already one as it stands
Weights = Mapping[str, float]


@dataclass(frozen=True)
class SearchQuery:
    """`asked` is what the encoder hears. Words, grams and sounds are looked up, each with how much it counts:
    as often as it was said, less if only another reading has it. Codes are looked up as they stand. `heard`:
    the sounds of each run of letters among them.

    `wordings`: the query as it was said and as it may be meant, each to be judged by itself.
    `phrases` must be there and `excluded` must not, to the letter. `of_another_day`: `at` is not now.
    """

    text: str
    asked: str
    words: Weights
    grams: Weights
    codes: tuple[str, ...]
    at: datetime
    sounds: Weights = field(default_factory=dict)
    heard: Mapping[str, Weights] = field(default_factory=dict)
    filters: Mapping[str, frozenset[str]] = field(default_factory=dict)
    phrases: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    named_filters: tuple[NamedFilter, ...] = ()
    of_another_day: bool = False
    readings: tuple[Reading, ...] = ()
    wordings: tuple[str, ...] = ()
    pins: tuple[Pin, ...] = ()
    configuration: Configuration = DEFAULT

    @property
    def is_empty(self) -> bool:
        return not (self.words or self.grams or self.codes)

    @property
    def is_constrained(self) -> bool:
        return bool(self.phrases or self.excluded)

    @property
    def is_spelt(self) -> bool:
        """Tell whether letters were typed that may stand for Hanzi."""
        return any(reading.reason.is_spelling for reading in self.readings) or any(
            code.isalpha() for code in self.codes
        )

    @property
    def corrections(self) -> tuple[Reading, ...]:
        """What was taken for a slip: it must be said, and can be refused."""
        return tuple(reading for reading in self.readings if reading.reason.is_correction)


def parse_query(
    text: str,
    *,
    at: datetime,
    filters: Mapping[str, Collection[str]] | None = None,
    understanding: Understanding | None = None,
) -> SearchQuery:
    """Understand anything that a person can type, with the shipped lexicon unless another is given."""
    understanding = understanding or as_shipped()
    lexicon = understanding.lexicon
    shown = texts.clean(text, LONGEST_QUERY)
    typed = take_apart(shown)
    asked = joined(texts.normalise(typed.text))
    kept = lexicon.without_fillers(asked)
    readings = readings_of(kept, understanding)
    used = [reading for reading in readings if reading.is_sure]
    meant, heard = best_wording(asked, readings), _heard(kept, understanding)
    return SearchQuery(
        text=shown,
        asked=meant,
        words=_weights(lexicon.cutter.words, kept, used, understanding),
        grams=_weights(texts.grams, kept, used, understanding),
        codes=tuple(dict.fromkeys([*texts.codes(asked), *texts.latin(asked), *texts.codes(meant)])),
        at=at,
        sounds=_sounds(kept, heard, understanding.configuration),
        heard=heard,
        filters={name: frozenset(wish) for name, wish in (filters or {}).items() if wish},
        phrases=typed.phrases,
        excluded=typed.excluded,
        named_filters=typed.filters,
        readings=tuple(readings),
        wordings=_wordings(kept, used),
        pins=_pins(lexicon, (kept, best_wording(kept, readings)), day_of(at)),
        configuration=understanding.configuration,
    )


def _pins(lexicon: Lexicon, wordings: Iterable[str], day: date) -> tuple[Pin, ...]:
    """Return the pins of what was typed and of what was meant, the longest phrase first."""
    pins = [pin for wording in dict.fromkeys(wordings) for pin in lexicon.pins_for(wording, day)]
    return tuple(sorted(dict.fromkeys(pins), key=lambda pin: -len(pin.phrase)))


def _wordings(kept: str, readings: Sequence[Reading]) -> tuple[str, ...]:
    """Return the query as it was said, with everything read otherwise, and with one thing at a time."""
    altogether = kept
    for reading in readings:
        if reading.said in altogether:
            altogether = altogether.replace(reading.said, reading.meant)
    each = (reading.wording for reading in readings)
    return tuple(dict.fromkeys([kept, _without_syllables(altogether), *each]))[:MOST_WORDINGS]


def _without_syllables(wording: str) -> str:
    """Return it without letters that may stand for Hanzi but for no term: nobody can say whether they fit."""
    for letters in letters_in(wording):
        if pinyin.cut(letters) or pinyin.unfinished(letters) or pinyin.may_be_initials(letters):
            wording = wording.replace(letters, " ")
    return wording


def _weights(
    cut: Callable[[str], list[str]], kept: str, readings: Iterable[Reading], understanding: Understanding
) -> Weights:
    """Return each token with its weight; what another reading adds counts by the reason for reading it so."""
    weights: dict[str, float] = {token: float(times) for token, times in Counter(cut(kept)).items()}
    said = frozenset(weights)
    for reading in readings:
        worth = _worth(reading.reason, understanding.configuration)
        for token in cut(reading.wording):
            if token not in said:
                weights[token] = max(worth, weights.get(token, 0.0))
    return dict(list(weights.items())[:MOST_TERMS])


def _worth(reason: Reason, chosen: Configuration) -> float:
    if reason is Reason.SYNONYM:
        return chosen.synonym
    if reason is Reason.EXPANSION:
        return chosen.expansion
    return chosen.correction if reason.is_correction else 1.0


def _sounds(kept: str, heard: Mapping[str, Weights], chosen: Configuration) -> Weights:
    """Return what it sounds like: pairs of syllables, of Hanzi and of letters, and first letters."""
    found: dict[str, float] = {}
    for run in pinyin.HANZI.findall(kept) if chosen.with_corrections else ():
        found |= dict.fromkeys(pinyin.pairs(pinyin.syllables(run)), 1.0)
    for sounds in heard.values():
        found |= sounds
    return dict(list(found.items())[:MOST_TERMS])


def _heard(kept: str, understanding: Understanding) -> dict[str, Weights]:
    """Return what each run of letters sounds like."""
    if not understanding.configuration.with_pinyin:
        return {}
    letters_of_runs = letters_of(kept, understanding.vocabulary)
    return {run: _sounds_of(letters) for run, letters in letters_of_runs.items()}


def _sounds_of(letters: str) -> Weights:
    found: dict[str, float] = {}
    whole, begun = pinyin.cut(letters), pinyin.unfinished(letters)
    for way in begun:
        found |= dict.fromkeys(pinyin.pairs(way), BEGUN if whole else 1.0)
    for way in whole:
        found |= dict.fromkeys(pinyin.pairs(way), 1.0)
    if not whole and pinyin.may_be_initials(letters):
        found[letters] = 1.0
    return found
