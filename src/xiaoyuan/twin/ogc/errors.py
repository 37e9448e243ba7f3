"""What a request to the OGC API did wrong; the answer is a problem document (RFC 9457) with this sentence."""

from django.utils.translation import gettext as _


class BadParameter(Exception):
    """A parameter that the API definition does not declare, or a value it does not allow."""

    @classmethod
    def unknown(cls, name: str) -> "BadParameter":
        """Return the refusal of a parameter nobody declared."""
        return cls(_("There is no parameter “%(name)s” here.") % {"name": name})

    @classmethod
    def value(cls, name: str, wanted: str) -> "BadParameter":
        """Return the refusal of a value, with what would be one."""
        return cls(_("Parameter “%(name)s” must be %(wanted)s.") % {"name": name, "wanted": wanted})
