"""How every form of the console is drawn, and the forms of the console's own pages."""

from __future__ import annotations

from typing import Any

from axes.handlers.proxy import AxesProxyHandler
from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, SetPasswordForm
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.forms.renderers import TemplatesSetting
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from console.choices import ClockField, TimeZoneField, country_choices, currency_choices, language_choices
from console.models import Role, Theme, User, Workspace

_CHECKS = (forms.CheckboxInput, forms.RadioSelect, forms.CheckboxSelectMultiple)


class ConsoleBoundField(BoundField):
    """Gives every control its class: no form has to name one."""

    def build_widget_attrs(self, attrs: dict[str, Any], widget: forms.Widget | None = None) -> dict[str, Any]:
        widget = widget or self.field.widget
        built = super().build_widget_attrs(attrs, widget)
        if widget.is_hidden:
            return built
        if isinstance(widget, _CHECKS):
            css = "form-check-input"
        else:
            css = "form-select" if isinstance(widget, forms.Select) else "form-control"
        own = widget.attrs.get("class", "")
        built["class"] = " ".join(word for word in (own, css, "is-bad" if self.errors else "") if word)
        return built


class ConsoleFormRenderer(TemplatesSetting):
    """`{{ form }}` is the whole form with its error summary, `{{ form.x.as_field_group }}` one field."""

    form_template_name = "components/forms/form.html"
    field_template_name = "components/forms/field.html"
    bound_field_class = ConsoleBoundField


# -- the console's own pages -------------------------------------------------------------------------


class SignInForm(AuthenticationForm):
    """Email and password. A wrong pair is said below the password, with the tries that are left when few."""

    error_messages = {
        "invalid_login": _("Email and password do not match."),
        "inactive": _("This account is switched off. Ask an owner of your workspace."),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = _("Work email")
        self.fields["username"].widget = forms.EmailInput(attrs={"autocomplete": "username"})
        self.fields["password" if self.is_bound else "username"].widget.attrs["autofocus"] = True

    def clean_username(self) -> str:
        """Small letters, so that nobody gets more tries by writing the address in capitals."""
        return str(self.cleaned_data["username"]).strip().lower()

    def clean(self) -> dict[str, Any]:
        try:
            return super().clean()
        except ValidationError as error:
            raise ValidationError({"password": [*error.messages, *self._tries_left()]}) from error

    def _tries_left(self) -> list[str]:
        credentials = {"username": self.cleaned_data.get("username")}
        left = settings.AXES_FAILURE_LIMIT - int(AxesProxyHandler.get_failures(self.request, credentials))
        return [ngettext("%(n)s try left.", "%(n)s tries left.", left) % {"n": left}] if 0 < left <= 3 else []


class ChosenPasswordForm(SetPasswordForm):
    """A new password, typed twice."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["new_password1"].label = _("Password")
        self.fields["new_password1"].help_text = password_hint()
        self.fields["new_password2"].label = _("Password again")
        self.fields["new_password2"].help_text = ""


class InvitationForm(ChosenPasswordForm):
    """What somebody new fills in behind the one-time link."""

    name = forms.CharField(label=_("Your name"), max_length=150)
    field_order = ("name", "new_password1", "new_password2")

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(user, *args, **kwargs)
        self.initial["name"] = getattr(user, "name", "")

    def save(self, commit: bool = True) -> User:
        self.user.name = self.cleaned_data["name"]
        return super().save(commit)


class OwnPasswordForm(PasswordChangeForm):
    """The profile's second form."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["old_password"].label = _("Present password")
        self.fields["old_password"].widget.attrs.pop("autofocus", None)
        self.fields["new_password1"].help_text = password_hint()
        self.fields["new_password2"].label = _("New password again")
        self.fields["new_password2"].help_text = ""


def _offer(form: forms.BaseForm, name: str, choices: list[tuple[str, Any]]) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)
    field.choices = choices


def password_hint() -> str:
    """One sentence instead of Django's list."""
    return gettext("At least 10 characters, not only digits, nothing easy to guess. A short sentence is good.")


