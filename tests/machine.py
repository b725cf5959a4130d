"""Say before the tests what this machine lacks, and so what will be skipped and why."""

import os
import shutil
from importlib.util import find_spec
from pathlib import Path

LACKS = {
    "Chromium": "journeys in a real browser are skipped: install the package chromium",
    "Elasticsearch": "its engine is not tried: put its start and stop at ../shared/elasticsearch (or name the"
    " folder in ZHIDA_TEST_ELASTICSEARCH), and install a Java 17 runtime",
    "PostgreSQL": "database tests run on SQLite alone: set ZHIDA_TEST_POSTGRESQL (or run .ci/postgresql)",
    "nginx": "Elasticsearch behind TLS and sign-in is not tried: install the package nginx-light",
    "sentence-transformers": "no real reranker is tried: pip install '.[transformers]'",
}


def _elasticsearch() -> Path | None:
    """Return the folder of programs that start and stop one, if there is one and it can run."""
    beside = Path(__file__).parents[2] / "shared" / "elasticsearch"
    folder = Path(os.environ.get("ZHIDA_TEST_ELASTICSEARCH", beside))  # noqa: TID251 - which machine
    return folder if (folder / "start").exists() and shutil.which("java") else None


ELASTICSEARCH = _elasticsearch()


def lacking() -> dict[str, str]:
    here = {
        "Chromium": shutil.which("chromium") is not None,
        "Elasticsearch": ELASTICSEARCH is not None,
        "PostgreSQL": bool(os.environ.get("ZHIDA_TEST_POSTGRESQL")),  # noqa: TID251 - which machine
        "nginx": Path("/usr/sbin/nginx").exists() or shutil.which("nginx") is not None,
        "sentence-transformers": find_spec("sentence_transformers") is not None,
    }
    return {name: LACKS[name] for name, there in here.items() if not there}


if __name__ == "__main__":
    for name, consequence in lacking().items():
        print(f"no {name}: {consequence}")  # noqa: T201 - it is what this module is for
