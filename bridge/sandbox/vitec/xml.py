"""The XML that ASP.NET answers where JSON is not asked for (V-T16): PascalCase, sorted."""

from typing import Any
from xml.sax.saxutils import escape

SERIALIZATION = "http://schemas.microsoft.com/2003/10/Serialization/"
CRM = "http://schemas.datacontract.org/2004/07/Vitec.Housing.Connect.Api.Models.Contact.Crm"


def as_xml(value: Any) -> str:
    """A string, a contact, or a list of contacts."""
    if isinstance(value, str):
        return f'<string xmlns="{SERIALIZATION}">{escape(value)}</string>'
    if isinstance(value, list):
        inner = "".join(_element("CrmContact", one) for one in value)
        return f'<ArrayOfCrmContact xmlns="{CRM}">{inner}</ArrayOfCrmContact>'
    return _element("CrmContact", value)


def _element(name: str, value: Any) -> str:
    match value:
        case dict():
            members = ((key[0].upper() + key[1:], value[key]) for key in value)
            inner = "".join(_element(key, one) for key, one in sorted(members, key=lambda m: m[0]))
        case list():
            inner = "".join(_element("Item", one) for one in value)
        case bool():
            inner = str(value).lower()
        case _:
            inner = escape(str(value))
    return f"<{name}>{inner}</{name}>"
