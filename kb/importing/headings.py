"""What a column means: guessed from its heading in Chinese or English, corrected by the editor."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from enum import StrEnum

from core.errors import Invalid


class Meaning(StrEnum):
    TITLE = "title"
    ANSWER = "answer"
    SIMILAR = "similar"
    CATEGORY = "category"
    KIND = "kind"
    CONDITIONS = "conditions"
    PRICES = "prices"
    STEPS = "steps"
    SCRIPT = "script"
    KEYWORDS = "keywords"
    CODES = "codes"
    REGIONS = "regions"
    BRANDS = "brands"
    PRODUCTS = "products"
    CHANNELS = "channels"
    AUDIENCE = "audience"
    VALID_FROM = "valid_from"
    VALID_UNTIL = "valid_until"
    NOTE = "internal_note"
    EXTERNAL_ID = "external_id"

    @property
    def label(self) -> str:
        return _SYNONYMS[self][0]

    @property
    def takes_several(self) -> bool:
        """Tell whether several columns may mean this, such as 相似问法1, 相似问法2."""
        return self in _SEVERAL


_SPELLINGS = {
    Meaning.TITLE: (
        "标题 问题 标准问题 标准问法 标准问 主问题 问 知识标题 知识点 主题 "
        "title question standardquestion q subject text"
    ),
    Meaning.ANSWER: "答案 回答 标准答案 解答 答复 回复 答 answer reply response a",
    Meaning.SIMILAR: (
        "相似问法 相似问 相似问题 扩展问 扩展问法 同义问法 其他问法 "
        "similar similarquestions similarquestion variants aliases paraphrases"
    ),
    Meaning.CATEGORY: "分类 类目 目录 栏目 知识分类 所属分类 分类路径 category path folder",
    Meaning.KIND: "类型 知识类型 kind type",
    Meaning.CONDITIONS: "适用条件 办理条件 条件 conditions eligibility",
    Meaning.PRICES: "资费 资费说明 价格 prices price tariff",
    Meaning.STEPS: (
        "步骤 办理步骤 处理步骤 操作步骤 流程 正文 内容 详情 详细说明 steps body content details html"
    ),
    Meaning.SCRIPT: "话术 推荐话术 标准话术 口径 script wording",
    Meaning.KEYWORDS: "关键词 关键字 标签 keywords keyword tags",
    Meaning.CODES: "代码 套餐代码 业务代码 产品代码 资费代码 错误码 codes code",
    Meaning.REGIONS: "地区 适用地区 区域 省份 城市 归属地 regions region city province",
    Meaning.BRANDS: "品牌 适用品牌 brands brand",
    Meaning.PRODUCTS: "产品 适用产品 products product",
    Meaning.CHANNELS: "渠道 适用渠道 办理渠道 channels channel",
    Meaning.AUDIENCE: "可见范围 受众 使用对象 audience visibility",
    Meaning.VALID_FROM: (
        "生效日期 生效时间 开始日期 有效期起 validfrom startdate effectivedate effectivefrom"
    ),
    Meaning.VALID_UNTIL: (
        "失效日期 失效时间 结束日期 截止日期 到期日期 有效期止 validuntil validto enddate expirydate"
    ),
    Meaning.NOTE: "内部备注 备注 内部说明 internalnote note notes remark",
    Meaning.EXTERNAL_ID: "编号 知识编号 外部编号 id externalid docid",
}
_SYNONYMS = {meaning: spellings.split() for meaning, spellings in _SPELLINGS.items()}
_SEVERAL = {
    Meaning.SIMILAR,
    Meaning.KEYWORDS,
    Meaning.CODES,
    Meaning.CONDITIONS,
    Meaning.PRICES,
    Meaning.STEPS,
    Meaning.NOTE,
}
_SECOND_CHOICE = {"问题": Meaning.SIMILAR, "question": Meaning.SIMILAR, "text": Meaning.ANSWER}
_OF_SPELLING = {spelling: meaning for meaning, spellings in _SYNONYMS.items() for spelling in spellings}
_TITLES = _SYNONYMS[Meaning.TITLE]
_BRACKETED = re.compile(r"[(\[【<{].*?[)\]】>}]")
_NOISE = re.compile(r"[\W_]+|(?<=\D)\d+$")


class MappingIncomplete(Invalid):
    message = "没有认出哪一列是问题。请把这一列的标题改成“问题”（或 question），或在“列的对应”里选好。"


class MappingAmbiguous(Invalid):
    pass


def guess(headings: Iterable[str]) -> dict[str, Meaning]:
    """Return the meaning of each heading that has one; what only one column can mean goes to the best."""
    spelled = {heading: _spelling(heading) for heading in headings}
    in_order = sorted(spelled, key=lambda heading: _rank(spelled[heading]))
    found: dict[str, Meaning] = {}
    for heading in in_order:
        spelling = spelled[heading]
        for meaning in (_OF_SPELLING.get(spelling), _SECOND_CHOICE.get(spelling)):
            if meaning and heading not in found and (meaning.takes_several or meaning not in found.values()):
                found[heading] = meaning
    return {heading: found[heading] for heading in spelled if heading in found}


def guess_all(tables: Iterable[Iterable[str]]) -> dict[str, Meaning]:
    """Return what is guessed of each table; where one heading stands in two, as the first takes it."""
    found: dict[str, Meaning] = {}
    for headings in tables:
        found = guess(headings) | found
    return found


def has_title(headings: Iterable[str]) -> bool:
    return Meaning.TITLE in guess(headings).values()


def refuse_unusable(mapping: Mapping[str, Meaning], tables: Iterable[Iterable[str]]) -> None:
    """
    :raises MappingIncomplete: if no column is the question
    :raises MappingAmbiguous: if two columns of a table are what only one can be
    """
    if Meaning.TITLE not in mapping.values():
        raise MappingIncomplete(field="mapping")
    for headings in tables:
        _refuse_twins([mapping[heading] for heading in headings if heading in mapping])


def _refuse_twins(chosen: list[Meaning]) -> None:
    for meaning in Meaning:
        if chosen.count(meaning) > 1 and not meaning.takes_several:
            raise MappingAmbiguous(
                f"有两列都对应“{meaning.label}”，只能保留一列，请改选其中一列。", field="mapping"
            )


def _spelling(heading: str) -> str:
    plain = _BRACKETED.sub("", unicodedata.normalize("NFKC", heading).casefold())
    return _NOISE.sub("", plain)


def _rank(spelling: str) -> int:
    return _TITLES.index(spelling) if spelling in _TITLES else len(_TITLES)
