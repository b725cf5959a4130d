"""What passed between a made-up customer and the operator: account, bills, payments, what happened."""

from collections.abc import Iterator, Sequence
from random import Random

from operations.generating.customers import Customer
from operations.generating.days import Days
from operations.generating.lines import Line
from operations.generating.rows import Row, said, yuan

_PAID_THROUGH = ("星河APP", "微信支付", "支付宝", "营业厅", "银行代扣")
_HAPPENED = (
    ("咨询", "查询剩余流量"),
    ("咨询", "咨询宽带提速价格，未办理"),
    ("咨询", "询问合约到期后怎么续"),
    ("咨询", "查询本月账单明细"),
    ("咨询", "国际漫游怎么开通"),
    ("办理", "开通月加油包"),
    ("办理", "变更套餐，次月生效"),
    ("办理", "补换 SIM 卡"),
    ("办理", "修改联系地址"),
    ("报障", "宽带晚间掉线，已派单"),
    ("报障", "小区信号弱，打不通电话"),
    ("投诉", "不认可增值业务扣费，已退费"),
    ("投诉", "装机超时，要求赔付"),
    ("回访", "满意度回访：满意"),
    ("回访", "续约回访，客户再考虑"),
)
_CHANNELS = ("热线", "热线", "热线", "星河APP", "在线客服", "营业厅")
_HANDLERS = ("李思远", "陈静怡", "赵晨", "王佳慧", "孙浩然", "周敏")


def account_key(one: Customer) -> str:
    return f"A{one.number:09}"


def account(one: Customer, of_lines: Sequence[Line], days: Days, chance: Random) -> Row:
    owed = sum(line.unpaid * line.plan.fee * 100 for line in of_lines)
    unpaid = max(line.unpaid for line in of_lines)
    draw = chance.random()
    is_prepaid = draw < 0.3 and not one.is_company
    balance = 0 if owed else int(draw * 20_000)
    since = ""
    if unpaid and days.months:
        since = days.ago[max(0, days.months[min(unpaid, len(days.months)) - 1][1] - 20)]
    values = (
        one.key,
        one.name,
        "预付" if is_prepaid else "后付",
        yuan(balance),
        yuan(0 if is_prepaid else 10_000 + int(draw * 4) * 10_000),
        yuan(owed),
        since,
    )
    return said("account", account_key(one), f"{days.ago[0]} 01:00:00", values)


def bills(line: Line, days: Days, chance: Random) -> Iterator[Row]:
    """One a month while the line lived; the last ones of who is in arrears are not paid."""
    if line.product == "broadband":
        return
    for back, (month, over) in enumerate(days.months):
        if over > line.opened or over <= line.closed:
            continue
        fee, extra = line.plan.fee * 100, 0
        draw = chance.random()
        items = f"月租={fee}"
        if draw < 0.22:
            extra = 10 + int(draw * 10_000)
            items += f";{'套外流量' if draw < 0.15 else '套外语音'}={extra}"
        paid = "" if back < line.unpaid else days.ago[max(0, over - 2 - int(draw * 18))]
        values = (line.key, month, yuan(fee + extra), items, paid)
        yield said("bill", f"B{line.key[1:]}-{month}", f"{days.ago[max(0, over - 1)]} 04:00:00", values)


def payments(one: Customer, of_lines: Sequence[Line], days: Days, chance: Random) -> Iterator[Row]:
    """One a month, of what most lines cost, by the way that this customer always takes."""
    main = of_lines[0]
    total = sum(line.plan.fee for line in of_lines if not line.closed and line.product != "broadband") * 100
    way = _PAID_THROUGH[int(chance.random() * len(_PAID_THROUGH))]
    for month, over in days.months[main.unpaid :]:
        if total and main.closed < over < main.opened:
            draw = chance.random()
            at = _by_day(days.ago[max(1, over - 2 - int(draw * 18))], draw)
            values = (account_key(one), at, yuan(total), way)
            yield said("payment", f"Y{one.number:09}-{month}", at, values)


def events(line: Line, days: Days, chance: Random) -> Iterator[Row]:
    """What the last year brought; a line that was closed or stopped says when."""
    key, number = f"E{line.key[1:]}", 0
    if line.status != "active":
        title = {"gone": "销户", "stopped": "申请停机保号", "suspended": "欠费停机"}[line.status]
        at = f"{days.ago[line.since]} 00:05:00"
        yield said("event", f"{key}-{number}", at, (line.key, at, "异动", title, "系统", ""))
    if line.product == "iot" or line.closed:
        return
    draw = chance.random()
    while draw > 0.45:
        number += 1
        kind, title = _HAPPENED[int(draw * 1e5) % len(_HAPPENED)]
        at = _by_day(days.ago[1 + int(chance.random() ** 2 * (min(line.opened, 365) - 1))], draw)
        channel = "外呼" if kind == "回访" else _CHANNELS[int(draw * 1e3) % len(_CHANNELS)]
        by_hand = channel in {"热线", "外呼", "营业厅", "在线客服"}
        handler = _HANDLERS[int(draw * 1e4) % len(_HANDLERS)] if by_hand else ""
        yield said("event", f"{key}-{number}", at, (line.key, at, kind, title, channel, handler))
        draw = chance.random()


def _by_day(day: str, draw: float) -> str:
    second = int(draw * 1e6) % 46_800
    return f"{day} {8 + second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
