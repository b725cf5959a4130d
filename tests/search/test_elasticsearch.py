"""The engine on Elasticsearch keeps the contract on a real node, and what is its own: aliases, refusals."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from elastic_transport import Transport, TransportApiResponse
from elasticsearch import Elasticsearch

from search.engines import elasticsearch_indices
from search.engines.base import Engine, EngineUnavailable, IndexMissing, IndexOutOfDate, Progress
from search.engines.elasticsearch import ElasticsearchEngine
from search.engines.elasticsearch_bulk import ChangesRefused
from search.engines.elasticsearch_cluster import AddressUnusable
from search.engines.elasticsearch_failures import EngineBusy, EngineUnreachable
from search.engines.elasticsearch_indices import ForeignIndex
from search.finder import find_in
from search.hits import Degradation
from search.recipes import EmbeddingRecipe
from tests.search.engine_contract import EngineContract
from tests.search.library import by_words, fill, make_document, make_query, put
from tests.search.nodes import Centre, needs_elasticsearch
from tests.search.stand_ins import OTHER_RECIPE, RECIPE, LetterEncoder

pytestmark = needs_elasticsearch


class TestElasticsearch(EngineContract):
    @pytest.fixture
    def centre_on_it(self, on_one_node: Centre) -> Centre:
        return on_one_node

    @pytest.fixture
    def empty(self, centre_on_it: Centre) -> Iterator[Engine]:
        engine = centre_on_it.engine()
        yield engine
        engine.close()

    @pytest.fixture
    def reopened(self, centre_on_it: Centre) -> Iterator[Engine]:
        engine = centre_on_it.engine()
        yield engine
        engine.close()

    @pytest.fixture
    def with_another_recipe(self, centre_on_it: Centre) -> Iterator[Engine]:
        engine = centre_on_it.engine(OTHER_RECIPE)
        yield engine
        engine.close()


@pytest.fixture
def engine(on_one_node: Centre) -> Iterator[ElasticsearchEngine]:
    engine = on_one_node.engine()
    fill(engine, make_document("a", "国际漫游"))
    yield engine
    engine.close()


def test_with_meaning_switched_off_nothing_waits_for_a_vector(on_one_node: Centre) -> None:
    engine = on_one_node.engine(None)
    fill(engine, make_document("a", "国际漫游"))

    assert by_words(engine, "漫游") == ["a"]
    assert engine.status().meaning == Progress(0, 0)
    assert not engine.status().recipe_differs
    assert engine.encode_pending(LetterEncoder(), 8) == 0
    engine.close()


def test_what_is_published_while_meaning_is_off_waits_until_it_is_on_again(
    on_one_node: Centre, engine: ElasticsearchEngine
) -> None:
    switched_off = on_one_node.engine(None)
    put(switched_off, make_document("b", "宽带移机"))
    switched_off.close()

    assert engine.status().meaning == Progress(0, 2)


def test_words_and_meaning_come_in_one_trip(
    engine: ElasticsearchEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    while engine.encode_pending(LetterEncoder(), 8):
        pass
    query, vector = make_query("国际漫游"), LetterEncoder().vector_of("国际漫游")
    apart = engine.match_words(query, 10) | engine.match_meaning(query, vector, 10, made_by=RECIPE)
    trips: list[str] = []
    whole = Transport.perform_request

    def counted(self: Transport, method: str, target: str, **how: object) -> object:
        trips.append(target)
        return whole(self, method, target, **how)  # type: ignore[arg-type]  # passed on as they came

    monkeypatch.setattr(Transport, "perform_request", counted)

    assert engine.match(query, vector, 10, made_by=RECIPE) == apart
    assert trips == ["/_msearch"]


@pytest.mark.parametrize(("failures", "is_answered"), [(1, True), (2, True), (3, False)])
def test_a_part_of_a_trip_that_finds_no_shard_for_a_moment_is_asked_again(
    engine: ElasticsearchEngine, monkeypatch: pytest.MonkeyPatch, failures: int, is_answered: bool
) -> None:
    whole, told = Elasticsearch.msearch, [{"error": {"type": "no_shard"}, "status": 503}] * failures

    def failing_first(client: Elasticsearch, **how: Any) -> Any:
        return {"responses": [told.pop()]} if told else whole(client, **how)

    monkeypatch.setattr(Elasticsearch, "msearch", failing_first)

    if is_answered:
        assert by_words(engine, "漫游") == ["a"]
    else:
        with pytest.raises(EngineUnavailable):
            by_words(engine, "漫游")


def test_what_is_written_while_a_node_goes_down_waits_until_its_shards_are_up_elsewhere(
    engine: ElasticsearchEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client does not ask again for a refresh, a page or an entry that finds no copy of a shard."""
    whole, told = Transport.perform_request, ["_refresh", "_mget", "_search?", "_refresh"]
    down = {"_shards": {"total": 4, "successful": 3, "failed": 1}}

    def failing_first(self: Transport, method: str, target: str, **how: Any) -> Any:
        answer = whole(self, method, target, **how)
        if any(asked in target for asked in told):
            told.remove(next(asked for asked in told if asked in target))
            return TransportApiResponse(replace(answer.meta, status=503), down)
        return answer

    monkeypatch.setattr(Transport, "perform_request", failing_first)
    put(engine, make_document("b", "漫游资费"))

    assert not told
    assert set(by_words(engine, "漫游")) == {"a", "b"}


