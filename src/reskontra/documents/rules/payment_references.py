"""Which new documents get a payment reference, and how it is laid out. SQL makes it, as it knows the number.

Sources: KID-01, KID-03 and KID-04, REFN-01 to REFN-05.
"""

from __future__ import annotations

from typing import Any

from reskontra.kinds import Kind
from reskontra.reference.rules.preferences import PaymentReference, ReferenceScheme


def reference_layout(kind: Kind, preference: PaymentReference) -> dict[str, Any] | None:
    """What `new_payment_reference` needs (REFN-02); None if the kind or the company has no references (REFN-01)."""
    if kind.reference_digit is None or preference.scheme == ReferenceScheme.NONE:
        return None
    return {
        "scheme": preference.scheme,
        "algorithm": preference.algorithm,
        "length_digit": preference.length_digit,
        "parts": preference.parts,
        "type_digit": kind.reference_digit,
    }
