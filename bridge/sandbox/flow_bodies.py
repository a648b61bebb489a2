"""What Flow takes in a stakeholder and a notification, and nothing else (FACTS F3, F4)."""

import re
from datetime import datetime
from typing import Any

CATEGORIES = {"Standalone": 0, "SpecificCase": 1, "SimilarCases": 2, "Lead": 100, "BankLead": 999}
SYSTEM_TYPES = {
    "Manual": 0, "IsSeller": 10, "IsBuyer": 11, "IsStakeholder": 12, "IsBidder": 13,
    "IsSupportRole": 20, "IsOtherRole": 21, "CustomerRegistration": 30, "NewsLetter": 60,
    "Checklist": 100,
}  # fmt: skip
STAKEHOLDER = {
    "FirstName": str, "SurName": str, "Email": str, "Telephone": str,
    "CheckedProcessingBases": list, "ProcessingBasisCategory": (str, int),
    "ProcessingBasisSystemType": (str, int), "CountryPrefix": str, "Comments": str,
    "OwnsHousing": bool, "WantFunding": bool, "PrivateShowing": bool, "PreventDefaultEmail": bool,
    "ContactMethodType": str, "NotificationLanguage": str, "ShowingActivityGuid": str,
    "NumberOfParticipants": int, "CheckedConsents": list,
}  # fmt: skip
NOTIFICATION = {
    "Importance": str, "SourceType": str, "CaseId": int, "NotifyDateTime": str, "Subject": str,
    "Description": str, "IsDescriptionHtml": bool, "ContactIds": list, "CustomRecipients": list,
    "SendEmail": bool, "SendSms": bool, "SendToClient": bool,
}  # fmt: skip
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class BadBodyError(ValueError):
    """What Flow answers with 400."""


def check_stakeholder(body: Any, bases: list[dict[str, Any]]) -> None:
    _shape(body, STAKEHOLDER)
    for name in ("FirstName", "SurName"):
        if not body.get(name, "").strip():
            raise BadBodyError(f"{name} is required")
    if not body.get("Email") and not body.get("Telephone"):
        raise BadBodyError("Email or Telephone is required")
    if body.get("Email") and not EMAIL.fullmatch(body["Email"]):
        raise BadBodyError(f"Email '{body['Email']}' is not valid")
    _check_bases(body, bases)


def _check_bases(body: dict[str, Any], bases: list[dict[str, Any]]) -> None:
    """By GUIDs, or by a complete pair, or both (F-T6); an old GUID is refused (F-T6b)."""
    usable = {one["Guid"] for one in bases if one["IsActive"] and one["IsNewestVersion"]}
    for guid in body.get("CheckedProcessingBases", []):
        if str(guid).lower() not in usable:
            raise BadBodyError(f"Processing basis {guid} is not active")
    category = body.get("ProcessingBasisCategory")
    system_type = body.get("ProcessingBasisSystemType")
    if (category is None) != (system_type is None):
        raise BadBodyError("ProcessingBasisCategory and ProcessingBasisSystemType go together")
    if category is not None:
        _named(category, CATEGORIES, "ProcessingBasisCategory")
        _named(system_type, SYSTEM_TYPES, "ProcessingBasisSystemType")
    if category is None and not body.get("CheckedProcessingBases"):
        raise BadBodyError("A processing basis is required")


def check_notification(body: Any, cases: set[int]) -> None:
    _shape(body, NOTIFICATION)
    if body.get("Importance") != "Medium" or body.get("SourceType") != "CaseBase":
        raise BadBodyError("Importance is Medium and SourceType is CaseBase")
    if body.get("CaseId") not in cases:
        raise BadBodyError("CaseId is unknown")
    if not body.get("Description"):
        raise BadBodyError("Description is required")
    if not any(body.get(name) for name in ("SendEmail", "SendSms", "SendToClient")):
        raise BadBodyError("Nothing to send by")
    if not body.get("ContactIds") and not body.get("CustomRecipients"):
        raise BadBodyError("Nobody to send to")
    if not all(isinstance(one, int) for one in body.get("ContactIds", [])):
        raise BadBodyError("ContactIds are numbers")
    _moment(body.get("NotifyDateTime", ""))


def _moment(text: str) -> None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadBodyError("NotifyDateTime is not a date") from None
    if moment.tzinfo is None:  # F-T18
        raise BadBodyError("NotifyDateTime needs an offset")


def _shape(body: Any, allowed: dict[str, Any]) -> None:
    if not isinstance(body, dict):
        raise BadBodyError("The body is not an object")
    for name, value in body.items():
        if name not in allowed:
            raise BadBodyError(f"{name} is not a member")
        if not isinstance(value, allowed[name]):
            raise BadBodyError(f"{name} has the wrong type")


def _named(given: object, names: dict[str, int], what: str) -> None:
    if given not in names and given not in names.values():
        raise BadBodyError(f"{given} is no {what}")
