"""Routes of Open311 GeoReport v2."""

from django.urls import path

from xiaoyuan.portal.views import open311

urlpatterns = [
    path("open311/discovery.<str:form>", open311.discovery, name="open311_discovery"),
    path("open311/v2/services.<str:form>", open311.services, name="open311_services"),
    path("open311/v2/services/<str:code>.<str:form>", open311.service_definition, name="open311_service"),
    path("open311/v2/requests.<str:form>", open311.service_requests, name="open311_requests"),
    path("open311/v2/requests/<str:number>.<str:form>", open311.one_request, name="open311_request"),
]
