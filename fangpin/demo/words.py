"""Word pools of the invented county: surnames, given-name characters, places, illnesses, schools.

Plain data. Surname weights follow the published order of the hundred commonest surnames (per mille);
everything else is made up or everyday vocabulary. Nothing here names a real county, village or person.
"""

from typing import Final

COUNTY: Final = "松岚县"
COUNTY_CODE: Final = "963127"
"""A 6-digit prefix in the unassigned province number 96: it belongs to nobody in GB/T 2260."""
SPARE_CODE: Final = "963128"
OTHER_CODES: Final = ("963121", "963129", "964215", "967302", "975108", "978426")
OTHER_COUNTIES: Final = ("栎川县", "浔峰县", "白苇县", "晴岭市", "沅门县", "鹿陂县")

SURNAMES: Final = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"
    "余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
)
SURNAME_WEIGHTS: Final = (
    *(73, 72, 67, 54, 46, 31, 23, 22, 21, 20, 17, 15, 13, 13, 12, 12, 12, 11, 10, 9),
    *(9, 8, 8, 8, 7, 7, 6, 6, 6, 6, 6, 6, 5.5, 5.5, 5.4, 5.3, 5.2, 5.1, 5, 5),
    *(4.9, 4.8, 4.7, 4.6, 4.5, 4.4, 4.3, 4.2, 4.1, 4.0),
)
"""The first fifty; the rest share what is left, falling slowly."""
COMPOUND_SURNAMES: Final = ("欧阳", "司马", "上官", "诸葛", "夏侯", "尉迟", "皇甫", "令狐")

MALE_OLD: Final = "国建德福贵财有富明华军志永长万金玉成林树才发生兴茂顺祥保安根土水全喜文武忠义仁庆云海山"
MALE_MID: Final = "伟强勇军涛斌波辉刚平峰鹏飞杰亮健超雷磊东旭浩俊凯龙宏立新民利春晓江卫胜洪恩晖彬松"
MALE_NEW: Final = "宇轩浩然子涵俊泽梓豪博文睿宸铭皓嘉懿晨逸航煜祺熙诚霖瑞恒骏弘昊天佑卓钧尧"
FEMALE_OLD: Final = "秀英兰珍桂芳翠莲菊香玉凤素贞淑花仙琴银金荣巧美云春月梅枝清娥英芬彩連桃杏"
FEMALE_MID: Final = "丽娟敏静艳霞红燕萍玲娜芳琳琴慧婷梅莉颖洁雪莹倩晓春小秋海云美蓉黎丹媛薇"
FEMALE_NEW: Final = "梓涵欣怡诗雨思佳一诺可馨语桐雅萱若汐紫妍悦彤依晨沐瑶芷琪玥婉清安楠果苒"
GENERATIONS: Final = "朝廷世永克绍其昌宗泽启承先泰安邦定国家声远光大耀祖荣德本传维显学思正开元嘉庆"
RARE: Final = "䶮㛃𬭛垚堃犇骉昇淼焱喆赟翀韡𬱖㻏䴖𬍛甯珺玹燚𫖯颢彧曌"
ETHNIC_FIRST: Final = ("沙马", "阿苦", "吉木", "勒则", "阿侯", "木苏", "尔古", "热柯", "洛桑", "央金")
ETHNIC_LAST: Final = ("木呷", "阿依", "拉铁", "尔布", "史古", "日黑", "约布", "伍果", "阿芝", "达娃", "扎西", "拉姆")

VILLAGE_FIRST: Final = "柏槐枣桃栗竹芦莲荷松桐榆柿杏梨樱兰菊麦稻茶蒲枫柳桑石青白黑红黄金银玉龙凤虎鹿雁鹤羊牛马"
VILLAGE_LAST: Final = (
    "沟",
    "湾",
    "坪",
    "岭",
    "垭",
    "坝",
    "塘",
    "洼",
    "峪",
    "台",
    "店",
    "铺",
    "渡",
    "嘴",
    "庄",
    "寨",
    "岗",
    "坡",
)
TOWN_FIRST: Final = "双清永太高广安兴仁和长平沙石新龙凤白大三九百千合会丰乐福宝华"
TOWN_LAST: Final = ("流", "溪", "河", "坪", "林", "桥", "堡", "关", "口", "潭", "集", "源")
STREETS: Final = ("文昌路", "北门", "新华街", "滨江路", "学府路", "老街")


