"""Made-up names of people and companies, as frequent as they are in life."""

from itertools import accumulate
from random import Random

# The commonest surnames with people in ten thousand; together they are most of the country.
_SURNAMES = (
    "王720李719张683刘538陈453杨308黄223赵229吴205周212徐167孙154马129朱126胡131郭115何117高121林118罗86"
    "郑93梁84谢72宋81唐67许66韩68冯64邓56曹57彭58曾50肖57田47董61袁50潘49于62蒋47蔡46余41杜50叶41程52苏46"
    "魏45吕45丁43任42沈41姚40卢42姜39崔38钟39谭38陆37汪42范38金36石38廖38贾36夏36韦35付34方35白33邹33孟33"
    "熊32秦32邱31江31尹30薛30闫30段29雷28侯28龙27史26陶26黎25贺25顾24毛24郝24龚24邵23万23钱23严22覃22武20"
    "戴21莫20孔20向19汤19欧阳8诸葛2上官2司徒1"
)
_RARE = ("㛃", "龑", "堃", "喆", "犇", "淼", "𬎆", "𫍯", "\u4dae", "翀", "煊", "昇")
_OF_MEN = {
    1930: "福贵德全有财根生树林金宝长发玉山兴旺永祥庆云",
    1955: "国强建国志明卫东建军红军志强国庆永强保国建华新民爱民援朝和平文革忠良",
    1970: "军勇伟刚涛超斌鹏辉波健林峰建平海涛志刚晓东立新永红",
    1985: "磊鹏飞浩杰晨俊凯博宇翔鑫超哲思远嘉明志远子豪",
    2000: "子轩浩然宇航俊熙梓睿奕辰沐宸铭泽一鸣天佑睿哲皓轩",
}
_OF_WOMEN = {
    1930: "秀英桂兰玉珍淑贞凤英素珍桂香秀珍玉兰金凤",
    1955: "秀兰桂英丽华玉梅红梅淑芬爱华秀芳桂花玉英惠芳",
    1970: "丽娟敏艳芳静红霞玲萍燕梅丽萍海燕晓红春梅",
    1985: "婷娜雪倩颖琳慧莹晓雯佳慧思思雅琴丹露蓉欣怡梦",
    2000: "梓涵欣怡诗涵雨桐思琪语嫣子萱若曦一诺可馨梦瑶佳怡",
}
_TRADES = (
    "纺织", "机电", "电子商务", "餐饮管理", "物流", "建筑装饰", "信息技术", "医疗器械", "食品", "汽车服务",
    "教育科技", "包装印刷", "园林工程", "酒店管理", "环保科技", "服饰", "五金", "农业发展",
)  # fmt: skip
_MARKS = "恒信瑞丰远航鼎盛启明金桥华宇天和永泰新源博雅嘉禾云帆正大"


def _parted() -> tuple[list[str], list[int]]:
    names: list[str] = []
    weights: list[int] = []
    digits = ""
    for sign in _SURNAMES + "王":
        if sign.isdigit():
            digits += sign
        elif digits or not names:
            if digits:
                weights.append(int(digits))
            names.append(sign)
            digits = ""
        else:
            names[-1] += sign
    return names[:-1], list(accumulate(weights))


_NAMES, _WEIGHTS = _parted()


def person(chance: Random, *, is_woman: bool, born: int) -> str:
    surname = chance.choices(_NAMES, cum_weights=_WEIGHTS)[0]
    generation = max(year for year in _OF_MEN if year <= max(born, 1930))
    signs = (_OF_WOMEN if is_woman else _OF_MEN)[generation]
    draw = chance.random()
    if draw < 0.002:
        return surname + chance.choice(_RARE)
    start = int(draw * 1000) * 2 % (len(signs) - 1)
    if draw < 0.30:
        return surname + signs[start]
    if draw < 0.62:
        return surname + signs[start : start + 2]
    return surname + signs[start] + signs[int(chance.random() * len(signs))]


def company(chance: Random, city: str) -> str:
    start = int(chance.random() * (len(_MARKS) // 2)) * 2
    return f"{city}{_MARKS[start : start + 2]}{chance.choice(_TRADES)}有限公司"
