"""What the tests of workbooks begin with."""

import pytest

from assessments.models import Assessment
from tests.assessments.workbook.support import ALL
from tests.factories import create_assessment, create_campaign, create_questionnaire


@pytest.fixture
def assessment(supplier) -> Assessment:
    return create_assessment(supplier=supplier, campaign=create_campaign(questionnaire=create_questionnaire(content=ALL)))
