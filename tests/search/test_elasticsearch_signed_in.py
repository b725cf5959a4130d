"""An Elasticsearch behind TLS and sign-in, as a distribution has it: an nginx of the test stands before."""

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from search import engines
from search.engines.elasticsearch import ElasticsearchEngine
from search.engines.elasticsearch_bulk import ChangesRefused
from search.engines.elasticsearch_failures import EngineRefusesUs, EngineUnreachable
from tests.conftest import forget
from tests.machine import LACKS
from tests.search.library import by_words, fill, make_document, make_query, put
from tests.search.nodes import Centre, eventually, free_ports, needs_elasticsearch
from tests.search.stand_ins import RECIPE, LetterEncoder

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/bin:/sbin:/bin")
pytestmark = [needs_elasticsearch, pytest.mark.skipif(NGINX is None, reason=LACKS["nginx"])]

CONFIGURATION = """
pid {folder}/pid; error_log {folder}/error.log; daemon off; worker_processes 1;
events {{}}
http {{
  access_log off; client_max_body_size 0;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  ssl_certificate {folder}/node.pem; ssl_certificate_key {folder}/node.key;
  server {{
    listen 127.0.0.1:{by_name} ssl;
    auth_basic "Elasticsearch"; auth_basic_user_file {folder}/people;
    location / {{ proxy_pass {node}; }}
  }}
  server {{
    listen 127.0.0.1:{by_key} ssl;
    if ($http_authorization != "ApiKey c2VjcmV0OmtleQ==") {{ return 401; }}
    location / {{ proxy_pass {node}; }}
  }}
  server {{ listen 127.0.0.1:{narrow}; client_max_body_size 20k; location / {{ proxy_pass {node}; }} }}
}}
"""


@dataclass(frozen=True)
class Door:
    """By name and password, by a key, or for everybody with little in their hands."""

    by_name: str
    by_key: str
    narrow: str
    ca: str


def openssl(folder: Path, *what: str) -> None:
    subprocess.run(["openssl", *what], cwd=folder, check=True, capture_output=True)


def make_certificates(folder: Path) -> None:
    new = ("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2")
    openssl(folder, *new, "-subj", "/CN=a CA of ours", "-keyout", "ca.key", "-out", "ca.pem")
    openssl(folder, *new, "-subj", "/CN=a CA of others", "-keyout", "other.key", "-out", "other.pem")
    issued = (
        "-subj",
        "/CN=node",
        "-addext",
        "subjectAltName=IP:127.0.0.1",
        "-CA",
        "ca.pem",
        "-CAkey",
        "ca.key",
    )
    openssl(folder, *new, *issued, "-keyout", "node.key", "-out", "node.pem")


@pytest.fixture
def door(on_one_node: Centre, tmp_path: Path) -> Iterator[Door]:
    assert NGINX is not None
    make_certificates(tmp_path)
    (tmp_path / "people").write_text("zhida:{PLAIN}correct horse\n")
    by_name, by_key, narrow = (free_ports(0) + number for number in (5, 6, 7))
    ports = {"by_name": by_name, "by_key": by_key, "narrow": narrow}
    told = {"folder": tmp_path, "node": on_one_node.nodes.urls[0], **ports}
    (tmp_path / "nginx.conf").write_text(CONFIGURATION.format(**told))
    tmp_path.chmod(0o755)
    command = [
        NGINX,
        "-c",
        str(tmp_path / "nginx.conf"),
        "-g",
        "user root;",
        "-e",
        str(tmp_path / "error.log"),
    ]
    with subprocess.Popen(command) as server:
        try:
            eventually(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text(), seconds=10)
            names = (f"https://127.0.0.1:{port}" for port in (by_name, by_key))
            yield Door(*names, f"http://127.0.0.1:{narrow}", ca=str(tmp_path / "ca.pem"))
        finally:
            server.terminate()


def through(centre: Centre, url: str, ca: str, **who: Any) -> ElasticsearchEngine:
    return centre.engine(urls=(url,), ca=ca, **who)


@pytest.mark.parametrize("way", ["by name", "by key"])
def test_who_signs_in_builds_writes_and_searches(on_one_node: Centre, door: Door, way: str) -> None:
    engine = (
        through(on_one_node, door.by_name, door.ca, user="zhida", password="correct horse")
        if way == "by name"
        else through(on_one_node, door.by_key, door.ca, api_key="c2VjcmV0OmtleQ==")
    )
    fill(engine, *(make_document(str(n), f"第{n}号公告", body="按月收取。" * 200) for n in range(50)))
    while engine.encode_pending(LetterEncoder(), 50):
        pass

    assert by_words(engine, "第7号公告")[0] == "7"
    both = engine.match(make_query("第7号公告"), LetterEncoder().vector_of("第7号公告"), 3, made_by=RECIPE)
    assert all(hits for signal, hits in both.by_signal.items() if signal in {"words", "meaning"})
    engine.close()


@pytest.mark.parametrize("way", ["by name", "by key"])
def test_the_settings_say_where_and_as_whom(
    on_one_node: Centre, door: Door, way: str, centre: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = {
        "by name": {"URL": door.by_name, "USER": "zhida", "PASSWORD": "correct horse"},
        "by key": {"URL": door.by_key, "API_KEY": "c2VjcmV0OmtleQ=="},
    }[way]
    for name, value in {**said, "CA": door.ca, "PREFIX": on_one_node.prefix, "TIMEOUT": "10"}.items():
        monkeypatch.setenv(f"ZHIDA_ELASTICSEARCH_{name}", value)
    forget()
    fill(engines.engine(), make_document("a", "国际漫游"))

    assert by_words(engines.engine(), "漫游") == ["a"]
    assert by_words(on_one_node.engine(), "漫游") == ["a"]


def test_a_proxy_that_takes_little_at_once_gets_it_in_pieces_and_too_large_a_text_is_named(
    on_one_node: Centre, door: Door
) -> None:
    engine = through(on_one_node, door.narrow, "")
    fill(engine, *(make_document(str(n), f"第{n}号公告", body="按月收取。" * 40) for n in range(60)))
    assert engine.status().documents == 60

    with pytest.raises(ChangesRefused, match="代理的上传限制"):
        put(engine, make_document("huge", body="甲乙丙丁" * 9000))
    assert engine.status().documents == 60
    engine.close()


def test_who_is_not_known_is_told_so(on_one_node: Centre, door: Door) -> None:
    for url, who in (
        (door.by_name, {"user": "zhida", "password": "wrong"}),
        (door.by_name, {}),
        (door.by_key, {"api_key": "wrong"}),
    ):
        engine = through(on_one_node, url, door.ca, **who)
        with pytest.raises(EngineRefusesUs):
            engine.match_words(make_query("漫游"), 10)
        engine.close()


def test_a_certificate_of_somebody_else_is_not_trusted(on_one_node: Centre, door: Door) -> None:
    engine = through(on_one_node, door.by_name, str(Path(door.ca).with_name("other.pem")), user="zhida")

    with pytest.raises(EngineUnreachable):
        engine.match_words(make_query("漫游"), 10)
    engine.close()
