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
    "core.api_client.added": "新增接口客户端",
    "core.api_client.limited": "限定接口客户端的来源",
    "core.api_client.revoked": "停用接口客户端",
    "subscribers.call.caller_chosen": "认定来电客户",
    "subscribers.wrap_up_code.added": "新增小结分类",
    "subscribers.wrap_up_code.changed": "修改小结分类",
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
    "core.calendar.entered": "登记节假日",
    "core.calendar.removed": "删除节假日",
    "subscribers.restricted": "限制处理",
    "subscribers.restriction_lifted": "解除限制处理",
    "subscribers.marketing_refused": "登记谢绝营销",
    "subscribers.marketing_agreed": "客户重新同意营销",
    "subscribers.rights.received": "受理权利请求",
    "subscribers.rights.verified": "权利请求：核身",
    "subscribers.rights.working": "权利请求：开始制作副本",
    "subscribers.rights.done": "权利请求：办结",
    "subscribers.rights.refused": "权利请求：不予办理",
    "subscribers.rights.withdrawn": "权利请求：客户撤回",
    "subscribers.rights.file_taken": "下载个人资料副本",
    "subscribers.rights.clock_changed": "修改答复期限",
    "subscribers.retention.changed": "修改保留期限",
    "subscribers.retention.tried": "试算到期资料",
    "subscribers.retention.asked": "要求清理到期资料",
    "subscribers.retention.run": "清理到期资料",
    "subscribers.load.hold": "暂停装载",
    "subscribers.load.release": "放行装载",
    "subscribers.load.reject": "退回装载",
    "subscribers.load.undone": "撤销装载",
    "subscribers.load.redriven": "重新装载修正的行",
    "subscribers.row.mended": "修正搁置的行",
    "subscribers.row.dropped": "放弃搁置的行",
    "subscribers.lag.agreed": "调整约定时限",
    "search.configuration.changed": "调整检索权重",
    "subscribers.correction.proposed": "更正用户资料",
    "subscribers.correction.affirmed": "再次确认更正",
    "subscribers.correction.withdrawn": "撤回更正",
    "subscribers.correction.keep": "裁决：以座席为准",
    "subscribers.correction.source": "裁决：以来源为准",
    "subscribers.rule.chosen": "修改更正规则",
    "subscribers.merged": "合并重复客户",
    "subscribers.merge_undone": "撤销合并客户",
    "subscribers.told_apart": "判断不是同一客户",
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
    "customer": "客户序号",
    "survives": "以谁为准",
    "weight": "权重",
    "kept": "保留",
    "merged": "并入",
    "field": "项目",
    "method": "方式",
    "region": "地区",
    "row": "行",
    "rows": "行数",
    "as": "成为",
    "scopes": "权限",
    "sources": "来源",
    "until": "到",
    "working": "上班",
    "before": "原来",
    "days": "工作日",
    "months": "月数",
    "source": "来源",
}

_ROLES = {role.value: role.label for role in Role}

GROUPS = (
    ("", "全部操作"),
    ("core.signed", "登录与退出"),
    ("core.password", "密码"),
    ("core.staff", "员工"),
    ("kb.", "知识"),
    ("search.lexicon", "词库"),
    ("subscribers.", "用户资料"),
    ("core.api_client", "接口客户端"),
    ("core.job", "后台任务"),
    ("subscribers.", "用户资料"),
    ("subscribers.rights", "权利请求"),
    ("subscribers.retention", "保留期限"),
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
