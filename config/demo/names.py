"""Names nobody has: an animal and a household object, with a legal form. Plainly invented in both languages."""

from random import Random


ANIMALS = (
    ("Moon Rabbit", "月兔"), ("Blue Whale", "蓝鲸"), ("Paper Tiger", "纸虎"), ("Brass Crane", "铜鹤"), ("Velvet Panda", "绒熊猫"),
    ("Silver Carp", "银鲤"), ("Snow Leopard", "雪豹"), ("Jade Tortoise", "玉龟"), ("Night Heron", "夜鹭"), ("Golden Toad", "金蟾"),
    ("Cloud Horse", "云马"), ("Tea Sparrow", "茶雀"), ("Iron Ox", "铁牛"), ("Glass Dragonfly", "琉璃蜻蜓"), ("Amber Bee", "琥珀蜂"),
    ("Dancing Ape", "舞猿"), ("River Otter", "河獭"), ("Lazy Badger", "懒獾"), ("Thunder Rooster", "雷鸡"), ("Quiet Fox", "静狐"),
    ("Pine Squirrel", "松鼠"), ("Ink Octopus", "墨章鱼"), ("Copper Goat", "铜羊"), ("Spring Swallow", "春燕"),
    ("Wandering Camel", "游驼"),
    ("Moss Snail", "苔蜗"), ("Lantern Fish", "灯笼鱼"), ("Proud Peacock", "傲孔雀"), ("Brave Hedgehog", "勇刺猬"), ("Winter Owl", "冬鸮"),
    ("Singing Cicada", "鸣蝉"), ("Painted Deer", "彩鹿"), ("Coral Crab", "珊瑚蟹"), ("Marble Elephant", "石象"),
    ("Swift Gecko", "疾守宫"),
    ("Plum Magpie", "梅鹊"), ("Sleeping Bear", "眠熊"), ("Desert Lynx", "漠猞猁"), ("Harbour Seal", "港海豹"), ("Bamboo Rat", "竹鼠"),
)  # fmt: skip
OBJECTS = (
    ("Paper Umbrella", "纸伞"), ("Iron Kettle", "铁壶"), ("Wooden Comb", "木梳"), ("Clay Whistle", "陶哨"), ("Silk Fan", "绢扇"),
    ("Stone Bridge", "石桥"), ("Red Teapot", "红茶壶"), ("Rice Bowl", "饭碗"), ("Brass Bell", "铜铃"), ("Kite String", "风筝线"),
    ("Bamboo Ladder", "竹梯"), ("Copper Lantern", "铜灯"), ("Porcelain Spoon", "瓷勺"), ("Winter Coat", "冬衣"), ("Rowing Boat", "划船"),
    ("Chess Board", "棋盘"), ("Window Lattice", "窗棂"), ("Straw Hat", "草帽"), ("Ink Stone", "砚台"), ("Folding Chair", "折椅"),
    ("Water Wheel", "水车"), ("Apple Crate", "苹果箱"), ("Sun Dial", "日晷"), ("Door Knocker", "门环"), ("Wool Blanket", "毛毯"),
    ("Candle Stick", "烛台"), ("Garden Gate", "园门"), ("Salt Jar", "盐罐"), ("Pocket Mirror", "怀镜"), ("Noodle Cart", "面车"),
    ("Spinning Top", "陀螺"), ("Feather Duster", "羽掸"), ("Lotus Pond", "荷塘"), ("Market Scale", "市秤"), ("Picture Frame", "画框"),
    ("Button Box", "纽扣盒"), ("Weather Vane", "风向标"), ("Copper Pan", "铜锅"), ("Reed Flute", "芦笛"), ("Stepping Stone", "踏石"),
)  # fmt: skip
BUSINESSES = {
    "media": (("Media", "传媒"), ("Advertising", "广告"), ("Pictures", "影视文化")),
    "events": (("Events", "会展"), ("Exhibitions", "展览服务"), ("Stagecraft", "舞台技术")),
    "services": (("Services", "企业服务"), ("Property Services", "物业服务"), ("Consulting", "咨询")),
    "engineering": (("Engineering", "工程"), ("Construction", "建设工程"), ("Interiors", "装饰工程")),
    "office_it": (("Office Supplies", "办公用品"), ("IT Equipment", "信息设备"), ("Systems", "系统集成")),
    "logistics": (("Logistics", "物流"), ("Express", "速运"), ("Warehousing", "仓储")),
    "cloud_dc": (("Cloud", "云计算"), ("Data Centres", "数据中心"), ("Computing", "算力科技")),
}
LEGAL_FORMS = {
    "CN": ("Co., Ltd.", "有限公司"),
    "HK": ("Limited", "有限公司"), "TW": ("Co., Ltd.", "股份有限公司"), "SG": ("Pte. Ltd.", "私人有限公司"),
    "JP": ("K.K.", "株式会社"), "KR": ("Co., Ltd.", "株式会社"), "DE": ("GmbH", "有限责任公司"), "FR": ("SAS", "简化股份公司"),
    "GB": ("Ltd", "有限公司"), "US": ("Inc.", "公司"), "IT": ("S.r.l.", "有限责任公司"), "ES": ("S.L.", "有限责任公司"),
    "NL": ("B.V.", "有限责任公司"), "BR": ("Ltda.", "有限责任公司"), "MX": ("S.A. de C.V.", "股份公司"),
    "IN": ("Pvt. Ltd.", "私人有限公司"),
}  # fmt: skip
SURNAMES = (("Wang", "王"), ("Li", "李"), ("Zhang", "张"), ("Liu", "刘"), ("Chen", "陈"), ("Yang", "杨"), ("Zhao", "赵"), ("Huang", "黄"),
            ("Zhou", "周"), ("Wu", "吴"), ("Xu", "徐"), ("Sun", "孙"), ("Hu", "胡"), ("Zhu", "朱"), ("Gao", "高"),
            ("Lin", "林"))  # fmt: skip
