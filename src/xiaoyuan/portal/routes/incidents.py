"""Routes of incidents at the desk."""

from django.urls import path

from xiaoyuan.portal.views import incident_board, incidents

urlpatterns = [
    path("console/incidents/", incidents.incidents, name="console_incidents"),
    path("console/incidents/new/", incidents.new_incident, name="console_incident_new"),
    path("console/incidents/board/", incident_board.board, name="console_incident_board"),
    path("console/incidents/board.csv", incident_board.board_csv, name="console_incident_csv"),
    path("console/incidents/categories/", incident_board.categories, name="console_incident_categories"),
    path("console/incidents/<int:incident_id>/", incidents.incident, name="console_incident"),
    path("console/incidents/<int:incident_id>/step/", incidents.step, name="console_incident_step"),
    path("console/incidents/<int:incident_id>/contact/", incidents.contact, name="console_incident_contact"),
    path("console/incidents/files/<uuid:public_id>/", incidents.file, name="console_incident_file"),
]
