"""Routes of the pages in the field, and of putting the local certificate on phones."""

from django.urls import path

from xiaoyuan.portal.views import field, field_app

urlpatterns = [
    path("field/", field.field, name="field"),
    path("field/report/", field.report, name="field_report"),
    path("field/steps/<int:incident_id>/", field.take_step, name="field_step"),
    path("field/app/", field_app.app, name="field_app"),
    path("field/app.webmanifest", field_app.manifest, name="field_manifest"),
    path("field/worker.js", field_app.worker, name="field_worker"),
    path("install/", field_app.install, name="field_install"),
    path("install/ca.crt", field_app.authority, name="field_authority"),
]
