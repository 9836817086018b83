from django.urls import path

import assessments.converters  # noqa: F401 - registers <answer_key:…>
from assessments.staff_urls import urlpatterns as staff
from assessments.views import (
    amendments,
    answers,
    carrying,
    publishing,
    queries,
    receipts,
    renewing,
    signing,
    supplier,
    teamwork,
    workbooks,
)


app_name = "assessments"

# The supplier's side.
urlpatterns = [
    path("<int:pk>/answers/<answer_key:code>/", answers.save_answer, name="save_answer"),
    path("", supplier.home, name="home"),
    path("mine/", supplier.list_mine, name="list_mine"),
    path("results/", supplier.newest_results, name="results"),
    path("<int:pk>/", supplier.overview, name="overview"),
    path("<int:pk>/areas/<slug:code>/", supplier.area, name="area"),
    path("<int:pk>/carry/", carrying.carry, name="carry"),
    path("<int:pk>/carry/<slug:code>/", carrying.carry_area, name="carry_area"),
    path("<int:pk>/check/", supplier.check, name="check"),
    path("<int:pk>/sign/", supplier.sign, name="sign"),
    path("<int:pk>/submitted/", supplier.submitted, name="submitted"),
    path("<int:pk>/amend/", amendments.amend, name="amend"),
    path("<int:pk>/signature/", signing.signature, name="signature"),
    path("<int:pk>/signature/<int:signature_pk>/content.json", signing.signed_content, name="signed_content"),
    path("<int:pk>/results/", supplier.results_page, name="results"),
    path("<int:pk>/results/receipt/", receipts.receipt_as_page, name="receipt_page"),
    path("<int:pk>/results/receipt.json", receipts.receipt, name="receipt"),
    path("receipts/schema.json", receipts.receipt_schema, name="receipt_schema"),
    path("receipts/verify_receipt.py", receipts.receipt_checker, name="receipt_checker"),
    path("methods/", publishing.methods, name="methods"),
    path("methods/<int:pk>/", publishing.method_page, name="method"),
    path("<int:pk>/workbooks/", workbooks.workbooks, name="workbooks"),
    path("<int:pk>/workbooks/copy.xlsx", workbooks.copy, name="workbook_copy"),
    path("<int:pk>/workbooks/<int:upload>/", workbooks.workbook, name="workbook"),
    path("<int:pk>/workbooks/<int:upload>/save/", workbooks.save, name="workbook_save"),
    path("<int:pk>/workbooks/<int:upload>/discard/", workbooks.discard, name="workbook_discard"),
    path("<int:pk>/answers/<answer_key:code>/evidence/", answers.evidence, name="evidence"),
    path("<int:pk>/answers/<answer_key:code>/history/", answers.history, name="history"),
    path("<int:pk>/answers/<answer_key:code>/restore/", answers.restore, name="restore"),
]
urlpatterns += [
    path("<int:pk>/questions/<answer_key:code>/", queries.query, name="query"),
    path("<int:pk>/presence/", teamwork.presence_call, name="presence"),
    path("documents/<int:document>/renew/", renewing.renew, name="renew"),
    path("<int:pk>/assign/", teamwork.assign, name="assign"),
    path("<int:pk>/answers/<slug:code>/comments/", teamwork.comment_page, name="comments"),
    path("<int:pk>/answers/<slug:code>/come-back/", teamwork.come_back_mark, name="come_back"),
]

# The buyer's side: assessments/staff_urls.py.
urlpatterns += staff
