"""Every module that has tables, so that whoever creates or migrates them sees all."""

from sqlmodel import SQLModel


def known() -> list[str]:
    return sorted(SQLModel.metadata.tables)