GIVEN_NAMES = (("Qinghe", "清和"), ("Yuchen", "雨辰"), ("Ziyi", "子逸"), ("Jiayu", "嘉宇"), ("Sihan", "思涵"), ("Haoran", "浩然"),
               ("Yifan", "一帆"), ("Mengqi", "梦琪"), ("Zhihao", "志豪"), ("Wanting", "婉婷"), ("Mingxuan", "明轩"),
               ("Ruoxi", "若溪"))  # fmt: skip
FOREIGN_NAMES = ("Alex Fable", "Robin Tale", "Sam Legend", "Kim Story", "Charlie Myth", "Noor Verse", "Luca Rhyme", "Ines Ballad")


def company_names(random: Random) -> list[tuple[int, int]]:
    """Every pair of animal and object once, shuffled: no two demo suppliers share a name within a category."""
    pairs = [(animal, thing) for animal in range(len(ANIMALS)) for thing in range(len(OBJECTS))]
    random.shuffle(pairs)
    return pairs


def company_name(pair: tuple[int, int], *, category: str, line: int, country: str) -> tuple[str, str]:
    """English and Chinese name. `line` chooses one of the three lines of business of a category."""
    animal, thing = ANIMALS[pair[0]], OBJECTS[pair[1]]
    business = BUSINESSES[category][line]
    form = LEGAL_FORMS.get(country, ("Ltd.", "有限公司"))
    return f"{animal[0]} & {thing[0]} {business[0]} {form[0]}", f"{animal[1]}与{thing[1]}{business[1]}{form[1]}"


def person_name(random: Random, *, country: str) -> tuple[str, str]:
    """A display name and the local part of an e-mail address."""
    if country in {"CN", "HK", "TW"}:
        surname, given = random.choice(SURNAMES), random.choice(GIVEN_NAMES)
        return f"{surname[1]}{given[1]}", f"{given[0]}.{surname[0]}".lower()
    name = random.choice(FOREIGN_NAMES)
    return name, name.replace(" ", ".").lower()