@pytest.mark.parametrize("of_a_part", [True, False])
def test_a_server_that_is_too_busy_to_search_is_named_and_asked_again_by_the_next_query(
    engine: ElasticsearchEngine, monkeypatch: pytest.MonkeyPatch, of_a_part: bool
) -> None:
    """Its queue is full: either for the whole request, or for one of the searches in it."""
    whole, busy = Transport.perform_request, {"error": {"type": "es_rejected_execution_exception"}}

    def full(self: Transport, method: str, target: str, **how: Any) -> Any:
        answer = whole(self, method, target, **how)
        if "_msearch" not in target:
            return answer
        body = {"responses": [{**busy, "status": 429}, *answer.body["responses"][1:]]}
        status = 200 if of_a_part else 429
        return TransportApiResponse(replace(answer.meta, status=status), body if of_a_part else busy)

    with monkeypatch.context() as crowded:
        crowded.setattr(Transport, "perform_request", full)
        with pytest.raises(EngineBusy):
            engine.match_words(make_query("漫游"), 10)
        hits = find_in(engine, None, make_query("漫游"), limit=10)
        assert hits.degradations == {Degradation.ENGINE_UNAVAILABLE}

    assert by_words(engine, "漫游") == ["a"]


def test_old_generations_go_and_the_one_before_is_kept(
    on_one_node: Centre, engine: ElasticsearchEngine
) -> None:
    second = fill(engine, make_document("a"))
    third = fill(engine, make_document("a"))

    kept = {name.rpartition("-")[2] for name in on_one_node.indices()}
    assert kept == {second, third}
    assert len(on_one_node.indices()) == 4


def test_what_is_built_on_shards_that_have_not_come_up_counts_as_nothing_made(
    on_one_node: Centre, engine: ElasticsearchEngine
) -> None:
    client = on_one_node.nodes.client()
    with engine.writing(wait=5) as writer:
        built = f"{on_one_node.prefix}-meaning-{writer.begin()}"
    made = client.indices.get(index=built)[built]
    client.indices.delete(index=built)
    client.indices.create(
        index=built,
        mappings=made["mappings"],
        aliases=made["aliases"],
        settings={"index.routing.allocation.require._name": "nobody"},
        wait_for_active_shards="0",
    )

    told = engine.status()

    assert (told.documents, told.meaning) == (1, Progress(0, 1))
    assert told.preparing
    assert told.preparing.meaning == Progress(0, 1)
    assert by_words(engine, "漫游") == ["a"]


def test_segments_of_vectors_stay_small_and_those_of_words_may_grow(on_one_node: Centre) -> None:
    engine = on_one_node.engine(replace(RECIPE, dimension=384))
    fill(engine)
    client = on_one_node.nodes.client()

    def largest(part: str) -> str | None:
        told = client.indices.get_settings(index=f"{on_one_node.prefix}-{part}", flat_settings=True)
        (index,) = dict(told).values()
        found: str | None = index["settings"].get("index.merge.policy.max_merged_segment")
        return found

    assert largest("meaning") == f"{36_000 * 384 * 15}b"
    assert largest("words") is None
    engine.close()


def test_an_index_of_another_version_is_refused_by_name_and_rebuilt_on_request(
    on_one_node: Centre, engine: ElasticsearchEngine
) -> None:
    index = f"{on_one_node.prefix}-words-{engine.status().generation}"
    client = on_one_node.nodes.client()
    meta = client.indices.get_mapping(index=index)[index]["mappings"]["_meta"]
    client.indices.put_mapping(index=index, meta={**meta, "schema": 0})
    other = on_one_node.engine()

    with pytest.raises(IndexOutOfDate):
        other.match_words(make_query("漫游"), 10)
    with pytest.raises(IndexOutOfDate):
        put(other, make_document("b"))

    fill(other, make_document("b", "国际漫游"))
    assert by_words(other, "漫游") == by_words(engine, "漫游") == ["b"]
    other.close()


def test_an_alias_that_was_turned_to_a_foreign_index_is_refused_and_turned_back_by_a_rebuild(
    on_one_node: Centre, engine: ElasticsearchEngine
) -> None:
    assert by_words(engine, "漫游") == ["a"]
    client, alias = on_one_node.nodes.client(), f"{on_one_node.prefix}-words"
    foreign = f"{alias}-{'f' * 12}"
    client.indices.create(index=foreign, mappings={"properties": {"key": {"type": "keyword"}}})
    client.indices.update_aliases(
        actions=[
            {"remove": {"index": f"{alias}-*", "alias": alias}},
            {"add": {"index": foreign, "alias": alias}},
        ]
    )
    client.index(index=foreign, document={"key": "kb/wrong"}, refresh=True)
    asked = make_query("漫游", filters={})

    with pytest.raises(EngineUnavailable):
        on_one_node.engine().match_words(asked, 10)

    fill(engine, make_document("b", "国际漫游"))
    assert by_words(engine, "漫游") == ["b"]


