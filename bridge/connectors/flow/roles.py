"""Names of the roles that a contact has on a case, as Core writes them (page: roles)."""

from collections.abc import Iterable, Mapping, Sequence

# The page's own groups of roles.
GROUPS: Mapping[str, Sequence[str]] = {
    "sellers": ("Seller", "Owner", "Spouse", "Assignee"),
    "buyers": ("Buyer", "OriginalBuyer", "BuyerAssignee"),
}


def single(names: Iterable[str]) -> list[str]:
    """Groups taken apart; each once."""
    return list(dict.fromkeys(one for name in names for one in GROUPS.get(name, (name,))))


def checked(names: tuple[str, ...], *, groups: bool = False) -> tuple[str, ...]:
    """Raises `ValueError` for what cannot be one; which roles there are the page does not list."""
    for name in names:
        if groups and name in GROUPS:
            continue
        if not (name.isascii() and name.isalpha() and name[:1].isupper()):
            text = "role names are as Core writes them, such as Broker or Seller"
            raise ValueError(f"{text}; or {' or '.join(GROUPS)}" if groups else text)
    return names