class SetUpForm(forms.Form):
    """The first owner and the first workspace."""

    name = forms.CharField(label=_("Your name"), max_length=150)
    email = forms.EmailField(label=_("Work email"), help_text=_("You sign in with it."))
    password = forms.CharField(
        label=_("Password"), widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}), strip=False
    )
    password_again = forms.CharField(
        label=_("Password again"), widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}), strip=False
    )
    workspace = forms.CharField(
        label=_("Workspace"), max_length=80, help_text=_("The brand or team that sends, such as Tienda Norte.")
    )
    default_country = forms.ChoiceField(
        label=_("Country of phone numbers"), help_text=_("For numbers that are written without a country code.")
    )
    time_zone = TimeZoneField(label=_("Time zone"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer(self, "default_country", country_choices())
        self.fields["password"].help_text = password_hint()

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        password = given.get("password", "")
        if password and given.get("password_again") and password != given["password_again"]:
            self.add_error("password_again", gettext("The two passwords differ."))
        elif password:
            try:
                validate_password(password, User(email=given.get("email", ""), name=given.get("name", "")))
            except ValidationError as error:
                self.add_error("password", error)
        return given


class ProfileForm(forms.ModelForm):
    """What belongs to the person and not to a workspace."""

    time_zone = TimeZoneField(label=_("Time zone"), help_text=_("Every time on every page is shown in it."))
    language = forms.ChoiceField(label=_("Language"), required=False)
    theme = forms.ChoiceField(label=_("Theme"), choices=Theme.choices, widget=forms.RadioSelect)

    class Meta:
        model = User
        fields = ("name", "language", "time_zone", "theme")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].required = True
        _offer(self, "language", language_choices(empty=_("As the browser asks")))


class WorkspaceForm(forms.ModelForm):
    """Settings of a workspace."""

    default_country = forms.ChoiceField(
        label=_("Country of phone numbers"), help_text=_("For numbers that are written without a country code.")
    )
    time_zone = TimeZoneField(
        label=_("Time zone"), help_text=_("For contacts whose own zone is not known, and for new campaigns.")
    )
    language = forms.ChoiceField(label=_("Language"), help_text=_("For contacts whose own language is not known."))
    currency = forms.ChoiceField(label=_("Currency"), help_text=_("Of prices and budgets."))
    quiet_from = ClockField(label=_("From"), required=False)
    quiet_to = ClockField(label=_("To"), required=False)
    failure_share = forms.IntegerField(
        label=_("When so many fail, in %"), min_value=0, max_value=100, help_text=_("0: never.")
    )
    failure_window = forms.IntegerField(label=_("of the last messages"), min_value=20, max_value=100_000)
    failure_least = forms.IntegerField(label=_("but of so many at least"), min_value=1, max_value=100_000)
    strange_answers = forms.IntegerField(
        label=_("After so many unreadable answers"),
        min_value=0,
        max_value=1_000,
        help_text=_("The same answer of the provider, in a row. 0: never."),
    )
    grace_minutes = forms.IntegerField(
        label=_("When it would start so late, in minutes"),
        required=False,
        min_value=1,
        max_value=7 * 24 * 60,
    )

    class Meta:
        model = Workspace
        fields = (
            "name", "default_country", "time_zone", "language", "currency", "quiet_from", "quiet_to", "failure_share",
            "failure_window", "failure_least", "strange_answers", "grace_minutes",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer(self, "default_country", country_choices(keep=self.instance.default_country))
        _offer(self, "language", language_choices())
        _offer(self, "currency", currency_choices(keep=self.instance.currency))
        minutes = settings.SCHEDULE_GRACE_SECONDS // 60
        self.fields["grace_minutes"].help_text = gettext("Empty: %(n)s, as this installation says.") % {"n": minutes}

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        start, end = given.get("quiet_from"), given.get("quiet_to")
        if (start is None) != (end is None) and not {"quiet_from", "quiet_to"} & set(self.errors):
            missing = "quiet_to" if end is None else "quiet_from"
            self.add_error(missing, gettext("Give both times, or neither for no quiet hours."))
        elif start is not None and start == end:
            self.add_error("quiet_to", gettext("From and to are the same. Leave both empty for no quiet hours."))
        if given.get("failure_least", 0) > given.get("failure_window", given.get("failure_least", 0)):
            self.add_error("failure_least", gettext("This cannot be more than the messages that are looked at."))
        return given


class MemberForm(forms.Form):
    """Somebody who joins a workspace."""

    email = forms.EmailField(label=_("Work email"))
    name = forms.CharField(label=_("Name"), max_length=150, required=False)
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices, initial=Role.EDITOR)


class RoleForm(forms.Form):
    """Another role for a member."""

    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)
