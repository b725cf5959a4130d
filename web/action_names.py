"""What the actions in the audit trail are called on screen."""

from typing import Any

from core.identity import Role

ACTION_NAMES = {
    "core.signed_in": "登录",
    "core.signed_out": "退出",
    "core.session.ended": "结束一处登录",
    "core.password.changed": "修改密码",
    "core.password.reset": "重置密码",
    "core.staff.added": "新增员工",
    "core.staff.changed": "修改员工",
    "core.staff.disabled": "停用员工",
    "core.staff.enabled": "启用员工",
    "core.job.rerun": "重新执行任务",
    "core.region.added": "新增地区",
    "core.region.changed": "修改地区",
    "core.brand.added": "新增品牌",
    "core.brand.changed": "修改品牌",
    "core.product.added": "新增产品",
    "core.product.changed": "修改产品",
    "core.channel.added": "新增渠道",
    "core.channel.changed": "修改渠道",
    "core.tier.added": "新增客户等级",
    "core.tier.changed": "修改客户等级",
    "search.rebuild.asked": "重建索引",
    "search.rebuild.paused": "暂停重建索引",
    "search.rebuild.abandoned": "放弃重建索引",
    "search.lexicon.added": "新增词条",
    "search.lexicon.changed": "修改词条",
    "search.lexicon.removed": "删除词条",
    "search.lexicon.imported": "导入词库",
    "search.lexicon.undone": "撤销词库改动",
    "search.comparison.asked": "运行检索对比",
    "search.golden.added": "新增标准问题",
    "search.golden.imported": "装入标准问题",
    "search.golden.changed": "修改标准问题",
    "search.golden.removed": "删除标准问题",
    "search.golden.judged": "判断标准问题",
    "search.golden.unjudged": "取消判断",
    "kb.article.started": "新建知识",
    "kb.article.published": "发布知识",
    "kb.article.withdrawn": "下架知识",
    "kb.batch.published": "批量发布知识",
    "kb.import.received": "上传导入文件",
    "kb.import.mapped": "核对导入的列",
    "kb.import.begun": "开始导入",
    "kb.import.carried_out": "完成导入",
    "kb.draft.saved": "保存草稿",
    "kb.draft.discarded": "放弃草稿",
    "kb.category.added": "新增分类",
    "kb.category.changed": "修改分类",
    "kb.category.removed": "删除分类",
    "kb.feedback.answered": "答复反馈",
    "kb.gap.closed": "处理知识缺口",
    "search.configuration.changed": "调整检索权重",
    "subscribers.revealed": "查看个人资料",
    "subscribers.verified": "核身通过",
    "subscribers.not_verified": "核身不符",
    "subscribers.profile.kept": "快速建档",
}

DETAIL_NAMES = {
    "from": "来自",
    "name": "名称",
    "login": "工号",
    "roles": "角色",
    "retired": "停用",
    "reason": "原因",
    "entries": "词条",
    "undoes": "撤销第几次改动",
    "text": "内容",
    "kind": "类别",
    "held_out": "保留",
    "document": "文档",
    "grade": "判断",
    "count": "数量",
    "field": "项目",
    "method": "方式",
    "region": "地区",
}

_ROLES = {role.value: role.label for role in Role}

GROUPS = (
    ("", "全部操作"),
    ("core.signed", "登录与退出"),
    ("core.password", "密码"),
    ("core.staff", "员工"),
    ("kb.", "知识"),
    ("search.lexicon", "词库"),
    ("core.job", "后台任务"),
    ("subscribers.", "用户资料"),
)


def action_name(action: str) -> str:
    """Return the name, or the action itself: an old trail may hold what is no longer done."""
    return ACTION_NAMES.get(action, action)


def details_said(details: dict[str, Any]) -> str:
    return "；".join(f"{DETAIL_NAMES.get(name, name)}：{_said(value)}" for name, value in details.items())


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    return (
        "、".join(_ROLES.get(str(each), str(each)) for each in value)
        if isinstance(value, list)
        else str(value)
    )
