"""SQL of users, the companies they see, and their sessions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from asyncpg import Record

from reskontra.db.pool import Connection
from reskontra.users.rules import Role, User

_COLUMNS = """
    select user_account.user_id, user_account.email, user_account.name, user_account.role, user_account.language,
           user_account.password_hash, user_account.created_at, user_account.disabled_at,
           (select coalesce(array_agg(company.code order by company.company_id), '{}')
              from user_company join company on company.company_id = user_company.company_id
             where user_company.user_id = user_account.user_id) as companies
      from user_account"""


async def list_users(connection: Connection) -> Sequence[User]:
    """All users by mail address."""
    return [_user(row) for row in await connection.fetch(f"{_COLUMNS} order by lower(user_account.email)")]


async def find_user(connection: Connection, email: str) -> User | None:
    """The user with that mail address, in any letter case."""
    row = await connection.fetchrow(f"{_COLUMNS} where lower(user_account.email) = lower($1)", email)
    return None if row is None else _user(row)


@dataclass(frozen=True, slots=True)
class Session:
    """Whose session it is, and the ids of the companies they see.

    `newest_user_id` tells whether users were added since. None is renamed or taken away, so names that were read as of
    the same id are all names.
    """

    email: str
    name: str
    role: Role
    language: str | None
    company_ids: Sequence[int]
    newest_user_id: int


async def find_by_session(connection: Connection, session_hash: bytes, now: datetime) -> Session | None:
    """The session with this hash, unless it has ended or its user is disabled."""
    row = await connection.fetchrow(
        """
        select user_account.email, user_account.name, user_account.role, user_account.language,
               array(select user_company.company_id from user_company
                      where user_company.user_id = user_account.user_id order by 1) as company_ids,
               (select max(user_id) from user_account) as newest_user_id
          from user_session
          join user_account on user_account.user_id = user_session.user_id
         where user_session.session_hash = $1 and user_session.expires_at > $2 and user_account.disabled_at is null""",
        session_hash,
        now,
    )
    return None if row is None else Session(**{**row, "role": Role(row["role"])})


async def find_names(connection: Connection) -> Mapping[str, str]:
    """What all users are called, by mail address."""
    return {row["email"]: row["name"] for row in await connection.fetch("select email, name from user_account")}


async def insert_user(
    connection: Connection, *, email: str, name: str, role: Role, password_hash: str, moment: datetime
) -> int | None:
    """Add a user; None if the mail address is taken. One is added at a time, so that the newest has the highest id."""
    await connection.execute("lock table user_account in share row exclusive mode")
    found: int | None = await connection.fetchval(
        """
        insert into user_account (email, name, role, password_hash, created_at) values ($1, $2, $3, $4, $5)
            on conflict (lower(email)) do nothing
        returning user_id""",
        email,
        name,
        role.value,
        password_hash,
        moment,
    )
    return found


async def set_companies(connection: Connection, user_id: int, company_ids: Sequence[int]) -> None:
    """Replace the companies that a user sees."""
    await connection.execute("delete from user_company where user_id = $1", user_id)
    await connection.execute(
        "insert into user_company (user_id, company_id) select $1, unnest($2::integer[])", user_id, list(company_ids)
    )


async def company_ids(connection: Connection, user_id: int) -> Sequence[int]:
    """The companies that a user sees."""
    rows = await connection.fetch("select company_id from user_company where user_id = $1 order by 1", user_id)
    return [row["company_id"] for row in rows]


async def set_language(connection: Connection, user_id: int, language: str) -> None:
    """The language of a user's pages."""
    await connection.execute("update user_account set language = $2 where user_id = $1", user_id, language)


async def set_role(connection: Connection, user_id: int, role: Role) -> None:
    """Give a user another role."""
    await connection.execute("update user_account set role = $2 where user_id = $1", user_id, role.value)


async def set_password(connection: Connection, user_id: int, password_hash: str) -> None:
    """Replace a password. All sessions of the user end."""
    await connection.execute("update user_account set password_hash = $2 where user_id = $1", user_id, password_hash)
    await end_sessions(connection, user_id)


async def set_disabled(connection: Connection, user_id: int, moment: datetime | None) -> None:
    """Disable a user from `moment` on, which ends all sessions; None enables again."""
    await connection.execute("update user_account set disabled_at = $2 where user_id = $1", user_id, moment)
    if moment is not None:
        await end_sessions(connection, user_id)


async def end_sessions(connection: Connection, user_id: int) -> None:
    """Sign a user out everywhere."""
    await connection.execute("delete from user_session where user_id = $1", user_id)


async def insert_session(
    connection: Connection, session_hash: bytes, user_id: int, *, now: datetime, expires_at: datetime
) -> None:
    """Begin a session, and forget those that have ended."""
    await connection.execute("delete from user_session where expires_at < $1", now)
    await connection.execute(
        "insert into user_session (session_hash, user_id, created_at, expires_at) values ($1, $2, $3, $4)",
        session_hash,
        user_id,
        now,
        expires_at,
    )


async def delete_session(connection: Connection, session_hash: bytes) -> None:
    """End a session."""
    await connection.execute("delete from user_session where session_hash = $1", session_hash)


async def has_users(connection: Connection) -> bool:
    """Whether anybody could sign in."""
    found: bool = await connection.fetchval("select exists (select from user_account)")
    return found


def _user(row: Record) -> User:
    return User(
        user_id=row["user_id"],
        email=row["email"],
        name=row["name"],
        role=Role(row["role"]),
        language=row["language"],
        password_hash=row["password_hash"],
        created_at=row["created_at"],
        disabled_at=row["disabled_at"],
        companies=tuple(row["companies"]),
    )
