"""What happened in the knowledge base that others may want to know."""

from dataclasses import dataclass


@dataclass(frozen=True)
class CategoryMoved:
    """The category, with all that it holds, lies elsewhere in the tree now."""

    category_id: str
