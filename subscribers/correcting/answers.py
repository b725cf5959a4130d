"""The source answers a feedback file: each line taken, refused, or put off; whole files or none."""

import shutil
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from uuid import UUID

from sqlmodel import Session, select

from core import database
from core.errors import Invalid
from subscribers.correcting import course
from subscribers.correcting.models import Correction, CorrectionState, FeedbackFile, FeedbackState

ANSWERS = ".ack"
MOST_BYTES = 32 * 1024 * 1024
_PARTS = 4


class AnswerUnreadable(Invalid):
    def __init__(self, what: str) -> None:
        super().__init__(f"反馈回执有误：{what}。整个文件没有处理，请来源更正后重新发送。")


class Result(StrEnum):
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    LATER = "later"


_BECOMES = {
    Result.ACCEPTED: CorrectionState.ACCEPTED,
    Result.REJECTED: CorrectionState.REJECTED,
    Result.LATER: CorrectionState.LATER,
}
_STALE, _KNOWN = "stale", "known"


@dataclass(frozen=True)
class Answer:
    correction_id: UUID
    result: Result
    said: str


def receive(drop: Path, *, at: datetime) -> int:
    """Take every answer in the in/ folders; what cannot be read goes to err/ with the reason beside it."""
    taken = 0
    for file in sorted(drop.glob(f"*/in/*_FEEDBACK_*{ANSWERS}")):
        home = file.parent.parent
        try:
            name, answers = read(file)
            with database.unit_of_work() as session:
                take(session, home.name, name, answers, at=at)
        except AnswerUnreadable as refused:
            _put_aside(file, home / "err")
            (home / "err" / f"{file.name}.reason.txt").write_text(f"{refused}\n", "utf-8")
        else:
            _put_aside(file, home / "arch")
            taken += 1
    return taken


def read(file: Path) -> tuple[str, list[Answer]]:
    """Return the name of the feedback file and its answers.

    :raises AnswerUnreadable: naming the line that is wrong
    """
    if file.stat().st_size > MOST_BYTES:
        raise AnswerUnreadable("文件太大")
    try:
        lines = file.read_bytes().decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise AnswerUnreadable("应为 UTF-8 文本") from error
    said = dict(_pair(line) for line in lines[:3])
    if said.get("version") != "1":
        raise AnswerUnreadable("第一行应为 version=1")
    if lines[-1:] != ["end"] or said.get("rows") != str(len(lines) - 4):
        raise AnswerUnreadable("行数与 rows 不符，或没有以 end 结束，可能没有传完")
    return said.get("file", ""), [_answer(line, number) for number, line in enumerate(lines[3:-1], 4)]


def take(session: Session, source: str, name: str, answers: list[Answer], *, at: datetime) -> FeedbackFile:
    """Let each answer become the state of its correction. Taking a file twice changes nothing more.

    :raises AnswerUnreadable: if this source was never sent such a file
    """
    named = select(FeedbackFile).where(FeedbackFile.name == name, FeedbackFile.source == source)
    file = session.exec(named.with_for_update()).first()
    if file is None:
        raise AnswerUnreadable(f"没有给这个来源发过 {name or '（没有写 file=）'}")
    results = [_settle(session, file, answer, at) for answer in answers]
    file.accepted += results.count(Result.ACCEPTED)
    file.rejected += results.count(Result.REJECTED)
    file.later += results.count(Result.LATER)
    file.stale = results.count(_STALE)
    file.state, file.answered_at = FeedbackState.ANSWERED, at
    session.add(file)
    return file


def _settle(session: Session, file: FeedbackFile, answer: Answer, at: datetime) -> str:
    """Return the result, or why there is none: it is known already, or the question is not open any more."""
    correction = session.get(Correction, answer.correction_id, with_for_update=True)
    if correction is None or not correction.is_open or correction.feedback_id != file.id:
        return _STALE
    state = _BECOMES[answer.result]
    if (correction.state, correction.answer) == (state, answer.said):
        return _KNOWN
    if correction.state == CorrectionState.OPEN:  # a person sent it on its way again
        return _STALE
    correction.answer = answer.said
    course.move(session, correction, state, note=answer.said, at=at)
    return answer.result


def _answer(line: str, number: int) -> Answer:
    parts = line.split("|")
    if len(parts) != _PARTS:
        raise AnswerUnreadable(f"第 {number} 行应为 {_PARTS} 段，用 | 隔开")
    try:
        correction_id, result = UUID(hex=parts[0]), Result(parts[1])
    except ValueError as error:
        raise AnswerUnreadable(f"第 {number} 行的编号或结果不认识") from error
    if result is Result.REJECTED and not parts[2]:
        raise AnswerUnreadable(f"第 {number} 行不受理，但没有写原因代码")
    return Answer(correction_id, result, " ".join(part for part in parts[2:] if part)[:200])


def _pair(line: str) -> tuple[str, str]:
    name, _, value = line.partition("=")
    return name.strip(), value.strip()


def _put_aside(file: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    shutil.move(file, folder / file.name)
