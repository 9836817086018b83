"""The people of the demo, one a role. Their password is public: `accounts.demo_access` keeps it to demo mode and loopback."""

from typing import NamedTuple

from accounts.models import Role


PASSWORD = "green-lantern-2026"  # noqa: S105 - published on purpose


class Person(NamedTuple):
    role: Role
    email: str
    name: str


PEOPLE = (
    Person(Role.SUPPLIER_CONTRIBUTOR, "contributor@demo.example", "陈小禾 Chen Xiaohe"),
    Person(Role.SUPPLIER_SIGNATORY, "signatory@demo.example", "林知远 Lin Zhiyuan"),
    Person(Role.REVIEWER, "reviewer@demo.example", "周明澈 Zhou Mingche"),
    Person(Role.ESG_STAFF, "staff@demo.example", "顾清妍 Gu Qingyan"),
    Person(Role.AUDITOR, "auditor@demo.example", "沈知衡 Shen Zhiheng"),
    Person(Role.ADMINISTRATOR, "admin@demo.example", "唐立言 Tang Liyan"),
    Person(Role.CASE_TEAM, "cases@demo.example", "白若谷 Bai Ruogu"),
)

# What ./script/server prints: role, e-mail address, password.
SIGN_INS = tuple((str(person.role.label), person.email, PASSWORD) for person in PEOPLE)
