"""Who may look, act and decide: users, API tokens and sessions, kept in the ledger."""

from bridge.access.roles import ROLES, Role, allows
from bridge.access.sessions import Session, Sessions
from bridge.access.tokens import ApiToken, Tokens
from bridge.access.users import AccessError, User, Users

__all__ = [
    "ROLES",
    "AccessError",
    "ApiToken",
    "Role",
    "Session",
    "Sessions",
    "Tokens",
    "User",
    "Users",
    "allows",
]
