"""Which words an agent may take to a customer."""

from uuid import UUID

from core.errors import Conflict, NotFound
from kb.answers import Answer, ScriptCard


class NotToBeSaid(Conflict):
    message = "这篇知识已失效或仅供内部，不能把话术告诉客户。请重新检索现行有效的知识。"


class NoSuchScript(NotFound):
    message = "这条话术刚被修改过。请刷新页面，复制最新的话术。"


def script_to_say(answer: Answer, script_id: UUID) -> ScriptCard:
    """
    :raises NotToBeSaid: if the article is out of force or for staff only
    :raises NoSuchScript: if the version in force has other scripts by now
    """
    if not answer.may_be_said:
        raise NotToBeSaid
    found = next((script for script in answer.scripts if script.id == script_id), None)
    if found is None:
        raise NoSuchScript
    return found
