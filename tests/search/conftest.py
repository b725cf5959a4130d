"""What the tests of search share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.search.nodes import Centre, Nodes, centre_on, free_ports, running


@pytest.fixture(scope="session")
def one_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    with running(Nodes(free_ports(0), tmp_path_factory.mktemp("one-node"))) as nodes:
        yield nodes


@pytest.fixture
def on_one_node(one_node: Nodes, tmp_path: Path) -> Iterator[Centre]:
    with centre_on(one_node, tmp_path) as centre:
        yield centre
