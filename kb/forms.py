"""The shape of what editors write: one answer card."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
)

from kb.models import Audience, Kind
from kb.sanitising import clean_html

LONGEST_TITLE = 120
LONGEST_ANSWER = 300
LONGEST_HTML = 200_000
LONGEST_SCRIPT = 2_000
LONGEST_LINE = 200
MOST_LINES = 200


def _tidy(text: str) -> str:
    return text.replace("\x00", "").strip()


def _tidied(given: Any) -> Any:
    return _tidy(given) if isinstance(given, str) else given


def _distinct(lines: list[str]) -> list[str]:
    tidy = [_tidy(line) for line in lines]
    too_long = [line for line in tidy if len(line) > LONGEST_LINE]
    if too_long:
        raise ValueError(f"每行不超过 {LONGEST_LINE} 字，请缩短：{too_long[0][:20]}…")
    if len(tidy) > MOST_LINES:
        raise ValueError(f"最多 {MOST_LINES} 行，请删减。")
    return list(dict.fromkeys(line for line in tidy if line))


Html = Annotated[str, Field(max_length=LONGEST_HTML), AfterValidator(clean_html)]
Lines = Annotated[list[str], AfterValidator(_distinct)]


class ScriptDraft(BaseModel):
    """Words to say; `tier` is the code of a customer tier, or empty for everybody."""

    tier: str = ""
    text: Annotated[str, Field(max_length=LONGEST_SCRIPT), BeforeValidator(_tidied)]


class ArticleDraft(BaseModel):
    model_config = ConfigDict(frozen=True)

    title: Annotated[str, Field(min_length=1, max_length=LONGEST_TITLE), BeforeValidator(_tidied)]
    kind: Kind = Kind.FAQ
    category_id: UUID | None = None
    answer: Annotated[str, Field(max_length=LONGEST_ANSWER), BeforeValidator(_tidied)] = ""
    conditions: Html = ""
    prices: Html = ""
    steps: Html = ""
    internal_note: Html = ""
    similar_questions: Lines = []
    codes: Lines = []
    keywords: Lines = []
    scripts: list[ScriptDraft] = []
    regions: list[str] = []
    brands: list[str] = []
    products: list[str] = []
    channels: list[str] = []
    teams: list[str] = []
    audience: Audience = Audience.CUSTOMERS
    valid_from: date | None = None
    valid_until: date | None = None

    @field_validator("valid_until")
    @classmethod
    def _ends_after_it_begins(cls, ends: date | None, info: ValidationInfo) -> date | None:
        begins = info.data.get("valid_from")
        if begins and ends and ends < begins:
            raise ValueError("失效日期早于生效日期，请改为同一天或更晚。")
        return ends

    @field_validator("scripts")
    @classmethod
    def _one_script_a_tier(cls, scripts: list[ScriptDraft]) -> list[ScriptDraft]:
        tiers = [script.tier for script in scripts if script.text]
        if len(tiers) != len(set(tiers)):
            raise ValueError("同一客户等级有两条话术，请合并或改选等级。")
        return scripts
