"""A city some ten days into its work: several dozen appeals in all states, for tests that look at pages."""

from dataclasses import dataclass
from typing import Any

from tests.city import City
from tests.lending import ask, banks, report
from tests.lending import credit_code as code_of

Appeal = dict[str, Any]
UNITS = {
    "housing": "市住房和城乡建设局",
    "power": "市供电公司",
    "land": "市自然资源和规划局",
    "tax": "市税务局",
}
ENTERPRISES = (
    "示例制造有限公司",
    "徽运仓储有限公司",
    "安徽江淮精密汽车零部件（亳州）股份有限公司",
    "谯城区老字号药材批发部",
    "华东冷链物流有限公司",
    "青浔新能源科技有限公司",
    "Bozhou International Trading Co., Ltd.",
    "示例建材有限公司",
)
TEXT = "上周三起影响生产经营，已与属地联系两次，暂未解决。希望尽快到现场查看，并给出明确的时间安排。"
LONG = "药都大道与希夷大道交叉口厂区门口道路塌陷约二十平方米，重型货车无法进出，三批出口订单延误"
DISPATCHED = (
    ("厂区门口道路破损，货车无法进出", "roads", 0),
    ("园区班车线路调整后员工通勤不便", "roads", 1),
    (LONG, "roads", 2),
    ("施工围挡占道，仓库出入口受阻", "roads", 4),
    ("夜间限行影响冷链配送", "roads", 5),
    ("供水水压不足，生产线间歇停机", "water", 3),
    ("雨季厂区内涝，排水管网待疏通", "water", 6),
    ("临时停电未提前通知，造成设备损坏", "power", 2),
    ("厂房竣工验收排队时间过长", "housing", 7),
    ("工业用地不动产登记材料反复退回", "land", 0),
    ("出口退税进度查询不到结果", "tax", 6),
    ("货运车辆临时停靠点被取消", "roads", 1),
)
ANSWERED = (
    ("路灯不亮，夜班职工出行不安全", "roads"),
    ("企业名称变更后发票领用受限", "tax"),
    ("消防水源接入手续咨询", "water"),
    ("园区公交站牌缺失", "roads"),
)
NEW = (
    ("雨水井盖缺失，叉车通行有危险", 1),
    ("天然气开户等待超过一个月", 3),
    ("招工用工补贴申报系统无法提交", 0),
    ("厂区周边施工噪声影响精密加工", 2),
    ("污水处理费计费标准咨询", 5),
    ("进口设备报关材料清单不明确", 6),
    ("申请增设园区电动自行车充电设施", 4),
)
ANSWER = "已与企业一起到现场查看，破损路段全部修复并通车，货车可以正常进出，今后由养护单位每月巡查一次。"


@dataclass(frozen=True)
class Scene:
    """Addresses of what pages show: cases by what is special about them, a loan, a receipt."""

    lifted: str
    objected: str
    late: str
    waiting: str
    completed: Appeal
    closed: Appeal
    leg_id: str
    loan: Appeal
    loan_id: str
    bank_leg: str


async def register(city: City, title: str, enterprise: int, **more: Any) -> Appeal:
    """An appeal of one of the enterprises; nothing waits until it was heard."""
    body = {
        "channel": ("hotline", "web", "visit", "supervision_code")[enterprise % 4],
        "kind": "help",
        "title": title,
        "text": TEXT,
        "locality": "east",
        "enterprise": {
            "name": ENTERPRISES[enterprise],
            "credit_code": code_of(enterprise + 1),
            "contact_name": "王工",
            "phone": f"1380000{enterprise:04d}",
        },
        "again": True,
        **more,
    }
    appeal: Appeal = await city.ok("operator", "POST", "/intake/appeals", body)
    return appeal


