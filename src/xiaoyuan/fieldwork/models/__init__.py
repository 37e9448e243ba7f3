"""Tables of field work, one module a noun."""

from xiaoyuan.fieldwork.models.forms import FormAnswer, FormDefinition, FormVersion

__all__ = ["FormAnswer", "FormDefinition", "FormVersion"]
