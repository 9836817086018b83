"""Public records of the demo: invented decisions at every stage, and a list as an authority would publish it, imported like any other."""

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from config.demo import cycles
from config.demo.copying import copy_rows
from config.demo.people import Cast
from config.demo.world import PROVINCES, DemoSupplier, credit_code
from suppliers.importing import import_file
from suppliers.models import PublicRecord, Supplier
from suppliers.models.records import REPLY_DAYS


# Kind, facts, legal basis; which sites they fit.
FACTS: tuple[tuple[str, str, str], ...] = (
    ("hazardous_waste", "演示记录：危险废物贮存间未设置识别标志，转移未填写联单。", "《固体废物污染环境防治法》第七十七条、第八十二条"),
    ("air", "演示记录：备用柴油发电机排气口颗粒物超标排放。", "《大气污染防治法》第十八条"),
    ("water", "演示记录：废水总排口化学需氧量超标排放。", "《水污染防治法》第十条"),
    ("no_permit", "演示记录：未取得排污许可证排放污染物。", "《排污许可管理条例》第二条"),
    ("no_acceptance", "演示记录：需要配套建设的环境保护设施未经验收，主体工程即投入使用。", "《建设项目环境保护管理条例》第十九条"),
    ("noise", "演示记录：夜间施工噪声超过排放限值。", "《噪声污染防治法》第四十条"),
    ("reporting", "演示记录：未按规定提交排污许可证执行报告。", "《排污许可管理条例》第二十二条"),
)
ORDERED = "责令改正，处罚款人民币{fine}元。"
REPLIES = ("已完成整改并提交第三方监测报告，执法部门已复查通过。", "该处罚针对已转让的场所，现附场所转让协议与复查意见。")
JUDGEMENTS = {
    "upheld": "整改材料未覆盖处罚事项，记录成立，有效期内影响标签。",
    "answered": "已核对复查意见与监测报告，整改到位。",
    "wrong_match": "经查工商登记，处罚对象为同名的另一家公司。",
}
FATES = (("waiting_reply", 18), ("replied", 17), ("upheld", 30), ("answered", 30), ("wrong_match", 5))
COLUMNS = (
    "supplier_id", "kind", "authority", "reference", "decided_on", "description", "legal_basis", "penalty", "fine_cny", "rating",
    "source_url", "published_uscc", "published_name", "fingerprint", "recorded_by_id", "created_at", "status", "reply_until", "answer",
    "answered_at", "answered_by_id", "judged_at", "judged_by_id", "judgement",
)  # fmt: skip


def write(suppliers: Sequence[DemoSupplier], random: Random, today: date, cast: Cast) -> None:
    """One company in forty was fined in the last two years; the showcase company waits with its reply."""
    rows = [_row(supplier, random, today, cast) for supplier in suppliers if supplier.id == 1 or random.random() <= 0.025]
    copy_rows("suppliers_publicrecord", COLUMNS, [[row[name] for name in COLUMNS] for row in rows])


def _row(supplier: DemoSupplier, random: Random, today: date, cast: Cast) -> dict[str, Any]:
    names, shares = [name for name, _share in FATES], [share for _name, share in FATES]
    fate = "waiting_reply" if supplier.id == 1 else random.choices(names, shares)[0]
    kind, facts, basis = FACTS[1] if supplier.id == 1 else random.choice(FACTS)
    age = 14 if supplier.id == 1 else random.randint(20, 40) if fate == "waiting_reply" else random.randint(60, 700)
    decided = today - timedelta(days=age)
    matched = cycles.noon(today - timedelta(days=4) if fate == "waiting_reply" else decided + timedelta(days=20))
    fine = random.choice((20_000, 50_000, 120_000))
    row: dict[str, Any] = {
        "supplier_id": supplier.id,
        "kind": kind,
        "authority": f"{supplier.region or supplier.country} · demo authority",
        "reference": f"DEMO-{supplier.id}",
        "decided_on": decided,
        "description": facts,
        "legal_basis": basis,
        "penalty": ORDERED.format(fine=fine),
        "fine_cny": fine,
        "rating": "",
        "source_url": "",
        "published_uscc": supplier.uscc or "",
        "published_name": supplier.name_zh or supplier.name_en,
        "fingerprint": "",
        "recorded_by_id": cast.by_role["esg_staff"].pk,
        "created_at": matched,
        "status": fate,
        "reply_until": matched + timedelta(days=REPLY_DAYS),
        "judgement": JUDGEMENTS.get(fate, ""),
    }
    return row | _replied(fate, supplier, matched, random) | _judged(fate, matched, random, cast)


