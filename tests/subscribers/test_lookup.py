"""A number says who calls, at that moment; a few letters, digits or characters say who is meant."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text as text_of_sql
from sqlmodel import Session, select

from core import database, sealing
from core.identity import Actor
from subscribers import joining
from subscribers.loading.preparing import CERTIFICATE
from subscribers.lookup import FoundCustomer, find, owners_of
from subscribers.models import Account, Customer, Status, Subscription, SubscriptionNumber
from subscribers.restrictions import restrict
from subscribers.spelling import plain_certificate, plain_number
from subscribers.ways import Way, ways
from tests.conftest import MONDAY_MORNING
from tests.makers import give, make_subscriber
from tests.subscribers.correcting.people_and_values import says

NOW = MONDAY_MORNING


def change(session: Session, row: object) -> None:
    session.add(row)
    session.flush()


def number_row(session: Session, subscription: Subscription) -> SubscriptionNumber:
    theirs = SubscriptionNumber.subscription_id == subscription.id
    return session.exec(select(SubscriptionNumber).where(theirs)).one()


def names(rows: tuple[FoundCustomer, ...]) -> list[str]:
    return [row.name for row in rows]


@pytest.mark.parametrize(
    "dialled",
    [
        "13800006207",
        "+86 138-0000-6207",
        "008613800006207",
        "8613800006207",
        "013800006207",
        "１３８００００６２０７",
    ],
)
def test_however_the_switch_writes_the_number_its_owner_is_found(session: Session, dialled: str) -> None:
    made = make_subscriber("13800006207", "陈婉清")

    [owner] = owners_of(session, dialled, at=NOW)

    assert (owner.name, owner.subscription_id, owner.region) == ("陈婉清", made.id, "330100")


def test_a_landline_has_its_area() -> None:
    assert plain_number("+86 571 8888 6666") == plain_number("0571-88886666") == "057188886666"


@pytest.mark.parametrize("nobody", ["", "anonymous", "13900009999"])
def test_a_number_of_nobody_has_no_owner(session: Session, nobody: str) -> None:
    make_subscriber("13800006207")

    assert owners_of(session, nobody, at=NOW) == ()


def test_a_number_given_to_somebody_new_belongs_to_each_in_his_time(session: Session) -> None:
    before = make_subscriber("13800006207", "旧机主")
    after = make_subscriber("13700000001", "新机主")
    handed_over = NOW - timedelta(days=10)
    row = number_row(session, before)
    row.valid_until = handed_over
    change(session, row)
    new = SubscriptionNumber(key="N2", source="crm", number="13800006207", valid_from=handed_over)
    new.subscription_id = after.id or 0
    change(session, new)

    assert [owner.name for owner in owners_of(session, "13800006207", at=NOW)] == ["新机主"]
    then = owners_of(session, "13800006207", at=handed_over - timedelta(seconds=1))
    assert [owner.name for owner in then] == ["旧机主"]


def test_whose_number_was_taken_away_counts_only_while_nobody_else_has_it(session: Session) -> None:
    gone = make_subscriber("13800006207", "销户的人")
    gone.status = Status.GONE
    session.merge(gone)
    session.flush()
    assert [owner.name for owner in owners_of(session, "13800006207", at=NOW)] == ["销户的人"]

    new = make_subscriber_of_same_number(session)

    assert [owner.name for owner in owners_of(session, "13800006207", at=NOW)] == [new]


def make_subscriber_of_same_number(session: Session) -> str:
    session.commit()
    other = make_subscriber("13700000001", "新开户的人")
    row = SubscriptionNumber(key="N2", number="13800006207", source="crm", valid_from=NOW - timedelta(days=1))
    give(other, row)
    return "新开户的人"


def test_who_can_be_reached_at_the_number_comes_after_who_has_it(session: Session) -> None:
    make_subscriber("13800006207", "儿子")
    make_subscriber("057188886666", "母亲", phone="13800006207")

    found = owners_of(session, "13800006207", at=NOW)

    assert [(owner.name, owner.subscription_id is None) for owner in found] == [
        ("儿子", False),
        ("母亲", True),
    ]


@pytest.mark.usefixtures("each_database")
class TestFinding:
    @pytest.mark.parametrize(
        ("text", "way"),
        [
            ("13800006207", Way.NUMBER),
            ("138 0000 6207", Way.NUMBER),
            ("1380000", Way.HEAD),
            ("6207", Way.TAIL),
            ("00006", Way.MIDDLE),
            ("陈婉清", Way.NAME),
            ("陈", Way.NAME),
            ("陈晚青", Way.SOUND),
            ("chenwanqing", Way.SOUND),
            ("chenwan", Way.SOUND),
            ("cwq", Way.INITIALS),
            ("CWQ", Way.INITIALS),
            ("C13800006207", Way.KEY),
            ("A13800006207", Way.KEY),
            ("S13800006207", Way.KEY),
            ("330102198501011234", Way.CERTIFICATE),
            ("文三路 99 号", Way.ADDRESS),
        ],
    )
    def test_somebody_is_found_by(self, session: Session, text: str, way: Way) -> None:
        certificate = sealing.hash_now("330102198501011234", CERTIFICATE)
        address = "浙江省杭州市西湖区文三路 99 号"
        make_subscriber("13800006207", "陈婉清", certificate_hash=certificate, address=address)
        make_subscriber("13911112222", "赵海")

        found = find(session, text, at=NOW)

        assert [(row.name, row.why, row.numbers) for row in found] == [("陈婉清", way, ("138 **** 6207",))]

    @pytest.mark.parametrize(
        ("text", "way"),
        [
            ("13377778888", Way.CONTACT),
            ("133 7777 8888", Way.CONTACT),
            ("1337777", Way.CONTACT_PART),
            ("7777", Way.CONTACT_PART),
            ("77778888", Way.CONTACT_PART),
            ("8888", Way.CONTACT_PART),
        ],
    )
    def test_who_is_known_by_a_contact_number_only_is_found_by_it(
        self, session: Session, text: str, way: Way
    ) -> None:
        make_subscriber("057188886666", "陈婉清", phone="13377778888")
        make_subscriber("13911112222", "赵海", phone="13911118887")

        [found] = find(session, text, at=NOW)

        assert (found.name, found.why, found.why.label) == ("陈婉清", way, "联系电话")
        assert found.contact == "133 **** 8888"

    def test_whose_own_number_it_is_comes_before_whom_it_reaches(self, session: Session) -> None:
        make_subscriber("057188886666", "母亲", phone="13800006207")
        make_subscriber("13800006207", "儿子", phone="13800006207")

        for text in ("13800006207", "6207", "1380000", "00006"):
            found = find(session, text, at=NOW)
            assert [(row.name, row.why.is_contact) for row in found] == [("儿子", False), ("母亲", True)]

    def test_a_part_of_a_contact_number_is_found_by_an_index(self, session: Session) -> None:
        dialect = session.get_bind().dialect.name
        explain = "EXPLAIN QUERY PLAN " if dialect == "sqlite" else "EXPLAIN "
        if dialect == "postgresql":
            session.execute(text_of_sql("SET LOCAL enable_seqscan = off"))
        parts = [one for one in ways("77778888", dialect) if one[0] is Way.CONTACT_PART]
        for _, statement, asked in parts:
            filled = statement.params(**asked).compile(
                session.get_bind(), compile_kwargs={"literal_binds": True}
            )
            plan = " ".join(str(step) for step in session.execute(text_of_sql(f"{explain}{filled}")))
            assert "ix_subscribers_customer_phone" in plan
        assert len(parts) == 3

    @pytest.mark.parametrize("text", ["", " ", "620", "王", "zz", "%", "_", "100%", "\\", "浙江%路", "'"])
    def test_nobody_is_found_by(self, session: Session, text: str) -> None:
        make_subscriber("13800006207", "陈婉清", address="浙江省杭州市西湖区文三路")

        assert find(session, text, at=NOW) == ()

    def test_the_name_as_written_comes_before_one_that_sounds_alike(self, session: Session) -> None:
        make_subscriber("13700000001", "张玮")
        make_subscriber("13700000002", "章伟")

        assert names(find(session, "章伟", at=NOW)) == ["章伟", "张玮"]

    def test_a_number_that_somebody_had_before_finds_him_too(self, session: Session) -> None:
        made = make_subscriber("13800006207", "旧机主")
        session.commit()
        row = SubscriptionNumber(
            key="N2", number="13377778888", source="crm", valid_from=NOW - timedelta(days=90)
        )
        row.valid_until = NOW - timedelta(days=30)
        give(made, row)

        [found] = find(session, "13377778888", at=NOW)

        assert (found.name, found.numbers) == ("旧机主", ("138 **** 6207",))


@given(st.text(max_size=80))
def test_anything_may_be_typed_and_is_spelt_once(text: str) -> None:
    assert plain_number(plain_number(text)) == plain_number(text) or plain_number(text).startswith("0")
    assert plain_certificate(plain_certificate(text)) == plain_certificate(text)


def test_an_old_identity_card_is_the_same_as_the_new() -> None:
    assert plain_certificate(" 110105491231002 ") == "11010519491231002X"


def test_an_account_and_a_company_are_found_by_what_is_on_their_papers(session: Session) -> None:
    company = Customer(key="G1", source="crm", kind="group", name="星河通信（杭州）", name_sound="xinghe")
    change(session, company)
    change(session, Account(key="ZH-0099", source="billing", customer_id=company.id or 0))

    assert names(find(session, "ZH-0099", at=NOW)) == ["星河通信（杭州）"]


@pytest.mark.usefixtures("each_database")
def test_two_customers_who_are_one_person_are_one_owner(session: Session, supervisor_he: Actor) -> None:
    kept = make_subscriber("13800006207", "陈婉清", phone="13377778888")
    same = make_subscriber("13377778888", "陈婉青")
    assert len(owners_of(session, "13377778888", at=NOW)) == 2
    session.commit()  # what only reads does not keep others from writing

    with database.unit_of_work() as other:
        joining.merge(other, kept.customer_id, same.customer_id, actor=supervisor_he, at=NOW)

    assert [one.subscription_id for one in owners_of(session, "13377778888", at=NOW)] == [same.id]


@pytest.mark.usefixtures("each_database")
def test_two_customers_who_are_one_person_are_one_row_under_the_name_that_is_kept(
    session: Session, supervisor_he: Actor
) -> None:
    kept = make_subscriber("13800006207", "陈婉清")
    same = make_subscriber("13377778888", "陈婉青")
    make_subscriber("13911112222", "陈万青")
    assert len(find(session, "chenwanqing", at=NOW)) == 3
    session.commit()

    with database.unit_of_work() as other:
        joining.merge(other, kept.customer_id, same.customer_id, actor=supervisor_he, at=NOW)

    by_sound = [(row.customer_id, row.name) for row in find(session, "chenwanqing", at=NOW)]
    assert by_sound[0] == (kept.customer_id, "陈婉清")
    assert [name for _, name in by_sound[1:]] == ["陈万青"]
    [by_number] = find(session, "13377778888", at=NOW)
    assert (by_number.customer_id, by_number.why) == (kept.customer_id, Way.NUMBER)
    assert by_number.numbers == ("138 **** 6207", "133 **** 8888")


@pytest.mark.usefixtures("each_database", "centre")
def test_what_an_agent_heard_finds_the_customer_before_the_source_has_taken_it(
    session: Session, agent_chen: Actor
) -> None:
    made = make_subscriber("13800006207", "陈婉清", phone="13377778888", address="旧址一号")
    assert not find(session, "13699990000", at=NOW)
    session.commit()

    says(agent_chen, made.customer_id, "phone", "136 9999 0000", at=NOW)
    says(agent_chen, made.customer_id, "address", "西湖区文三路9号", at=NOW)

    for said in ("13699990000", "9999", "文三路"):
        [found] = find(session, said, at=NOW)
        assert (found.customer_id, found.why) == (made.customer_id, Way.CORRECTED), said
    assert [one.customer_id for one in owners_of(session, "13699990000", at=NOW)] == [made.customer_id]
    [by_old] = find(session, "13377778888", at=NOW)
    assert by_old.why is Way.CONTACT


def test_a_company_with_many_lines_leaves_the_others_their_numbers(session: Session) -> None:
    company = make_subscriber("13800000001", "陈氏集团")
    make_subscriber("13911112222", "陈婉清")
    for n in range(2, 260):
        line = Subscription(
            key=f"S{n}", source="crm", customer_id=company.customer_id, name="移动电话", status=Status.ACTIVE
        )
        change(session, line)
        change(
            session,
            SubscriptionNumber(
                key=f"N{n}", source="crm", subscription_id=line.id, number=f"1380000{n:04}", valid_from=NOW
            ),
        )
    session.commit()

    rows = {row.name: row.numbers for row in find(session, "陈", at=NOW)}

    assert rows["陈婉清"] == ("139 **** 2222",)
    assert len(rows["陈氏集团"]) == 10


def test_hidden_customers_take_no_place_in_a_list(
    session: Session, monkeypatch: pytest.MonkeyPatch, supervisor_he: Actor
) -> None:
    monkeypatch.setattr("subscribers.lookup.MOST_READ", 3)
    hidden = [make_subscriber(f"1380000000{n}", f"陈{n}").customer_id for n in range(3)]
    make_subscriber("13911112222", "陈婉清")
    with database.unit_of_work() as writing:
        for one in hidden:
            restrict(writing, one, reason="有争议", actor=supervisor_he, at=NOW)

    assert names(find(session, "陈", at=NOW)) == ["陈婉清"]


@pytest.mark.parametrize(
    ("said", "is_one"),
    [
        ("文三路 99 号", True),
        ("西湖区文三", True),
        ("阳光小区", True),
        ("3栋502室", True),
        ("3栋", False),
        ("王小明李", False),
        ("杭州", False),
        ("欧阳婉清", False),
        ("13800006207", False),
        ("wensanlu", False),
    ],
)
def test_only_what_looks_like_a_place_is_looked_for_in_every_address(said: str, is_one: bool) -> None:
    assert (Way.ADDRESS in {way for way, _, _ in ways(said, "sqlite")}) is is_one
