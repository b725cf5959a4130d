"""What made-up people have ordered: the plans of the sample centre's articles, at their prices."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    """Fee in yuan, allowances in GB and minutes; `broadband` is the speed of the line that it contains."""

    code: str
    name: str
    brand: str
    fee: int
    data_gb: int
    minutes: int
    broadband: str = ""
    share: int = 1


PLANS = (
    Plan("CX4G038", "畅享4G 38元", "changxiang", 38, 10, 100, share=16),
    Plan("CX5G059", "畅享5G 59元", "changxiang", 59, 20, 100, share=24),
    Plan("CX5G099", "畅享5G 99元", "changxiang", 99, 40, 300, share=14),
    Plan("CX5G129", "畅享5G融合 129元", "changxiang", 129, 60, 500, "500M", share=14),
    Plan("CX5G169", "畅享5G融合 169元", "changxiang", 169, 80, 800, "1000M", share=6),
    Plan("CX5G239", "畅享5G融合 239元", "changxiang", 239, 150, 1500, "2000M", share=2),
)
OF_THE_YOUNG = (
    Plan("QM029", "青芒卡 29元", "qingmang", 29, 35, 50, share=3),
    Plan("QM049", "青芒卡 49元", "qingmang", 49, 80, 200, share=2),
)
OF_THE_OLD = Plan("YL019", "银龄 19元", "yinling", 19, 6, 120)
OF_COMPANIES = Plan("QH099", "企航 99元", "qiye", 99, 60, 1000)
SECOND_CARD = Plan("FK010", "副卡月租", "changxiang", 10, 0, 0)
OF_THINGS = Plan("IOT100M", "物联网卡 100M", "qiye", 5, 0, 0)

# code, name, kind, yuan a month, MB, minutes
ADDONS = (
    ("LLB10", "月加油包 10元3GB", "addon", 10, 3072, 0),
    ("LLB20", "月加油包 20元8GB", "addon", 20, 8192, 0),
    ("YYB10", "语音包 10元100分钟", "addon", 10, 0, 100),
    ("DXLSP", "视频定向流量包", "addon", 15, 30720, 0),
    ("QQW", "亲情网", "addon", 0, 0, 0),
    ("CL06", "彩铃", "addon", 6, 0, 0),
    ("LDTX", "来电提醒", "addon", 3, 0, 0),
    ("QYHY", "视频会员权益", "benefit", 15, 0, 0),
    ("QYWP", "云盘权益 1TB", "benefit", 0, 0, 0),
    ("GJ24", "购机合约 24个月", "contract", 0, 0, 0),
    ("SSCX", "手机碎屏险", "addon", 8, 0, 0),
)
CONTRACT = "GJ24"
