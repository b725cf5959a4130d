"""Say before the tests what this machine lacks, and so what will be skipped and why."""

import os
import shutil
from importlib.util import find_spec

LACKS = {
    "Chromium": "journeys in a real browser are skipped: install the package chromium",
    "PostgreSQL": "database tests run on SQLite alone: set ZHIDA_TEST_POSTGRESQL (or run .ci/postgresql)",
    "sentence-transformers": "no real reranker is tried: pip install '.[transformers]'",
}


def lacking() -> dict[str, str]:
    here = {
        "Chromium": shutil.which("chromium") is not None,
        "PostgreSQL": bool(os.environ.get("ZHIDA_TEST_POSTGRESQL")),  # noqa: TID251 - which machine
        "sentence-transformers": find_spec("sentence_transformers") is not None,
    }
    return {name: LACKS[name] for name, there in here.items() if not there}


if __name__ == "__main__":
    for name, consequence in lacking().items():
        print(f"no {name}: {consequence}")  # noqa: T201 - it is what this module is for