def test_a_name_that_somebody_else_has_taken_is_left_alone_and_said(on_one_node: Centre) -> None:
    client, taken = on_one_node.nodes.client(), f"{on_one_node.prefix}-words"
    client.indices.create(index=taken)
    engine = on_one_node.engine()

    with pytest.raises(ForeignIndex):
        fill(engine, make_document("a"))

    assert client.indices.exists(index=taken)
    client.indices.delete(index=taken)
    engine.close()


def test_a_name_that_was_given_to_an_index_of_somebody_else_is_said_and_no_answer_of_it_is_taken(
    on_one_node: Centre, engine: ElasticsearchEngine
) -> None:
    client, alias = on_one_node.nodes.client(), f"{on_one_node.prefix}-words"
    theirs = f"another-{on_one_node.prefix}"
    client.indices.create(index=theirs, aliases={alias: {}})
    try:
        with pytest.raises(ForeignIndex):
            on_one_node.engine().match_words(make_query("漫游"), 10)
        with pytest.raises(ForeignIndex):
            fill(on_one_node.engine(), make_document("b"))
    finally:
        client.indices.delete(index=theirs)

    assert by_words(on_one_node.engine(), "漫游") == ["a"]


@pytest.mark.parametrize(
    ("part", "field", "wrong"),
    [
        ("words", "head_words", {"analyzer": "standard"}),
        ("words", "codes", {"similarity": "frequency"}),
        ("meaning", "vector", {"dims": 64}),
        ("meaning", "vector", {"index_options": {"type": "hnsw"}}),
        ("meaning", "waiting", None),
    ],
)
def test_an_index_whose_fields_are_not_as_we_make_them_is_refused_and_built_anew(
    on_one_node: Centre, part: str, field: str, wrong: dict[str, Any] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = elasticsearch_indices._properties

    def theirs(of: str, recipe: EmbeddingRecipe | None) -> dict[str, Any]:
        fields = dict(ours(of, recipe))
        if of == part and wrong is None:
            del fields[field]
        elif of == part and wrong is not None:
            fields[field] = {**fields[field], **wrong}
        return fields

    with monkeypatch.context() as another_version:
        another_version.setattr(elasticsearch_indices, "_properties", theirs)
        fill(on_one_node.engine())
    engine = on_one_node.engine()

    with pytest.raises(IndexOutOfDate):
        engine.status()
    fill(engine, make_document("b", "国际漫游"))
    assert by_words(engine, "漫游") == ["b"]


@pytest.mark.parametrize("part", ["words", "meaning"])
def test_an_index_that_somebody_deleted_is_missing_and_is_not_brought_back_by_a_write(
    on_one_node: Centre, engine: ElasticsearchEngine, part: str
) -> None:
    index = f"{on_one_node.prefix}-{part}-{engine.status().generation}"
    assert by_words(engine, "漫游") == ["a"]
    with engine.writing(wait=5) as writer:
        on_one_node.nodes.client().indices.delete(index=index)
        with pytest.raises(IndexMissing):
            writer.put([make_document("b", "国际漫游")])

    with pytest.raises(IndexMissing):
        engine.status()
    assert index not in on_one_node.indices()

    fill(engine, make_document("b", "国际漫游"))
    assert by_words(engine, "漫游") == ["b"]
    assert len(on_one_node.indices()) == 2


def test_one_that_the_server_cannot_take_is_said_and_the_others_are_written(
    on_one_node: Centre, engine: ElasticsearchEngine
) -> None:
    unbearable = make_document("c", filters={"region": ("长" * 20_000,)})

    with pytest.raises(ChangesRefused, match="kb/c"):
        put(engine, make_document("b", "国际漫游资费"), unbearable)

    assert set(by_words(engine, "漫游")) == {"a", "b"}


def test_an_address_that_is_none_is_refused_by_name(on_one_node: Centre) -> None:
    with pytest.raises(AddressUnusable):
        on_one_node.engine(urls=("somewhere",))
    with pytest.raises(AddressUnusable):
        on_one_node.engine(urls=("https://127.0.0.1:9",), ca="/nowhere/ca.pem")


def test_two_ways_to_sign_in_are_one_too_many(on_one_node: Centre) -> None:
    with pytest.raises(AddressUnusable, match="只能设一个"):
        on_one_node.engine(api_key="key", user="zhida", password="secret")


def test_nobody_there_is_said_at_once(on_one_node: Centre) -> None:
    engine = on_one_node.engine(urls=("http://127.0.0.1:9",))

    with pytest.raises(EngineUnreachable):
        engine.match_words(make_query("漫游"), 10)
    engine.close()
