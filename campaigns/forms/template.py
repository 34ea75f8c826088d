"""The form of a template: its name and its content."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from campaigns.forms.content import ContentForm, EmailContentForm, SmsContentForm
from campaigns.models import Template
from console.models import Workspace


class TemplateForm(ContentForm):
    """Base: names are unique in a workspace, archived ones included."""

    name = forms.CharField(label=_("Name"), max_length=120)

    def __init__(self, *args: Any, workspace: Workspace, template: Template | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.workspace, self.template = workspace, template

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        others = Template.objects.for_workspace(self.workspace).filter(name=name)
        if self.template:
            others = others.exclude(pk=self.template.pk)
        if others.exists():
            raise forms.ValidationError(gettext("There is a template of this name already. Choose another."))
        return name


class SmsTemplateForm(TemplateForm, SmsContentForm):
    field_order = ("name", "text")


class EmailTemplateForm(TemplateForm, EmailContentForm):
    field_order = ("name", "subject", "preheader", "html", "text")


FORMS: dict[str, type[TemplateForm]] = {"sms": SmsTemplateForm, "email": EmailTemplateForm}
