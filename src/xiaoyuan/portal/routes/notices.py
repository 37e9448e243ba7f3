"""Routes of notices."""

from django.urls import path

from xiaoyuan.portal.views import notices, notices_public

urlpatterns = [
    path("console/notices/", notices.listed, name="console_notices"),
    path("console/notices/new/", notices.new, name="console_notice_new"),
    path("console/notices/<int:notice_id>/", notices.edit, name="console_notice"),
    path("console/notices/<int:notice_id>/publish/", notices.publish, name="console_notice_publish"),
    path("console/notices/<int:notice_id>/withdraw/", notices.withdraw, name="console_notice_withdraw"),
    path("console/notices/<int:notice_id>/spoken/", notices.read_out, name="console_notice_spoken"),
    path("console/notices/<int:notice_id>/spoken.txt", notices.read_out_file, name="console_notice_file"),
    path("v/<str:code>/notices/", notices_public.listed, name="village_notices"),
    path("v/<str:code>/notices.atom", notices_public.feed, name="village_notices_feed"),
    path("v/<str:code>/notices/<int:notice_id>/", notices_public.one, name="village_notice"),
]
