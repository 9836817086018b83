from django.urls import path

from accounts.views import access_log, colleagues, consent, invitations, profile, sessions, sign_in, users


app_name = "accounts"
urlpatterns = [
    path("", sign_in.home, name="home"),
    path("sign-in/", sign_in.sign_in, name="sign_in"),
    path("sign-out/", sign_in.sign_out, name="sign_out"),
    path("password-reset/", sign_in.forgotten_password, name="password_reset"),
    path("password-reset/sent/", sign_in.forgotten_password_sent, name="password_reset_sent"),
    path("password-reset/<str:uidb64>/<str:token>/", sign_in.new_password, name="password_reset_confirm"),
    path("account/", profile.profile, name="profile"),
    path("account/privacy/", consent.notice, name="consent"),
    path("account/sessions/", sessions.sessions, name="sessions"),
    path("account/session/", sign_in.session, name="session"),
    path("account/password/", sign_in.change_password, name="password_change"),
    path("account/acting-as/<int:pk>/", profile.membership_switch, name="membership_switch"),
    path("invitations/<str:token>/", invitations.accept, name="accept_invitation"),
    path("colleagues/", colleagues.colleagues, name="colleagues"),
    path("colleagues/<int:pk>/remove/", colleagues.colleague_remove, name="colleague_remove"),
    path("colleagues/invitations/<int:pk>/revoke/", colleagues.colleague_invitation_revoke, name="colleague_invitation_revoke"),
    path("access-log/", access_log.access_log, name="access_log"),
    path("users/", users.user_list, name="user_list"),
    path("users/invite/", users.staff_invite, name="staff_invite"),
    path("users/invitations/<int:pk>/revoke/", users.staff_invitation_revoke, name="staff_invitation_revoke"),
    path("users/<int:pk>/", users.user_detail, name="user_detail"),
    path("users/<int:pk>/role/", users.user_role, name="user_role"),
    path("users/<int:pk>/deactivate/", users.user_deactivate, name="user_deactivate"),
    path("users/<int:pk>/reactivate/", users.user_reactivate, name="user_reactivate"),
    path("users/<int:pk>/remove-factors/", users.user_remove_factors, name="user_remove_factors"),
    path("users/<int:pk>/send-reset/", users.user_send_reset, name="user_send_reset"),
]
