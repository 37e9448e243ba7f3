"""Routes of the pages that combine domains."""

from django.urls import path, re_path

from xiaoyuan.portal.routes import doorplates as doorplates_routes
from xiaoyuan.portal.routes import field as field_routes
from xiaoyuan.portal.routes import forms as forms_routes
from xiaoyuan.portal.routes import incidents as incidents_routes
from xiaoyuan.portal.routes import notices as notices_routes
from xiaoyuan.portal.routes import open311 as open311_routes
from xiaoyuan.portal.routes import points as points_routes
from xiaoyuan.portal.routes import reports as reports_routes
from xiaoyuan.portal.routes import residents as residents_routes
from xiaoyuan.portal.views import (
    bulk,
    card_print,
    console,
    courtyards,
    drawing,
    duplicates,
    export_changes,
    export_layouts,
    exports,
    families,
    households,
    import_steps,
    imports,
    inbox,
    map_placing,
    maps,
    me,
    persons,
    planning,
    plans,
    preferences,
    public,
    revisions,
    saved_views,
    scan,
    screen,
)

urlpatterns = [
    path("", public.home, name="home"),
    path("v/<str:code>/", public.village, name="village"),
    path("screen/<str:code>/", screen.screen, name="screen"),
    path("screen/<str:code>/views/", saved_views.save, name="screen_view_save"),
    path("screen/views/<int:view_id>/", saved_views.change, name="screen_view_change"),
    *reports_routes.urlpatterns,
    *notices_routes.urlpatterns,
    *residents_routes.urlpatterns,
    # Anything below /d/ is a token or is answered like an unknown one.
    re_path(r"^d/(?P<token>[\s\S]*)$", scan.scan, name="scan"),
    path("console/", console.console, name="console"),
    path("console/households/", households.households, name="console_households"),
    path("console/households/find/", households.find, name="console_find"),
    path("console/households/new/", families.new_household, name="console_household_new"),
    path(
        "console/households/<int:household_id>/steps/<slug:step>/",
        families.household_step,
        name="console_household_step",
    ),
    path(
        "console/persons/<int:person_id>/steps/<slug:step>/",
        families.person_step,
        name="console_person_step",
    ),
    path("console/duplicates/", duplicates.duplicates, name="console_duplicates"),
    path("console/duplicates/<int:first_id>/<int:second_id>/", duplicates.compare, name="console_compare"),
    path(
        "console/duplicates/<int:first_id>/<int:second_id>/apart/",
        duplicates.tell_apart,
        name="console_tell_apart",
    ),
    path("console/people/table/", bulk.people_table, name="console_people_table"),
    path("console/persons/<int:person_id>/edit/", persons.edit_person, name="console_person_edit"),
    path("console/revisions/<int:revision_id>/undo/", revisions.undo, name="console_undo"),
    path("console/households/<int:household_id>/", households.household, name="console_household"),
    path(
        "console/households/<int:household_id>/edit/", persons.edit_household, name="console_household_edit"
    ),
    path(
        "console/households/<int:household_id>/card/",
        card_print.signing_page,
        name="console_household_card",
    ),
    path(
        "console/households/<int:household_id>/card.pdf",
        card_print.signing_pdf,
        name="console_household_card_pdf",
    ),
    path(
        "console/households/<int:household_id>/card-in-full.pdf",
        card_print.signing_pdf_in_full,
        name="console_household_card_full",
    ),
    path("console/households/<int:household_id>/reveal/", households.reveal, name="console_reveal"),
    path("console/courtyards/", courtyards.courtyards, name="console_courtyards"),
    path("console/courtyards/<int:courtyard_id>/", courtyards.courtyard, name="console_courtyard"),
    path("console/imports/", imports.imports, name="console_imports"),
    path("console/imports/upload/", imports.upload, name="console_upload"),
    path("console/imports/<int:batch_id>/", imports.import_batch, name="console_import"),
    path("console/imports/<int:batch_id>/progress/", imports.import_progress, name="console_import_progress"),
    path("console/imports/<int:batch_id>/columns/", import_steps.columns, name="console_import_columns"),
    path("console/imports/<int:batch_id>/decide/", import_steps.decide_rows, name="console_import_decide"),
    path("console/imports/<int:batch_id>/apply/", import_steps.apply, name="console_import_apply"),
    path(
        "console/imports/<int:batch_id>/roll-back/", import_steps.roll_back, name="console_import_roll_back"
    ),
    path("console/imports/<int:batch_id>/discard/", import_steps.discard, name="console_import_discard"),
    path("console/imports/<int:batch_id>/report/", import_steps.report, name="console_import_report"),
    path("console/placing/", map_placing.placing, name="console_placing"),
    path("console/placing/places/", map_placing.places, name="placing_places"),
    path("console/placing/courtyards/<int:courtyard_id>/", map_placing.place, name="placing_place"),
    path("console/placing/households/<int:household_id>/", map_placing.settle, name="placing_settle"),
    path("console/placing/undo/", map_placing.undo, name="placing_undo"),
    path("console/map/", drawing.drawing_page, name="console_map"),
    path("console/map/places/", drawing.places_shown, name="map_places"),
    path("console/map/new/", drawing.draw, name="map_draw"),
    path("console/map/<slug:kind>/<int:place_id>/", drawing.place_record, name="map_place"),
    path("console/map/<slug:kind>/<int:place_id>/change/", drawing.change, name="map_change"),
    path("console/map/<slug:kind>/<int:place_id>/remove/", drawing.remove, name="map_remove"),
    path("console/map/steps/<int:revision_id>/undo/", drawing.undo, name="map_undo"),
    path("console/exports/", exports.exports, name="console_exports"),
    path("console/exports/new/", exports.new_export, name="console_export_new"),
    path("console/exports/changes/", export_changes.changes, name="console_changes"),
    path("console/exports/layouts/new/", export_layouts.new_layout, name="console_layout_new"),
    path("console/exports/layouts/<int:layout_id>/", export_layouts.layout, name="console_layout"),
    path("console/exports/layouts/<int:layout_id>/fill/", export_layouts.fill, name="console_layout_fill"),
    path(
        "console/exports/layouts/<int:layout_id>/retire/", export_layouts.retire, name="console_layout_retire"
    ),
    path("console/exports/<int:export_id>/", exports.export, name="console_export"),
    path("console/exports/<int:export_id>/file/", exports.export_file, name="console_export_file"),
    path("console/exports/<int:export_id>/approve/", exports.approve, name="console_export_approve"),
    path("console/exports/<int:export_id>/refuse/", exports.refuse, name="console_export_refuse"),
    path("console/maps/", maps.maps, name="console_maps"),
    path("console/maps/map.pdf", maps.map_pdf, name="console_map_pdf"),
    path("console/plans/", plans.plans, name="console_plans"),
    path("console/plans/desk/", planning.desk, name="planning_desk"),
    path("console/plans/compute/", planning.compute, name="planning_compute"),
    path("console/plans/save/", planning.save, name="planning_save"),
    path("console/plans/flood/", planning.flood, name="planning_flood"),
    path("console/plans/<int:plan_id>/", plans.plan, name="console_plan"),
    path("console/plans/<int:plan_id>/plan.pdf", plans.plan_pdf, name="console_plan_pdf"),
    path("console/plans/<int:plan_id>/rename/", plans.rename, name="console_plan_rename"),
    path("console/plans/<int:plan_id>/recompute/", plans.recompute, name="console_plan_recompute"),
    path("console/plans/<int:plan_id>/delete/", plans.delete, name="console_plan_delete"),
    *doorplates_routes.urlpatterns,
    *incidents_routes.urlpatterns,
    *open311_routes.urlpatterns,
    *points_routes.urlpatterns,
    *field_routes.urlpatterns,
    *forms_routes.urlpatterns,
    path("me/", me.me, name="me"),
    path("inbox/", inbox.inbox, name="inbox"),
    path("preferences/elder/", preferences.set_elder, name="set_elder"),
    path("preferences/language/", preferences.set_language, name="set_language"),
]
