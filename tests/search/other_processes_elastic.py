"""Another process on the same Elasticsearch: `python -m tests.search.other_processes_elastic DO URL …`."""

import sys
from pathlib import Path

from search.engines.elasticsearch import ElasticsearchEngine
from search.engines.elasticsearch_cluster import Address
from search.engines.embedded_words import shipped_words
from search.engines.rights import file_rights
from tests.search import other_processes
from tests.search.stand_ins import RECIPE

if __name__ == "__main__":
    do, url, prefix, root = sys.argv[1:]
    address = Address((url,), prefix, seconds=10.0)
    engine = ElasticsearchEngine(address, file_rights(Path(root) / "index"), RECIPE, shipped_words)
    getattr(other_processes, do)(engine, "x")
