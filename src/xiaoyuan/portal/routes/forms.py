"""Routes of forms that a county designs: the desk that makes them, and the people who fill them."""

from django.urls import path

from xiaoyuan.portal.views import field_forms, form_answers, form_builder, form_desk

urlpatterns = [
    path("console/forms/", form_desk.forms, name="console_forms"),
    path("console/forms/new/", form_desk.new_form, name="console_form_new"),
    path("console/forms/<int:form_id>/", form_desk.form, name="console_form"),
    path("console/forms/<int:form_id>/upload/", form_desk.upload, name="console_form_upload"),
    path("console/forms/<int:form_id>/steps/<slug:step>/", form_desk.take_step, name="console_form_step"),
    path("console/forms/<int:form_id>/edit/", form_builder.edit, name="console_form_edit"),
    path("console/forms/<int:form_id>/<int:number>/", form_desk.preview, name="console_form_preview"),
    path("console/forms/<int:form_id>/<int:number>/<slug:kind>/", form_desk.file, name="console_form_file"),
    path("console/forms/<int:form_id>/answers/", form_answers.answers, name="console_form_answers"),
    path("console/forms/<int:form_id>/answers/export/", form_answers.export, name="console_form_export"),
    path("console/forms/filled/<int:answer_id>/", form_answers.answer, name="console_form_answer"),
    path("console/forms/photos/<uuid:public_id>/", form_answers.photo, name="console_form_photo"),
    path("field/forms/", field_forms.forms, name="field_forms"),
    path("field/forms/<slug:key>/", field_forms.fill_in, name="field_form"),
]
