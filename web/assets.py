"""Scripts, styles and icons: addressed by what is in them, so that a browser may keep them for ever."""

import hashlib
from functools import cache
from pathlib import Path

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

STATIC = Path(__file__).parent / "static"
PREFIX = "/static"


@cache
def asset(path: str) -> str:
    """Return the address of a file under web/static. A new content is a new address."""
    digest = hashlib.sha256((STATIC / path).read_bytes()).hexdigest()
    return f"{PREFIX}/{path}?v={digest[:12]}"


class VersionedFiles(StaticFiles):
    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        by_content = b"v=" in scope["query_string"]
        response.headers["Cache-Control"] = (
            "public, max-age=31536000, immutable" if by_content else "no-cache"
        )
        return response
