"""Where made-up people live: districts and roads that there are, houses that there need not be."""

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True)
class District:
    """`region` is the code of its city among the words of scope, `code` the beginning of a certificate."""

    region: str
    code: str
    city: str
    name: str
    roads: tuple[str, ...]


def _districts(region: str, city: str, *districts: tuple[str, str, str]) -> tuple[District, ...]:
    return tuple(District(region, code, city, name, tuple(roads.split())) for code, name, roads in districts)


DISTRICTS = (
    *_districts(
        "330100",
        "浙江省杭州市",
        ("330106", "西湖区", "文三路 文一西路 古墩路 天目山路 教工路 玉古路"),
        ("330105", "拱墅区", "莫干山路 湖墅南路 丽水路 石祥路 沈半路"),
        ("330108", "滨江区", "江南大道 滨盛路 江陵路 网商路 长河路"),
        ("330110", "余杭区", "文一西路 高教路 良睦路 荆长路 五常大道"),
        ("330109", "萧山区", "市心中路 金城路 通惠中路 建设一路 人民路"),
        ("330102", "上城区", "中山南路 婺江路 钱江路 秋涛路 凤起东路"),
    ),
    *_districts(
        "330200",
        "浙江省宁波市",
        ("330203", "海曙区", "中山西路 药行街 柳汀街 环城西路"),
        ("330212", "鄞州区", "天童南路 鄞县大道 首南西路 惊驾路"),
        ("330205", "江北区", "人民路 环城北路 大闸路 康庄南路"),
    ),
    *_districts(
        "510100",
        "四川省成都市",
        ("510107", "武侯区", "人民南路 科华北路 武侯大道 二环路南四段 永盛南街"),
        ("510104", "锦江区", "红星路 东大街 锦华路 静居寺路"),
        ("510108", "成华区", "建设北路 双庆路 杉板桥路 猛追湾街"),
        ("510106", "金牛区", "蜀汉路 交大路 一品天下大街 沙湾路"),
        ("510112", "龙泉驿区", "驿都中路 北京路 建材路 龙都南路"),
    ),
    *_districts(
        "510700",
        "四川省绵阳市",
        ("510703", "涪城区", "临园路 长虹大道 跃进路 剑南路"),
        ("510704", "游仙区", "东津路 芙蓉路 仙人路 五一路"),
    ),
    *_districts(
        "440100",
        "广东省广州市",
        ("440106", "天河区", "天河路 中山大道西 黄埔大道中 龙口西路 车陂路"),
        ("440113", "番禺区", "清河东路 市广路 兴南大道 桥南路"),
        ("440104", "越秀区", "中山五路 东风中路 环市东路 北京路"),
        ("440111", "白云区", "机场路 三元里大道 同泰路 黄石东路"),
        ("440105", "海珠区", "新港中路 江南大道中 工业大道北 昌岗中路"),
    ),
    *_districts(
        "440300",
        "广东省深圳市",
        ("440305", "南山区", "深南大道 南海大道 后海大道 科苑路 桃园路"),
        ("440304", "福田区", "福华路 彩田路 新洲路 景田路"),
        ("440306", "宝安区", "前进一路 新湖路 宝安大道 西乡大道"),
        ("440307", "龙岗区", "龙岗大道 中心城清林路 布吉路 坂雪岗大道"),
    ),
)
_ESTATES = (
    "翠苑", "嘉和", "金色家园", "阳光花园", "锦绣华庭", "绿洲", "和平", "东方明珠", "御景湾", "桂花城",
    "水岸新城",    "紫金", "星河湾", "丽景", "新世纪", "海棠", "望江", "香樟园", "明月苑", "文华",
)  # fmt: skip
_KINDS = ("小区", "苑", "花园", "公寓", "社区")


def address(chance: Random, district: District) -> str:
    draw = chance.random()
    road = district.roads[int(draw * len(district.roads))]
    house = 1 + int(chance.random() * 880)
    place = f"{district.city}{district.name}{road}{house}号"
    estate, rest = divmod(int(draw * 1e6), len(_ESTATES))
    if rest % 7 == 0:  # a house by the road, or a name that says nothing more
        return place
    rooms = f"{1 + estate % 28}幢{1 + estate % 3}单元{1 + house % 24}0{1 + rest % 4}室"
    return f"{place}{_ESTATES[rest]}{_KINDS[estate % len(_KINDS)]}{rooms}"
