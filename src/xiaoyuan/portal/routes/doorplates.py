"""Routes of doorplates at the desk."""

from django.urls import path

from xiaoyuan.portal.views import doorplate_clashes, doorplate_orders, doorplates

_HOME = "console/doorplates/"

urlpatterns = [
    path(_HOME, doorplates.doorplates, name="console_doorplates"),
    path(f"{_HOME}batches/", doorplate_orders.batches, name="console_plate_batches"),
    path(f"{_HOME}batches/<int:batch_id>/", doorplate_orders.batch, name="console_plate_batch"),
    path(f"{_HOME}orders/", doorplate_orders.orders, name="console_plate_orders"),
    path(f"{_HOME}orders/new/", doorplate_orders.new_order, name="console_plate_order_new"),
    path(f"{_HOME}orders/<int:order_id>/", doorplate_orders.order, name="console_plate_order"),
    path(
        f"{_HOME}orders/<int:order_id>/files/<slug:key>/",
        doorplate_orders.order_file,
        name="console_plate_order_file",
    ),
    path(
        f"{_HOME}orders/<int:order_id>/<slug:step>/",
        doorplate_orders.order_step,
        name="console_plate_order_step",
    ),
    path(f"{_HOME}clashes/", doorplate_clashes.clashes, name="console_plate_clashes"),
    path(f"{_HOME}clashes/resolve/", doorplate_clashes.resolve, name="console_plate_resolve"),
    path(f"{_HOME}clashes.csv", doorplate_clashes.clashes_csv, name="console_plate_clashes_csv"),
    path(f"{_HOME}photos/<uuid:public_id>/", doorplates.plate_photo, name="console_plate_photo"),
    path(f"{_HOME}<int:plate_id>/", doorplates.doorplate, name="console_doorplate"),
    path(f"{_HOME}<int:plate_id>/official/", doorplates.official_code, name="console_plate_official"),
    path(f"{_HOME}<int:plate_id>/steps/<slug:step>/", doorplates.plate_step, name="console_plate_step"),
]