async def painted(city: City) -> Scene:
    """The city from Monday 2026-11-09 at 09:00 to Thursday 2026-11-19 at 10:20, as its people left it."""
    for code, name in UNITS.items():
        body = {"name": name, "kind": "department", "leader": "mayor"}
        await city.ok("office", "PUT", f"/dispatch/units/{code}", body)
    early = [await register(city, title, firm) for title, _, firm in DISPATCHED[:3]]
    await city.drained()
    for appeal, (_, unit, _) in zip(early, DISPATCHED, strict=False):
        await city.dispatch(appeal, {"unit": unit}, {"unit": "east", "role": "assist"})
    await city.move_to("2026-11-13 09:00")
    await answered(city, early[1])
    await city.move_to("2026-11-16 09:10")
    later = [await register(city, title, firm) for title, _, firm in DISPATCHED[3:]]
    solved = [await register(city, title, number) for number, (title, _) in enumerate(ANSWERED)]
    await city.drained()
    legs = {}
    for appeal, (_, unit, _) in zip(later, DISPATCHED[3:], strict=True):
        (legs[appeal["registration_number"]],) = await city.dispatch(appeal, {"unit": unit})
    for appeal, (_, unit) in zip(solved, ANSWERED, strict=True):
        await city.dispatch(appeal, {"unit": unit})
    await city.drained()
    await requests(city, later, legs)
    await completed(city, solved)
    await city.move_to("2026-11-19 09:30")
    new = [await register(city, title, firm) for title, firm in NEW]
    loan, leg = await loans(city)
    await city.move_to("2026-11-19 10:20")
    return Scene(
        lifted=early[0]["registration_number"],
        objected=later[0]["registration_number"],
        late=early[1]["registration_number"],
        waiting=new[0]["registration_number"],
        completed=solved[0],
        closed=solved[3],
        leg_id=legs[later[0]["registration_number"]],
        loan=loan,
        loan_id=loan["loan_id"],
        bank_leg=leg,
    )


async def leg_of(city: City, appeal: Appeal) -> tuple[str, str]:
    """The first leg and its unit."""
    file = await city.ok("office", "GET", f"/dispatch/appeals/{appeal['appeal_id']}")
    return file["legs"][0]["leg_id"], file["legs"][0]["unit"]


async def answered(city: City, appeal: Appeal) -> None:
    """The leading unit has spoken with the enterprise and replied."""
    leg, unit = await leg_of(city, appeal)
    await city.act(unit, appeal, "contacts", leg_id=leg, how="电话", who="李工", text="约定周三到现场")
    await city.act(unit, appeal, "replies", leg_id=leg, text=ANSWER)


async def requests(city: City, appeals: list[Appeal], legs: dict[str, str]) -> None:
    """Units ask: one objects, one wants more time, one a pause, one has spoken with the enterprise."""
    by_unit = {"roads": appeals[0], "water": appeals[2]}
    for unit, appeal in by_unit.items():
        leg = legs[appeal["registration_number"]]
        if unit == "roads":
            reason = "该路段由区政府管养，不属于本局职责范围"
            await city.act(unit, appeal, "objections", leg_id=leg, reason=reason)
        else:
            await city.act(unit, appeal, "contacts", leg_id=leg, how="现场", who="刘工", text="已查看管网")
            await city.act(unit, appeal, "pause-requests", leg_id=leg, reason="等企业补充用水量材料")
    wide = appeals[3]
    await answered(city, wide)
    limit = {"number": 10, "unit": "working_days"}
    await city.act(
        "water", wide, "extension-requests", leg_id=legs[wide["registration_number"]], deadline="completion",
        limit=limit, reason="须雨后施工，申请延长十个工作日",
    )  # fmt: skip


async def completed(city: City, appeals: list[Appeal]) -> None:
    """Units completed two appeals, and one of these is closed after the enterprise rated it."""
    for appeal in (appeals[0], appeals[3], appeals[2]):
        await answered(city, appeal)
        leg, unit = await leg_of(city, appeal)
        await city.act(unit, appeal, "completions", leg_id=leg, outcome="solved", text=ANSWER)
    await city.drained()
    path = f"/intake/status/{appeals[3]['registration_number']}/ratings"
    code = appeals[3]["receipt_code"]
    await city.ok(None, "POST", path, {"rating": "satisfied", "comment": "很快"}, receipt_code=code)
    await city.drained()
    await city.act("office", appeals[3], "findings", reasonable=True, by="周主任", reason="属实")
    await city.act("office", appeals[3], "closures", text="感谢反映")


async def loans(city: City) -> tuple[Appeal, str]:
    """Loan requests at three banks, a report, and a complaint; the first and its first leg."""
    await banks(city)
    first = await ask(city)
    for number in range(2, 5):
        wish = {"name": ENTERPRISES[number], "credit_code": code_of(number)}
        await ask(city, enterprise=wish, amount=f"{number}50000.00")
    leg = f"{first['registration_number']}/1"
    await report(city, "bank-a", leg, "contacted")
    complaint = {"bank": "bank-a", "text": "要求搭售保险，否则不予放款。"}
    await city.ok("operator", "POST", f"/financing/requests/{first['loan_id']}/complaints", complaint)
    return first, leg
