"""Flow's enums: names on the wire, numbers where the pages give them (F-T5: they are sparse)."""

CATEGORIES = {"Standalone": 0, "SpecificCase": 1, "SimilarCases": 2, "Lead": 100, "BankLead": 999}
SYSTEM_TYPES = {
    "Manual": 0,
    "IsSeller": 10,
    "IsBuyer": 11,
    "IsStakeholder": 12,
    "IsBidder": 13,
    "IsSupportRole": 20,
    "IsOtherRole": 21,
    "CustomerRegistration": 30,
    "NewsLetter": 60,
    "Checklist": 100,
}
DISPLAY_TYPES = frozenset({"Showing", "Prospectus", "Manual", "Lead", "Bidding", "CloseContacts"})
# Of the vendor's demo client; the page says "there are many types" and names six.
ROLES = frozenset(
    {
        *("Broker", "AssistantBroker", "AssociateBroker", "ResponsibleBroker", "Assistant"),
        *("Seller", "Owner", "Spouse", "Assignee", "JointOwner", "ContactPerson"),
        *("Buyer", "OriginalBuyer", "BuyerAssignee", "Bidder", "Stakeholder"),
        *("AssociatedStakeholder", "SettlementResponsible", "RegistrationResponsible"),
        *("Photographer", "Stylist", "Appraiser", "HousingAssociation", "BusinessManager"),
    },
)
CONTACT_METHODS = frozenset(
    {
        *("Unknown", "Showing", "Office", "Email", "Phone", "WebAd", "Other", "Internet"),
        *("Matchlist", "HomePage", "PrivateShowing", "DigitalShowing", "Prospectus", "Finn"),
    },
)
LANGUAGES = frozenset({"Unknown", "Norwegian", "Swedish"})
# What an integrator may set: CreatedNotSent is the system's own, and Created and Activated are for
# insurance providers only (F-T17).
ORDER_STATES = frozenset({"InProcess", "Error", "MissingInfo", "Completed", "Cancelled"})
IMAGE_SIZES = frozenset(
    {"Original", "Thumbnail", "Small", "Medium", "Large", "ThumbnailSquare", "SmallSquare"},
)
# The answer's shape is not documented: a list of objects, as the vendor's other lists are.
COUNTRIES = [
    {"Id": number, "Name": name, "Code": code, "TelephonePrefix": prefix}
    for number, (name, code, prefix) in enumerate(
        (
            ("Norge", "NO", "+47"),
            ("Sverige", "SE", "+46"),
            ("Danmark", "DK", "+45"),
            ("Finland", "FI", "+358"),
            ("Tyskland", "DE", "+49"),
            ("Storbritannia", "GB", "+44"),
            ("Polen", "PL", "+48"),
        ),
        1,
    )
]


def with_prefix(telephone: str) -> str:
    """As Core stores it: without a prefix that it supports a number becomes Norwegian (F-T2)."""
    if any(telephone.startswith(str(one["TelephonePrefix"])) for one in COUNTRIES):
        return telephone
    return "+47" + "".join(char for char in telephone if char.isdigit())
