"""What the screens of loads say: the tone of a state, how fast a load went, and what to do about it."""

from datetime import datetime, timedelta

from core.clock import CENTRE_TIME
from subscribers.entities import Entity, Field, Shape
from subscribers.loading.models import Hold, Load, LoadKind, LoadState, RowState, Via
from subscribers.loading.reconciling import Because, Differs
from subscribers.loading.wishing import TRIED
from subscribers.models import CustomerKind, ProductKind, Status
from subscribers.steering.mending import HEAD_LABELS
from subscribers.steering.undoing import Kept

_TONES = {
    LoadState.MERGED: "info",
    LoadState.MERGING: "info",
    LoadState.RECONCILED: "ok",
    LoadState.ACKNOWLEDGED: "ok",
    LoadState.REJECTED: "bad",
    LoadState.HELD: "warn",
    LoadState.UNDONE: "line",
}
STEPS = (
    LoadState.SEEN,
    LoadState.VERIFIED,
    LoadState.STAGED,
    LoadState.CHECKED,
    LoadState.MERGED,
    LoadState.RECONCILED,
    LoadState.ACKNOWLEDGED,
)
_HOLDS = {
    Hold.GAP: "中间缺文件。请让来源补发缺的序号，补到后自动继续；确认不会再有，可以放行。",
    Hold.PARENTS: "上级数据还没到。到了会自动继续；确认不会来，可以放行，找不到上级的行会被搁置。",
    Hold.ERRORS: "错误行太多。先看下面被搁置的行：个别问题可以放行后逐行修正；整份不对就退回，让来源重发。",
    Hold.SWING: "行数变化异常。请向来源核实；属实就放行，否则退回，让来源重发。",
    Hold.SUMS: "控制总额对不上。请让来源核对；不建议放行，退回后让来源重发。",
    Hold.PERSON: "由人暂停。处理好以后点“放行”，从停下的地方继续；不要这份文件就点“退回”。",
}
_STATES = {
    LoadState.REJECTED: "这份文件没有进库，来源会收到回执。请让来源按原因改正，用新的序号重发。",
    LoadState.UNDONE: "这次装载的改动已经撤回。同一份文件可以重新装载。",
    LoadState.ACKNOWLEDGED: "已经完成，不需要处理。",
    LoadState.RECONCILED: "合并并对过账，正在写回执。",
}

_DOING = {
    LoadState.SEEN: "正在核对文件",
    LoadState.VERIFIED: "正在读入",
    LoadState.STAGED: "正在检查",
    LoadState.CHECKED: "等待合并",
    LoadState.MERGING: "正在合并",
    LoadState.MERGED: "正在对账",
    LoadState.RECONCILED: "正在写回执",
}
_ROW_TONES = {
    RowState.WAITING: "warn",
    RowState.MENDED: "ok",
    RowState.DROPPED: "line",
    RowState.ORPHAN: "info",
}
_OPS = {"I": "I 新增", "U": "U 更新", "D": "D 注销"}
_VALUES: dict[str, str] = _OPS | {
    str(one): one.label for kinds in (Status, CustomerKind, ProductKind) for one in kinds
}


def tone_of(state: str) -> str:
    return _TONES.get(LoadState(state), "")


def label_of(state: str) -> str:
    return LoadState(state).label


def advice(load: Load) -> str:
    """Return what a person should do, in one or two sentences."""
    if load.reason == TRIED:
        return "看合并后各字段会变多少：没有问题就点“放行”，有问题就点“退回”，让来源重发。"
    if load.state == LoadState.HELD:
        return _HOLDS[Hold(load.hold)] if load.hold else _HOLDS[Hold.PERSON]
    return _STATES.get(LoadState(load.state), "正在处理，不需要操作，可以离开这个页面。")


def is_at_work(load: Load) -> bool:
    state = LoadState(load.state)
    return not state.is_over and state is not LoadState.HELD


def steps_done(load: Load) -> int:
    """Return how many of `STEPS` lie behind; a load that stopped stands where it stopped."""
    state = LoadState(load.held_at or load.state) if load.state == LoadState.HELD else LoadState(load.state)
    if state is LoadState.MERGING:
        return STEPS.index(LoadState.MERGED)
    return STEPS.index(state) + 1 if state in STEPS else 0


def merged_rows(load: Load) -> int:
    return load.inserted + load.updated + load.unchanged + load.stale + load.removed


def rate(load: Load) -> int:
    """Return the rows merged in a second; 0 if none was."""
    return round(merged_rows(load) / load.merge_seconds) if load.merge_seconds else 0


def age(lag: timedelta) -> str:
    """Return a length of time as roughly as one says it."""
    minutes = int(lag.total_seconds() // 60)
    if minutes < 60:
        return f"{minutes} 分钟"
    return f"{minutes // 60} 小时" if minutes < 48 * 60 else f"{minutes // (24 * 60)} 天"


def moment(at: datetime) -> str:
    """Return a moment without the year; midnight ends the day before."""
    local = at.astimezone(CENTRE_TIME)
    if (local.hour, local.minute) == (0, 0):
        return (local - timedelta(days=1)).strftime("%m-%d 24:00")
    return local.strftime("%m-%d %H:%M")


def size(count: int) -> str:
    """Return a number of bytes as one says it."""
    kilobytes = count / 1024
    return f"{kilobytes:,.0f} KB" if kilobytes < 1024 else f"{kilobytes / 1024:,.1f} MB"


def total(sum_: int, field: Field) -> str:
    """Return a control sum: money in yuan, anything else as it is."""
    return f"{sum_ / 100:,.2f}" if field.shape is Shape.MONEY else f"{sum_:,}"


def doing(state: str) -> str:
    """Return what is being done in a state: the step that follows it."""
    return _DOING.get(LoadState(state), "正在处理")


def done_rows(load: Load) -> int:
    """Return how many rows the step at work has behind it."""
    return merged_rows(load) if load.state == LoadState.MERGING else load.staged


def value_named(value: str) -> str:
    """Return what a value by which rows are counted is called."""
    return _VALUES.get(value, value)


def field_named(name: str, entity: Entity) -> str:
    """Return what a field is called; the head of a row has names of its own."""
    return HEAD_LABELS.get(name) or next((one.label for one in entity.fields if one.name == name), name)


def kind(said: str) -> str:
    return LoadKind(said).label


FILTERS = {
    "load_tone": tone_of,
    "load_state": label_of,
    "load_advice": advice,
    "load_rate": rate,
    "load_age": age,
    "load_moment": moment,
    "load_kind": kind,
    "load_via": lambda said: Via(said).label,
    "load_size": size,
    "load_sum": total,
    "load_doing": doing,
    "load_done": done_rows,
    "load_steps_done": steps_done,
    "load_at_work": is_at_work,
    "load_value": value_named,
    "load_field": field_named,
    "load_because": lambda said: Because(said).label,
    "load_differs": lambda said: Differs(said).label,
    "load_kept": lambda said: Kept(said).label,
    "load_row_state": lambda said: RowState(said).label,
    "load_row_tone": lambda said: _ROW_TONES[RowState(said)],
}
