"""The columns of each department's file: what they hold and every heading they have gone by.

Pure data after the data dictionary (3.1–3.9). A file draws one heading a column for a quarter of a year; an optional
column is only in some of them; group is the upper storey of a two-storey heading.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Field:
    """One column of a department's file."""

    name: str
    headers: tuple[str, ...]
    kind: str = "text"
    """text, int, date, month, money, sex, yes, grade or level: how the value is written."""
    optional: bool = False
    group: str = "基本信息"


SEQ: Final = Field("seq", ("序号", "序号", "编号", "No."), "int")
SEX: Final = Field("sex", ("性别", "性 别"), "sex")
TOWNSHIP: Final = Field("township", ("乡镇", "乡(镇)", "所属乡镇", "镇街", "街道（乡镇）"))
VILLAGE: Final = Field("village", ("行政村", "村", "村(社区)", "村居", "村名"))
ADDRESS: Final = Field("address", ("家庭住址", "户籍地址", "现住址", "详细地址", "常住地址"))
PHONE: Final = Field("phone", ("联系电话", "手机号"), optional=True)
REMARK: Final = Field("remark", ("备注", "备 注", "说明"), optional=True)
ID_HEADERS: Final = ("身份证号", "身份证号码", "公民身份号码", "证件号码", "证件号", "公民身份证号码", "身份证")

