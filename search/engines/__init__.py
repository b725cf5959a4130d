"""The engine in use."""

import re
from functools import cache

from core import database
from core.settings import settings
from search import models
from search.engines.base import Engine
from search.engines.elasticsearch import ElasticsearchEngine
from search.engines.elasticsearch_cluster import Address, Cluster
from search.engines.embedded import EmbeddedEngine
from search.engines.rights import Rights, database_rights, file_rights
from search.lexicon import current as lexicon


@cache
def engine() -> Engine:
    chosen = settings()
    if not chosen.elasticsearch_url:
        return EmbeddedEngine(chosen.data_dir / "index", models.chosen(), _words)
    return ElasticsearchEngine(_address(), _rights(), models.chosen(), _words)


def name() -> str:
    """Return what the engine in use is called, with its addresses if it is a server, without who signs in."""
    urls = re.sub(r"//[^/@,]*@", "//", settings().elasticsearch_url)
    return f"Elasticsearch（{urls}）" if urls else "内置"


def refuse_unusable_address() -> None:
    """
    :raises AddressUnusable: if the settings name a server in a way that cannot be an address
    """
    if settings().elasticsearch_url:
        Cluster(_address()).close()


def _address() -> Address:
    chosen = settings()
    return Address(
        urls=tuple(url.strip() for url in chosen.elasticsearch_url.split(",") if url.strip()),
        prefix=chosen.elasticsearch_prefix,
        api_key=chosen.elasticsearch_api_key,
        user=chosen.elasticsearch_user,
        password=chosen.elasticsearch_password,
        ca=chosen.elasticsearch_ca,
        seconds=chosen.elasticsearch_timeout,
    )


def _rights() -> Rights:
    """A database file is of one machine by nature; a server is what several machines have in common."""
    if database.engine().dialect.name == "sqlite":
        return file_rights(settings().data_dir / "elasticsearch")
    return database_rights(database.engine(), settings().elasticsearch_prefix)


def _words(text: str) -> list[str]:
    return lexicon.current().cutter.words(text)


def forget() -> None:
    """Close it, so that the next use opens one under the settings of then."""
    if engine.cache_info().currsize:
        engine().close()
    engine.cache_clear()
