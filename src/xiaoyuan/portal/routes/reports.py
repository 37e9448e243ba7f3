"""Routes of reporting by anyone; they stand before the scan page, which takes everything below /d/."""

from django.urls import path, re_path

from xiaoyuan.portal.views import reports

urlpatterns = [
    re_path(r"^d/(?P<token>[A-Za-z0-9_-]{16})/report/$", reports.report_at_plate, name="report_at_plate"),
    path("v/<str:code>/report/", reports.report_in_village, name="report_in_village"),
    path("r/<str:secret>/", reports.receipt, name="receipt"),
]
