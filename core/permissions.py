"""Which role may do what: one table."""

from enum import StrEnum

from core.errors import NotAllowed
from core.identity import Actor, Role


class Permission(StrEnum):
    READ_KNOWLEDGE = "read_knowledge"
    READ_ALL_KNOWLEDGE = "read_all_knowledge"  # whatever its team
    WRITE_ARTICLE = "write_article"
    PUBLISH_ARTICLE = "publish_article"
    IMPORT_ARTICLES = "import_articles"
    MANAGE_CATEGORIES = "manage_categories"
    MANAGE_SCOPES = "manage_scopes"
    ANSWER_FEEDBACK = "answer_feedback"
    KEEP_LEXICON = "keep_lexicon"
    JUDGE_SEARCH = "judge_search"  # golden queries, the ranking and its weights
    SEE_ANALYTICS = "see_analytics"
    TAKE_CALLS = "take_calls"
    SEE_CALLS = "see_calls"  # those of others
    KEEP_WRAP_UP_CODES = "keep_wrap_up_codes"
    SEE_SUBSCRIBERS = "see_subscribers"
    REVEAL_PERSONAL = "reveal_personal"  # with a reason, and it is noted
    CORRECT_SUBSCRIBERS = "correct_subscribers"
    SETTLE_CORRECTIONS = "settle_corrections"  # conflicts, duplicates, what wins
    SERVE_PERSONAL_RIGHTS = "serve_personal_rights"  # copy, correct, delete, restrict, refuse
    SEE_REVEALS = "see_reveals"
    KEEP_RETENTION = "keep_retention"  # how long what is kept, the clocks of rights, the calendar
    RUN_LOADS = "run_loads"
    MANAGE_API_CLIENTS = "manage_api_clients"
    SEE_STAFF = "see_staff"
    MANAGE_STAFF = "manage_staff"
    SEE_SYSTEM = "see_system"
    RUN_SYSTEM = "run_system"
    SEE_AUDIT = "see_audit"


P = Permission
GRANTED: dict[Role, frozenset[Permission]] = {
    Role.AGENT: frozenset(
        {
            P.READ_KNOWLEDGE,
            P.TAKE_CALLS,
            P.SEE_SUBSCRIBERS,
            P.REVEAL_PERSONAL,
            P.CORRECT_SUBSCRIBERS,
        }
    ),
    Role.EDITOR: frozenset(
        {
            P.READ_KNOWLEDGE,
            P.READ_ALL_KNOWLEDGE,
            P.WRITE_ARTICLE,
            P.PUBLISH_ARTICLE,
            P.IMPORT_ARTICLES,
            P.MANAGE_CATEGORIES,
            P.ANSWER_FEEDBACK,
            P.KEEP_LEXICON,
            P.JUDGE_SEARCH,
            P.SEE_ANALYTICS,
            P.SEE_SYSTEM,
        }
    ),
    Role.SUPERVISOR: frozenset(
        {
            P.READ_KNOWLEDGE,
            P.READ_ALL_KNOWLEDGE,
            P.SEE_STAFF,
            P.SEE_ANALYTICS,
            P.TAKE_CALLS,
            P.SEE_CALLS,
            P.KEEP_WRAP_UP_CODES,
            P.SEE_SUBSCRIBERS,
            P.REVEAL_PERSONAL,
            P.CORRECT_SUBSCRIBERS,
            P.SETTLE_CORRECTIONS,
            P.SERVE_PERSONAL_RIGHTS,
            P.SEE_REVEALS,
        },
    ),
    Role.ADMIN: frozenset(
        {
            P.READ_KNOWLEDGE,
            P.READ_ALL_KNOWLEDGE,
            P.MANAGE_CATEGORIES,
            P.MANAGE_SCOPES,
            P.SEE_ANALYTICS,
            P.SEE_STAFF,
            P.MANAGE_STAFF,
            P.SEE_SYSTEM,
            P.RUN_SYSTEM,
            P.SEE_AUDIT,
            P.SEE_CALLS,
            P.KEEP_WRAP_UP_CODES,
            P.SEE_SUBSCRIBERS,
            P.SETTLE_CORRECTIONS,
            P.SEE_REVEALS,
            P.KEEP_RETENTION,
            P.RUN_LOADS,
            P.MANAGE_API_CLIENTS,
        }
    ),
}


def may(actor: Actor, permission: Permission) -> bool:
    return any(permission in GRANTED[role] for role in actor.roles)


def require(actor: Actor, permission: Permission) -> None:
    if not may(actor, permission):
        raise NotAllowed