def _replied(fate: str, supplier: DemoSupplier, matched: datetime, random: Random) -> dict[str, Any]:
    if fate == "waiting_reply" or not supplier.user_id or (fate in ("upheld", "wrong_match") and random.random() < 0.4):
        return {"answer": "", "answered_at": None, "answered_by_id": None}
    return {"answer": random.choice(REPLIES), "answered_at": matched + timedelta(days=9), "answered_by_id": supplier.user_id}


def _judged(fate: str, matched: datetime, random: Random, cast: Cast) -> dict[str, Any]:
    if fate not in PublicRecord.DECISIONS:
        return {"judged_at": None, "judged_by_id": None}
    return {"judged_at": matched + timedelta(days=REPLY_DAYS + 5), "judged_by_id": random.choice(cast.reviewers)}


# --- a list, as it is published ---------------------------------------------------------------------------------------

HEADINGS = (
    "企业名称",
    "统一社会信用代码",
    "违法行为类型",
    "处罚机关",
    "处罚决定书文号",
    "处罚决定日期",
    "主要违法事实",
    "处罚依据",
    "处罚内容",
    "罚款金额（万元）",
)
RENAMED = 2


def import_list(suppliers: Sequence[DemoSupplier], cast: Cast, *, at: datetime) -> None:
    """Some of the companies are suppliers, two under a name they gave up, some are strangers, and a row has a mistake."""
    chinese = [each for each in suppliers[1:] if each.uscc and each.name_zh and each.user_id][:40]
    # With a history of their own, as after a change of the register.
    for each in chinese[:RENAMED]:
        Supplier.objects.filter(pk=each.id).update(name_zh=f"{each.name_zh[:-4]}新程{each.name_zh[-4:]}")
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(HEADINGS)
    writer.writerows(_lines(chinese, at.date()))
    import_file(text.getvalue().encode("utf-8-sig"), "records", by=cast.by_role["esg_staff"], at=at, name="环境行政处罚公示（演示）.csv")


def _lines(suppliers: Sequence[DemoSupplier], today: date) -> Iterator[list[str]]:
    known = [(each.name_zh, each.uscc or "") for each in suppliers[RENAMED : RENAMED + 6]]
    former = [(each.name_zh, "") for each in suppliers[:RENAMED]]
    strangers = [
        (f"杭州演示建材{word}有限公司", credit_code(90_000 + number, PROVINCES["Zhejiang"][0])) for number, word in enumerate("甲乙丙丁")
    ]
    broken = [(suppliers[-1].name_zh, (suppliers[-1].uscc or "")[:17])]
    kinds = {
        "hazardous_waste": "危险废物",
        "air": "大气污染",
        "water": "水污染",
        "no_permit": "无证排污",
        "no_acceptance": "未验先投",
        "noise": "噪声",
        "reporting": "台账",
    }
    for number, (name, code) in enumerate([*known, *former, *strangers, *broken]):
        kind, facts, basis = FACTS[number % len(FACTS)]
        day = (today - timedelta(days=20 + 3 * number)).isoformat()
        authority, reference = "演示市生态环境局", f"演环罚〔{today.year}〕{number + 1}号"
        yield [
            name,
            code,
            kinds[kind],
            authority,
            reference,
            day,
            facts,
            basis,
            ORDERED.format(fine=20_000 * (number % 4 + 1)),
            f"{2 * (number % 4 + 1)}万元",
        ]
