"""Routes of residents' cards and of what keeps a sign-in safe."""

from django.urls import path

from xiaoyuan.portal.views import resident_cards, resident_sign_in, security

urlpatterns = [
    path("console/residents/", resident_cards.listed, name="console_residents"),
    path("console/persons/<int:person_id>/card/", resident_cards.issue, name="console_resident_card"),
    path("console/residents/<int:card_id>/revoke/", resident_cards.revoke, name="console_resident_revoke"),
    path("me/sign-in/", resident_sign_in.by_card, name="me_sign_in"),
    path("me/activate/", resident_sign_in.first_time, name="me_activate"),
    path("me/security/", security.devices, name="me_security"),
    path("me/security/others/", security.end_others, name="me_security_others"),
    path("me/security/<int:session_id>/end/", security.end_one, name="me_security_end"),
]
