"""Routes of the pages that combine domains."""

from django.urls import path, re_path

from xiaoyuan.portal.views import (
    console,
    courtyards,
    households,
    imports,
    map_placing,
    me,
    preferences,
    public,
    scan,
    screen,
)

urlpatterns = [
    path("", public.home, name="home"),
    path("v/<str:code>/", public.village, name="village"),
    path("screen/<str:code>/", screen.screen, name="screen"),
    # Anything below /d/ is a token or is answered like an unknown one.
    re_path(r"^d/(?P<token>[\s\S]*)$", scan.scan, name="scan"),
    path("console/", console.console, name="console"),
    path("console/households/", households.households, name="console_households"),
    path("console/households/<int:household_id>/", households.household, name="console_household"),
    path("console/households/<int:household_id>/reveal/", households.reveal, name="console_reveal"),
    path("console/courtyards/", courtyards.courtyards, name="console_courtyards"),
    path("console/courtyards/<int:courtyard_id>/", courtyards.courtyard, name="console_courtyard"),
    path("console/imports/", imports.imports, name="console_imports"),
    path("console/imports/<int:batch_id>/", imports.import_batch, name="console_import"),
    path("console/placing/", map_placing.placing, name="console_placing"),
    path("console/placing/places/", map_placing.places, name="placing_places"),
    path("console/placing/courtyards/<int:courtyard_id>/", map_placing.place, name="placing_place"),
    path("console/placing/households/<int:household_id>/", map_placing.settle, name="placing_settle"),
    path("console/placing/undo/", map_placing.undo, name="placing_undo"),
    path("me/", me.me, name="me"),
    path("preferences/elder/", preferences.set_elder, name="set_elder"),
    path("preferences/language/", preferences.set_language, name="set_language"),
]
