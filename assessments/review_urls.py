"""Who reviews what; included in assessments/staff_urls.py."""

from django.urls import path

import assessments.converters  # noqa: F401 - registers <answer_key:…>
from assessments.views import interests, review_queue, review_rules, second_reviews


urlpatterns = [
    path("campaigns/<int:pk>/review-plan/", review_rules.plan_edit, name="review_plan"),
    path("reviews/", review_queue.queue, name="review_queue"),
    path("reviews/queue.xlsx", review_queue.queue_file, name="review_queue_file"),
    path("reviews/reassign/", review_queue.reassign, name="review_reassign"),
    path("reviews/board/", review_queue.review_board, name="review_board"),
    path("reviews/rules/", review_rules.rule_list, name="review_rules"),
    path("reviews/rules/new/", review_rules.rule_edit, name="review_rule_new"),
    path("reviews/rules/apply/", review_rules.rules_apply, name="review_rules_apply"),
    path("reviews/rules/<int:pk>/", review_rules.rule_edit, name="review_rule"),
    path("reviews/rules/<int:pk>/move/", review_rules.rule_move, name="review_rule_move"),
    path("reviews/rules/<int:pk>/delete/", review_rules.rule_delete, name="review_rule_delete"),
    path("reviews/absences/new/", review_rules.absence_new, name="absence_new"),
    path("reviews/absences/<int:pk>/end/", review_rules.absence_end, name="absence_end"),
    path("reviews/interests/", interests.interest_list, name="interests"),
    path("reviews/interests/new/", interests.interest_new, name="interest_new"),
    path("reviews/interests/<int:pk>/withdraw/", interests.interest_withdraw, name="interest_withdraw"),
    path("reviews/second/", second_reviews.second_review_list, name="second_reviews"),
    path("reviews/agreement/", second_reviews.agreement, name="agreement"),
    path("<int:pk>/second-review/", second_reviews.show, name="second_review"),
    path("<int:pk>/second-review/areas/<slug:code>/", second_reviews.show, name="second_review_area"),
    path("<int:pk>/second-review/areas/<slug:code>/accept/", second_reviews.accept_rest, name="second_review_accept_rest"),
    path("<int:pk>/second-review/questions/<answer_key:code>/", second_reviews.judge, name="second_review_decide"),
    path("<int:pk>/second-review/questions/<answer_key:code>/settle/", second_reviews.settle, name="second_review_settle"),
    path("<int:pk>/second-review/finish/", second_reviews.finish, name="second_review_finish"),
    path("<int:pk>/second-review/manage/", second_reviews.manage, name="second_review_manage"),
    path("<int:pk>/review/hand-over/", review_queue.hand_over, name="review_hand_over"),
]
