"""Routes of points."""

from django.urls import path

from xiaoyuan.portal.views import points, points_public

urlpatterns = [
    path("console/points/", points.desk_page, name="console_points"),
    path("console/points/award/", points.award, name="console_points_award"),
    path("console/points/rules/", points.rules_page, name="console_points_rules"),
    path("console/points/rules/<int:rule_id>/end/", points.end, name="console_points_rule_end"),
    path("console/points/goods/", points.goods_page, name="console_points_goods"),
    path("console/points/entries/<int:entry_id>/withdraw/", points.take_off, name="console_points_withdraw"),
    path("console/points/entries/<int:entry_id>/reverse/", points.take_back, name="console_points_reverse"),
    path("console/points/appeals/<int:appeal_id>/", points.decide, name="console_points_appeal"),
    path("console/points/households/<int:household_id>/", points.statement, name="console_points_household"),
    path(
        "console/points/households/<int:household_id>/redeem/", points.hand_out, name="console_points_redeem"
    ),
    path("v/<str:code>/points/", points_public.notice, name="village_points"),
    path("me/points/", points_public.own, name="me_points"),
    path("me/points/<int:entry_id>/appeal/", points_public.object_to, name="me_points_appeal"),
]
