"""How every form of the console is drawn, and the forms of the console's own pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.forms.renderers import TemplatesSetting

_CHECKS = (forms.CheckboxInput, forms.RadioSelect, forms.CheckboxSelectMultiple)


class ConsoleBoundField(BoundField):
    """Gives every control its class: no form has to name one."""

    def build_widget_attrs(
        self, attrs: dict[str, Any], widget: forms.Widget | None = None
    ) -> dict[str, Any]:
        widget = widget or self.field.widget
        built = super().build_widget_attrs(attrs, widget)
        if widget.is_hidden:
            return built
        if isinstance(widget, _CHECKS):
            css = "form-check-input"
        else:
            css = "form-select" if isinstance(widget, forms.Select) else "form-control"
        own = widget.attrs.get("class", "")
        built["class"] = " ".join(
            word for word in (own, css, "is-bad" if self.errors else "") if word
        )
        return built


class ConsoleFormRenderer(TemplatesSetting):
    """`{{ form }}` is the whole form with its error summary, `{{ form.x.as_field_group }}` one field."""

    form_template_name = "components/forms/form.html"
    field_template_name = "components/forms/field.html"
    bound_field_class = ConsoleBoundField