def pairs(*lines: str) -> dict[str, str]:
    """A table from lines of two-character words: the right character and the one written instead."""
    return {word[0]: word[1] for line in lines for word in line.split()}


HOMOPHONES: Final = pairs(
    "伟玮 强墙 勇永 军君 涛焘 波博 辉晖 平萍 明铭 华桦 志智 建健 国帼 晓小 小晓 红虹 丽莉 莉丽 娟鹃 静婧",
    "燕艳 艳燕 玲灵 芳方 秀绣 英瑛 兰岚 珍真 桂贵 翠脆 玉钰 素愫 淑叔 云芸 梅媚 子梓 梓紫 涵含 欣新 怡宜",
    "雨语 佳家 浩皓 宇雨 轩宣 泽则 德得 福富 富福 成诚 林琳 树澍 海孩 春椿 永勇 文雯 彬斌 斌彬 俊竣 峰锋",
    "洁杰 杰洁 婷亭 慧惠 敏闵 琴芹 荣蓉 金锦 昌常 庆清 清青 世士 承成",
)
GLYPHS: Final = pairs(
    "未末 土士 士土 日曰 己已 天夭 晴睛 睛晴 玲铃 铭洛 俊峻 浩洁 宇字 泽译 伟佛 军车 贵责 财材 明朋 林材",
    "梅侮 莲连 凤风 兰三 芳劳 芬芳 英央 秀季 桂挂 珍诊 素索 淑椒 花化 红江 丽两 娟捐 敏毓 静净 霞露 萍苹",
    "琴瑟 志忘 建健 国图 永水 全金 有冇 成戍 才寸 生主 祥样 安按 根很 树村 云去",
)
TRADITIONAL: Final = pairs(
    "国國 华華 军軍 伟偉 强強 涛濤 辉輝 刚剛 东東 飞飛 龙龍 丽麗 艳艷 红紅 兰蘭 凤鳳 云雲 莲蓮 贵貴 财財",
    "发發 兴興 长長 万萬 树樹 顺順 义義 庆慶 张張 刘劉 陈陳 杨楊 赵趙 黄黃 吴吳 孙孫 马馬 罗羅 郑鄭 韩韓",
    "冯馮 萧蕭 邓鄧 许許 苏蘇 卢盧 蒋蔣 贾賈 叶葉 钟鍾 谭譚 邹鄒 陆陸 银銀 学學 诗詩 语語 诺諾 维維 显顯",
    "启啟 传傳 恒恆 静靜 荣榮 莹瑩",
)

SERIOUS: Final = (
    "肺恶性肿瘤",
    "胃恶性肿瘤",
    "慢性肾功能衰竭",
    "急性心肌梗死",
    "脑出血",
    "肝恶性肿瘤",
    "白血病",
    "重型再生障碍性贫血",
)
CHRONIC: Final = (
    "高血压病3级",
    "2型糖尿病",
    "慢性阻塞性肺疾病",
    "冠状动脉粥样硬化性心脏病",
    "类风湿性关节炎",
    "脑梗死后遗症",
)
COMMON: Final = (
    "上呼吸道感染",
    "急性支气管炎",
    "慢性胃炎",
    "腰椎间盘突出",
    "急性肠胃炎",
    "牙髓炎",
    "皮炎",
    "踝关节扭伤",
)
INPATIENT: Final = (
    "社区获得性肺炎",
    "胆囊结石",
    "阑尾炎",
    "股骨颈骨折",
    "白内障",
    "正常分娩",
    "尿路结石",
    "支气管哮喘",
)
HOSPITALS: Final = (
    "松岚县人民医院",
    "松岚县中医医院",
    "市第二人民医院",
    "市中心医院",
    "省肿瘤医院",
    "松岚县妇幼保健院",
)
