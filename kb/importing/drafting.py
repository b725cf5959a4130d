"""From what a row says to the article it would become."""

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from core.scope import Dimension
from kb.forms import ArticleDraft
from kb.importing.headings import Meaning
from kb.importing.naming import CategoryPaths, ScopeNames, Unfit, choice, day, lines, several
from kb.importing.placing import as_html, placed
from kb.models import Audience, Kind

Said = Mapping[Meaning, str]
_PLACED = {Meaning.TITLE, Meaning.ANSWER, Meaning.STEPS, Meaning.EXTERNAL_ID}
_OF_FIELD = {meaning.value: meaning for meaning in Meaning} | {
    "similar_questions": Meaning.SIMILAR,
    "category_id": Meaning.CATEGORY,
    "scripts": Meaning.SCRIPT,
}


class RowRefused(Exception):
    """What is wrong with a row, by meaning; None stands for the row as a whole."""

    def __init__(self, problems: list[tuple[Meaning | None, str]]) -> None:
        super().__init__(problems)
        self.problems = problems


class Drafter:
    def __init__(self, names: ScopeNames, categories: CategoryPaths) -> None:
        self._understood: dict[Meaning, tuple[str, Callable[[str], Any]]] = {
            Meaning.SIMILAR: ("similar_questions", lines),
            Meaning.CATEGORY: ("category_id", categories.find),
            Meaning.KIND: ("kind", lambda text: choice(Kind, text)),
            Meaning.CONDITIONS: ("conditions", as_html),
            Meaning.PRICES: ("prices", as_html),
            Meaning.SCRIPT: ("scripts", lambda text: [{"text": text}]),
            Meaning.KEYWORDS: ("keywords", several),
            Meaning.CODES: ("codes", several),
            Meaning.REGIONS: ("regions", lambda text: names.codes(Dimension.REGION, text)),
            Meaning.BRANDS: ("brands", lambda text: names.codes(Dimension.BRAND, text)),
            Meaning.PRODUCTS: ("products", lambda text: names.codes(Dimension.PRODUCT, text)),
            Meaning.CHANNELS: ("channels", lambda text: names.codes(Dimension.CHANNEL, text)),
            Meaning.AUDIENCE: ("audience", lambda text: choice(Audience, text)),
            Meaning.VALID_FROM: ("valid_from", day),
            Meaning.VALID_UNTIL: ("valid_until", day),
            Meaning.NOTE: ("internal_note", as_html),
        }

    def draft(self, said: Said) -> ArticleDraft:
        """
        :raises RowRefused: with everything that is wrong, so that one correction is enough
        """
        content, problems = self._understand(said)
        texts = placed(said[Meaning.TITLE], said.get(Meaning.ANSWER, ""), said.get(Meaning.STEPS, ""))
        content |= {"title": texts.title, "answer": texts.answer, "steps": texts.steps}
        try:
            draft = ArticleDraft.model_validate(content)
        except ValidationError as error:
            problems += [(_meaning(problem), _reason(problem)) for problem in error.errors()]
            raise RowRefused(problems) from error
        if problems:
            raise RowRefused(problems)
        return draft

    def _understand(self, said: Said) -> tuple[dict[str, Any], list[tuple[Meaning | None, str]]]:
        content: dict[str, Any] = {}
        problems: list[tuple[Meaning | None, str]] = []
        for meaning in (one for one in said if one not in _PLACED):
            name, understand = self._understood[meaning]
            try:
                content[name] = understand(said[meaning])
            except Unfit as error:
                problems.append((meaning, str(error)))
        return content, problems


def _meaning(problem: ErrorDetails) -> Meaning | None:
    return _OF_FIELD.get(str(problem["loc"][0])) if problem["loc"] else None


def _reason(problem: ErrorDetails) -> str:
    told = problem.get("ctx", {})
    if "error" in told:
        return str(told["error"])
    if "max_length" in told:
        return f"超过 {told['max_length']} 字，请缩短或拆成几条。"
    return "内容不符合要求，请检查这一格。"
