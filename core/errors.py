"""Five families of anticipated failure. Each domain names its members beside the code that raises them."""


class DomainError(Exception):
    """An anticipated failure; `message` is fit for the person at the screen."""

    message = "这一步没有完成，请重试。"

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or self.message)


class NotFound(DomainError):
    message = "没有找到这条记录，它可能已被删除。请返回列表重新选择。"


class NotAllowed(DomainError):
    message = "您没有这项操作的权限。如需开通，请联系管理员。"


class Conflict(DomainError):
    message = "这条记录刚被别人改过。请核对最新内容后再提交。"


class Invalid(DomainError):
    """Input that cannot be taken. `field` names the box beside which the message belongs, if it is one."""

    message = "填写的内容有误，请按提示修改。"

    def __init__(self, message: str | None = None, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class Unavailable(DomainError):
    message = "系统的一部分暂时没有响应，请稍后再试。"
