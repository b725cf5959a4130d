"""The interface that sources are given is the one that is there: its tables, its codes, its samples."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from operations.__main__ import app
from subscribers import loading
from subscribers.entities import ENTITIES, Entity
from subscribers.loading.models import LoadState, Via
from subscribers.loading.naming import understood
from tests.subscribers.senders import copied, every_load, load, put_aside

INTERFACES = Path(__file__).parents[2] / "docs" / "interfaces"
CONTRACT = (INTERFACES / "subscriber-files.md").read_text("utf-8")
ORDER = list(ENTITIES)


def samples() -> list[Path]:
    found = (INTERFACES / "samples").glob("*.dat")
    return sorted(found, key=lambda dat: (ORDER.index(understood(dat.stem).entity), dat.stem[-3:]))


@pytest.mark.parametrize("entity", ENTITIES.values(), ids=str)
def test_the_table_of_each_entity_names_every_column_with_its_width(entity: Entity) -> None:
    section = CONTRACT.split(f"### `{entity.name}` {entity.label}\n")[1].split("###")[0]
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| .+? \| (\d+) \| (.*?) \| (.*?) \|$", section, re.MULTILINE)

    assert [(name, label, int(width), bool(must)) for name, label, width, must, _ in rows] == [
        (one.name, one.label, one.width, one.required) for one in entity.fields
    ]
    assert [values for *_, values in rows if "、" in values] == [
        "、".join(one.choices) for one in entity.fields if one.choices
    ]
    assert re.findall(r"`sum\.(\w+)`", section) == [one.name for one in entity.sums]


def test_every_problem_that_a_row_can_have_is_explained() -> None:
    sources = [path.read_text("utf-8") for path in Path(loading.__path__[0]).glob("*.py")]
    told = re.compile(r'(?:BadValue\(|problem\(\s*"?\w*"?, )"(\w+)"')
    codes = {code for source in sources for code in told.findall(source)}

    assert {"orphan", "doubled", "too_long", "op"} <= codes
    assert [code for code in codes if f"`{code}`" not in CONTRACT] == []


@pytest.mark.usefixtures("each_database")
def test_the_samples_load_as_they_are() -> None:
    loads = [load(dat) for dat in samples()]

    assert {one.state: one.reason for one in loads} == {LoadState.ACKNOWLEDGED: ""}
    assert {one.entity for one in loads} == set(ENTITIES)
    assert {one.encoding for one in loads} == {"utf-8", "gb18030"}
    assert {one.layout for one in loads} == {"delimited", "fixed"}
    assert put_aside() == []
    customers = copied("customer")
    assert (customers["C1001"].phone, customers["C1001"].email) == ("13800006299", "")
    assert customers["C1001"].address == "浙江省杭州市西湖区文三路 99 号\\3 幢|602 室"
    assert customers["C1002"].gone_at is not None
    assert copied("number")["N1001"].origin == "携入"


def test_a_folder_of_files_is_loaded_by_one_command_and_again_without_effect(centre: Path) -> None:
    folder = str(INTERFACES / "samples")

    first = CliRunner().invoke(app, ["subscribers", "load", folder])
    again = CliRunner().invoke(app, ["subscribers", "load", folder])

    assert (first.exit_code, again.exit_code) == (0, 0), first.output
    assert "共 3 行：新增 1，更新 1，删除 1。" in first.output
    assert again.output.count("以前装载过") == len(samples()) == len(every_load())
    assert {one.via for one in every_load()} == {Via.COMMAND}


def test_the_command_says_what_is_wrong_with_a_file_and_fails(centre: Path) -> None:
    (dat,) = (one for one in samples() if "_D_" in one.name)

    held = CliRunner().invoke(app, ["subscribers", "load", str(dat)])
    missing = CliRunner().invoke(
        app, ["subscribers", "load", str(centre / "CRM_BILL_F_202603010900_001.dat")]
    )

    assert (held.exit_code, missing.exit_code) == (1, 1)
    assert "先发全量" in held.output
    assert "放在一起" in missing.output.replace("\n", "")
