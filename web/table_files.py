"""A table as a file that opens right in Excel, and in which nothing is executed."""

import csv
import io
from collections.abc import Iterable, Sequence
from urllib.parse import quote

from fastapi.responses import Response

from kb.importing.guarding import guarded

BYTE_ORDER_MARK = "\ufeff"


def table_file(name: str, headings: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    written = io.StringIO()
    lines = csv.writer(written)
    lines.writerow(headings)
    lines.writerows([_cell(cell) for cell in row] for row in rows)
    said = f"attachment; filename=\"table.csv\"; filename*=UTF-8''{quote(name, safe='')}.csv"
    return Response(
        BYTE_ORDER_MARK + written.getvalue(),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": said},
    )


def _cell(cell: object) -> object:
    if isinstance(cell, float):
        return f"{cell:.4f}"
    return guarded(cell) if isinstance(cell, str) else cell