CIVIL: Final = (
    SEQ,
    Field("name", ("姓名", "姓 名", "申请人", "成员姓名", "人员姓名", "领款人")),
    Field("id_no", ID_HEADERS),
    SEX,
    Field("head_name", ("户主姓名", "户主", "户主名"), group="家庭信息"),
    Field("relation", ("与户主关系", "家庭关系", "与户主的关系"), optional=True, group="家庭信息"),
    TOWNSHIP,
    VILLAGE,
    ADDRESS,
    Field("hh_size", ("家庭人口", "家庭人口数", "共同生活家庭成员数"), "int", group="保障人数"),
    Field("insured_count", ("保障人数", "享受人数", "保障人口", "救助人口"), "int", group="保障人数"),
    Field("category", ("保障类型", "救助类别", "低保类别", "对象类别", "救助类型", "保障类别"), group="保障情况"),
    Field("tier", ("低保档次", "保障等级", "低保等级", "类别(A/B/C)"), group="保障情况"),
    Field(
        "amount",
        ("月保障金额", "保障金额", "发放金额", "家庭月保障金(元)", "补差金额（元）"),
        "money",
        group="保障情况",
    ),
    Field(
        "start_month", ("起始保障年月", "享受时间", "纳入时间", "救助开始日期", "批准日期"), "month", group="保障情况"
    ),
    Field("cause", ("主要致困原因", "致贫原因", "致困原因"), optional=True, group="保障情况"),
    PHONE,
    REMARK,
)
MEDICAL: Final = (
    SEQ,
    Field("name", ("姓名", "参保人姓名", "患者姓名", "人员姓名")),
    Field("id_no", ID_HEADERS),
    SEX,
    Field("age", ("年龄",), "int", optional=True),
    ADDRESS,
    Field("insutype", ("险种类型", "参保险种", "险种"), optional=True),
    Field("status", ("参保状态", "人员参保状态", "参保情况", "缴费状态")),
    Field("med_type", ("医疗类别", "就诊类型", "就医类别")),
    Field("hospital", ("医疗机构名称", "定点医疗机构", "就诊医院")),
    Field("diagnosis", ("诊断名称", "主要诊断", "病种", "疾病名称")),
    Field("settled_on", ("结算日期", "结算时间", "出院日期"), "date"),
    Field("total", ("医疗费总额", "医疗总费用", "总费用", "医疗总费用（元）", "医疗费总额(元)"), "money"),
    Field("pooled", ("统筹支付", "基本医保支付", "统筹基金支出", "基本医保报销"), "money"),
    Field("major", ("大病报销", "大病保险支付", "大病支付"), "money"),
    Field("aid", ("医疗救助", "救助金额", "医疗救助支出"), "money"),
    Field("fund_total", ("基金支付总额", "报销合计", "报销金额合计"), "money", optional=True),
    Field(
        "self", ("个人自付", "个人自付金额", "个人负担总金额", "个人负担", "自付费用", "自付金额", "个人支付"), "money"
    ),
    Field("settle_no", ("结算流水号", "单据号"), optional=True),
    REMARK,
)
HOUSING: Final = (
    SEQ,
    Field("name", ("户主姓名", "户主", "姓名", "户主名")),
    Field("id_no", ("户主身份证号", "户主证件号码", "身份证号", "户主身份证号码", "证件号码")),
    TOWNSHIP,
    VILLAGE,
    ADDRESS,
    Field("hh_size", ("家庭人口", "家庭人口数"), "int", group="家庭信息"),
    Field("object_class", ("对象类别", "六类对象"), optional=True, group="家庭信息"),
    Field("structure", ("房屋结构", "结构类型"), group="房屋情况"),
    Field("built_year", ("建成年代", "建造年份"), "int", group="房屋情况"),
    Field("area", ("住房面积(㎡)", "住房面积"), "int", optional=True, group="房屋情况"),
    Field("inhabited", ("是否实际居住", "是否居住"), "yes", group="房屋情况"),
    Field("level", ("房屋危险等级", "危房等级", "鉴定等级", "房屋安全等级", "房屋鉴定结果"), "level", group="鉴定情况"),
    Field("certified_on", ("鉴定日期", "鉴定时间"), "date", group="鉴定情况"),
    Field("renovation", ("改造方式", "改造情况"), group="改造情况"),
    Field("renovated_year", ("改造年度",), "int", optional=True, group="改造情况"),
    Field("completed_on", ("竣工日期", "验收日期"), "date", group="改造情况"),
    REMARK,
)
EDUCATION: Final = (
    SEQ,
    Field("edu_no", ("全国学籍号", "学籍号", "学籍辅号"), optional=True),
    Field("name", ("学生姓名", "姓名")),
    Field("id_no", ("身份证号", "身份证件号", "证件号码", "公民身份号码", "身份证号码")),
    SEX,
    Field("birth", ("出生日期", "出生年月", "出生年月日"), "date"),
    Field("guardian", ("监护人1姓名", "监护人姓名", "家长姓名")),
    Field("guardian_id", ("监护人1身份证", "监护人身份证号"), optional=True),
    TOWNSHIP,
    VILLAGE,
    ADDRESS,
    Field("school", ("学校名称", "就读学校", "学校")),
    Field("stage", ("学段", "就读学段", "教育阶段")),
    Field("grade_name", ("年级", "就读年级")),
    Field("boarding", ("就读方式", "是否寄宿", "住宿"), optional=True),
    Field("status", ("学籍状态", "学生状态", "学生当前状态", "在校状态")),
    REMARK,
)
DISABLED: Final = (
    SEQ,
    Field("name", ("姓名", "残疾人姓名", "姓 名")),
    Field("id_no", ID_HEADERS),
    SEX,
    Field("birth", ("出生日期", "出生年月"), "date", optional=True),
    TOWNSHIP,
    VILLAGE,
    ADDRESS,
    Field("cert_no", ("残疾证号", "残疾人证号", "残疾证号码")),
    Field("disability", ("残疾类别", "残疾类型")),
    Field("grade", ("残疾等级", "级别", "等级"), "grade"),
    Field("issued_on", ("发证日期", "办证日期"), "date"),
    Field("first_on", ("首次办证日期", "首次发证日期"), "date"),
    Field("cert_status", ("持证状态", "证件状态")),
    Field("guardian", ("监护人", "监护人姓名"), optional=True),
    PHONE,
    REMARK,
)
REGISTER: Final = (
    Field("seq", ("序号",), "int"),
    Field("county", ("县(市、区、旗)", "县")),
    Field("township", ("乡(镇)", "乡镇")),
    Field("village", ("行政村", "村")),
    Field("group_text", ("自然村", "村民小组", "组")),
    Field("household_no", ("户编号", "户编号", "户编码")),
    Field("person_no", ("人编号", "人编号", "人口编号")),
    Field("name", ("姓名", "成员姓名", "家庭成员姓名")),
    Field("sex", ("性别",), "sex"),
    Field("id_no", ("证件号码", "身份证号", "公民身份号码")),
    Field("birth", ("出生日期",), "date"),
    Field("hh_size", ("人数", "家庭人口"), "int"),
    Field("relation", ("与户主关系", "与户主的关系")),
    Field("ethnic", ("民族",)),
    Field("schooling", ("在校生状况",)),
    Field("health", ("健康状况",)),
    Field("labour", ("劳动技能",)),
    Field("relieved", ("户类型",)),
    Field("monitored", ("监测对象类型", "易返贫致贫户(监测对象)类型", "监测对象类别")),
    Field("eliminated", ("风险是否消除", "风险是否已消除"), "yes"),
    Field("dibao", ("是否享受低保", "享受低保政策情况")),
    Field("insured", ("是否参加城乡居民基本医疗保险",), "yes"),
    Field("phone", ("人联系电话", "家庭成员联系电话"), optional=True),
)
VISITS: Final = (
    Field("household_no", ("户编号", "户编号", "户号")),
    Field("head_name", ("户主姓名", "户主"), optional=True),
    Field("hh_size", ("家庭人口", "家庭人口数", "家庭人口（人）"), "int"),
    Field("income", ("当月家庭收入", "本月家庭总收入", "家庭月收入（元）", "当月收入(元)"), "money"),
    Field("spent", ("当月家庭支出", "本月家庭总支出", "家庭月支出（元）", "当月支出(元)"), "money"),
    Field("visited", ("走访月份", "走访日期", "数据日期"), "month"),
    REMARK,
)
