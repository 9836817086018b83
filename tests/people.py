"""The people of the tests, by name. `stranger` belongs to another supplier than `owner` and `colleague`."""

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher

from accounts.models import Role, User
from suppliers.models import Supplier
from tests.factories import create_supplier, create_user


@pytest.fixture(autouse=True, scope="session")
def quick_passwords() -> None:
    """A password is meant to take long to check; tests make hundreds. The hash says its rounds, so real servers still accept it."""
    PBKDF2PasswordHasher.iterations = 1


@pytest.fixture
def supplier(db: None) -> Supplier:
    return create_supplier(name_en="Bamboo Bridge Ltd", name_zh="竹桥有限公司")


@pytest.fixture
def owner(supplier: Supplier) -> User:
    """The signatory of `supplier`."""
    return create_user(role=Role.SUPPLIER_SIGNATORY, supplier=supplier, email="owner@bamboo.example", name="Olive Owner")


@pytest.fixture
def colleague(supplier: Supplier) -> User:
    """A contributor of `supplier`, who may answer but not sign."""
    return create_user(role=Role.SUPPLIER_CONTRIBUTOR, supplier=supplier, email="colleague@bamboo.example", name="Colin Colleague")


@pytest.fixture
def stranger(db: None) -> User:
    return create_user(role=Role.SUPPLIER_SIGNATORY, email="stranger@other.example", name="Stan Stranger")


@pytest.fixture
def reviewer(db: None) -> User:
    return create_user(role=Role.REVIEWER, email="reviewer@buyer.example", name="Rita Reviewer")


@pytest.fixture
def staff(db: None) -> User:
    return create_user(role=Role.ESG_STAFF, email="staff@buyer.example", name="Steve Staff")


@pytest.fixture
def auditor(db: None) -> User:
    return create_user(role=Role.AUDITOR, email="auditor@buyer.example", name="Ada Auditor")


@pytest.fixture
def administrator(db: None) -> User:
    return create_user(role=Role.ADMINISTRATOR, email="admin@buyer.example", name="Adam Administrator")


@pytest.fixture
def case_worker(db: None) -> User:
    """Of the case team, who reads grievances and nothing else."""
    return create_user(role=Role.CASE_TEAM, email="cases@buyer.example", name="Cleo Case")
