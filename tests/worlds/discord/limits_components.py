"""What Discord accepts of buttons, menus, modals and suggestions.

See https://discord.com/developers/docs/components/reference.
"""

from tests.worlds.discord.errors import Form, Json
from tests.worlds.discord.limits_text import check_list, check_text

ROWS, BUTTONS, CUSTOM_ID, LABEL, OPTIONS, OPTION_TEXT, PLACEHOLDER = 5, 5, 100, 80, 25, 100, 150
MODAL_TITLE, INPUT_LABEL, INPUT_VALUE, INPUT_PLACEHOLDER = 45, 45, 4000, 100
CHOICES, CHOICE = 25, 100

ROW, BUTTON, MENU, TEXT_INPUT = 1, 2, 3, 4
_MENUS = (3, 5, 6, 7, 8)
_LINK = 5
_STYLES = (1, 2, 3, 4, 5)


def check_rows(form: Form, body: Json) -> None:
    """The components of a message."""
    seen: set[str] = set()
    for index, row in enumerate(check_list(form, body, "components", ROWS)):
        with form.within("components", index):
            _check_row(form, row, seen)


def _check_row(form: Form, row: Json, seen: set[str]) -> None:
    if row.get("type") != ROW:
        form.wrong("BASE_TYPE_CHOICES", 'Value of field "type" must be one of (1,).', "type")
        return
    children = check_list(form, row, "components", BUTTONS, least=1)
    if not row.get("components"):
        form.wrong("BASE_TYPE_REQUIRED", "This field is required", "components")
    for index, child in enumerate(children):
        with form.within("components", index):
            _check_child(form, child, seen)
            if child.get("type") in _MENUS and len(children) > 1:
                form.wrong(
                    "COMPONENT_LAYOUT_WIDTH_EXCEEDED", "The specified component exceeds the maximum width"
                )


def _check_child(form: Form, child: Json, seen: set[str]) -> None:
    kind = child.get("type")
    if kind == BUTTON:
        _check_button(form, child)
    elif kind in _MENUS:
        _check_menu(form, child)
    else:
        form.wrong("BASE_TYPE_CHOICES", f'Value of field "type" must be one of {(BUTTON, *_MENUS)}.', "type")
    _check_custom_id(form, child, seen, required=kind != BUTTON or child.get("style") != _LINK)


def _check_custom_id(form: Form, child: Json, seen: set[str], *, required: bool) -> None:
    custom_id = check_text(form, child, "custom_id", CUSTOM_ID, least=1, required=required)
    if custom_id and custom_id in seen:
        form.wrong("COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated", "custom_id")
    seen.add(custom_id)


def _check_button(form: Form, button: Json) -> None:
    check_text(form, button, "label", LABEL)
    style = button.get("style")
    if style not in _STYLES:
        form.wrong("BASE_TYPE_CHOICES", f"Value must be one of {_STYLES}.", "style")
    if not button.get("label") and not button.get("emoji"):
        form.wrong("BUTTON_COMPONENT_INVALID_LABEL", "A button needs a label or an emoji", "label")
    if (style == _LINK) != bool(button.get("url")):
        form.wrong("BUTTON_COMPONENT_URL", "A url is required for a link, and for nothing else", "url")
    if style == _LINK and button.get("custom_id"):
        form.wrong(
            "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE",
            "A custom id and url cannot both be specified",
        )


def _check_menu(form: Form, menu: Json) -> None:
    check_text(form, menu, "placeholder", PLACEHOLDER)
    if menu["type"] != MENU:
        return
    options = check_list(form, menu, "options", OPTIONS, least=1)
    if not menu.get("options"):
        form.wrong("BASE_TYPE_REQUIRED", "This field is required", "options")
    values = [option.get("value") for option in options]
    for index, option in enumerate(options):
        with form.within("options", index):
            check_text(form, option, "label", OPTION_TEXT, least=1, required=True)
            check_text(form, option, "value", OPTION_TEXT, least=1, required=True)
            check_text(form, option, "description", OPTION_TEXT)
            if values.count(option.get("value")) > 1:
                form.wrong("SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", "The value is already used", "value")


def check_modal(data: Json) -> None:
    """Refuse (50035) what a callback of type 9 would open."""
    form = Form()
    with form.within("data"):
        check_text(form, data, "title", MODAL_TITLE, least=1, required=True)
        check_text(form, data, "custom_id", CUSTOM_ID, least=1, required=True)
        rows = check_list(form, data, "components", ROWS, least=1)
        if not data.get("components"):
            form.wrong("BASE_TYPE_REQUIRED", "This field is required", "components")
        seen: set[str] = set()
        for index, row in enumerate(rows):
            with form.within("components", index):
                for inner, child in enumerate(check_list(form, row, "components", 1, least=1)):
                    with form.within("components", inner):
                        _check_input(form, child, seen)
    form.refuse()


def _check_input(form: Form, child: Json, seen: set[str]) -> None:
    if child.get("type") != TEXT_INPUT:
        form.wrong("BASE_TYPE_CHOICES", 'Value of field "type" must be one of (4,).', "type")
    _check_custom_id(form, child, seen, required=True)
    check_text(form, child, "label", INPUT_LABEL, least=1, required=True)
    check_text(form, child, "placeholder", INPUT_PLACEHOLDER)
    check_text(form, child, "value", INPUT_VALUE)
    for key in ("min_length", "max_length"):
        bound = child.get(key)
        if bound is not None and not (key == "max_length") <= bound <= INPUT_VALUE:
            form.wrong("NUMBER_TYPE_MAX", f"int value should be less than or equal to {INPUT_VALUE}.", key)


def check_choices(data: Json) -> None:
    """Refuse (50035) the suggestions of a callback of type 8."""
    form = Form()
    with form.within("data"):
        for index, choice in enumerate(check_list(form, data, "choices", CHOICES)):
            with form.within("choices", index):
                check_text(form, choice, "name", CHOICE, least=1, required=True)
                if isinstance(choice.get("value"), str):
                    check_text(form, choice, "value", CHOICE, least=1, required=True)
                elif not isinstance(choice.get("value"), int | float):
                    form.wrong("BASE_TYPE_REQUIRED", "This field is required", "value")
    form.refuse()
