"""The command `zhida`, as somebody types it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from core import clock, database, sealing, sign_in
from core.settings import Settings, settings
from operations.__main__ import app
from search import engines, model_files, models, rebuilds, reranking
from search.drift import DriftCheck
from search.rebuild import rebuild
from search.rebuilds import Rebuild
from tests.conftest import MONDAY_MORNING, forget
from tests.makers import make_subscriber
from tests.search.reranker_programs import treacherous
from tests.search.stand_ins import OTHER_RECIPE

ADMIN = "boss1\n王主管\nsecret-2026\nsecret-2026\n"
QUESTIONS = [
    {"问题": "宽带移机要多少钱", "答案": "同城 100 元，跨区 200 元。"},
    {"问题": "携号转网怎么查资格", "答案": "发送 CXXZ 到 10068。"},
    {"问题": "", "答案": "没有问题的答案"},
]


def zhida(*words: str, typed: str = "") -> Result:
    return CliRunner().invoke(app, words, input=typed, terminal_width=200)


@pytest.fixture
def empty_centre(data_dir: Path) -> Iterator[Path]:
    result = zhida("init", "--empty", typed=ADMIN)
    assert result.exit_code == 0, result.output
    yield data_dir
    forget()


@pytest.fixture
def questions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("files") / "问答.jsonl"
    file.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in QUESTIONS), "utf-8")
    return file


def signs_in(login: str, password: str) -> bool:
    with database.unit_of_work() as session:
        token = sign_in.sign_in(
            session, login, password, address="127.0.0.1", browser="test", at=MONDAY_MORNING
        )
    return token is not None


def test_an_empty_centre_begins_with_its_first_administrator(empty_centre: Path) -> None:
    assert signs_in("boss1", "secret-2026")


def test_a_weak_password_is_refused_with_what_to_do(data_dir: Path) -> None:
    result = zhida("init", "--empty", typed="boss1\n王主管\nshort1\nshort1\n")

    assert result.exit_code == 1
    assert "密码至少 8 位" in result.output


def test_there_is_only_one_first_administrator(empty_centre: Path) -> None:
    result = zhida("init", "--empty", typed=ADMIN)

    assert result.exit_code == 1
    assert "已经有员工账号" in result.output


def test_an_administrator_who_forgot_gets_in_again(empty_centre: Path) -> None:
    result = zhida("staff", "reset-password", "boss1")

    password = result.output.split("：")[1].split("（")[0]
    assert signs_in("boss1", password)
    assert zhida("staff", "reset-password", "nobody").exit_code == 1


def test_the_keys_are_changed_and_the_old_one_is_said_to_be_free(
    empty_centre: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = "k1:a-long-enough-old-secret", "k2:a-long-enough-new-secret"

    def use(keys: str) -> None:
        monkeypatch.setenv("ZHIDA_DATA_KEYS", keys)
        forget()

    use(old)
    make_subscriber(
        certificate_sealed=sealing.seal("330102198501011234", "certificate"),
        certificate_hash=sealing.hash_now("330102198501011234", "certificate"),
    )
    assert "k1（现用）：证件号码 1" in zhida("keys", "status").output
    use(new)
    assert "缺密钥，打不开：证件号码 1" in zhida("keys", "status").output
    failed = zhida("keys", "rotate")
    assert failed.exit_code == 1
    assert "1 项缺少密钥" in failed.output

    use(f"{new},{old}")
    assert "重新加密 1 项" in zhida("keys", "rotate").output
    said = zhida("keys", "status").output
    assert "k2（现用）：证件号码 1" in said
    assert "k1（旧）：已没有资料用它" in said


def test_the_trail_is_verified_and_tampering_said_aloud(empty_centre: Path) -> None:
    assert "记录完整" in zhida("audit", "verify").output

    with database.unit_of_work() as session:
        session.connection().exec_driver_sql("DROP TRIGGER core_audit_entry_no_update")
        session.connection().exec_driver_sql(
            "UPDATE core_audit_entry SET staff_name = '别人' WHERE number = 1"
        )
    result = zhida("audit", "verify")

    assert result.exit_code == 1
    assert "第 1 条" in result.output


def test_a_centre_is_backed_up_and_restored(
    empty_centre: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("backups") / "zhida.tar.gz"

    assert zhida("backup", str(file)).exit_code == 0
    refused = zhida("restore", str(file))
    database.engine().dispose()
    restored = zhida("restore", str(file), "--replace")
    forget()

    assert refused.exit_code == 1
    assert "--replace" in refused.output
    assert restored.exit_code == 0
    assert signs_in("boss1", "secret-2026")


def test_questions_are_tried_imported_published_and_found(empty_centre: Path, questions: Path) -> None:
    refused = questions.with_name("退回.csv")

    tried = zhida("kb", "import", str(questions), "--dry-run")
    imported = zhida("kb", "import", str(questions), "--publish", "--refused", str(refused))
    again = zhida("kb", "import", str(questions))

    assert "将新建 2" in tried.output
    assert "已新建 2" in imported.output
    assert "已发布 2 篇" in imported.output
    assert "第 3 行" in imported.output
    assert "没有问题的答案" in refused.read_text("utf-8-sig")
    assert "已新建 0" in again.output
    assert "文档 2" in zhida("search", "status").output


def test_a_file_that_is_not_there_is_named(empty_centre: Path) -> None:
    result = zhida("kb", "import", "不存在.csv")

    assert result.exit_code == 1
    assert "不存在.csv" in result.output


def test_the_index_is_rebuilt_from_the_database(empty_centre: Path, questions: Path) -> None:
    zhida("kb", "import", str(questions), "--publish")

    result = zhida("search", "rebuild")

    assert "重建完成：2 篇" in result.output


def test_serving_a_database_of_another_version_is_refused(data_dir: Path) -> None:
    result = zhida("serve")

    assert result.exit_code == 1
    assert "zhida migrate" in result.output


class TestAServerThatIsAway:
    """An Elasticsearch that does not answer keeps nobody from working, and is said by name."""

    def choose(self, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
        monkeypatch.setenv("ZHIDA_ELASTICSEARCH_URL", url)
        settings.cache_clear()
        engines.forget()

    def test_a_centre_begins_all_the_same(self, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.choose(monkeypatch, "http://127.0.0.1:9")

        result = zhida("init", "--empty", typed=ADMIN)

        assert result.exit_code == 0, result.output
        assert "连不上检索服务器" in result.output
        assert "管理员 boss1 已建立" in result.output
        forget()

    def test_status_says_so_and_then_what_it_knows(
        self, empty_centre: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.choose(monkeypatch, "http://zhida:secret-2026@127.0.0.1:9")

        result = zhida("search", "status")

        assert result.exit_code == 1
        assert "索引：连不上检索服务器" in result.output
        assert "最近 24 小时" in result.output
        assert "http://127.0.0.1:9" in result.output
        assert "secret-2026" not in result.output

    @pytest.mark.parametrize("command", [("serve",), ("run",), ("jobs",)])
    def test_an_address_that_is_none_is_refused_before_anybody_asks(
        self, empty_centre: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
    ) -> None:
        self.choose(monkeypatch, "somewhere")

        result = zhida(*command)

        assert result.exit_code == 1
        assert "ZHIDA_ELASTICSEARCH_URL 写得不对" in result.output

    @pytest.mark.parametrize("prefix", ["Zhida", "a*", "x-y", ""])
    def test_a_beginning_of_names_that_is_none_is_refused(
        self, monkeypatch: pytest.MonkeyPatch, prefix: str
    ) -> None:
        monkeypatch.setenv("ZHIDA_ELASTICSEARCH_PREFIX", prefix)

        with pytest.raises(ValueError, match="elasticsearch_prefix"):
            Settings()


class TestSteeringARebuild:
    def test_without_one_there_is_nothing_to_pause(self, empty_centre: Path) -> None:
        for wish in ("--pause", "--abandon"):
            result = zhida("search", "rebuild", wish)

            assert result.exit_code == 1
            assert "没有进行中的重建" in result.output

    def test_one_that_is_under_way_is_paused_and_given_up(self, empty_centre: Path) -> None:
        with database.unit_of_work() as session:
            session.add(Rebuild(generation="g2", began_at=MONDAY_MORNING, moved_at=MONDAY_MORNING))

        assert "这一批建完后生效" in zhida("search", "rebuild", "--pause").output
        assert rebuilds.is_held()
        assert "这一批建完后生效" in zhida("search", "rebuild", "--abandon").output
        assert rebuilds.is_unwanted()

    def test_an_index_whose_parts_do_not_agree_is_not_called_whole(self, empty_centre: Path) -> None:
        with database.unit_of_work() as session:
            session.add(
                DriftCheck(
                    at=MONDAY_MORNING, seconds=1, documents=2, missing=0, stale=0, orphaned=0, is_whole=False
                )
            )

        assert "各部分对不上" in zhida("search", "status").output


class TestReranker:
    def choose(self, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ZHIDA_RERANKER", name)
        settings.cache_clear()

    def test_status_says_that_there_is_none(self, empty_centre: Path) -> None:
        assert "精排：未启用" in zhida("search", "status").output

    def test_one_that_works_is_named(self, empty_centre: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.choose("tiny", monkeypatch)
        monkeypatch.setattr(reranking, "refuse_missing", lambda: None)
        monkeypatch.setattr(reranking, "program_of", lambda *_: treacherous(empty_centre))

        assert "精排 tiny：正常" in zhida("search", "status").output

    @pytest.mark.parametrize("command", [("search", "status"), ("serve",), ("run",)])
    def test_one_that_cannot_be_had_is_refused_before_anybody_asks(
        self, empty_centre: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
    ) -> None:
        self.choose("bge-reranker-base", monkeypatch)
        monkeypatch.setattr(model_files, "is_installed", lambda: False)

        result = zhida(*command)

        assert result.exit_code == 1
        assert "pip install '.[transformers]'" in result.output


class TestTheModel:
    def choose(self, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ZHIDA_EMBEDDING_MODEL", name)
        settings.cache_clear()
        engines.forget()

    def told(self, *words: str, typed: str = "") -> str:
        """Return what is said, without the line breaks of the screen."""
        result = zhida(*words, typed=typed)
        assert result.exit_code == 0, result.output
        return result.output.replace("\n", "")

    def test_status_says_which_is_in_use_and_which_is_being_prepared(
        self, empty_centre: Path, questions: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        zhida("kb", "import", str(questions), "--publish")
        self.choose("bundled", monkeypatch)
        zhida("search", "rebuild")

        before = self.told("search", "status")
        monkeypatch.setattr(models, "chosen", lambda: OTHER_RECIPE)
        engines.forget()
        rebuild(clock.now())
        after = self.told("search", "status")

        in_use = "语义模型：multilingual-e5-small-q4（bundled，384 维；cpu，批量 8，1 线程"
        for said in (before, after):
            assert in_use in said
        assert "正在换成" not in before
        assert "正在换成：other letters（others of the tests，32 维" in after
        assert "已编码 0/" in after

    def test_one_that_is_not_here_is_named_and_words_go_on(
        self, data_dir: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.choose("nobody/no-such-model", monkeypatch)

        assert "语义模型 nobody/no-such-model" in self.told("init", "--empty", typed=ADMIN)
        assert "语义模型 nobody/no-such-model" in self.told("search", "status")


def test_made_up_subscribers_are_written_as_files_that_can_be_loaded(data_dir: Path, tmp_path: Path) -> None:
    out = tmp_path / "files"
    wanted = ("--count", "40", "--day", "2026-11-26", "--months", "2", "--out", str(out))

    full = zhida("sample", "subscribers", *wanted)
    delta = zhida("sample", "subscribers", *wanted, "--delta", "0.2")

    assert (full.exit_code, delta.exit_code) == (0, 0), full.output + delta.output
    assert "客户 40" in full.output
    assert len(list(out.glob("*_F_*.dat"))) == len(list(out.glob("*_D_*.chk"))) == 8


def test_a_day_that_is_none_is_refused_with_how_to_write_it(tmp_path: Path) -> None:
    refused = zhida("sample", "subscribers", "--count", "1", "--day", "26.11.2026", "--out", str(tmp_path))

    assert refused.exit_code == 2
    assert "2026-11-26" in refused.output
    assert list(tmp_path.iterdir()) == []
