"""What a user is, and which passwords pass."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from datetime import datetime

from reskontra.errors import Refused

PASSWORD_LENGTH_MIN, PASSWORD_LENGTH_MAX = 12, 200
_EMAIL_LENGTH_MAX = 254
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+", re.ASCII)


class Role(enum.Enum):
    """What somebody may do; each role may do what those before it may."""

    READER = "reader"
    BOOKKEEPER = "bookkeeper"
    CONTROLLER = "controller"
    ADMIN = "admin"

    def includes(self, other: Role) -> bool:
        """Whether this role may do what `other` may."""
        ranks = list(Role)
        return ranks.index(self) >= ranks.index(other)


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Somebody who may sign in. `companies` are the codes of those that they see."""

    user_id: int
    email: str
    name: str
    role: Role
    language: str | None
    password_hash: str
    created_at: datetime
    disabled_at: datetime | None
    companies: tuple[str, ...] = ()


def checked_email(email: str) -> str:
    """The address without blanks around it. Refused: what cannot be one."""
    text = email.strip()
    if not _EMAIL.fullmatch(text) or len(text) > _EMAIL_LENGTH_MAX:
        raise Refused(f"'{text}' is not a mail address.", field=("email",), value=text, hint="Write name@example.com.")
    return text


def check_password(password: str) -> None:
    """Refuse what is short enough to be guessed, or longer than anybody types."""
    if not PASSWORD_LENGTH_MIN <= len(password) <= PASSWORD_LENGTH_MAX:
        raise Refused(
            f"The password has {len(password)} characters.",
            field=("password",),
            hint=f"Choose one of {PASSWORD_LENGTH_MIN} to {PASSWORD_LENGTH_MAX} characters, for example four words.",
        )


def role_named(name: str) -> Role:
    """The role with that name. Refused: another word."""
    try:
        return Role(name)
    except ValueError:
        known = ", ".join(role.value for role in Role)
        raise Refused(f"There is no role '{name}'.", field=("role",), value=name, hint=f"Roles: {known}.") from None
