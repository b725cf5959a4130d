"""The screens, in the order of the rail, and who may open them."""

from dataclasses import dataclass

from core.identity import Actor
from core.permissions import Permission, may


@dataclass(frozen=True)
class Screen:
    name: str
    path: str
    icon: str
    permission: Permission


SCREENS = (
    Screen("工作台", "/desk", "layout-dashboard", Permission.READ_KNOWLEDGE),
    Screen("用户", "/subscribers", "users-group", Permission.SEE_SUBSCRIBERS),
    Screen("知识库", "/knowledge", "book-2", Permission.WRITE_ARTICLE),
    Screen("导入", "/knowledge/imports", "file-import", Permission.IMPORT_ARTICLES),
    Screen("反馈", "/knowledge/feedback", "message-report", Permission.ANSWER_FEEDBACK),
    Screen("检索分析", "/analytics", "chart-bar", Permission.SEE_ANALYTICS),
    Screen("词库", "/lexicon", "tag", Permission.KEEP_LEXICON),
    Screen("检索评测", "/lab", "flask", Permission.JUDGE_SEARCH),
    Screen("员工", "/staff", "users", Permission.SEE_STAFF),
    Screen("审计", "/audit", "history", Permission.SEE_AUDIT),
    Screen("系统", "/system", "settings", Permission.SEE_SYSTEM),
)


def screens_for(actor: Actor) -> list[Screen]:
    return [screen for screen in SCREENS if may(actor, screen.permission)]


def open_screen(path: str) -> Screen | None:
    """Return the screen to which an address belongs: the longest that it begins with."""
    held = [screen for screen in SCREENS if path == screen.path or path.startswith(screen.path + "/")]
    return max(held, key=lambda screen: len(screen.path), default=None)
