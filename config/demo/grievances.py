"""Reports of invented people about invented companies, at each stage of their clocks. Their codes are known to nobody."""

from datetime import datetime, timedelta
from uuid import UUID

from accounts.models import Role
from config.demo.people import Cast
from grievances import handling, reporting
from grievances.models import Case


def create(cast: Cast, *, at: datetime) -> None:
    by = cast.by_role[Role.CASE_TEAM]
    _report(
        1,
        "safety",
        "云栖包装",
        "二号车间",
        "二号车间夜班时消防通道常被货物堵住，上周还上了锁。班长说检查前会清理。",
        at - timedelta(days=2),
    )
    late = "加班费三个月没有按规定发，问了人事，说下个月一起补，但没有书面说法。我不想留名字。"
    _report(2, "pay", "晨雾会展服务", "", late, at - timedelta(days=8))
    talked = _report(
        3,
        "treatment",
        "Lantern Freight",
        "Warehouse",
        "A shift lead shouts at the same two people every day and cuts their breaks.",
        at - timedelta(days=30),
    )
    words = "Thank you for telling us. We have begun to look into it. Do others see it too, and may we say that somebody told us?"
    handling.write(case_id=talked.pk, text=words, is_feedback=False, once=_number(31), by=by, at=at - timedelta(days=27))
    reporting.write(case=talked, text="Yes, five of us. Please do not say which shift.", once=_number(32), at=at - timedelta(days=25))
    done = _report(4, "environment", "松涛印务", "后院", "废墨倒进后院的雨水口，下雨天能看到颜色。", at - timedelta(days=80))
    handling.acknowledge(case_id=done.pk, by=by, at=at - timedelta(days=77))
    found = "我们请第三方去看过：雨水口已封，废墨改由有资质的单位收运，三个月后再查一次。谢谢您告诉我们。"
    handling.write(case_id=done.pk, text=found, is_feedback=True, once=_number(41), by=by, at=at - timedelta(days=20))
    handling.close(case_id=done.pk, by=by, at=at - timedelta(days=12))


def _report(number: int, topic: str, company: str, place: str, text: str, at: datetime) -> Case:
    content = {"topic": topic, "company": company, "place": place, "text": text, "contact": ""}
    case, _code = reporting.report(content=content, number=_number(number), language="zh-hans", at=at)
    return case


def _number(number: int) -> UUID:
    return UUID(int=number)
